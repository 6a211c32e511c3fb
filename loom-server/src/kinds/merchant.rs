//! Paying a merchant: an activity that asks stores beside the journal.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use loom_core::{
    ActorId, Backoff, ConfigKey, ConfigScope, CorrelationId, OperationName, Payload, RetryPolicy,
    SecretName, SpanId, Timestamp,
};
use loom_ports::{BlobName, BlobStore, Clock, PortError, Put, PutCondition, Span, SpanEnd};
use loom_runtime::{ActivityError, ActivityOptions, Attempt, ConfigResolver};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::small::Small;

/// The activity that pays a merchant.
pub(crate) const PAY: &str = "pay";
/// A merchant who takes no money.
const REFUSES: &str = "nobody";
/// The most that may be paid for one order, if anybody has set it.
const LIMIT: &str = "order/cents_max";

/// What is paid for an order.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Payment {
    pub(super) order: ActorId,
    pub(super) cents: i64,
    pub(super) merchant: String,
}

/// Pays merchants.
#[derive(Debug)]
pub(crate) struct Merchants {
    pub(crate) small: Small,
    /// Where receipts are kept, if they are.
    pub(crate) receipts: Option<Arc<dyn BlobStore>>,
    pub(crate) limits: ConfigResolver,
    pub(crate) clock: Arc<dyn Clock>,
}

#[derive(Serialize)]
struct Receipt<'a> {
    order: &'a ActorId,
    text: &'a str,
    /// Names the secret that was agreed on with the merchant, by its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_version: Option<u64>,
}

impl Merchants {
    /// Pays through a connection that fails twice before it works.
    pub(super) async fn pay(
        &self,
        attempt: Attempt,
        payment: Payment,
    ) -> Result<String, ActivityError> {
        let began = self.clock.now();
        if attempt.number < 3 {
            return Err(ActivityError::retry("the bank does not answer"));
        }
        let paid = match self.limit(&payment).await.map_err(ActivityError::retry)? {
            Some(limit) if payment.cents > limit => Err(format!("more than {limit} cents")),
            _ if payment.merchant == REFUSES => Err("the merchant takes no money".to_owned()),
            _ => Ok(format!("{} was paid {} cents", payment.merchant, payment.cents)),
        };
        if let Ok(text) = &paid {
            self.keep_receipt(&attempt, &payment, text).await.map_err(ActivityError::retry)?;
        }
        let span = self.span(&attempt, payment, began, paid.is_err());
        let _ = self.small.traces.save(&[span]).await.map_err(ActivityError::retry)?;
        paid.map_err(|why| ActivityError::reject(&why))
    }

    /// The most that may be paid.
    async fn limit(&self, payment: &Payment) -> Result<Option<i64>, PortError> {
        let key = ConfigKey::parse(LIMIT).expect("two words are a key");
        let whose = ConfigScope { actor: Some(payment.order.clone()), ..ConfigScope::default() };
        self.limits.refresh().await?;
        let limit = self.limits.get(&key, &whose).await?;
        Ok(limit.and_then(|limit| Payload::parse(&limit.value).ok()))
    }

    async fn keep_receipt(
        &self,
        attempt: &Attempt,
        payment: &Payment,
        text: &str,
    ) -> Result<(), PortError> {
        let Some(receipts) = &self.receipts else { return Ok(()) };
        let secret_version = self.secret_version(payment).await?;
        let receipt = Receipt { order: &payment.order, text, secret_version };
        let bytes = serde_json::to_vec(&receipt).expect("texts are JSON");
        let name = BlobName::parse(&format!("receipts/{}", digits(attempt)));
        let name = name.expect("a word and digits are a name");
        // Another attempt may have put the same there.
        let condition = PutCondition::Always;
        let _ = receipts.put(&name, Put { bytes: bytes.into(), condition }).await?;
        Ok(())
    }

    /// Which version of the secret holds that was agreed on with the merchant, if one was.
    async fn secret_version(&self, payment: &Payment) -> Result<Option<u64>, PortError> {
        let name = SecretName::parse(&format!("merchant-{}", payment.merchant));
        let (Some(secrets), Ok(name)) = (&self.small.secrets, name) else { return Ok(None) };
        let agreed = secrets.get(&name, None).await?;
        Ok(agreed.map(|agreed| agreed.version.0))
    }

    fn span(&self, attempt: &Attempt, payment: Payment, began: Timestamp, failed: bool) -> Span {
        let id = digits(attempt);
        Span {
            id: SpanId::parse(&id).expect("digits are an id"),
            parent: None,
            correlation: CorrelationId::parse(&id).expect("digits are an id"),
            actor: payment.order,
            operation: OperationName::parse(PAY).expect("a word is an operation"),
            started_at: began,
            end: Some(SpanEnd { at: self.clock.now(), failed }),
            details: Payload::of(&payment.merchant).expect("a text is JSON"),
        }
    }
}

/// The same digits in every attempt.
fn digits(attempt: &Attempt) -> String {
    let digest = Sha256::digest(attempt.key.to_string());
    digest.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"))
}

/// Attempts that outlast a restart of a store: half a minute of them.
pub(super) fn options() -> ActivityOptions {
    let attempts_max = NonZeroU32::MIN.saturating_add(14);
    let (initial, max) = (Duration::from_millis(20), Duration::from_secs(5));
    let factor = NonZeroU32::MIN.saturating_add(1);
    let backoff = Backoff::Exponential { initial, factor, max };
    let retry = RetryPolicy { attempts_max, backoff, ..RetryPolicy::default() };
    ActivityOptions { retry, timeout: Duration::from_secs(15), ..ActivityOptions::default() }
}
