//! Redis as processes: one server, a cluster, a master with a replica that a sentinel watches.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::Certificates;
use super::engine::Program;
use super::place::{Place, Running};
use super::process::{Process, free_port};

const PROGRAM: &str = "redis-server";
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// How often another port is tried, if somebody took the first.
const STARTS_MAX: usize = 5;

/// What a server of a test is like.
#[derive(Clone, Debug, Default)]
pub struct RedisOptions {
    /// It listens for TLS, and for nothing else.
    pub tls: bool,
    /// Further settings, as in `redis.conf`.
    pub settings: Vec<(String, String)>,
}

/// One server.
#[derive(Debug)]
pub struct RedisServer {
    place: Place,
    running: Option<Running>,
    port: u16,
    options: RedisOptions,
    /// Those it shows, if it listens for TLS.
    pub certificates: Option<Certificates>,
    dir: TempDir,
}

impl RedisOptions {
    /// With one more setting.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }
}

impl RedisServer {
    /// Starts a server as a process, which takes signals, and waits until it answers.
    #[must_use]
    pub fn start(options: &RedisOptions) -> Self {
        Self::start_in(Place::Process, options)
    }

    /// Starts a server and waits until it answers.
    pub(super) fn start_in(place: Place, options: &RedisOptions) -> Self {
        let dir = TempDir::new().expect("there is room for a scratch directory");
        let certificates = options.tls.then(|| Certificates::write(dir.path()));
        let options = options.clone();
        let mut server = Self { place, running: None, port: 0, options, certificates, dir };
        for _ in 0..STARTS_MAX {
            server.port = free_port();
            if server.run() {
                return server;
            }
        }
        let log = fs::read_to_string(server.dir.path().join("log")).unwrap_or_default();
        panic!("{PROGRAM} does not start; is it installed? cargo xtask backends up\n{log}");
    }

    /// Starts it again on its port, over what it wrote to its directory.
    pub fn restart(&mut self) {
        self.running = None;
        assert!(self.run(), "{PROGRAM} starts again");
    }

