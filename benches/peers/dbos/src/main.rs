//! The 10-step handler on DBOS, with the PostgreSQL whose address is named.

use std::sync::Arc;

use dbos::{Config, DBOS, step};

async fn ten_steps(_run: u64) -> dbos::Result<u64> {
    let mut sum = 0;
    for n in 1..=10 {
        sum += step("record", || async move { dbos::Result::Ok(n) }).await?;
    }
    Ok(sum)
}

#[tokio::main]
async fn main() -> dbos::Result<()> {
    let address = std::env::args().nth(1).expect("the address of a database");
    let version = Some(env!("CARGO_PKG_VERSION").to_owned());
    let dbos = DBOS::new(Config { app_version: version, ..Config::new("ten-steps", address) });
    let ten_steps = Arc::new(dbos.register_workflow("ten_steps", ten_steps)?);
    dbos.launch().await?;
    peers_rounds::obey(move |run| {
        let ten_steps = Arc::clone(&ten_steps);
        async move { ten_steps.run(run).await.expect("a workflow") }
    })
    .await;
    dbos.shutdown().await;
    Ok(())
}
