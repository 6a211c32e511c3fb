//! The 10-step handler on durare, with SQLite in the directory that is named.

use std::sync::Arc;

use durare::{DurableContext, DurableEngine, Result, WorkflowOptions};

#[durare::step]
async fn record(ctx: &DurableContext, n: u64) -> Result<u64> {
    Ok(n)
}

#[durare::workflow]
async fn ten_steps(ctx: DurableContext, _run: u64) -> Result<u64> {
    let mut sum = 0;
    for n in 1..=10 {
        sum += record(&ctx, n).await?;
    }
    Ok(sum)
}

#[tokio::main]
async fn main() -> Result<()> {
    let directory = std::env::args().nth(1).expect("a directory");
    let engine = DurableEngine::connect(&format!("sqlite://{directory}/durare.db")).await?;
    let engine = Arc::new(engine.build().await?);
    peers_rounds::obey(move |run| {
        let engine = Arc::clone(&engine);
        async move {
            let started = engine.start_with(TenSteps, run, WorkflowOptions::default()).await;
            started.expect("a workflow starts").await.expect("a workflow ends")
        }
    })
    .await;
    Ok(())
}
