//! The counter and the 10-step handler as services of Restate, on the port of 127.0.0.1 that is
//! named.

#![expect(missing_docs, reason = "the macros write functions without any")]

use std::net::SocketAddr;

use restate_sdk::prelude::*;

struct Tally;

#[object]
impl Tally {
    #[handler]
    async fn add(&self, ctx: ObjectContext<'_>, n: u64) -> Result<u64, TerminalError> {
        let count = ctx.get::<u64>("count").await?.unwrap_or(0) + n;
        ctx.set("count", count);
        Ok(count)
    }
}

struct Steps;

#[service]
impl Steps {
    #[handler]
    async fn ten(&self, ctx: Context<'_>, _run: u64) -> Result<u64, HandlerError> {
        let mut sum = 0;
        for n in 1..=10_u64 {
            sum += ctx.run(|| async move { Ok(n) }).name("record").await?;
        }
        Ok(sum)
    }
}

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).expect("a port");
    let services = Endpoint::builder().bind(Tally).bind(Steps).build();
    HttpServer::new(services).listen_and_serve(SocketAddr::from(([127, 0, 0, 1], port))).await;
}
