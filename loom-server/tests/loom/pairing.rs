//! Each port on its own backend, and every backend taken away in turn.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use loom_adapter_cosmos::{CosmosSettings, CosmosStores, Credential};
use loom_core::Kind;
use loom_ports::{StateQuery, StateRow};
use loom_testkit::backends::{COSMOS_KEY, COSMOS_REGION};
use serde_json::{Value, json};

use crate::deployed::{Deployed, Which};
use crate::http_server::Server;

/// What each wallet begins with.
const CENTS: i64 = 1_000_000;
const WALLETS: usize = 4;
/// How many orders are placed while everything works, and at least once more after each outage.
const ORDERS: usize = 10;
const OUTAGE: Duration = Duration::from_millis(1_500);

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

/// The states of a kind in Cosmos DB.
fn projected(deployed: &Deployed, kind: &str) -> Vec<Value> {
    let credential = Credential::Key(COSMOS_KEY.to_owned());
    let settings = CosmosSettings::new(deployed.cosmos.url(), credential, COSMOS_REGION);
    let query = StateQuery { kind: Kind::parse(kind).unwrap(), filters: Vec::new() };
    let states = async {
        let store = CosmosStores::open(&settings).await.unwrap().state();
        let (mut states, mut from) = (Vec::new(), None);
        loop {
            let page = store.query(&query, from.as_ref(), 100).await.unwrap();
            let state = |row: &StateRow| serde_json::from_slice(&row.state.0).unwrap();
            states.extend(page.items.iter().map(state));
            from = page.next;
            if from.is_none() {
                return states;
            }
        }
    };
    tokio::runtime::Runtime::new().unwrap().block_on(states)
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

        for (which, kept_there) in [
            (Which::Redis, "coordination journal locks queue"),
            (Which::Cosmos, "config definitions graphs idempotency registry state traces"),
            (Which::Blobs, "blobs"),
            (Which::Vault, "secrets"),
        ] {
            deployed.take_away(which);
            wait_for_health(&server, &kept_there.split(' ').collect::<Vec<_>>());
            thread::sleep(OUTAGE);
            deployed.bring_back(which);
            wait_for_health(&server, &[]);
            wait_for_orders();
        }

        is_over.store(true, Ordering::SeqCst);
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });

    let count = |status: &str| answers.iter().filter(|answer| answer["status"] == status).count();
    let (paid, refunded) = (count("paid"), count("refunded"));
    assert_eq!(paid + refunded, answers.len(), "{answers:?}");
    // The projections catch up by themselves, and agree with what was answered.
    loop {
        let projected = projected(&deployed, "order");
        let is = |status: &str| projected.iter().filter(|order| order["status"] == status).count();
        if (is("paid"), is("refunded")) == (paid, refunded) {
            break;
        }
        assert!(projected.len() <= answers.len(), "{projected:?}");
        thread::sleep(Duration::from_millis(100));
    }
    let health = server.get("/health").json();
    let charges = health["charges"].as_array().unwrap();
    for asked in ["state", "rows"] {
        assert!(charges.iter().any(|charge| charge["purpose"] == asked), "{asked}: {health}");
    }
    assert_eq!(server.terminate().code, Some(0));
    let wallets = deployed.states("wallet");
    let left: i64 = wallets.values().map(|wallet| wallet["cents"].as_i64().unwrap()).sum();
    let (wallets, paid) = (i64::try_from(WALLETS).unwrap(), i64::try_from(paid).unwrap());
    assert_eq!(left, wallets * CENTS - 5 * paid);
    assert_eq!(deployed.receipts(), usize::try_from(paid).unwrap());
    let verified = deployed.ended(&["journal", "verify", "--json", "--config", &deployed.file]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[test]
fn a_journal_in_cosmos_is_the_authority_and_says_what_it_costs() {
    let mut deployed = Deployed::with("[ports]\njournal = 'cosmos'");
    let server = deployed.serve();
    let deposit = |server: &Server, key: &str| {
        until_answered(server, "/v1/actors/wallet/w0/deposit", key, &CENTS.to_string());
        order(server, key.parse().unwrap())
    };
    assert_eq!(deposit(&server, "1")["status"], "refused");
    let health = server.get("/health").json();
    assert_eq!(
        (&health["authority"], health["charges"].as_array().is_some_and(|all| !all.is_empty())),
        (&json!("cosmos"), true),
        "{health}"
    );
    server.signal("-KILL");
    drop(server);
    deployed.take_away(Which::Cosmos);
    let down = deployed.ended(&["serve", "--config", &deployed.file]);
    assert_eq!(down.code, Some(75), "{down:?}");
    deployed.bring_back(Which::Cosmos);
    let server = deployed.serve();
    deposit(&server, "4");
    // The same request is the same one, also after the death of the host.
    deposit(&server, "1");
    assert_eq!(server.terminate().code, Some(0));
    assert_eq!(deployed.states("wallet")["wallet/w0"]["cents"], 2 * CENTS - 5);
    let checked = deployed.ended(&["config", "check", "--json", "--config", &deployed.file]);
    assert_eq!(checked.json()["authority"]["authority"], "cosmos", "{checked:?}");
    let verified = deployed.ended(&["journal", "verify", "--json", "--config", &deployed.file]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}
