use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use loom_adapter_redis::{Durability, Topology};

use super::{Serving, parse};
use crate::stores::StoreSettings;

const EXAMPLE: &str = include_str!("../../../loom.example.toml");
pub(super) const EMBEDDED: &str =
    "listen = \"127.0.0.1:0\"\n[store]\nkind = \"embedded\"\ndir = \"d\"\n";
pub(super) const REDIS: &str = "listen = \"127.0.0.1:0\"\n[store]\nkind = \"redis\"\n";

pub(super) fn read(text: &str, variables: &[(&str, &str)]) -> Result<Serving, String> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let variables: Vec<_> = variables.iter().map(own).collect();
    parse(Path::new("etc/loom.toml"), text, &variables).map_err(|mistake| mistake.to_string())
}

#[track_caller]
pub(super) fn good(text: &str, variables: &[(&str, &str)]) -> Serving {
    read(text, variables).unwrap_or_else(|mistake| panic!("{mistake}"))
}

#[track_caller]
pub(super) fn redis(text: &str, variables: &[(&str, &str)]) -> loom_adapter_redis::RedisSettings {
    match good(text, variables).deployment.store {
        StoreSettings::Redis(settings) => *settings,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(super) fn refused(text: &str, variables: &[(&str, &str)], said: &str) {
    let mistake = read(text, variables).map(|serving| format!("{serving:?}")).unwrap_err();
    assert!(mistake.starts_with(said), "{text}\n{mistake}\n{said}");
}

/// The settings of the example, also those that are commented out, by the line of their table.
fn example() -> Vec<(String, String)> {
    let mut tables = vec![(String::new(), String::new())];
    for line in EXAMPLE.lines() {
        let setting = line.strip_prefix("# ").unwrap_or(line);
        if setting.starts_with('[') {
            tables.push((line.to_owned(), String::new()));
        }
        if setting.starts_with('[') || setting.contains(" = ") && !setting.contains(". ") {
            let (_, settings) = tables.last_mut().unwrap();
            writeln!(settings, "{setting}").unwrap();
        }
    }
    tables
}

pub(super) fn example_of(table: &str, without: &[&str]) -> String {
    let tables = example();
    let (_, settings) = tables.iter().find(|(line, _)| line == table).unwrap();
    let is_left = |line: &&str| !without.iter().any(|name| line.starts_with(name));
    settings.lines().filter(is_left).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_is_right_and_has_every_setting_with_its_default() {
    let plain = good(EXAMPLE, &[]);
    let full: Vec<_> = ["", "[store]", "[host]"].map(|table| example_of(table, &[])).into();
    let full = good(&full.join("\n"), &[]);
    let told = |serving: &Serving| {
        let Serving { listen, call_limit, stop_limit, host, deployment, .. } = serving;
        format!("{listen} {call_limit:?} {stop_limit:?} {host:?} {deployment:?}")
    };
    assert_eq!(told(&plain), told(&full));

    let text = example_of("# [store]", &["master", "password", "ca", "user"]);
    let text = format!("listen = \"127.0.0.1:7070\"\n{text}");
    let least = format!("{REDIS}urls = [\"redis://127.0.0.1:6379\"]");
    let (full, least) = (redis(&text, &[]), redis(&least, &[]));
    assert_eq!(format!("{full:?}"), format!("{least:?}"));
    let timeouts = |settings: &loom_adapter_redis::RedisSettings| {
        (settings.connect_timeout, settings.response_timeout, settings.refusal_timeout)
    };
    assert_eq!(timeouts(&full), timeouts(&least));

    let layer = good(&format!("{EMBEDDED}{}", example_of("# [config.order]", &[])), &[]);
    assert!(layer.deployment.settings.is_some());
    good(&format!("{EMBEDDED}{}", example_of("# [ports]", &[])), &[]);
}

#[test]
fn what_is_set_is_what_the_host_gets() {
    let text = "
        listen = '0.0.0.0:80'
        allow_remote = true
        call_limit_seconds = 3
        key_window_hours = 48
        [store]
        kind = 'redis'
        urls = ['rediss://a:1', 'rediss://b:2']
        topology = 'sentinel'
        master = 'm'
        prefix = 'p'
        user = 'u'
        password_env = 'SECRET'
        durability = 'replicas=2'
        connect_timeout_ms = 1
        response_timeout_ms = 2
        refusal_timeout_ms = 3
        allow_unsafe = true
        [host]
        partitions = 16
        lease_seconds = 5
        mailbox_max = 6
        active_max = 7
        shutdown_grace_seconds = 8";
    let serving = good(text, &[("SECRET", "s")]);
    assert_eq!(serving.listen.to_string(), "0.0.0.0:80");
    let seconds = Duration::from_secs;
    assert_eq!((serving.call_limit, serving.stop_limit), (seconds(3), seconds(8)));
    let host = &serving.host;
    assert_eq!((host.partitions.get(), host.mailbox_max, host.active_max), (16, 6, 7));
    assert_eq!((host.lease, host.key_window), (seconds(5), Duration::from_hours(48)));

    let settings = redis(text, &[("SECRET", "s")]);
    assert_eq!(settings.urls, ["rediss://a:1", "rediss://b:2"]);
    assert_eq!(settings.topology, Topology::Sentinel { master: "m".into() });
    assert_eq!((settings.prefix.as_str(), settings.partitions.get()), ("p", 16));
    assert_eq!((settings.user.as_deref(), settings.password.as_deref()), (Some("u"), Some("s")));
    assert_eq!((settings.durability, settings.allow_unsafe), (Durability::Replicas(2), true));
    let timeouts = [settings.connect_timeout, settings.response_timeout, settings.refusal_timeout];
    assert_eq!(timeouts.map(|timeout| timeout.as_millis()), [1, 2, 3]);
}

#[test]
fn a_variable_named_after_a_setting_wins_over_the_file() {
    let text = format!("{REDIS}urls = ['redis://file']\n[host]\nlease_seconds = 5");
    let serving = good(&text, &[("LOOM_LISTEN", "127.0.0.1:9"), ("LOOM_HOST_LEASE_SECONDS", "7")]);
    assert_eq!((serving.listen.port(), serving.host.lease), (9, Duration::from_secs(7)));
    let rows = [
        (("LOOM_STORE_URLS", "redis://a"), vec!["redis://a"]),
        // In the environment a password is where it belongs.
        (("LOOM_REDIS_URL", "redis://u:p@a"), vec!["redis://u:p@a"]),
        // These are for other commands.
        (("LOOM_DATA", "elsewhere"), vec!["redis://file"]),
        (("LOOM_STORE", "redis://a"), vec!["redis://file"]),
    ];
    for (variable, urls) in rows {
        assert_eq!(redis(&text, &[variable]).urls, urls, "{variable:?}");
    }
    let cluster = [("LOOM_STORE_TOPOLOGY", "cluster"), ("LOOM_STORE_URLS", "redis://a, redis://b")];
    assert_eq!(redis(&text, &cluster).urls, ["redis://a", "redis://b"]);
    assert_eq!(redis(&text, &[("LOOM_STORE_PREFIX", "\"7\"")]).prefix, "7");
    // Also over a file that says nothing of it, not even the table.
    let nothing = [
        ("LOOM_LISTEN", "127.0.0.1:9"),
        ("LOOM_STORE_KIND", "redis"),
        ("LOOM_REDIS_URL", "redis://a"),
    ];
    assert_eq!(redis("", &nothing).urls, ["redis://a"]);
}

#[test]
fn a_path_is_relative_to_the_file_that_names_it() {
    let StoreSettings::Embedded { dir, .. } = good(EMBEDDED, &[]).deployment.store else {
        panic!("another store")
    };
    assert_eq!(dir, Path::new("etc/d"));
}

/// A text, what is added to it, and how the mistake begins.
type Row = (&'static str, &'static str, &'static str);

const MISTAKES: &[Row] = &[
    ("", "listen", "1: LOOM-A001: key with no value, expected `=`"),
    ("", "listen = \n", "1: LOOM-A001: string values must be quoted, expected literal string"),
    ("", "x = 1\n@", "2: LOOM-A001: key with no value, expected `=`"),
    ("", "lissten = 1", "1: LOOM-A002: lissten: there is no such setting"),
    (
        "",
        "listen = 'x'\n[store]\nkind = 'embedded'\ndir = 'd'",
        "1: LOOM-A004: listen: invalid value: string \"x\", expected an address and a port, such as \"127.0.0.1:7070\"",
    ),
    (
        "",
        "listen = 7070",
        "1: LOOM-A004: listen: invalid type: integer `7070`, expected an address and a port, such as \"127.0.0.1:7070\"",
    ),
    (
        "",
        "listen = '0.0.0.0:1'\n[store]\nkind = 'embedded'\ndir = 'd'",
        "1: LOOM-A009: listen: other machines can reach this address, and there is no authentication",
    ),
    ("", "listen = '127.0.0.1:1'", "1: LOOM-A003: store: it is missing"),
    ("", "[host]\nlease_seconds = 1", "1: LOOM-A003: listen: it is missing"),
    ("", "listen = '127.0.0.1:1'\n[store]\ndir = 'd'", "2: LOOM-A003: store.kind: it is missing"),
    (
        "",
        "listen = '127.0.0.1:1'\nstore = 'redis'",
        "2: LOOM-A004: store: it must be a table, and is of type string",
    ),
    (
        "",
        "listen = '127.0.0.1:1'\n[store]\nkind = 'memory'",
        "3: LOOM-A006: store.kind: stores in memory lose everything with the process",
    ),
    (
        "",
        "listen = '127.0.0.1:1'\n[store]\nkind = 'oracle'",
        "3: LOOM-A004: store.kind: unknown variant `oracle`, expected one of `memory`, `embedded`, `redis`",
    ),
    (
        "",
        "listen = '127.0.0.1:1'\n\n[store]\nkind = 'embedded'",
        "3: LOOM-A003: store.dir: it is missing",
    ),
    (
        EMBEDDED,
        "durability = 'none'",
        "5: LOOM-A004: store.durability: unknown variant `none`, expected `fsync` or `os`",
    ),
    (EMBEDDED, "urls = ['redis://a']", "5: LOOM-A002: store.urls: there is no such setting"),
    (EMBEDDED, "password = 'p'", "5: LOOM-A005: store.password: a password does not belong here"),
    (EMBEDDED, "[host]\nlease = 10", "6: LOOM-A002: host.lease: there is no such setting"),
    (
        EMBEDDED,
        "[host]\nlease_seconds = '10s'",
        "6: LOOM-A004: host.lease_seconds: invalid type: string \"10s\", expected a whole number from 1 to 86400",
    ),
    (
        EMBEDDED,
        "[host]\nlease_seconds = 0",
        "6: LOOM-A004: host.lease_seconds: invalid value: integer `0`, expected a whole number from 1 to 86400",
    ),
    (
        EMBEDDED,
        "[host]\npartitions = 4097",
        "6: LOOM-A004: host.partitions: invalid value: integer `4097`, expected a whole number from 1 to 4096",
    ),
    (
        EMBEDDED,
        "[host]\nlease_seconds = -1",
        "6: LOOM-A004: host.lease_seconds: invalid value: integer `-1`, expected a whole number from 1 to 86400",
    ),
    (EMBEDDED, "[hosts]\nlease_seconds = 1", "5: LOOM-A002: hosts: there is no such setting"),
];

const REDIS_MISTAKES: &[Row] = &[
    (REDIS, "", "2: LOOM-A003: store.urls: it is missing"),
    (
        REDIS,
        "urls = []",
        "4: LOOM-A004: store.urls: invalid length 0, expected addresses that begin with redis:// or, for TLS, rediss://",
    ),
    (
        REDIS,
        "urls = ['redis://a', 'http://u:p@b']",
        "4: LOOM-A004: store.urls: invalid value: something else, expected addresses that begin with redis:// or, for TLS,",
    ),
    (
        REDIS,
        "urls = ['redis://a', 'redis://u:p@b']",
        "4: LOOM-A005: store.urls: a password does not belong here",
    ),
    (
        REDIS,
        "urls = ['redis://a', 7]",
        "4: LOOM-A004: store.urls: invalid type: integer `7`, expected a string",
    ),
    (
        REDIS,
        "urls = ['redis://a', 'redis://b']",
        "4: LOOM-A007: store.urls: topology = \"standalone\" is one server",
    ),
    (
        REDIS,
        "urls = ['redis://a']\npassword = 'p'",
        "5: LOOM-A005: store.password: a password does not belong here",
    ),
    (
        REDIS,
        "urls = ['redis://a']\npassword_env = 'X'",
        "5: LOOM-A008: store.password_env: the environment has no variable \"X\"",
    ),
    (
        REDIS,
        "urls = ['redis://a']\npassword_file = '/nowhere'",
        "5: LOOM-A008: store.password_file: /nowhere cannot be read: No such file or directory (os error 2)",
    ),
    (
        REDIS,
        "urls = ['redis://a']\npassword_env = 'X'\npassword_file = '/nowhere'",
        "6: LOOM-A007: store.password_file: password_env is set too",
    ),
    (
        REDIS,
        "urls = ['redis://a']\ntopology = 'ring'",
        "5: LOOM-A004: store.topology: unknown variant `ring`, expected one of `standalone`, `cluster`, `sentinel`",
    ),
    (
        REDIS,
        "urls = ['redis://a']\ntopology = 'sentinel'",
        "2: LOOM-A003: store.master: the name of the master that the sentinels watch is missing",
    ),
    (
        REDIS,
        "urls = ['redis://a']\nmaster = 'm'",
        "5: LOOM-A007: store.master: only sentinels know masters by name",
    ),
    (
        REDIS,
        "urls = ['redis://a']\nca = 'ca.pem'",
        "5: LOOM-A007: store.ca: it vouches for TLS, and no address begins with rediss://",
    ),
    (
        REDIS,
        "urls = ['rediss://a']\nca = '/nowhere'",
        "5: LOOM-A008: store.ca: /nowhere cannot be read: No such file or directory (os error 2)",
    ),
    (
        REDIS,
        "urls = ['redis://a']\nprefix = 'a b'",
        "5: LOOM-A004: store.prefix: invalid value: string \"a b\", expected a text of letters, digits, '_', '-' and '.'",
    ),
    (
        REDIS,
        "urls = ['redis://a']\ndurability = 'none'",
        "5: LOOM-A006: store.durability: none keeps nothing that Redis does not keep by chance",
    ),
    (
        REDIS,
        "urls = ['redis://a']\ndurability = 'replicas=0'",
        "5: LOOM-A004: store.durability: invalid value: string \"replicas=0\", expected none, aof, aof-synced, or replicas= and",
    ),
    (
        REDIS,
        "urls = ['redis://a']\nallow_unsafe = 'yes'",
        "5: LOOM-A004: store.allow_unsafe: invalid type: string \"yes\", expected a boolean",
    ),
];

#[test]
fn a_mistake_names_the_place_and_the_setting_and_what_to_do() {
    for (before, after, said) in MISTAKES.iter().chain(REDIS_MISTAKES) {
        let text = format!("{before}{after}");
        refused(&text, &[], &format!("etc/loom.toml:{said}"));
    }
    let rows = [
        (("LOOM_HOST_LEASE", "1"), "LOOM-A002: host.lease: there is no such setting"),
        (("LOOM_HOST_LEASE_SECONDS", "long"), "LOOM-A004: host.lease_seconds: invalid type"),
        (("LOOM_STORE_KIND", "memory"), "LOOM-A006: store.kind: stores in memory lose everything"),
        (("LOOM_STORE_PASSWORD", "p"), "LOOM-A002: store.password: there is no such setting"),
    ];
    for (variable, said) in rows {
        refused(EMBEDDED, &[variable], &format!("the variable {}: {said}", variable.0));
    }
    let said = "etc/loom.toml:3: LOOM-A007: store.kind: LOOM_REDIS_URL is set, and the kind is";
    refused(EMBEDDED, &[("LOOM_REDIS_URL", "redis://a")], said);
}

#[test]
fn all_mistakes_are_told_from_the_beginning_to_the_end() {
    let rows = [
        (
            "listen = 7\nlissten = 1\n[store]\nkind = 'redis'\nprefix = 'a b'\nmaster = 'm'\n\
             [host]\nlease = 1\npartitions = 0",
            vec![
                "1: LOOM-A004: listen:",
                "2: LOOM-A002: lissten:",
                "5: LOOM-A004: store.prefix:",
                "8: LOOM-A002: host.lease:",
                "9: LOOM-A004: host.partitions:",
                "3: LOOM-A003: store.urls:",
            ],
        ),
        (
            "listen = '0.0.0.0:1'\n[store]\nkind = 'redis'\nurls = ['redis://a']\nmaster = 'm'\n\
             durability = 'none'\nca = 'ca.pem'\npassword_env = 'X'\n[locks]\nquorum = ['redis://a']",
            vec![
                "1: LOOM-A009: listen:",
                "5: LOOM-A007: store.master:",
                "6: LOOM-A006: store.durability:",
                "7: LOOM-A007: store.ca:",
                "8: LOOM-A008: store.password_env:",
                "10: LOOM-A004: locks.quorum:",
            ],
        ),
        (
            "[store]\nkind = 'memory'\n[locks]\n[host]\nlease = 1",
            vec![
                "2: LOOM-A006: store.kind:",
                "5: LOOM-A002: host.lease:",
                "1: LOOM-A003: listen:",
                "3: LOOM-A003: locks.quorum:",
            ],
        ),
    ];
    for (text, expected) in rows {
        let told = read(text, &[]).unwrap_err();
        let told: Vec<_> = told.lines().collect();
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(&format!("etc/loom.toml:{expected}")), "{told}: {expected}");
        }
    }
}

#[test]
fn a_quorum_is_reached_as_it_is_said_and_with_the_prefix_of_the_store() {
    let servers = "[locks]\nquorum = ['rediss://a', 'redis://b', 'redis://c']\n";
    let quorum = |store: &str, more: &str, variables: &[(&str, &str)]| {
        let serving = good(&format!("{store}{servers}{more}"), variables);
        serving.deployment.quorum.expect("it is there")
    };
    let store = format!("{REDIS}urls = ['redis://s']\nprefix = 'p'\n");
    let given = quorum(&store, "user = 'u'\npassword_env = 'S'", &[("S", "s")]);
    let urls: Vec<_> = given.iter().flat_map(|server| server.urls.clone()).collect();
    assert_eq!(urls, ["rediss://a", "redis://b", "redis://c"]);
    for server in given {
        let (user, password) = (server.user.as_deref(), server.password.as_deref());
        assert_eq!((server.prefix.as_str(), user, password), ("p", Some("u"), Some("s")));
    }
    assert_eq!(quorum(&store, "prefix = 'q'", &[])[0].prefix, "q");
    assert_eq!(quorum(EMBEDDED, "", &[])[0].prefix, "loom");
    let five = "redis://a,redis://b,redis://c,redis://d,redis://u:p@e";
    assert_eq!(quorum(EMBEDDED, "", &[("LOOM_LOCKS_QUORUM", five)]).len(), 5);
    assert!(good(EMBEDDED, &[]).deployment.quorum.is_none());
    let rows = [
        ("quorum = ['redis://a', 'redis://b']", "LOOM-A004: locks.quorum: name an odd number"),
        ("quorum = ['redis://u:p@a', 'redis://b', 'redis://c']", "LOOM-A005: locks.quorum:"),
        ("quorum = 3", "LOOM-A004: locks.quorum: invalid type: integer `3`"),
        ("quorums = []", "LOOM-A002: locks.quorums: there is no such setting"),
    ];
    for (setting, said) in rows {
        refused(&format!("{EMBEDDED}[locks]\n{setting}"), &[], &format!("etc/loom.toml:6: {said}"));
    }
}

#[test]
fn no_mistake_repeats_a_password() {
    let urls = ["http://u:secret@a", "redis://u:secret@a", "secret"];
    for url in urls {
        for value in [format!("'{url}'"), format!("['{url}']")] {
            let mistake = read(&format!("{REDIS}urls = {value}"), &[]).unwrap_err();
            assert!(!mistake.contains("secret"), "{mistake}");
        }
    }
    let serving = good(&format!("{REDIS}urls = ['redis://a']"), &[("LOOM_REDIS_URL", urls[1])]);
    assert!(!format!("{serving:?}").contains("secret"), "{serving:?}");
}
