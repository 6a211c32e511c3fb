//! A script that does nothing: what a round trip takes, with the driver that ours uses.

use redis::aio::MultiplexedConnection;
use tokio::runtime::Runtime;

use crate::callers::{Callers, call};
use crate::cost::Cost;

pub(super) struct Bare {
    connection: MultiplexedConnection,
    hash: String,
}

impl Bare {
    pub(super) fn connect(runtime: &Runtime, url: &str) -> Self {
        runtime.block_on(async {
            let client = redis::Client::open(url).expect("an address");
            let connection = client.get_multiplexed_async_connection().await;
            let mut connection = connection.expect("a server that was just started");
            let mut load = redis::cmd("SCRIPT");
            load.arg("LOAD").arg("return 1");
            let hash = load.query_async(&mut connection).await.expect("a script");
            Self { connection, hash }
        })
    }

    pub(super) async fn call(&self, callers: Callers) -> Cost {
        let (connection, hash) = (self.connection.clone(), self.hash.clone());
        let run = move |_| {
            let mut connection = connection.clone();
            let mut command = redis::cmd("EVALSHA");
            command.arg(&hash).arg(0);
            async move {
                let one: u8 = command.query_async(&mut connection).await.expect("an answer");
                assert_eq!(one, 1);
            }
        };
        call(callers, run).await
    }
}
