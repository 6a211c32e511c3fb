//! `loom serve`, and the looks at a cluster.

use std::process::Command;
use std::time::Duration;

use loom_adapter_redis::{RedisSettings, RedisStores};
use loom_core::{
    ActorId, Body, CommitId, Head, HostId, Message, MessageId, Method, OutboxEntry, Outgoing,
    PartitionCount, Payload, QueueName, Seq, TimerChange, TimerKey, Timestamp, Turn, partition_of,
};
use loom_ports::{Clock as _, CommitOutcome, Enqueue, Stores, TenureClaim};
use loom_runtime::SystemClock;
use loom_testkit::backends::{RedisOptions, RedisServer, RedisWithReplica};
use serde_json::{Value, json};

use crate::command::{Ended, Place, wait};
use crate::http_server::Server;

const EXAMPLE: &str = include_str!("../../../loom.example.toml");

fn keeping() -> RedisOptions {
    RedisOptions::default().with("appendonly", "yes")
}

fn redis_file(url: &str, more: &str) -> String {
    format!("listen = '127.0.0.1:0'\n[store]\nkind = 'redis'\nurls = ['{url}']\n{more}\n")
}

/// Runs the command without what the environment of the tests says of Redis.
fn loom(place: &Place, args: &[&str]) -> Command {
    let mut command = place.loom(args.iter().copied());
    command.env_remove("LOOM_REDIS_URL");
    command
}

fn ended(place: &Place, args: &[&str]) -> Ended {
    wait(loom(place, args).spawn().unwrap())
}

fn check(place: &Place, file: &str) -> Ended {
    ended(place, &["config", "check", "--json", "--config", file])
}

#[test]
fn the_example_starts_a_host_and_a_check_of_it_creates_nothing() {
    let place = Place::new();
    let file = place.file("loom.toml", EXAMPLE);
    let checked = check(&place, &file);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let found = checked.json();
    assert_eq!((&found["is_new"], &found["partitions"]), (&json!(true), &json!(256)));
    assert_eq!(found["authority"]["durability"], "fsync");
    assert!(!place.data().exists());

    let mut serve = loom(&place, &["serve", "--json", "--config", &file]);
    serve.env("LOOM_LISTEN", "127.0.0.1:0").env("LOOM_HOST_PARTITIONS", "16");
    let server = Server::spawn(serve).unwrap_or_else(|ended| panic!("{ended:?}"));
    assert_eq!(server.post("/v1/actors/wallet/a/deposit", "5").body, "5");
    let ended = server.terminate();
    assert_eq!(ended.code, Some(0), "{ended:?}");

    // What looks at the directory asks it how many partitions it has.
    assert_eq!(place.states("wallet")["wallet/a"]["cents"], 5);
    assert_eq!(place.verify(), 1);
    check(&place, &file).failed(78, "has 16 partitions");
}

#[test]
fn a_file_and_a_command_line_make_one_cluster() {
    let server = RedisServer::start(&keeping());
    let place = Place::new();
    let file = place.file("loom.toml", redis_file(&server.url(), "[host]\nlease_seconds = 3"));
    let serve = Server::spawn(loom(&place, &["serve", "--json", "--config", &file]));
    let serve = serve.unwrap_or_else(|ended| panic!("{ended:?}"));
    let dev = loom(&place, &[&Server::ARGS[..], &["--redis", &server.url()]].concat());
    let dev = Server::spawn(dev).unwrap_or_else(|ended| panic!("{ended:?}"));
    let path = "/v1/actors/wallet/a/deposit";
    for host in [&serve, &dev] {
        let answers = (0..200).map(|_| host.post_once(path, "k", "5")).find(|answer| {
            std::thread::sleep(Duration::from_millis(if answer.status == 200 { 0 } else { 50 }));
            answer.status == 200
        });
        assert_eq!(answers.map(|answer| answer.body).as_deref(), Some("5"));
    }
    let status = ended(&place, &["cluster", "status", "--json", "--config", &file]).json();
    let hosts = status["hosts"].as_array().unwrap();
    assert_eq!((hosts.len(), &status["partitions"]), (2, &json!(256)));
    let left = |host: &Value| host["lease_left_ms"].as_u64().unwrap();
    assert!(hosts.iter().all(|host| left(host) > 0 && left(host) <= 10_000), "{status}");
    assert_eq!(serve.terminate().code, Some(0));
}

