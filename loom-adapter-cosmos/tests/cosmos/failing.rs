//! What is told, and what is stored, when requests and answers are lost.

use std::time::{Duration, Instant};

use azure_data_cosmos::models::ContainerProperties;
use bytes::Bytes;
use loom_adapter_cosmos::{CosmosSettings, CosmosStores, Credential, provision};
use loom_core::{ActorId, Head, IdempotencyKey, Incarnation, Payload, Seq, Timestamp};
use loom_ports::{Begin, ErrorKind, Finish, Save, StateRow};
use loom_testkit::backends::{COSMOS_KEY, CosmosFault, CosmosServer};
use loom_testkit::run;
use serde_json::{Value, json};

use crate::{emulator, scene};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const MINUTE: Duration = Duration::from_mins(1);

fn row(key: &str, seq: u64) -> StateRow {
    StateRow {
        actor: ActorId::parse(&format!("wallet/{key}")).expect("a valid id"),
        head: Head { incarnation: Incarnation(1), seq: Seq(seq) },
        state: Payload(Bytes::from(format!("{{\"cents\":{seq}}}"))),
        at: NOW,
    }
}

fn key(raw: &str) -> IdempotencyKey {
    IdempotencyKey::parse(raw).expect("a valid key")
}

/// The client repeats what was carried out, and is told that somebody else was faster.
#[test]
fn a_write_whose_answer_was_lost_is_known_again() {
    run(async {
        let server = CosmosServer::start();
        let stores = scene::open(&server).await;
        let (state, requests) = (stores.state(), stores.idempotency());
        // Each call begins with a read.
        let lose = || {
            server.spare(1);
            server.fail(1, CosmosFault::ReplyLost);
        };

        for seq in 1..=3 {
            lose();
            assert_eq!(state.save_if_newer(&row("a", seq)).await.unwrap(), Save::Saved, "{seq}");
        }
        lose();
        let Begin::New(claim) = requests.begin(&key("a"), MINUTE, NOW).await.unwrap() else {
            panic!("it was claimed by nobody else")
        };
        lose();
        let finished = requests.finish(&claim, "result".into(), MINUTE, NOW).await.unwrap();
        assert_eq!(finished, Finish::Recorded);
        let done = requests.begin(&key("a"), MINUTE, NOW).await.unwrap();
        assert_eq!(done, Begin::Done("result".into()));
        assert_eq!(state.load(&row("a", 3).actor).await.unwrap(), Some(row("a", 3)));

        // Where every answer is lost, nothing is known.
        server.fail_often(1000, CosmosFault::ReplyLost, 1);
        let unknown = requests.begin(&key("b"), MINUTE, NOW).await.unwrap_err();
        assert_eq!(unknown.kind(), ErrorKind::Indeterminate, "{unknown}");
    });
}

#[test]
fn each_request_runs_once_whatever_fails() {
    run(async {
        let server = CosmosServer::start();
        let stores = scene::open(&server).await;
        let (state, requests) = (stores.state(), stores.idempotency());
        server.fail_often(20, CosmosFault::ReplyLost, 1);
        server.fail_often(20, CosmosFault::RequestLost, 2);
        server.fail_often(100, CosmosFault::throttled(Duration::from_millis(1)), 3);

        for n in 1..=100 {
            assert_eq!(state.save_if_newer(&row("busy", n)).await.unwrap(), Save::Saved, "{n}");
            let key = key(&format!("request-{n}"));
            let Begin::New(claim) = requests.begin(&key, MINUTE, NOW).await.unwrap() else {
                panic!("{n} was claimed by nobody else")
            };
            let finished = requests.finish(&claim, Bytes::new(), MINUTE, NOW).await.unwrap();
            assert_eq!(finished, Finish::Recorded, "{n}");
            let again = requests.begin(&key, MINUTE, NOW).await.unwrap();
            assert_eq!(again, Begin::Done(Bytes::new()), "{n}");
        }

        let (requests, failed) = server.requests();
        assert!(failed > 0 && failed < requests, "{failed} of {requests}");
    });
}

#[test]
fn an_account_that_asks_for_less_is_not_asked_without_end() {
    run(async {
        let server = CosmosServer::start();
        let settings = scene::settings(&server);
        let _ = scene::open(&server).await;
        let patient = CosmosSettings { response_timeout: Duration::from_secs(1), ..settings };
        let state = CosmosStores::open(&patient).await.unwrap().state();
        for (fault, kind) in [
            (CosmosFault::throttled(Duration::from_millis(50)), None),
            (CosmosFault::Hang, Some(ErrorKind::Indeterminate)),
            (CosmosFault::answer(503, 0), Some(ErrorKind::Indeterminate)),
        ] {
            server.fail_often(1000, fault, 1);
            let begun = Instant::now();
            let failed = state.save_if_newer(&row("slow", 1)).await.unwrap_err();
            server.heal();
            // A bound on waiting, and none on speed.
            assert!(begun.elapsed() < Duration::from_secs(30), "{fault:?}");
            assert!(kind.is_none_or(|kind| kind == failed.kind()), "{fault:?}: {failed}");
            assert_eq!(state.load(&row("slow", 1).actor).await.unwrap(), None);
        }
    });
}

