use super::mistake;
use crate::settings::{RedisSettings, TimeSource};

#[test]
fn servers_that_make_no_quorum_are_named() {
    let servers = |count: usize| {
        let server = |n| RedisSettings::standalone(format!("redis://server-{n}"));
        (0..count).map(server).collect::<Vec<_>>()
    };
    let with_last = |last: RedisSettings| {
        let mut servers = servers(2);
        servers.push(last);
        servers
    };
    let last = || RedisSettings::standalone("redis://last");
    let rows = [
        (servers(3), None),
        (servers(5), None),
        (servers(0), Some("odd number")),
        (servers(1), Some("RedisStores::locks")),
        (servers(2), Some("odd number")),
        (servers(4), Some("odd number")),
        (with_last(RedisSettings::cluster(["redis://last"])), Some("standalone")),
        (with_last(RedisSettings::sentinel(["redis://last"], "loom")), Some("standalone")),
        (with_last(RedisSettings { prefix: "other".into(), ..last() }), Some("prefix")),
        (with_last(RedisSettings { time: TimeSource::Caller, ..last() }), Some("time")),
        (with_last(RedisSettings { urls: vec![], ..last() }), Some("address")),
    ];
    for (servers, mistake_expected) in rows {
        let found = mistake(&servers);
        assert_eq!(found.is_some(), mistake_expected.is_some(), "{servers:?}: {found:?}");
        let said = found.unwrap_or_default();
        assert!(said.contains(mistake_expected.unwrap_or_default()), "{said}");
    }
}