#[test]
fn what_a_file_says_wrong_and_what_a_store_refuses_ends_with_the_code() {
    let place = Place::new();
    let keeps = RedisServer::start(&keeping());
    let forgets = RedisServer::start(&RedisOptions::default());
    let quorum = |url: &str| format!("[locks]\nquorum = ['{url}', '{url}/', '{url}/0']");
    let (nobody, thrice) = (quorum("redis://127.0.0.1:1"), quorum(&keeps.url()));
    let memory = "listen = '127.0.0.1:0'\n[store]\nkind = 'memory'\n".to_owned();
    let rows = [
        (memory, 78, "LOOM-A006"),
        (redis_file(&keeps.url(), "lease = 1"), 78, "loom.toml:5: LOOM-A002: store.lease"),
        (redis_file(&keeps.url(), &nobody), 75, "locks.quorum: LOOM-R002"),
        (redis_file(&keeps.url(), &thrice), 78, "lead to the same server"),
        (redis_file(&keeps.url(), "durability = 'none'"), 78, "LOOM-A006: store.durability"),
        (redis_file(&keeps.url(), "topology = 'cluster'"), 78, "LOOM-R017"),
        (redis_file(&forgets.url(), ""), 78, "LOOM-R012"),
        (redis_file("redis://127.0.0.1:1", ""), 75, "LOOM-R002"),
        (redis_file("redis://127.0.0.1:port", ""), 78, "LOOM-R001"),
    ];
    for (text, code, said) in rows {
        let file = place.file("loom.toml", text);
        check(&place, &file).failed(code, said);
        ended(&place, &["serve", "--config", &file]).failed(code, said);
    }
    ended(&place, &["serve", "--config", "/nowhere.toml"]).failed(66, "/nowhere.toml");

    let file = place.file("loom.toml", redis_file(&forgets.url(), "allow_unsafe = true"));
    let allowed = check(&place, &file);
    assert_eq!(allowed.code, Some(0), "{allowed:?}");
    assert!(allowed.out.contains("LOOM-R012"), "{allowed:?}");
    assert_eq!(forgets.command(&["dbsize"]).trim(), "0");
}

#[test]
fn locks_come_from_a_quorum_of_which_one_may_be_gone() {
    let place = Place::new();
    let store = RedisServer::start(&keeping());
    let mut servers: Vec<_> =
        (0..3).map(|_| RedisServer::start(&RedisOptions::default())).collect();
    let urls: Vec<_> = servers.iter().map(|server| format!("'{}'", server.url())).collect();
    let quorum = format!("[locks]\nquorum = [{}]", urls.join(", "));
    let file = place.file("loom.toml", redis_file(&store.url(), &quorum));

    let found = check(&place, &file);
    let places = found.json()["places"].as_array().cloned().unwrap_or_default();
    let locks = places.iter().find(|place| place["port"] == "locks").unwrap();
    let address = locks["address"].as_str().unwrap();
    let majority = address.strip_prefix("a majority of ");
    assert_eq!(majority.map(|urls| urls.split(',').count()), Some(3), "{found:?}");
    let keys = |server: &RedisServer| server.command(&["dbsize"]).trim().to_owned();
    assert!(servers.iter().all(|server| keys(server) == "0"));

    let serve = || Server::spawn(loom(&place, &["serve", "--json", "--config", &file]));
    assert_eq!(serve().unwrap().terminate().code, Some(0));
    assert!(servers.iter().all(|server| keys(server) != "0"));
    drop(servers.pop());
    assert_eq!(serve().unwrap().terminate().code, Some(0));
    drop(servers.pop());
    serve().err().unwrap().failed(75, "locks.quorum: LOOM-R002");
}

#[test]
fn a_password_comes_from_a_variable_or_a_file_and_a_master_from_its_sentinel() {
    let place = Place::new();
    let closed = RedisServer::start(&keeping().with("requirepass", "hunter2"));
    place.file("password", "hunter2\n");
    let rows = [("password_env = 'HIDDEN'", 0), ("password_file = 'password'", 0), ("", 78)];
    for (more, code) in rows {
        let file = place.file("loom.toml", redis_file(&closed.url(), more));
        let mut check = loom(&place, &["config", "check", "--config", &file]);
        let ended = wait(check.env("HIDDEN", "hunter2").spawn().unwrap());
        assert_eq!(ended.code, Some(code), "{more}: {ended:?}");
        assert!(!format!("{ended:?}").contains("hunter2"), "{ended:?}");
    }

    let pair = RedisWithReplica::start(&keeping());
    let more = "topology = 'sentinel'\nmaster = 'loom'\ndurability = 'replicas=1'";
    let file = place.file("loom.toml", redis_file(&pair.sentinel_url(), more));
    let found = check(&place, &file);
    assert_eq!(found.code, Some(0), "{found:?}");
    assert_eq!(found.json()["authority"]["durability"], "replicas");
}

