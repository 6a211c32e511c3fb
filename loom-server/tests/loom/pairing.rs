//! Each port on its own backend, and every backend taken away in turn.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use loom_adapter_azure_blob::{AzureBlobSettings, AzureBlobStore};
use loom_ports::BlobStore as _;
use loom_testkit::backends::{
    AZURITE_ACCOUNT, AZURITE_KEY, AzuriteServer, COSMOS_KEY, COSMOS_REGION, CosmosServer,
    RedisOptions, RedisServer,
};
use serde_json::{Value, json};

use crate::command::{Ended, Place, wait};
use crate::http_server::Server;

/// What each wallet begins with.
const CENTS: i64 = 1_000_000;
const WALLETS: usize = 4;
/// How many orders are placed while everything works, and at least once more after each outage.
const ORDERS: usize = 10;
const OUTAGE: Duration = Duration::from_millis(1_500);

/// The servers of a deployment, and the file that names them.
struct Deployed {
    place: Place,
    redis: RedisServer,
    cosmos: CosmosServer,
    azurite: AzuriteServer,
    file: String,
}

impl Deployed {
    fn new() -> Self {
        let place = Place::new();
        let redis = RedisServer::start(&RedisOptions::default().with("appendonly", "yes"));
        let (cosmos, azurite) = (CosmosServer::start(), AzuriteServer::start());
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
             [secrets]
             keys_env = 'WRAPPING_KEYS'
             [host]
             lease_seconds = 3
             [config.order]
             cents_max = 500",
            redis.url(),
            cosmos.url(),
        );
        let file = place.file("loom.toml", text);
        let deployed = Self { place, redis, cosmos, azurite, file };
        let provisioned =
            deployed.ended(&["cosmos", "provision", "--endpoint", &deployed.cosmos.url()]);
        assert_eq!(provisioned.code, Some(0), "{provisioned:?}");
        deployed
    }

    fn loom(&self, args: &[&str]) -> Command {
        let mut command = self.place.loom(args.iter().copied());
        let keys = format!("k1 {}", "0f".repeat(32));
        command
            .env_remove("LOOM_REDIS_URL")
            .env("COSMOS_KEY", COSMOS_KEY)
            .env("AZURE_STORAGE_CONNECTION_STRING", self.connection_string())
            .env("WRAPPING_KEYS", keys);
        command
    }

    fn connection_string(&self) -> String {
        let url = self.azurite.url();
        format!("AccountName={AZURITE_ACCOUNT};AccountKey={AZURITE_KEY};BlobEndpoint={url}")
    }

    fn ended(&self, args: &[&str]) -> Ended {
        wait(self.loom(args).spawn().unwrap())
    }

    fn serve(&self) -> Server {
        let serve = self.loom(&["serve", "--json", "--config", &self.file]);
        Server::spawn(serve).unwrap_or_else(|ended| panic!("{ended:?}"))
    }

    /// The states of all actors of a kind, as they were projected.
    fn states(&self, kind: &str) -> BTreeMap<String, Value> {
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
    fn receipts(&self) -> usize {
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

/// Asks with one key until it is answered.
fn until_answered(server: &Server, path: &str, key: &str, body: &str) -> Value {
    loop {
        let answer = server.post_once(path, key, body);
        if answer.status == 200 {
            return answer.json();
        }
        assert!(matches!(answer.status, 429 | 503 | 504), "{path} {body}: {answer:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn order(server: &Server, n: usize) -> Value {
    // Every tenth one is too dear, and every seventh merchant takes no money.
    let cents = if n.is_multiple_of(10) { 501 } else { 5 };
    let merchant = if n.is_multiple_of(7) { "nobody" } else { "acme" };
    let wallet = format!("w{}", n % WALLETS);
    let body = json!({ "wallet": wallet, "cents": cents, "merchant": merchant }).to_string();
    until_answered(server, &format!("/v1/actors/order/{n}/place"), &n.to_string(), &body)
}

/// Waits until `/health` finds these checks failed, and no others.
fn wait_for_health(server: &Server, failed: &[&str]) {
    loop {
        let health = server.get("/health").json();
        let checks = health["checks"].as_object().unwrap();
        let found: Vec<_> = checks.iter().filter(|(_, is)| *is != "healthy").collect();
        if found.iter().map(|(name, _)| name.as_str()).eq(failed.iter().copied()) {
            let told = health["details"].as_object().map_or(0, serde_json::Map::len);
            assert_eq!(told, failed.len(), "{health}");
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn orders_outlast_every_store_and_health_names_the_one_that_is_gone() {
    let mut deployed = Deployed::new();
    let server = deployed.serve();
    for wallet in 0..WALLETS {
        let path = format!("/v1/actors/wallet/w{wallet}/deposit");
        until_answered(&server, &path, "first", &CENTS.to_string());
    }
    wait_for_health(&server, &[]);

    let (placed, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let answers: Vec<Value> = thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut answers = Vec::new();
                    while !is_over.load(Ordering::SeqCst) {
                        answers.push(order(&server, placed.fetch_add(1, Ordering::SeqCst)));
                    }
                    answers
                })
            })
            .collect();
        let wait_for_orders = || {
            let enough = placed.load(Ordering::SeqCst) + ORDERS;
            while placed.load(Ordering::SeqCst) < enough {
                thread::sleep(Duration::from_millis(20));
            }
        };
        wait_for_orders();

        deployed.redis.signal("KILL");
        wait_for_health(&server, &["coordination", "journal", "locks", "queue"]);
        thread::sleep(OUTAGE);
        deployed.redis.restart();
        wait_for_health(&server, &[]);
        wait_for_orders();

        deployed.cosmos.stop();
        let kept_there = "config definitions graphs idempotency registry secrets state traces";
        wait_for_health(&server, &kept_there.split(' ').collect::<Vec<_>>());
        thread::sleep(OUTAGE);
        deployed.cosmos.restart();
        wait_for_health(&server, &[]);
        wait_for_orders();

        deployed.azurite.stop();
        wait_for_health(&server, &["blobs"]);
        thread::sleep(OUTAGE);
        deployed.azurite.restart();
        wait_for_health(&server, &[]);
        wait_for_orders();

        is_over.store(true, Ordering::SeqCst);
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });

    let count = |status: &str| answers.iter().filter(|answer| answer["status"] == status).count();
    let (paid, refunded) = (count("paid"), count("refunded"));
    assert_eq!(paid + refunded, answers.len(), "{answers:?}");
    assert_eq!(server.terminate().code, Some(0));
    // The projections have caught up, and agree with what was answered.
    let orders = deployed.states("order");
    assert_eq!(orders.len(), answers.len());
    let projected = orders.values().filter(|order| order["status"] == "paid").count();
    assert_eq!(projected, paid);
    let wallets = deployed.states("wallet");
    let left: i64 = wallets.values().map(|wallet| wallet["cents"].as_i64().unwrap()).sum();
    let (wallets, paid) = (i64::try_from(WALLETS).unwrap(), i64::try_from(paid).unwrap());
    assert_eq!(left, wallets * CENTS - 5 * paid);
    assert_eq!(deployed.receipts(), usize::try_from(paid).unwrap());
    let verified = deployed.ended(&["journal", "verify", "--json", "--config", &deployed.file]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}
