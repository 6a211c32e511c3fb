//! Wallets, and transfers between them that a crash neither loses nor doubles.
//!
//! ```text
//! cargo run --example wallet [DIRECTORY]
//! ```

use std::path::PathBuf;
use std::time::Duration;

use loom::core::{Law, Laws};
use loom::{CallError, Context, Host};
use loom_adapter_embedded::{EmbeddedStores, Options};
use serde::{Deserialize, Serialize};

#[cfg(test)]
#[path = "wallet/tests.rs"]
mod tests;

#[derive(Default, Deserialize, Serialize)]
struct Wallet {
    cents: i64,
    closed: bool,
}

#[derive(Debug, Deserialize, PartialEq, Serialize, thiserror::Error)]
enum Refusal {
    #[error("{by} cents are missing")]
    Short { by: i64 },
    #[error("the wallet is closed")]
    Closed,
}

#[loom::actor(kind = "wallet", laws = Self::laws)]
impl Wallet {
    async fn deposit(&mut self, _cx: &mut Context<'_>, cents: u32) -> Result<i64, Refusal> {
        if self.closed {
            return Err(Refusal::Closed);
        }
        self.cents += i64::from(cents);
        Ok(self.cents)
    }

    async fn withdraw(&mut self, _cx: &mut Context<'_>, cents: u32) -> Result<i64, Refusal> {
        let left = self.cents - i64::from(cents);
        if left < 0 {
            return Err(Refusal::Short { by: -left });
        }
        self.cents = left;
        Ok(left)
    }

    /// Takes back what was withdrawn, also when closed: refused money would be nowhere.
    async fn refund(&mut self, _cx: &mut Context<'_>, cents: u32) -> i64 {
        self.cents += i64::from(cents);
        self.cents
    }

    async fn close(&mut self, _cx: &mut Context<'_>) {
        self.closed = true;
    }

    #[query]
    fn balance(&self) -> i64 {
        self.cents
    }

    /// Holds in every committed state, also if a handler above were wrong.
    fn laws() -> Laws<Self> {
        Laws::none().law(Law::new("never_below_zero", |wallet: &Self| wallet.cents >= 0))
    }
}

/// One transfer of money from a wallet to another. Its key is the number of the transfer.
#[derive(Default, Deserialize, Serialize)]
struct Transfer {
    done: bool,
}

#[loom::actor(kind = "transfer")]
impl Transfer {
    /// Moves the money, or leaves it where it was. The process may die at every `await`: the next
    /// one goes on from there.
    async fn run(
        &mut self,
        cx: &mut Context<'_>,
        from: String,
        to: String,
        cents: u32,
    ) -> Result<(), String> {
        if self.done {
            return Ok(());
        }
        let (from, to) = (format!("wallet/{from}"), format!("wallet/{to}"));
        cx.call::<i64>(&from, "withdraw", &cents).await.map_err(reason)?;
        let deposited = cx.call::<i64>(&to, "deposit", &cents).await;
        if let Err(error) = deposited {
            cx.call::<i64>(&from, "refund", &cents).await.map_err(reason)?;
            return Err(reason(error));
        }
        self.done = true;
        Ok(())
    }
}

/// What a wallet said, or why it was not reached.
fn reason(error: CallError) -> String {
    error.typed::<Refusal>().to_string()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let temporary = tempfile::tempdir()?;
    let directory = std::env::args_os().nth(1).map_or(temporary.path().into(), PathBuf::from);
    let stores = EmbeddedStores::open(directory, Options::default())?;
    let host = Host::builder(stores).actor::<Wallet>().actor::<Transfer>().start().await?;

    let (alice, bob) = (WalletRef::new(&host, "alice")?, WalletRef::new(&host, "bob")?);
    alice.deposit(100).key("salary").await?;
    for (number, cents) in [("1", 30), ("2", 500)] {
        let transfer = TransferRef::new(&host, number)?;
        let moved = transfer.run("alice".into(), "bob".into(), cents).await;
        println!("transfer {number} of {cents}: {moved:?}");
    }
    println!("alice has {}, bob has {}", alice.balance().await?, bob.balance().await?);

    host.stop(Duration::from_secs(10)).await;
    Ok(())
}