    /// Sends a signal, named as `kill` does: `KILL`, `STOP`, `CONT`.
    pub fn signal(&self, name: &str) {
        if let Some(running) = &self.running {
            running.signal(name);
        }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.options.tls { "rediss" } else { "redis" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Where it writes: its log, and what it holds.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Sends a command as `redis-cli` does, and returns what that prints.
    #[must_use = "it says whether the server did it"]
    pub fn command(&self, command: &[&str]) -> String {
        cli(self.port, command)
    }

    fn run(&mut self) -> bool {
        let log = self.dir.path().join("log");
        let running =
            self.place.start(Program::Redis, PROGRAM, &self.arguments(), self.dir.path(), &log);
        self.running = Some(running);
        let started = Instant::now();
        while started.elapsed() < START_TIMEOUT {
            if self.answers() {
                return true;
            }
            let log = fs::read_to_string(&log).unwrap_or_default();
            if log.contains("not found") || log.contains("Address already in use") {
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }

    fn arguments(&self) -> Vec<String> {
        let port = self.port.to_string();
        let dir = self.dir.path().display().to_string();
        let mut settings = vec![("dir", dir), ("bind", "127.0.0.1".into())];
        settings.extend([("save", String::new()), ("appendonly", "no".into())]);
        match &self.certificates {
            Some(certificates) => settings.extend([
                ("port", "0".into()),
                ("tls-port", port),
                ("tls-cert-file", certificates.certificate.display().to_string()),
                ("tls-key-file", certificates.key.display().to_string()),
                ("tls-ca-cert-file", certificates.ca.display().to_string()),
                ("tls-auth-clients", "no".into()),
            ]),
            None => settings.push(("port", port)),
        }
        let own = self.options.settings.iter().map(|(name, value)| (&**name, value.clone()));
        let all = settings.into_iter().chain(own);
        all.flat_map(|(name, value)| [format!("--{name}"), value]).collect()
    }

    /// Whether it listens and, where that can be asked without TLS, answers.
    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        if self.options.tls {
            return true;
        }
        let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
        let mut answer = [0; 5];
        let asked = stream.write_all(b"PING\r\n").and_then(|()| stream.read_exact(&mut answer));
        asked.is_ok() && [b"+PONG", b"-NOAU"].contains(&&answer)
    }
}

/// Several masters that share the slots.
#[derive(Debug)]
pub struct RedisCluster {
    /// The masters, at first.
    pub nodes: Vec<RedisServer>,
    /// Their replicas, at first.
    pub replicas: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts a cluster of `masters` and waits until all slots are served.
    #[must_use]
    pub fn start(masters: usize) -> Self {
        Self::with_replicas(masters, 0)
    }

    /// Starts a cluster of `masters` there, and waits until all slots are served.
    pub(super) fn start_in(place: Place, masters: usize) -> Self {
        Self::with_replicas_in(place, masters, 0)
    }

    /// Starts a cluster of `masters`, each with so many replicas, and waits until they follow.
    #[must_use]
    pub fn with_replicas(masters: usize, each: usize) -> Self {
        Self::with_replicas_in(Place::Process, masters, each)
    }

    fn with_replicas_in(place: Place, masters: usize, each: usize) -> Self {
        let nodes: Vec<_> = (0..masters * (1 + each))
            .map(|_| {
                let bus = free_port().to_string();
                let options = RedisOptions::default()
                    .with("cluster-enabled", "yes")
                    .with("cluster-node-timeout", "2000")
                    .with("cluster-port", &bus);
                RedisServer::start_in(place, &options)
            })
            .collect();
        let addresses = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        let created = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(addresses)
            .args(["--cluster-replicas", &each.to_string(), "--cluster-yes"])
            .output()
            .expect("redis-cli comes with redis-server");
        assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stdout));
        let follows = |node: &RedisServer| {
            node.command(&["info", "replication"]).contains("master_link_status:up")
        };
        let count = || nodes.iter().filter(|node| follows(node)).count();
        wait_until("the replicas follow", || count() == masters * each);
        let (replicas, nodes) = nodes.into_iter().partition(follows);
        let cluster = Self { nodes, replicas };
        let ok =
            |node: &RedisServer| node.command(&["cluster", "info"]).contains("cluster_state:ok");
        wait_until("the cluster serves all slots", || cluster.nodes.iter().all(ok));
        cluster
    }

    /// The addresses of its nodes.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }
}

/// A master, its replica, and a sentinel that watches them as `loom`.
#[derive(Debug)]
pub struct RedisWithReplica {
    /// The master at first.
    pub master: RedisServer,
    /// Its replica at first.
    pub replica: RedisServer,
    sentinel_port: u16,
    _sentinel: Process,
    _dir: TempDir,
}

impl RedisWithReplica {
    /// Starts them and waits until the replica follows.
    #[must_use]
    pub fn start(options: &RedisOptions) -> Self {
        let master = RedisServer::start(options);
        let of = format!("127.0.0.1 {}", master.port);
        let mut replica = RedisServer::start(options);
        let said = replica.command(&["replicaof", "127.0.0.1", &master.port.to_string()]);
        assert!(said.starts_with("OK"), "{said}");
        replica.options.settings.push(("replicaof".into(), of));
        wait_until("the replica follows", || {
            replica.command(&["info", "replication"]).contains("master_link_status:up")
        });

        let dir = TempDir::new().expect("there is room for a scratch directory");
        let sentinel_port = free_port();
        let file = dir.path().join("sentinel.conf");
        let settings = format!(
            "port {sentinel_port}\nbind 127.0.0.1\ndir {}\nsentinel monitor loom 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds loom 500\nsentinel failover-timeout loom 2000\n",
            dir.path().display(),
            master.port,
        );
        fs::write(&file, settings).expect("the scratch directory takes it");
        let arguments = [file.display().to_string(), "--sentinel".into()];
        let sentinel = Process::start(PROGRAM, &arguments, &dir.path().join("log"));
        wait_until("the sentinel knows the replica", || {
            cli(sentinel_port, &["sentinel", "replicas", "loom"]).contains("127.0.0.1")
        });
        Self { master, replica, sentinel_port, _sentinel: sentinel, _dir: dir }
    }

    /// Returns once the replica has all that the master has.
    pub fn wait_for_replica(&self) {
        let offset = |server: &RedisServer| {
            let said = server.command(&["info", "replication"]);
            let line = said.lines().find_map(|line| line.strip_prefix("master_repl_offset:"));
            line.map(|offset| offset.trim().to_owned())
        };
        wait_until("the replica has everything", || offset(&self.master) == offset(&self.replica));
    }

    /// The address of the sentinel.
    #[must_use]
    pub fn sentinel_url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.sentinel_port)
    }
}

fn cli(port: u16, command: &[&str]) -> String {
    let output = Command::new("redis-cli")
        .args(["-p", &port.to_string()])
        .args(command)
        .output()
        .expect("redis-cli comes with redis-server");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < START_TIMEOUT, "{what}: not in {START_TIMEOUT:?}");
        thread::sleep(Duration::from_millis(50));
    }
}
