//! The 10-step handler on Loom, with the embedded stores in the directory that is named.

use std::error::Error;
use std::time::Duration;

use loom::{Context, Host};
use loom_adapter_embedded::{EmbeddedStores, Options};
use serde::{Deserialize, Serialize};

/// The calls are spread over this many actors, which handle one call after the other.
const ACTORS: u64 = 1_000;

#[derive(Default, Deserialize, Serialize)]
struct Steps {
    runs: u64,
}

#[loom::actor(kind = "steps")]
impl Steps {
    async fn ten(&mut self, cx: &mut Context<'_>) -> Result<u64, String> {
        let mut sum = 0;
        for n in 1..=10_u64 {
            let recorded = cx.effect("record", |_key| async move { n }).await;
            sum += recorded.map_err(|error| error.to_string())?;
        }
        self.runs += 1;
        Ok(sum)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args().nth(1).expect("a directory");
    let stores = EmbeddedStores::open(directory, Options::default())?;
    let host = Host::builder(stores).actor::<Steps>().start().await?;
    let callee = host.clone();
    peers_rounds::obey(move |run| {
        let steps = StepsRef::new(&callee, &(run % ACTORS).to_string()).expect("an id");
        async move { steps.ten().await.expect("a reply") }
    })
    .await;
    host.stop(Duration::from_secs(10)).await;
    Ok(())
}
