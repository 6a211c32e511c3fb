//! Looking at a Redis beside the host that uses it.

use std::thread::sleep;
use std::time::{Duration, Instant};

use loom_testkit::backends::{RedisOptions, RedisServer};
use serde_json::{Value, json};

use crate::command::{Ended, Place, wait};
use crate::http_server::Server;

const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until that many lines are printed.
fn until_lines(count: usize, look: impl Fn() -> Ended) -> Ended {
    let since = Instant::now();
    loop {
        let looked = look();
        if looked.out.lines().count() == count {
            return looked;
        }
        assert!(since.elapsed() < PATIENCE, "{looked:?}");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_a_host_on_redis_does_is_seen_without_being_a_host() {
    let redis = RedisServer::start(&RedisOptions::default().with("appendonly", "yes"));
    let place = Place::new();
    let url = redis.url();
    let store = format!("listen = '127.0.0.1:0'\n[store]\nkind = 'redis'\nurls = ['{url}']\n");
    let file = place.file("loom.toml", store);
    let look = |args: &[&str], at: [&str; 2]| {
        let mut command = place.loom(args.iter().copied().chain(at));
        wait(command.env_remove("LOOM_REDIS_URL").spawn().unwrap())
    };
    let ways = [["--redis", &url], ["--config", &file]];
    for at in ways {
        look(&["journal", "verify"], at).failed(66, "LOOM-R007");
    }

    let host = place.loom([&Server::ARGS[..], &["--redis", &url]].concat());
    let host = Server::spawn(host).unwrap_or_else(|ended| panic!("{ended:?}"));
    for cents in ["5", "7"] {
        assert_eq!(host.post("/v1/actors/wallet/a/deposit", cents).status, 200);
    }
    assert_eq!(host.post("/v1/actors/tally/b/add/send", "\"x\"").status, 202);
    until_lines(1, || look(&["dead-letters", "list", "--json"], ways[0]));
    for at in ways {
        let verified = look(&["journal", "verify", "--json"], at);
        assert_eq!(verified.code, Some(0), "{verified:?}");
        let told = verified.json();
        assert_eq!((&told["actors"], &told["mismatches"]), (&json!(2), &json!(0)));
        assert_eq!(look(&["journal", "show", "wallet/a", "--json"], at).out.lines().count(), 2);
        let state = look(&["journal", "state", "wallet/a", "--at", "1"], at);
        assert_eq!(serde_json::from_str::<Value>(&state.out).unwrap()["cents"], 5);
        assert_eq!(look(&["actors", "list", "--kind", "wallet"], at).out, "wallet/a\n");

        let letters = until_lines(1, || look(&["dead-letters", "list", "--json"], at)).json();
        assert_eq!((&letters["to"], &letters["method"]), (&json!("tally/b"), &json!("add")));
        let id = letters["id"].as_str().unwrap();
        look(&["dead-letters", "replay", "x"], at).failed(66, "there is no dead letter x");
        assert_eq!(look(&["dead-letters", "replay", id], at).code, Some(0));
        // The host gives it up again.
        let again = until_lines(1, || look(&["dead-letters", "list", "--json"], at)).json();
        assert_eq!(again["id"], letters["id"]);
    }
    let hosts = look(&["cluster", "status", "--json"], ways[0]).json();
    assert_eq!(hosts["hosts"].as_array().map(Vec::len), Some(1), "{hosts}");
    assert_eq!(host.terminate().code, Some(0));
}
