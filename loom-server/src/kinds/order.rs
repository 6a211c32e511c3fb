//! An order: takes the money from a wallet, pays a merchant, and gives the money back if the
//! merchant does not take it.

use loom_runtime::{CallError, Context, actor};
use serde::{Deserialize, Serialize};

use super::merchant::{PAY, Payment};

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
        let Place { cents, merchant, .. } = place;
        let payment = Payment { order: cx.actor_id().clone(), cents, merchant };
        match cx.activity(PAY, &payment).await {
            Ok(receipt) => self.status = Status::Paid { receipt },
            Err(error) => {
                let reason = reason(&error);
                self.status = Status::Refunding { reason: reason.clone() };
                refund(cx, &wallet, cents).await?;
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
