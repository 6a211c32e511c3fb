use super::{Durability, RedisSettings};

fn usual() -> RedisSettings {
    RedisSettings::standalone("redis://localhost")
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let prefix = |prefix: &str| RedisSettings { prefix: prefix.into(), ..usual() };
    let durability = Durability::Replicas(1);
    let rows = [
        (usual(), None),
        (prefix("shop.eu-1_A"), None),
        (prefix(""), Some("prefix")),
        (prefix("a{b}"), Some("prefix")),
        (prefix("a b"), Some("prefix")),
        (RedisSettings { urls: vec![], ..usual() }, Some("address")),
        (RedisSettings { durability, ..usual() }, None),
        (RedisSettings { durability, ..RedisSettings::cluster(["redis://a"]) }, None),
    ];
    for (settings, mistake) in rows {
        let found = settings.mistake();
        assert_eq!(found.is_some(), mistake.is_some(), "{settings:?}: {found:?}");
        assert!(found.unwrap_or_default().contains(mistake.unwrap_or_default()), "{settings:?}");
    }
}

#[test]
fn no_password_is_printed() {
    let password = Some("hunter2".into());
    let urls = vec!["redis://:hunter2@localhost".into()];
    let printed = format!("{:?}", RedisSettings { urls, password, ..usual() });
    assert!(!printed.contains("hunter2"), "{printed}");
}
