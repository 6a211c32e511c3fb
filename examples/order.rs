//! Orders: a handler that waits for days, and undoes what it did when it has to.
//!
//! ```text
//! cargo run --example order [DIRECTORY]
//! ```

use std::path::PathBuf;
use std::time::Duration;

use loom::core::{Backoff, MessageId, RetryPolicy};
use loom::{ActivityError, ActivityOptions, Attempt, CallError, Context, Host, HostBuilder};
use loom_adapter_embedded::{EmbeddedStores, Options};
use serde::{Deserialize, Serialize};

#[cfg(test)]
#[path = "order/tests.rs"]
mod tests;

const APPROVAL_LIMIT: Duration = Duration::from_hours(3 * 24);
const RETURNS_LIMIT: Duration = Duration::from_hours(14 * 24);

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
enum Order {
    #[default]
    New,
    /// Paid; somebody has to send the event `approved`, with a name.
    AwaitsApproval,
    Shipped {
        parcel: String,
    },
    /// Shipped so long ago that it cannot be returned.
    Closed,
    Refunded {
        why: String,
    },
    /// The money is here and could not be given back: somebody has to look.
    Stuck {
        receipt: String,
        why: String,
    },
}

#[loom::actor(kind = "order")]
impl Order {
    /// Charges, waits for an approval, ships. What goes wrong after the charge undoes it.
    async fn place(&mut self, cx: &mut Context<'_>, cents: u32) -> Result<Self, String> {
        if *self != Self::New {
            return Err("it was placed before".into());
        }
        let receipt: String = cx.activity("charge", &cents).await?;
        *self = Self::AwaitsApproval;
        *self = match Self::ship(cx).await {
            Ok(Some(parcel)) => Self::Shipped { parcel },
            Ok(None) => Self::undo(cx, receipt, "nobody approved it".into()).await,
            Err(error) => Self::undo(cx, receipt, error.to_string()).await,
        };
        Ok(self.clone())
    }

    #[timer]
    async fn close(&mut self, _cx: &mut Context<'_>) {
        *self = Self::Closed;
    }

    #[query]
    fn status(&self) -> Self {
        self.clone()
    }

    /// The number of the parcel. `None` if nobody approved the order in time.
    async fn ship(cx: &mut Context<'_>) -> Result<Option<String>, CallError> {
        let approved = cx.wait_for_within::<String>(APPROVAL_LIMIT, "approved").await?;
        let Some(by) = approved else { return Ok(None) };
        let parcel = cx.effect("parcel", async |key| book_parcel(&key, &by)).await?;
        cx.after("returns", RETURNS_LIMIT, "close", &())?;
        Ok(Some(parcel))
    }

    async fn undo(cx: &mut Context<'_>, receipt: String, why: String) -> Self {
        match cx.activity("refund", &receipt).await {
            Ok(()) => Self::Refunded { why },
            Err(error) => Self::Stuck { receipt, why: format!("{why}; {error}") },
        }
    }
}

/// Stands for a request to a carrier, who knows a repeated one by the key.
fn book_parcel(key: &MessageId, approved_by: &str) -> String {
    format!("parcel {key}, approved by {approved_by}")
}

/// Stands for a bank that is slow to answer, and knows a repeated charge by the key.
async fn charge(attempt: Attempt, cents: u32) -> Result<String, ActivityError> {
    match (attempt.number, cents) {
        (1 | 2, _) => Err(ActivityError::retry("the bank does not answer")),
        (_, 100_000..) => Err(ActivityError::reject(&"more than the card's limit")),
        _ => Ok(format!("{cents} cents by {}", attempt.key)),
    }
}

async fn refund(_attempt: Attempt, receipt: String) -> Result<(), ActivityError> {
    println!("refunded: {receipt}");
    Ok(())
}

/// Everything that orders need of a host.
fn register(host: HostBuilder) -> HostBuilder {
    let backoff = Backoff::Fixed(Duration::from_millis(100));
    let retry = RetryPolicy { backoff, ..RetryPolicy::default() };
    let options = ActivityOptions { retry, ..ActivityOptions::default() };
    host.actor::<Order>()
        .activity("charge", options.clone(), charge)
        .activity("refund", options, refund)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let temporary = tempfile::tempdir()?;
    let directory = std::env::args_os().nth(1).map_or(temporary.path().into(), PathBuf::from);
    let stores = EmbeddedStores::open(directory, Options::default())?;
    let host = register(Host::builder(stores)).start().await?;

    let order = OrderRef::new(&host, "1")?;
    order.place(4_200).key("place").send().await?;
    order.actor().signal("approved", "Maria").await?;
    // The same request under the same key is not placed again: it gets the outcome of the first.
    println!("{:?}", order.place(4_200).key("place").await?);

    host.stop(Duration::from_secs(10)).await;
    Ok(())
}
