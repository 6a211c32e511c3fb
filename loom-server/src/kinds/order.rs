//! An order: takes the money from a wallet, pays a merchant, and gives the money back if the
//! merchant does not take it.

use std::num::NonZeroU32;
use std::time::Duration;

use loom_core::{Backoff, RetryPolicy};
use loom_runtime::{ActivityError, ActivityOptions, Attempt, CallError, Context, actor};
use serde::{Deserialize, Serialize};

/// The activity that pays a merchant.
pub(crate) const PAY: &str = "pay";
/// A merchant who takes no money.
const REFUSES: &str = "nobody";

/// An order, and how far it is.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Order {
    #[serde(flatten)]
    status: Status,
}

/// How far an order is.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(crate) enum Status {
    /// Nothing was ordered.
    #[default]
    New,
    /// The wallet was asked for the money.
    Withdrawing,
    /// The wallet gave no money. Nothing happened.
    Refused { reason: String },
    /// The merchant is being paid.
    Paying,
    /// The merchant was paid.
    Paid { receipt: String },
    /// The merchant did not take the money, and the wallet is to have it back.
    Refunding { reason: String },
    /// The wallet has its money back.
    Refunded { reason: String },
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    /// The key of the wallet.
    wallet: String,
    cents: i64,
    merchant: String,
}

#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum OrderError {
    /// An order can be placed once.
    AlreadyPlaced,
    /// The wallet did not take its money back.
    NotRefunded { reason: String },
}

#[actor(kind = "order")]
impl Order {
    /// Places the order, once.
    async fn place(&mut self, cx: &mut Context<'_>, place: Place) -> Result<Status, OrderError> {
        if self.status != Status::New {
            return Err(OrderError::AlreadyPlaced);
        }
        let wallet = format!("wallet/{}", place.wallet);
        self.status = Status::Withdrawing;
        let withdrawn = cx.call::<i64>(&wallet, "withdraw", &place.cents).await;
        if let Err(error) = withdrawn {
            self.status = Status::Refused { reason: reason(&error) };
            return Ok(self.status.clone());
        }
        self.status = Status::Paying;
        match cx.activity(PAY, &place).await {
            Ok(receipt) => self.status = Status::Paid { receipt },
            Err(error) => {
                let reason = reason(&error);
                self.status = Status::Refunding { reason: reason.clone() };
                refund(cx, &wallet, place.cents).await?;
                self.status = Status::Refunded { reason };
            }
        }
        Ok(self.status.clone())
    }

    /// How far the order is.
    #[query]
    fn status(&self) -> Status {
        self.status.clone()
    }
}

async fn refund(cx: &mut Context<'_>, wallet: &str, cents: i64) -> Result<(), OrderError> {
    let refunded = cx.call::<i64>(wallet, "refund", &cents).await;
    refunded.map(drop).map_err(|error| OrderError::NotRefunded { reason: reason(&error) })
}

fn reason(error: &CallError) -> String {
    match error {
        CallError::Rejected(rejection) => {
            rejection.parse().unwrap_or_else(|_| format!("{rejection:?}"))
        }
        error => error.to_string(),
    }
}

/// Pays a merchant through a connection that fails twice before it works.
pub(crate) async fn pay(attempt: Attempt, place: Place) -> Result<String, ActivityError> {
    if attempt.number < 3 {
        return Err(ActivityError::retry("the bank does not answer"));
    }
    if place.merchant == REFUSES {
        return Err(ActivityError::reject(&"the merchant takes no money"));
    }
    Ok(format!("{} was paid {} cents", place.merchant, place.cents))
}

/// Five attempts, close together.
pub(crate) fn pay_options() -> ActivityOptions {
    let attempts_max = NonZeroU32::MIN.saturating_add(4);
    let backoff = Backoff::Fixed(Duration::from_millis(20));
    let retry = RetryPolicy { attempts_max, backoff, ..RetryPolicy::default() };
    ActivityOptions { retry, timeout: Duration::from_secs(5), ..ActivityOptions::default() }
}
