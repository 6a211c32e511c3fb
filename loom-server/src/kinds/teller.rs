//! Moves money between two wallets, and waits for both.
//!
//! The same as a wallet's own `transfer`, as a saga of calls: what is returned says how it ended.
//! A teller makes one transfer at a time.

use loom_runtime::{CallError, Context, actor};
use serde::{Deserialize, Serialize};

use super::wallet::WalletError;

/// A teller, and how much went through its hands.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Teller {
    transfers: u64,
    cents: i64,
}

/// Money to be moved between two wallets.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transfer {
    /// The key of the wallet that pays.
    from: String,
    /// The key of the other wallet.
    to: String,
    cents: i64,
}

#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum TellerError {
    /// The wallet gave no money. Nothing happened.
    Refused { reason: String },
    /// The other wallet took no money, and the first one has it back.
    Refunded { reason: String },
    /// Neither wallet took the money.
    NotRefunded { reason: String },
}

#[actor(kind = "teller")]
impl Teller {
    /// Moves the money, or leaves it where it was. Returns how many transfers were made here.
    async fn transfer(
        &mut self,
        cx: &mut Context<'_>,
        transfer: Transfer,
    ) -> Result<u64, TellerError> {
        let Transfer { from, to, cents } = transfer;
        let (from, to) = (format!("wallet/{from}"), format!("wallet/{to}"));
        let withdrawn = cx.call::<i64>(&from, "withdraw", &cents).await;
        withdrawn.map_err(|error| TellerError::Refused { reason: reason(error) })?;
        if let Err(error) = cx.call::<i64>(&to, "deposit", &cents).await {
            let refunded = cx.call::<i64>(&from, "refund", &cents).await;
            refunded.map_err(|error| TellerError::NotRefunded { reason: reason(error) })?;
            return Err(TellerError::Refunded { reason: reason(error) });
        }
        self.transfers += 1;
        self.cents = self.cents.saturating_add(cents);
        Ok(self.transfers)
    }
}

/// What a wallet said, or why it was not reached.
fn reason(error: CallError) -> String {
    error.typed::<WalletError>().to_string()
}

#[cfg(test)]
mod tests;
