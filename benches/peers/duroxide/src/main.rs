//! The 10-step handler on duroxide, with SQLite in the directory that is named.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use duroxide::providers::sqlite::SqliteProvider;
use duroxide::runtime::Runtime;
use duroxide::runtime::registry::ActivityRegistry;
use duroxide::{ActivityContext, Client, OrchestrationContext, OrchestrationRegistry};

async fn ten_steps(cx: OrchestrationContext, _run: String) -> Result<String, String> {
    let mut sum = 0;
    for n in 1..=10 {
        sum += number(&cx.schedule_activity("record", n.to_string()).await?)?;
    }
    Ok(sum.to_string())
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args().nth(1).expect("a directory");
    let store = format!("sqlite:{directory}/duroxide.db?mode=rwc");
    let store = Arc::new(SqliteProvider::new(&store, None).await?);
    let record = |_: ActivityContext, n: String| async move { Ok(n) };
    let activities = ActivityRegistry::builder().register("record", record).build();
    let orchestrations = OrchestrationRegistry::builder().register("ten_steps", ten_steps).build();
    let runtime = Runtime::start_with_store(store.clone(), activities, orchestrations).await;
    let client = Arc::new(Client::new(store));
    peers_rounds::obey(move |run| {
        let client = Arc::clone(&client);
        async move {
            let id = format!("run-{run}");
            client.start_orchestration(&id, "ten_steps", "").await.expect("it starts");
            let ended = client.wait_for_orchestration_typed(&id, Duration::from_mins(1)).await;
            ended.expect("it ends").expect("no step fails")
        }
    })
    .await;
    runtime.shutdown(None).await;
    Ok(())
}
