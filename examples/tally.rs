//! A tally of numbers, each counted once.
//!
//! ```text
//! cargo run --example tally [DIRECTORY]
//! ```

use std::path::PathBuf;
use std::time::Duration;

use loom::{Context, Host};
use loom_adapter_embedded::{EmbeddedStores, Options};
use serde::{Deserialize, Serialize};

#[cfg(test)]
#[path = "tally/tests.rs"]
mod tests;

/// How many numbers were added, and their sum.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
struct Tally {
    count: u32,
    sum: i64,
}

#[loom::actor(kind = "tally")]
impl Tally {
    /// Adds a number, and answers with the totals.
    async fn add(&mut self, _cx: &mut Context<'_>, number: i32) -> Self {
        self.count += 1;
        self.sum += i64::from(number);
        *self
    }

    /// The totals, without a turn.
    #[query]
    fn totals(&self) -> Self {
        *self
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let temporary = tempfile::tempdir()?;
    let directory = std::env::args_os().nth(1).map_or(temporary.path().into(), PathBuf::from);
    let stores = EmbeddedStores::open(directory, Options::default())?;
    let host = Host::builder(stores).actor::<Tally>().start().await?;

    let tally = TallyRef::new(&host, "numbers")?;
    for number in 1..=100 {
        // Under its key a request counts once, however often it is made: run this again on the
        // same directory, and the totals stay.
        tally.add(number).key(format!("number {number}")).await?;
    }
    let Tally { count, sum } = tally.totals().await?;
    println!("{count} numbers, {sum} in all");

    host.stop(Duration::from_secs(10)).await;
    Ok(())
}
