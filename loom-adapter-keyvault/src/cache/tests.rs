use std::time::Duration;

use loom_core::{SecretName, Timestamp};
use loom_ports::{Secret, SecretValue, SecretVersion};

use super::Cache;

const TIME: Duration = Duration::from_secs(10);

fn name(n: u64) -> SecretName {
    SecretName::parse(&n.to_string()).expect("a valid name")
}

fn value(n: u64) -> SecretValue {
    let value = Secret::new(b"hunter2".to_vec());
    SecretValue { version: SecretVersion(n), set_at: Timestamp::EPOCH, value }
}

fn versions(cache: &Cache) -> Vec<u64> {
    (1..=5).filter_map(|n| cache.get(&name(n)).map(|value| value.version.0)).collect()
}

#[tokio::test(start_paused = true)]
async fn values_are_kept_for_a_while_and_not_too_many() {
    let cache = Cache::new(TIME, 3);
    for n in 1..=4 {
        cache.keep(&name(n), &value(n), cache.begin());
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!(versions(&cache), [2, 3, 4]);
    tokio::time::advance(Duration::from_secs(7)).await;
    assert_eq!(versions(&cache), [3, 4]);
    tokio::time::advance(TIME).await;
    assert_eq!(versions(&cache), [0; 0]);
    assert!(!format!("{cache:?}").contains("hunter2"));
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_a_change_is_not_kept() {
    let cache = Cache::new(TIME, 3);
    cache.keep(&name(1), &value(1), cache.begin());
    let before = cache.begin();
    cache.forget(&name(1));
    assert_eq!(versions(&cache), [0; 0]);
    cache.keep(&name(1), &value(1), before);
    assert_eq!(versions(&cache), [0; 0]);
    cache.keep(&name(1), &value(2), cache.begin());
    assert_eq!(versions(&cache), [2]);
}

#[tokio::test(start_paused = true)]
async fn without_time_nothing_is_kept() {
    let cache = Cache::new(Duration::ZERO, 3);
    cache.keep(&name(1), &value(1), cache.begin());
    assert_eq!(versions(&cache), [0; 0]);
}
