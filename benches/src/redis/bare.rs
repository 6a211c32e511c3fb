//! The least that does the work, with the driver that ours uses: a script that does nothing, and a lock
//! without a fencing token.

use std::sync::Arc;

use redis::Script;
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

    /// `SET NX PX`, and the script that the documentation of Redis releases such a lock with.
    pub(super) async fn lock(&self, callers: Callers, locks: u32) -> Cost {
        const RELEASE: &str = "if redis.call('get', KEYS[1]) == ARGV[1] then \
                               return redis.call('del', KEYS[1]) else return 0 end";
        let connection = self.connection.clone();
        let release = Arc::new(Script::new(RELEASE));
        let run = move |n: u32| {
            let (mut connection, release) = (connection.clone(), Arc::clone(&release));
            async move {
                let name = format!("bare-lock-{}", n % locks);
                let mut set = redis::cmd("SET");
                set.arg(&name).arg(n).arg("NX").arg("PX").arg(10_000);
                let set: Option<String> = set.query_async(&mut connection).await.expect("set");
                assert_eq!(set.as_deref(), Some("OK"));
                let mut release = release.key(name);
                let released: u8 =
                    release.arg(n).invoke_async(&mut connection).await.expect("an answer");
                assert_eq!(released, 1);
            }
        };
        call(callers, run).await
    }
}
