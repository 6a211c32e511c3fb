//! Money in cents.
//!
//! A transfer is a saga of two actors. `transfer` takes the money out here and sends `receive`
//! to the other wallet, in one commit; if that cannot take it, it sends `refund` back, also in
//! one commit. No wallet waits for another, so that transfers in opposite directions cannot
//! block each other, and each step is applied once because messages are.

use loom_core::{ActorId, Kind, Law, Laws};
use loom_runtime::{Actor as _, Context, actor};
use serde::{Deserialize, Serialize};

/// The most that a wallet takes in: what every JSON reader can read exactly.
pub(crate) const CENTS_MAX: i64 = (1 << 53) - 1;

/// Money in cents.
#[derive(Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Wallet {
    cents: i64,
}

#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum WalletError {
    /// There is less in the wallet than was asked for.
    InsufficientFunds { balance: i64, asked: i64 },
    /// The wallet would hold more than it can.
    Full { balance: i64, max: i64 },
    /// Nothing, or less, cannot be moved.
    NotPositive { cents: i64 },
    /// There cannot be such a wallet.
    NoSuchWallet { reason: String },
    /// A transfer needs two wallets.
    SameWallet,
}

/// Money on its way to another wallet.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transfer {
    /// The key of the other wallet.
    pub(crate) to: String,
    pub(crate) cents: i64,
}

/// Money on its way from another wallet.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Incoming {
    /// The key of the other wallet.
    pub(crate) from: String,
    pub(crate) cents: i64,
}

#[actor(kind = "wallet", laws = Self::laws)]
impl Wallet {
    /// Puts money in.
    async fn deposit(&mut self, _cx: &mut Context<'_>, cents: i64) -> Result<i64, WalletError> {
        self.put(cents)
    }

    /// Takes money out.
    async fn withdraw(&mut self, _cx: &mut Context<'_>, cents: i64) -> Result<i64, WalletError> {
        self.take(cents)
    }

    /// Moves money to another wallet.
    async fn transfer(
        &mut self,
        cx: &mut Context<'_>,
        transfer: Transfer,
    ) -> Result<i64, WalletError> {
        let Transfer { to, cents } = transfer;
        if to == cx.key() {
            return Err(WalletError::SameWallet);
        }
        let to = id(&to)?;
        let rest = self.take(cents)?;
        let incoming = Incoming { from: cx.key().to_owned(), cents };
        cx.send(to.as_str(), "receive", &incoming).map_err(no_such)?;
        Ok(rest)
    }

    /// Takes a transfer in, or has it refunded. `true` if it was taken in.
    async fn receive(
        &mut self,
        cx: &mut Context<'_>,
        incoming: Incoming,
    ) -> Result<bool, WalletError> {
        let Incoming { from, cents } = incoming;
        if self.put(cents).is_ok() {
            return Ok(true);
        }
        cx.send(id(&from)?.as_str(), "refund", &cents).map_err(no_such)?;
        Ok(false)
    }

    /// Takes money back that could not be moved, also above what a wallet takes in otherwise.
    async fn refund(&mut self, _cx: &mut Context<'_>, cents: i64) -> Result<i64, WalletError> {
        positive(cents)?;
        let full = WalletError::Full { balance: self.cents, max: i64::MAX };
        self.cents = self.cents.checked_add(cents).ok_or(full)?;
        Ok(self.cents)
    }

    /// How much there is.
    #[query]
    fn balance(&self) -> i64 {
        self.cents
    }

    fn put(&mut self, cents: i64) -> Result<i64, WalletError> {
        positive(cents)?;
        let full = WalletError::Full { balance: self.cents, max: CENTS_MAX };
        let sum = self.cents.checked_add(cents).filter(|sum| *sum <= CENTS_MAX);
        self.cents = sum.ok_or(full)?;
        Ok(self.cents)
    }

    fn take(&mut self, cents: i64) -> Result<i64, WalletError> {
        positive(cents)?;
        let insufficient = WalletError::InsufficientFunds { balance: self.cents, asked: cents };
        let rest = self.cents.checked_sub(cents).filter(|rest| *rest >= 0);
        self.cents = rest.ok_or(insufficient)?;
        Ok(self.cents)
    }

    fn laws() -> Laws<Self> {
        let solvent = |wallet: &Self| wallet.cents >= 0;
        Laws::none().law(Law::new("never_below_zero", solvent))
    }
}

fn positive(cents: i64) -> Result<(), WalletError> {
    if cents > 0 { Ok(()) } else { Err(WalletError::NotPositive { cents }) }
}

fn id(key: &str) -> Result<ActorId, WalletError> {
    let kind = Kind::parse(Wallet::KIND).expect("the name of a kind is a word");
    ActorId::new(&kind, key).map_err(no_such)
}

fn no_such(error: impl std::fmt::Display) -> WalletError {
    WalletError::NoSuchWallet { reason: error.to_string() }
}

#[cfg(test)]
mod tests;
