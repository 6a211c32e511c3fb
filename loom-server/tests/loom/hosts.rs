//! Hosts on a Redis of their own, each of which may end and come back.

use std::fs::File;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use loom_testkit::backends::{RedisOptions, RedisServer};
use serde_json::Value;

use crate::client::Client;
use crate::command::{Ended, Place, wait};
use crate::http_server::Server;

/// After this long, a host that has not taken its share never will.
const SETTLED_WITHIN: Duration = Duration::from_mins(2);
/// Hosts move partitions at least this often while some are not where they belong.
const STILL_FOR: Duration = Duration::from_millis(1_500);
/// How long one answer is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Hosts on a Redis of their own, each of which may end and come back.
pub(crate) struct Hosts {
    servers: Vec<Option<Server>>,
    pub(crate) redis: RedisServer,
    place: Place,
}

impl Hosts {
    /// Starts them, on a Redis that keeps what it is told, and waits until each has its share.
    pub(crate) fn start(count: usize) -> Self {
        let keeps = RedisOptions::default().with("appendonly", "yes");
        let redis = RedisServer::start(&keeps.with("appendfsync", "everysec"));
        let mut hosts = Self { servers: Vec::new(), redis, place: Place::new() };
        for _ in 0..count {
            let server = hosts.spawn();
            hosts.servers.push(Some(server));
        }
        hosts.settle();
        hosts
    }

    pub(crate) fn count(&self) -> usize {
        self.servers.len()
    }

    /// Where each of them is. All of them must be running.
    pub(crate) fn addresses(&self) -> Vec<String> {
        (0..self.count()).map(|host| self.server(host).address().to_owned()).collect()
    }

    /// A host, which must be running.
    pub(crate) fn server(&self, host: usize) -> &Server {
        self.servers[host].as_ref().expect("who ends a host starts the next")
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self, host: usize) {
        self.servers[host] = None;
    }

    /// Sends SIGTERM, and waits for the end.
    pub(crate) fn terminate(&mut self, host: usize) -> Ended {
        self.servers[host].take().expect("only a host that runs is ended").terminate()
    }

    /// Starts a host and kills it, before or soon after it has joined.
    pub(crate) fn kill_at_start(&self, after: Duration) {
        let mut child = self.command().spawn().unwrap();
        thread::sleep(after);
        child.kill().unwrap();
        wait(child);
    }

    /// Starts a host where one has ended. Returns its address.
    pub(crate) fn come_back(&mut self, host: usize) -> &str {
        let server = self.spawn();
        self.servers[host].insert(server).address()
    }

    /// How many partitions a host says that it owns, and how many there are; nothing if it does
    /// not answer.
    pub(crate) fn owned(&self, host: usize) -> Option<(u64, u64)> {
        let mut client = Client::new(self.server(host).address()).within(ANSWER_WITHIN);
        let ready: Value = serde_json::from_str(&client.get("/ready").ok()?.body).ok()?;
        Some((ready["owned"].as_u64()?, ready["partitions"].as_u64()?))
    }

    /// Whether some hosts own everything among them, and each something.
    pub(crate) fn own_all(&self, mut hosts: impl Iterator<Item = usize>) -> bool {
        let all = hosts.try_fold((0, 0), |(sum, _), host| {
            let (owned, partitions) = self.owned(host).filter(|(owned, _)| *owned > 0)?;
            Some((sum + owned, partitions))
        });
        all.is_some_and(|(sum, partitions)| sum == partitions)
    }

    /// Waits until all hosts own everything among them, each something, and no partition moves any
    /// more. Returns since when that is so.
    pub(crate) fn settle(&self) -> Instant {
        let owned = || (0..self.count()).map(|host| self.owned(host)).collect::<Vec<_>>();
        let begun = Instant::now();
        let (mut now, mut since) = (owned(), Instant::now());
        while since.elapsed() < STILL_FOR || !self.own_all(0..self.count()) {
            assert!(begun.elapsed() < SETTLED_WITHIN, "what each owns: {now:?}");
            thread::sleep(Duration::from_millis(20));
            let then = std::mem::replace(&mut now, owned());
            if now != then {
                since = Instant::now();
            }
        }
        since
    }

    /// What the hosts that run say of turns that Redis has forgotten.
    pub(crate) fn forgotten(&self) -> Vec<Value> {
        let told = |host| {
            let mut client = Client::new(self.server(host).address()).within(ANSWER_WITHIN);
            let health: Value = serde_json::from_str(&client.get("/health").ok()?.body).ok()?;
            health.get("divergence").cloned()
        };
        (0..self.count()).filter_map(told).collect()
    }

    /// The messages that were given up, as a host lists them.
    pub(crate) fn dead_letters(&self, host: usize) -> Vec<Value> {
        let mut client = Client::new(self.server(host).address());
        let listed = client.get("/v1/dead-letters?limit=1000").unwrap();
        let listed: Value = serde_json::from_str(&listed.body).unwrap();
        listed["dead_letters"].as_array().unwrap_or_else(|| panic!("{listed}")).clone()
    }

    fn spawn(&self) -> Server {
        Server::spawn(self.command()).unwrap_or_else(|ended| panic!("{ended:?}"))
    }

    /// The command for one more host. What hosts log goes to the file that `LOOM_MANY_LOG` names.
    fn command(&self) -> Command {
        let mut command = self.place.loom(Server::ARGS);
        command.args(["--redis", &self.redis.url()]);
        if let Some(log) = std::env::var_os("LOOM_MANY_LOG") {
            let log = File::options().append(true).create(true).open(log).unwrap();
            command.stderr(log).env("LOG_LEVEL", "warn");
        } else {
            command.stderr(Stdio::null());
        }
        command
    }
}
