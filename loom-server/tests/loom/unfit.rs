//! A Redis that is not as it should be, at start and under load.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use loom_testkit::backends::{RedisOptions, RedisServer, RedisWithReplica};

use crate::command::{Place, wait};
use crate::http_server::Server;

const PATIENCE: Duration = Duration::from_mins(1);

fn keeping() -> RedisOptions {
    RedisOptions::default().with("appendonly", "yes")
}

/// A server that says of the one behind it that it is version 5. Returns its address.
fn of_old(server: &RedisServer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let behind = server.url().replace("redis://", "");
    thread::spawn(move || {
        while let Ok((client, _)) = listener.accept() {
            let server = TcpStream::connect(&behind).unwrap();
            let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || pass_on(from, to, |_| ()));
            thread::spawn(move || pass_on(server, client, age));
        }
    });
    format!("redis://{address}")
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, change: fn(&mut [u8])) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        change(&mut bytes[..read]);
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _: io::Result<()> = to.shutdown(Shutdown::Both);
}

fn age(answer: &mut [u8]) {
    const NAME: &[u8] = b"redis_version:";
    if let Some(found) = answer.windows(NAME.len()).position(|bytes| bytes == NAME) {
        answer[found + NAME.len()] = b'5';
    }
}

#[test]
fn a_server_that_is_unfit_is_refused_by_its_code() {
    let keeps = RedisServer::start(&keeping());
    let closed = RedisServer::start(&keeping().with("requirepass", "secret"));
    let tls = RedisServer::start(&RedisOptions { tls: true, ..keeping() });
    let pair = RedisWithReplica::start(&keeping());
    let rows = [
        (of_old(&keeps), 78, "LOOM-R010: Redis is 5."),
        (closed.url().replace("redis://", "redis://:wrong@"), 78, "LOOM-R003"),
        (tls.url().replace("rediss://", "redis://"), 78, "LOOM-R004"),
        (tls.url(), 78, "LOOM-R004"),
        (pair.replica.url(), 78, "LOOM-R015"),
    ];
    let place = Place::new();
    for (url, code, said) in &rows {
        let dev = [&Server::ARGS[..], &["--redis", url]].concat();
        wait(place.loom(dev).spawn().unwrap()).failed(*code, said);
    }
    // Who only looks is told the same of what keeps them from it.
    for (url, code, said) in &rows[1..4] {
        for look in [["journal", "verify"], ["cluster", "status"], ["dead-letters", "list"]] {
            let look = [&look[..], &["--redis", url]].concat();
            wait(place.loom(look).spawn().unwrap()).failed(*code, said);
        }
    }
}

#[test]
fn a_redis_that_is_full_refuses_and_loses_nothing() {
    const WALLETS: u64 = 8;
    const CENTS: u64 = 5;
    let redis = RedisServer::start(&keeping());
    let place = Place::new();
    let url = redis.url();
    let host = place.loom([&Server::ARGS[..], &["--redis", &url]].concat());
    let host = Server::spawn(host).unwrap_or_else(|ended| panic!("{ended:?}"));
    let limit = |bytes: &str| {
        assert!(redis.command(&["config", "set", "maxmemory", bytes]).starts_with("OK"));
    };
    let deposit = |n: u64| {
        let path = format!("/v1/actors/wallet/w{}/deposit", n % WALLETS);
        host.post_once(&path, &format!("k{n}"), &CENTS.to_string())
    };
    let insist = |n: u64| {
        let since = Instant::now();
        loop {
            let answer = deposit(n);
            if answer.status == 200 {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "{answer:?}");
            thread::sleep(Duration::from_millis(50));
        }
    };
    (0..WALLETS).for_each(&insist);

    // Whatever is used now, it is more than that.
    limit("1mb");
    let refused: Vec<_> = (WALLETS..4 * WALLETS).map(deposit).collect();
    for answer in refused {
        let problem = answer.problem(503, "unavailable");
        assert!(problem["detail"].to_string().contains("store is full"), "{problem}");
    }
    let status = wait(place.loom(["cluster", "status", "--redis", &url]).spawn().unwrap());
    assert!(status.out.contains("partitions have no host"), "{status:?}");

    limit("0");
    (0..8 * WALLETS).for_each(&insist);
    for wallet in 0..WALLETS {
        let balance = host.post(&format!("/v1/actors/wallet/w{wallet}/balance"), "null");
        assert_eq!(balance.body, (8 * CENTS).to_string(), "wallet {wallet}");
    }
    let verify = place.loom(["journal", "verify", "--json", "--redis", &url]).spawn().unwrap();
    let verified = wait(verify);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert_eq!(verified.json()["actors"], WALLETS);
    assert_eq!(host.terminate().code, Some(0));
}