#[test]
fn a_look_at_a_cluster_that_is_none_says_so_and_creates_nothing() {
    let server = RedisServer::start(&RedisOptions::default());
    let place = Place::new();
    let args = ["cluster", "status", "--redis", &server.url(), "--redis-prefix", "loon"];
    ended(&place, &args).failed(66, "no cluster uses prefix \"loon\"");
    assert_eq!(server.command(&["dbsize"]).trim(), "0");
}

/// What a host has left that died a while ago.
async fn leave_work(stores: &Stores, partitions: PartitionCount, actor: &ActorId, now: Timestamp) {
    let partition = partition_of(actor.as_str().as_bytes(), partitions);
    let before = |seconds| now.saturating_sub(Duration::from_secs(seconds));
    let host = HostId::parse("dead").unwrap();
    let claim = stores.journal.claim(partition, &host, Duration::from_secs(1), now, None).await;
    let Ok(TenureClaim::Granted(tenure)) = claim else { panic!("{claim:?}") };
    let message = |seconds, id: &str| {
        Outgoing::Message(Message {
            id: MessageId::parse(id).unwrap(),
            to: actor.clone(),
            body: Body::Invoke {
                method: Method::parse("deposit").unwrap(),
                args: Payload::NULL,
                reply_to: None,
            },
            key: None,
            cause: None,
            sent_at: before(seconds),
        })
    };
    let entry = |n, seconds, id| OutboxEntry { n, bytes: message(seconds, id).encode() };
    let turn = Turn {
        actor: actor.clone(),
        expected: Head::default(),
        commit: CommitId(1),
        record: "record".into(),
        snapshot: false,
        trim_before: None,
        outbox: vec![entry(0, 500, "old"), entry(1, 400, "new")],
        timers: vec![
            TimerChange::Set(TimerKey::Drive(Seq(1)), before(700)),
            TimerChange::Set(TimerKey::Drive(Seq(2)), before(600)),
        ],
        handled: None,
    };
    let committed = stores.journal.commit(&tenure, &[turn], &[]).await.unwrap();
    assert_eq!(committed, [CommitOutcome::Committed]);
    for (queue, count) in [("actors/3", 1), ("actors/5", 2)] {
        let queue = QueueName::parse(queue).unwrap();
        for n in 0..count {
            let (id, body) = (MessageId::parse(&format!("m{n}")).unwrap(), "b".into());
            let (dedup, ordering_key) = (None, None);
            let message = Enqueue { id, body, priority: 0, visible_at: now, dedup, ordering_key };
            let _ = stores.queue.enqueue(&queue, &[message], now).await.unwrap();
        }
    }
}

#[test]
fn a_look_says_what_waits_for_how_long_and_where() {
    let server = RedisServer::start(&keeping());
    let place = Place::new();
    let partitions = PartitionCount::new(16).unwrap();
    let settings = RedisSettings { partitions, ..RedisSettings::standalone(server.url()) };
    let actor = ActorId::parse("wallet/a").unwrap();
    let status = |as_json: &[&str]| {
        let args = ["cluster", "status", "--redis", &server.url()];
        ended(&place, &[&args, as_json].concat())
    };
    loom_testkit::run(async {
        let stores = RedisStores::open(settings).await.unwrap().into();
        leave_work(&stores, partitions, &actor, SystemClock.now()).await;
    });
    let keys = server.command(&["dbsize"]);

    let looked = status(&["--json"]);
    // Nobody owns anything.
    assert_eq!(looked.code, Some(1), "{looked:?}");
    let told = looked.json();
    assert_eq!(
        (&told["hosts"], &told["partitions"], &told["unowned"]),
        (&json!([]), &json!(16), &json!(16))
    );
    assert_eq!(
        (&told["queued"], &told["deepest_queue"]),
        (&json!(3), &json!({"partition": 5, "depth": 2}))
    );
    let at = json!(partition_of(actor.as_str().as_bytes(), partitions));
    for (lag, least) in [("outbox", 500_000), ("timers", 700_000)] {
        let lag = &told[lag];
        assert_eq!(lag["partition"], at, "{told}");
        let lag_ms = lag["lag_ms"].as_u64().unwrap();
        assert!((least..least + 90_000).contains(&lag_ms), "{told}");
    }
    let table = status(&[]).out;
    let unowned = "16 of 16 partitions have no host: 0, 1, 2,";
    for said in [unowned, "3 messages are queued", "that of partition 5"] {
        assert!(table.contains(said), "{said}: {table}");
    }
    // It has left no trace.
    assert_eq!(server.command(&["dbsize"]), keys);
}
