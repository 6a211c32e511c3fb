//! A deployment over Redis, Cosmos DB, Azure Blob Storage and Key Vault, with servers of its own.

use std::collections::BTreeMap;
use std::process::Command;

use loom_adapter_azure_blob::{AzureBlobSettings, AzureBlobStore};
use loom_ports::BlobStore as _;
use loom_testkit::backends::{
    AZURITE_ACCOUNT, AZURITE_KEY, AzuriteServer, COSMOS_KEY, COSMOS_REGION, CosmosServer,
    KEY_VAULT_CLIENT, KeyVaultServer, RedisOptions, RedisServer,
};
use serde_json::Value;

use crate::command::{Ended, Place, wait};
use crate::http_server::Server;

/// The servers of a deployment, and the file that names them.
pub(crate) struct Deployed {
    pub(crate) place: Place,
    pub(crate) redis: RedisServer,
    pub(crate) cosmos: CosmosServer,
    pub(crate) azurite: AzuriteServer,
    pub(crate) vault: KeyVaultServer,
    pub(crate) file: String,
}

/// One of the servers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    Redis,
    Cosmos,
    Blobs,
    Vault,
}

impl Which {
    pub(crate) const ALL: [Self; 4] = [Self::Redis, Self::Cosmos, Self::Blobs, Self::Vault];
}

/// What must be seen nowhere.
pub(crate) const REDIS_PASSWORD: &str = "planted-redis-password";
pub(crate) const WRAPPING_KEY: &str =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

impl Deployed {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// With more in the file.
    pub(crate) fn with(more: &str) -> Self {
        let place = Place::new();
        let options = RedisOptions::default().with("appendonly", "yes");
        let redis = RedisServer::start(&options.with("requirepass", REDIS_PASSWORD));
        let (cosmos, azurite) = (CosmosServer::start(), AzuriteServer::start());
        let vault = KeyVaultServer::start();
        let [tenant, client, _] = KEY_VAULT_CLIENT;
        place.file("ca.pem", &vault.ca_pem);
        let text = format!(
            "profile = 'development'
             listen = '127.0.0.1:0'
             [store]
             kind = 'redis'
             urls = ['{}']
             [cosmos]
             endpoint = '{}'
             region = '{COSMOS_REGION}'
             [blob]
             create_container = true
             [azure]
             identity = 'client-secret'
             tenant_id = '{tenant}'
             client_id = '{client}'
             authority = '{}'
             ca = 'ca.pem'
             [key_vault]
             url = '{}'
             address = '{}'
             ca = 'ca.pem'
             [secrets]
             keys_env = 'WRAPPING_KEYS'
             [host]
             lease_seconds = 3
             partitions = 16
             [config.order]
             cents_max = 500
             {more}",
            redis.url(),
            cosmos.url(),
            vault.authority(),
            vault.url(),
            vault.address(),
        );
        let file = place.file("loom.toml", text);
        let deployed = Self { place, redis, cosmos, azurite, vault, file };
        let provisioned =
            deployed.ended(&["cosmos", "provision", "--endpoint", &deployed.cosmos.url()]);
        assert_eq!(provisioned.code, Some(0), "{provisioned:?}");
        deployed
    }

    pub(crate) fn loom(&self, args: &[&str]) -> Command {
        let mut command = self.place.loom(args.iter().copied());
        command
            .env_remove("LOOM_REDIS_URL")
            .env("AZURE_CLIENT_SECRET", KEY_VAULT_CLIENT[2])
            .env("COSMOS_KEY", COSMOS_KEY)
            .env("REDIS_PASSWORD", REDIS_PASSWORD)
            .env("AZURE_STORAGE_CONNECTION_STRING", self.connection_string())
            .env("WRAPPING_KEYS", format!("k1 {WRAPPING_KEY}"));
        command
    }

    /// Has a server die, as far as it can: what it was asked for last may have been done.
    pub(crate) fn take_away(&mut self, which: Which) {
        match which {
            Which::Redis => self.redis.signal("KILL"),
            Which::Cosmos => self.cosmos.stop(),
            Which::Blobs => self.azurite.stop(),
            Which::Vault => self.vault.stop(),
        }
    }

    /// Starts it again, over what it kept.
    pub(crate) fn bring_back(&mut self, which: Which) {
        match which {
            Which::Redis => self.redis.restart(),
            Which::Cosmos => self.cosmos.restart(),
            Which::Blobs => self.azurite.restart(),
            Which::Vault => self.vault.restart(),
        }
    }

    pub(crate) fn connection_string(&self) -> String {
        let url = self.azurite.url();
        format!("AccountName={AZURITE_ACCOUNT};AccountKey={AZURITE_KEY};BlobEndpoint={url}")
    }

    pub(crate) fn ended(&self, args: &[&str]) -> Ended {
        wait(self.loom(args).spawn().unwrap())
    }

    pub(crate) fn serve(&self) -> Server {
        let serve = self.loom(&["serve", "--json", "--config", &self.file]);
        Server::spawn(serve).unwrap_or_else(|ended| panic!("{ended:?}"))
    }

    /// The states of all actors of a kind, as they were projected.
    pub(crate) fn states(&self, kind: &str) -> BTreeMap<String, Value> {
        let args = ["actors", "states", "--json", "--kind", kind, "--config", &self.file];
        let ended = self.ended(&args);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let line = |line: &str| {
            let mut listed: Value = serde_json::from_str(line).unwrap();
            (listed["actor"].as_str().unwrap().to_owned(), listed["state"].take())
        };
        ended.out.lines().map(line).collect()
    }

    /// How many receipts there are.
    pub(crate) fn receipts(&self) -> usize {
        let settings = AzureBlobSettings::from_connection_string(&self.connection_string(), "loom");
        let count = async {
            let blobs = AzureBlobStore::open(settings.unwrap()).await.unwrap();
            let (mut count, mut from) = (0, None);
            loop {
                let page = blobs.list("receipts/", from.as_ref(), 100).await.unwrap();
                count += page.items.len();
                from = page.next;
                if from.is_none() {
                    return count;
                }
            }
        };
        tokio::runtime::Runtime::new().unwrap().block_on(count)
    }
}
