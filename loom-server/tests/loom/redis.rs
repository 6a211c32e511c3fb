//! Hosts that share a Redis.

use std::process::Command;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use bytes::Bytes;
use loom_adapter_redis::{RedisSettings, RedisStores};
use loom_core::{MessageId, QueueName, Timestamp};
use loom_ports::{Enqueue, Receive};
use loom_testkit::backends::{RedisOptions, RedisServer};
use serde_json::Value;

use crate::command::Place;
use crate::http_server::Server;

/// One that keeps what it is told, as hosts demand.
fn start_server() -> RedisServer {
    RedisServer::start(&RedisOptions::default().with("appendonly", "yes"))
}

fn server() -> &'static RedisServer {
    static SERVER: OnceLock<RedisServer> = OnceLock::new();
    SERVER.get_or_init(start_server)
}

/// Hosts with a prefix of their own.
struct Cluster {
    place: Place,
    url: String,
    prefix: &'static str,
}

impl Cluster {
    fn new(prefix: &'static str) -> Self {
        Self::on(server(), prefix)
    }

    fn on(server: &RedisServer, prefix: &'static str) -> Self {
        Self { place: Place::new(), url: server.url(), prefix }
    }

    fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.place.loom(args);
        command.args(["--redis", &self.url, "--redis-prefix", self.prefix]);
        command
    }

    fn join(&self) -> Server {
        Server::spawn(self.command(Server::ARGS)).unwrap_or_else(|ended| panic!("{ended:?}"))
    }

    fn status(&self) -> Value {
        let child = self.command(["cluster", "status", "--json"]).spawn().unwrap();
        crate::command::wait(child).json()
    }

    /// Waits until so many hosts own everything among them, each something.
    fn settle(&self, hosts: usize) {
        let until = Instant::now() + Duration::from_mins(1);
        loop {
            let status = self.status();
            let told = status["hosts"].as_array().unwrap();
            let each = told.iter().all(|host| host["owned"].as_u64() > Some(0));
            if told.len() == hosts && each && status["unowned"] == 0 {
                return;
            }
            assert!(Instant::now() < until, "{status}");
            sleep(Duration::from_millis(100));
        }
    }
}

/// Asks again, as a caller does who was told to.
fn deposit(server: &Server, wallet: u32, key: &str) -> String {
    let path = format!("/v1/actors/wallet/w{wallet}/deposit");
    for _ in 0..200 {
        let answer = server.post_once(&path, key, "5");
        match answer.status {
            200 => return answer.body,
            503 | 504 => sleep(Duration::from_millis(100)),
            _ => panic!("{answer:?}"),
        }
    }
    panic!("{path} is not answered");
}

#[test]
fn every_host_of_a_redis_answers_for_every_actor_and_a_dead_one_is_replaced() {
    const WALLETS: u32 = 16;
    let cluster = Cluster::new("answers");
    let (first, second) = (cluster.join(), cluster.join());
    cluster.settle(2);
    for wallet in 0..WALLETS {
        deposit(&first, wallet, "a");
        deposit(&second, wallet, "b");
        // Each has been told what the other has.
        deposit(&first, wallet, "b");
    }
    for host in [&first, &second] {
        assert_eq!(host.get("/ready").status, 200);
        assert_eq!(host.get("/v1/actors/wallet/w3/state").status, 200);
    }
    first.signal("-KILL");
    for wallet in 0..WALLETS {
        deposit(&second, wallet, "a");
        deposit(&second, wallet, "c");
    }
    for wallet in 0..WALLETS {
        let balance = second.post(&format!("/v1/actors/wallet/w{wallet}/balance"), "null");
        assert_eq!((balance.status, balance.body.as_str()), (200, "15"), "wallet {wallet}");
    }
    cluster.settle(1);
}

/// Commands that a server has carried out, those that scripts gave it included.
fn commands(server: &RedisServer) -> u64 {
    let told = server.command(&["info", "stats"]);
    let mut lines = told.lines().filter_map(|line| line.strip_prefix("total_commands_processed:"));
    lines.next().expect("it counts").trim().parse().expect("a number")
}

/// Sends a message through each of so many queues.
async fn use_queues(settings: RedisSettings, count: usize) {
    let (now, second) = (Timestamp::from_millis(1_700_000_000_000), Duration::from_secs(1));
    let stores = RedisStores::open(settings).await.expect("the server is fit");
    for n in 0..count {
        let queue = QueueName::parse(&format!("once-{n}")).expect("a valid name");
        let id = MessageId::parse("m").expect("a valid id");
        let (body, dedup, ordering_key) = (Bytes::new(), None, None);
        let message = Enqueue { id, body, priority: 0, visible_at: now, dedup, ordering_key };
        let _ = stores.queue().enqueue(&queue, &[message], now).await.expect("reached");
        let receive = Receive { max: 1, wait: Duration::ZERO, visibility: second };
        let received = stores.queue().receive(&[queue], receive, now).await.expect("reached");
        let _ = stores.queue().ack(&received[0].receipt).await.expect("reached");
    }
}

#[test]
fn an_idle_cluster_asks_its_redis_for_hardly_anything() {
    const PER_SECOND_MAX: u64 = 50;
    let server = start_server();
    let cluster = Cluster::on(&server, "idle");
    let hosts = [cluster.join(), cluster.join(), cluster.join()];
    cluster.settle(hosts.len());
    for wallet in 0..16 {
        deposit(&hosts[0], wallet, "a");
    }
    let settings =
        RedisSettings { prefix: "idle".into(), ..RedisSettings::standalone(server.url()) };
    loom_testkit::run(use_queues(settings, 1_000));
    // What was done before is not settled at once, and each queue is looked at now and then.
    let mut spent = Vec::new();
    while spent.iter().all(|spent| *spent > 10 * PER_SECOND_MAX) {
        assert!(spent.len() < 6, "commands in each 10 s: {spent:?}");
        let before = commands(&server);
        sleep(Duration::from_secs(10));
        spent.push(commands(&server) - before);
    }
}

#[test]
fn a_redis_that_cannot_be_used_is_refused_with_the_reason() {
    let place = Place::new();
    let dev = |args: &[&str]| {
        let args = Server::ARGS.into_iter().chain(args.iter().copied());
        crate::command::wait(place.loom(args).spawn().unwrap())
    };
    let forgetful = RedisServer::start(&RedisOptions::default());
    let closed = RedisServer::start(&RedisOptions::default().with("requirepass", "secret"));
    let keeps = server().url();
    let over_tls = keeps.replace("redis://", "rediss://");
    let cases: [(&[&str], i32, &str); 9] = [
        (&["--redis", "redis://127.0.0.1:1"], 75, "LOOM-R002"),
        (&["--redis", "nonsense"], 64, "LOOM-R001"),
        (&["--redis", &forgetful.url()], 78, "LOOM-R0"),
        (&["--redis", &closed.url()], 78, "LOOM-R003"),
        (&["--redis", &over_tls], 75, "TLS"),
        (&["--redis", &keeps, "--redis-prefix", "a b"], 64, "prefix"),
        (&["--redis", &keeps, "--redis-ca", "/nowhere.pem"], 66, "/nowhere.pem"),
        (&["--redis", &keeps, "--redis-durability", "replicas=0"], 64, "replicas="),
        (&["--redis-cluster"], 64, "--redis"),
    ];
    for (args, code, said) in cases {
        dev(args).failed(code, said);
    }
    place.run(["cluster", "status"]).failed(64, "--redis");
}
