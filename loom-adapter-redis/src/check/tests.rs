use super::{Severity, of_cluster, of_server};
use crate::settings::{Durability, RedisSettings, Topology};

const FIT: &str = "redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n\
                   role:master\r\nconnected_slaves:1\r\ncluster_enabled:0\r\n";

fn codes(info: &str, settings: &RedisSettings) -> Vec<&'static str> {
    let findings = of_server(info, settings);
    assert!(findings.iter().all(|finding| finding.severity == Severity::Refusal));
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn each_misfit_has_its_code() {
    let usual = RedisSettings::standalone("redis://localhost");
    let replicas =
        |count| RedisSettings { durability: Durability::Replicas(count), ..usual.clone() };
    let synced = || RedisSettings { durability: Durability::AofSynced, ..usual.clone() };
    let cluster = RedisSettings { topology: Topology::Cluster, ..usual.clone() };
    let rows = [
        ("", "", usual.clone(), &[][..]),
        ("7.0.15", "6.0.9", usual.clone(), &["LOOM-R010"]),
        ("7.0.15", "6.2.0", usual.clone(), &[]),
        ("7.0.15", "10.0.0", usual.clone(), &[]),
        ("7.0.15", "strange", usual.clone(), &["LOOM-R010"]),
        ("noeviction", "allkeys-lru", usual.clone(), &["LOOM-R011"]),
        ("noeviction", "volatile-ttl", usual.clone(), &["LOOM-R011"]),
        ("aof_enabled:1", "aof_enabled:0", usual.clone(), &["LOOM-R012"]),
        ("aof_enabled:1", "aof_enabled:0", replicas(1), &[]),
        ("", "", synced(), &["LOOM-R019"]),
        ("7.0.15", "7.2.0", synced(), &[]),
        ("7.0.15", "8.0.0", synced(), &[]),
        (
            "7.0.15\r\nmaxmemory_policy:noeviction\r\naof_enabled:1",
            "7.2.0\r\naof_enabled:0",
            synced(),
            &["LOOM-R012"],
        ),
        ("role:master", "role:slave", usual.clone(), &["LOOM-R015"]),
        ("", "", replicas(1), &[]),
        ("", "", replicas(2), &["LOOM-R016"]),
        ("cluster_enabled:0", "cluster_enabled:1", usual, &["LOOM-R017"]),
        ("", "", cluster, &["LOOM-R017"]),
    ];
    for (from, to, settings, expected) in rows {
        let info = if from.is_empty() { FIT.into() } else { FIT.replace(from, to) };
        assert_eq!(codes(&info, &settings), expected, "{to} {settings:?}");
    }
}

#[test]
fn a_cluster_without_all_its_slots_is_refused() {
    assert_eq!(of_cluster("cluster_state:ok\r\n"), None);
    for state in ["cluster_state:fail\r\n", ""] {
        assert_eq!(of_cluster(state).map(|finding| finding.code), Some("LOOM-R014"), "{state:?}");
    }
}