#[test]
fn a_state_that_is_too_large_is_refused() {
    run(async {
        let state = scene::Database::new().await.stores.state();
        let large = Payload(Bytes::from(format!("\"{}\"", "x".repeat(3 << 20))));
        let row = StateRow { state: large, ..row("large", 1) };
        let refused = state.save_if_newer(&row).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused}");
        assert_eq!(state.load(&row.actor).await.unwrap(), None);
    });
}

#[test]
fn what_is_missing_is_made_once_and_told_before() {
    run(async {
        let server = CosmosServer::start();
        let settings = scene::settings(&server);
        let all = ["loom", "loom/states", "loom/requests", "loom/rows", "loom/journal"];
        assert_eq!(provision(&settings, true).await.unwrap(), all);
        assert_eq!(provision(&settings, true).await.unwrap(), all, "nothing was changed");
        assert_eq!(provision(&settings, false).await.unwrap(), all);
        assert_eq!(provision(&settings, false).await.unwrap(), [""; 0]);
    });
}

#[test]
fn whoever_cannot_open_an_account_is_told_why_and_no_secret() {
    run(async {
        let server = CosmosServer::start();
        let right =
            CosmosSettings { response_timeout: Duration::from_secs(1), ..scene::settings(&server) };
        let secret = "aHVudGVyMg==";
        let with = |endpoint: &str, database: &str| CosmosSettings {
            endpoint: endpoint.into(),
            database: database.into(),
            ..right.clone()
        };
        let wrong_key =
            CosmosSettings { credential: Credential::Key(secret.into()), ..right.clone() };
        let rows = [
            (with("no address", "loom"), "LOOM-D001"),
            (with("http://127.0.0.1:1/", "loom"), "LOOM-D002"),
            (wrong_key, "LOOM-D003"),
            (with(&right.endpoint, "elsewhere"), "LOOM-D005: there is no \"elsewhere/states\""),
        ];
        for (settings, code) in rows {
            let refused = CosmosStores::open(&settings).await.unwrap_err();
            let told = format!("{refused} {refused:?} {settings:?}");
            assert!(told.starts_with(code), "{code}: {told}");
            assert!(!told.contains(secret) && !told.contains("sig="), "{told}");
        }
    });
}

#[test]
fn an_account_that_promises_too_little_is_refused() {
    let regions =
        |names: &[&str]| json!(names.iter().map(|it| json!({ "name": it })).collect::<Vec<_>>());
    let strong = json!({ "defaultConsistencyLevel": "Strong" });
    let two = || ("readableLocations", regions(&["North Europe", "West Europe"]));
    let rows = [
        (vec![("enableMultipleWriteLocations", json!(true))], "LOOM-D008"),
        (vec![two(), ("writableLocations", regions(&["North Europe"]))], "LOOM-D009"),
        (vec![two(), ("writableLocations", regions(&["westeurope"]))], ""),
        (
            vec![
                two(),
                ("writableLocations", regions(&["North Europe"])),
                ("userConsistencyPolicy", strong),
            ],
            "",
        ),
    ];
    run(async {
        for (says, code) in rows {
            let server = CosmosServer::start();
            let settings = scene::settings(&server);
            let _ = scene::open(&server).await;
            // The client looks for the regions at their addresses.
            for (name, what) in says.clone() {
                let what = match what {
                    Value::Array(regions) => regions
                        .into_iter()
                        .map(|region| {
                            json!({ "name": region["name"], "databaseAccountEndpoint": server.url() })
                        })
                        .collect(),
                    other => other,
                };
                server.say(name, what);
            }
            let told = match CosmosStores::open(&settings).await {
                Ok(_) => String::new(),
                Err(refused) => refused.to_string(),
            };
            assert!(
                told.starts_with(code) && told.is_empty() == code.is_empty(),
                "{says:?}: {told}"
            );
        }
    });
}

#[test]
fn a_container_of_another_program_is_refused() {
    run(async {
        let server = CosmosServer::start();
        let settings = scene::settings(&server);
        let client = emulator::client(&server, COSMOS_KEY).await.unwrap();
        client.create_database(&settings.database, None).await.unwrap();
        let database = client.database_client(settings.database.clone());
        let properties = ContainerProperties::new("journal", "/other".into());
        database.create_container(properties, None).await.unwrap();
        provision(&settings, false).await.unwrap();
        let refused = CosmosStores::open(&settings).await.unwrap_err().to_string();
        assert!(refused.starts_with("LOOM-D010") && refused.contains("/other"), "{refused}");
    });
}
