//! Secrets in Redis: kept as in any store, and to be read nowhere in it.

use std::sync::Arc;

use loom_adapter_redis::{RedisSettings, RedisStores, SmallStores as _};
use loom_core::{SecretName, WrappingKeyId};
use loom_ports::{Secret, SecretStore, SecretWrite};
use loom_rows::LocalKeys;
use loom_testkit::backends::{RedisOptions, RedisServer};
use loom_testkit::clock::CountedIds;
use loom_testkit::secret::SecretFixture;

use crate::scene::{self, NOW};

fn secrets(stores: &RedisStores) -> Arc<dyn SecretStore> {
    let ids = Arc::new(CountedIds::default());
    let id = WrappingKeyId::parse("test").expect("a valid id");
    let keys = LocalKeys::new(id, Secret::new([1; 32]), ids.clone());
    stores.secrets(Arc::new(keys), ids)
}

macro_rules! conforms_on {
    ($server:ident) => {
        mod $server {
            use super::*;

            struct Redis {
                stores: RedisStores,
                settings: RedisSettings,
            }

            impl SecretFixture for Redis {
                async fn open() -> Self {
                    let settings = scene::$server();
                    Self { stores: scene::open(settings.clone()).await, settings }
                }

                fn store(&self) -> Arc<dyn SecretStore> {
                    secrets(&self.stores)
                }

                async fn reopen(self) -> Option<Self> {
                    let Self { stores, settings } = self;
                    drop(stores);
                    Some(Self { stores: scene::open(settings.clone()).await, settings })
                }

                async fn unreachable(&self) -> Option<Arc<dyn SecretStore>> {
                    Some(secrets(&scene::unreachable().await))
                }
            }

            loom_testkit::secret_suite!(Redis);
        }
    };
}

conforms_on!(standalone);
conforms_on!(cluster);
conforms_on!(tls);

#[test]
fn no_key_holds_a_secret() {
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default());
        let settings = scene::settings(RedisSettings::standalone(server.url()));
        let stores = scene::open(settings).await;
        let name = SecretName::parse("the-name-of-it").expect("a valid name");
        let value = Secret::new(b"correct horse battery staple".to_vec());
        let _ = secrets(&stores).set(&name, &value, SecretWrite(1), NOW).await.expect("it is set");
        let script = "local found = 0 \
            for _, key in ipairs(redis.call('KEYS', '*')) do \
              local kind, held = redis.call('TYPE', key).ok, {} \
              if kind == 'hash' then held = redis.call('HGETALL', key) end \
              if kind == 'zset' then held = redis.call('ZRANGE', key, 0, -1) end \
              if kind == 'string' then held = {redis.call('GET', key)} end \
              for _, text in ipairs(held) do \
                if string.find(text, ARGV[1], 1, true) then found = found + 1 end \
              end \
            end return found";
        let found = |text: &str| {
            let said = server.command(&["eval", script, "0", text]);
            said.trim().parse::<u32>().expect("a number")
        };
        assert!(found("the-name-of-it") > 0, "the search finds what is there");
        for part in ["correct", "horse", "battery"] {
            assert_eq!(found(part), 0, "{part}");
        }
    });
}
