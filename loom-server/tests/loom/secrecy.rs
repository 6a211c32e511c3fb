//! Secrets that were planted everywhere are looked for in everything that can be seen.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use loom_testkit::backends::{AZURITE_KEY, COSMOS_KEY, KEY_VAULT_CLIENT};

use crate::command::wait;
use crate::deployed::{Deployed, REDIS_PASSWORD, WRAPPING_KEY, Which};
use crate::http_server::Server;

const VALUE: &str = "planted-secret-of-a-merchant";
/// Wrong ones are as secret: somebody may have mistyped them.
const WRONG_PASSWORD: &str = "planted-wrong-password";
const WRONG_KEY: &str = "cGxhbnRlZC13cm9uZy1rZXktcGxhbnRlZC13cm9uZw==";

const PLANTED: [&str; 8] = [
    VALUE,
    REDIS_PASSWORD,
    WRAPPING_KEY,
    WRONG_PASSWORD,
    WRONG_KEY,
    COSMOS_KEY,
    AZURITE_KEY,
    KEY_VAULT_CLIENT[2],
];

/// All that was seen, and where.
#[derive(Default)]
struct Seen(Vec<(String, String)>);

impl Seen {
    fn add(&mut self, place: impl Into<String>, what: impl AsRef<[u8]>) {
        self.0.push((place.into(), String::from_utf8_lossy(what.as_ref()).into_owned()));
    }

    fn add_files(&mut self, dir: &Path, without: &[&str]) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                self.add_files(&path, without);
            } else if !without.contains(&name.as_str())
                && let Ok(bytes) = fs::read(&path)
            {
                self.add(path.display().to_string(), bytes);
            }
        }
    }

    fn holds(&self, text: &str) -> Option<&str> {
        let found = self.0.iter().find(|(_, seen)| seen.contains(text));
        found.map(|(place, _)| place.as_str())
    }
}

#[test]
fn what_is_secret_is_seen_nowhere() {
    let mut deployed = Deployed::new();
    let mut seen = Seen::default();
    let log = deployed.place.path().join("log");
    let mut serve = deployed.loom(&["serve", "--json", "--config", &deployed.file]);
    serve.env("LOG_LEVEL", "trace").stderr(File::create(&log).unwrap());
    let server = Server::spawn(serve).unwrap_or_else(|ended| panic!("{ended:?}"));

    let set = ["secrets", "--config", &deployed.file, "set", "merchant-acme"];
    let mut set = deployed.loom(&set).stdin(Stdio::piped()).spawn().unwrap();
    set.stdin.take().unwrap().write_all(VALUE.as_bytes()).unwrap();
    let set = wait(set);
    assert_eq!(set.code, Some(0), "{set:?}");
    seen.add("secrets set", format!("{set:?}"));

    let mut ask = |path: &str, body: &str| {
        let answer = server.post(path, body);
        seen.add(path, format!("{answer:?}"));
        answer.status
    };
    assert_eq!(ask("/v1/actors/wallet/a/deposit", "100"), 200);
    let order = r#"{"wallet":"a","cents":5,"merchant":"acme"}"#;
    assert_eq!(ask("/v1/actors/order/1/place", order), 200);
    // The receipt says that the secret was read.
    assert_eq!(deployed.receipts(), 1);
    for which in Which::ALL {
        deployed.take_away(which);
    }
    seen.add("health", server.get("/health").body);
    seen.add("a call", format!("{:?}", server.post("/v1/actors/wallet/a/deposit", "1")));
    for which in Which::ALL {
        deployed.bring_back(which);
    }
    while server.get("/health").status != 200 {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let file = ["--config", &deployed.file];
    for command in [
        &["config", "check"][..],
        &["config", "check", "--json"],
        &["journal", "show", "order/1"],
        &["actors", "states", "--json"],
        &["dead-letters", "list"],
        &["cluster", "status", "--json"],
        &["secrets", "list"],
    ] {
        let args = if command[0] == "secrets" {
            ["secrets", file[0], file[1], "list"].to_vec()
        } else {
            [command, &file].concat()
        };
        let mut command = deployed.loom(&args);
        let ended = wait(command.env("LOG_LEVEL", "trace").spawn().unwrap());
        assert_eq!(ended.code, Some(0), "{args:?} {ended:?}");
        seen.add(args.join(" "), format!("{ended:?}"));
    }
    assert_eq!(server.terminate().code, Some(0));

    let connection = deployed.connection_string().replace(AZURITE_KEY, WRONG_KEY);
    for (name, wrong) in [
        ("REDIS_PASSWORD", WRONG_PASSWORD),
        ("COSMOS_KEY", WRONG_KEY),
        ("AZURE_STORAGE_CONNECTION_STRING", &connection),
        ("AZURE_CLIENT_SECRET", WRONG_PASSWORD),
        ("WRAPPING_KEYS", WRONG_PASSWORD),
    ] {
        let mut serve = deployed.loom(&["serve", "--json", file[0], file[1]]);
        let ended = wait(serve.env(name, wrong).env("LOG_LEVEL", "trace").spawn().unwrap());
        assert_eq!(ended.code, Some(78), "{name} {ended:?}");
        seen.add(name, format!("{ended:?}"));
    }

    seen.add_files(deployed.place.path(), &[]);
    // The server of Redis was told its own password in its settings.
    seen.add_files(deployed.redis.dir(), &["redis.conf", "conf", "config"]);
    seen.add_files(deployed.azurite.dir(), &[]);
    for planted in PLANTED {
        assert_eq!(seen.holds(planted), None, "{planted}");
    }
    // It would have been found.
    assert!(seen.holds("acme was paid 5 cents").is_some());
    assert!(fs::metadata(&log).unwrap().len() > 10_000, "the log says everything");
}
