//! Timers.

use loom_core::LateFire;

use crate::kit::Kit;
use crate::probe::Do;

#[tokio::test(start_paused = true)]
async fn a_timer_fires_once_also_when_every_host_was_down() {
    let kit = Kit::new("fires");
    let host = kit.host().await;
    let soon = Do::AfterMs("soon".into(), 500, vec![Do::Add(1)]);
    let later = Do::AfterMs("later".into(), 5_000, vec![Do::Add(10)]);
    kit.act(&host, "a", vec![soon, later]).await.unwrap();
    kit.pass(400).await;
    assert_eq!(kit.sum(&host, "a").await, 0);
    kit.pass(200).await;
    assert_eq!(kit.sum(&host, "a").await, 1);
    kit.kill(host).await;
    let host = kit.host().await;
    kit.pass(1_000).await;
    assert_eq!(kit.sum(&host, "a").await, 11);
    kit.pass(60_000).await;
    assert_eq!(kit.sum(&host, "a").await, 11);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_timer_does_not_fire_and_a_new_one_replaces_the_old() {
    let kit = Kit::new("cancelled");
    let host = kit.host().await;
    let after = |ms, n| Do::AfterMs("t".into(), ms, vec![Do::Add(n)]);
    kit.act(&host, "a", vec![after(1_000, 1)]).await.unwrap();
    kit.act(&host, "a", vec![after(3_000, 10)]).await.unwrap();
    kit.pass(2_000).await;
    assert_eq!(kit.sum(&host, "a").await, 0);
    kit.pass(2_000).await;
    assert_eq!(kit.sum(&host, "a").await, 10);
    kit.act(&host, "a", vec![after(1_000, 100), Do::Cancel("t".into())]).await.unwrap();
    kit.act(&host, "a", vec![after(1_000, 100)]).await.unwrap();
    kit.act(&host, "a", vec![Do::Cancel("t".into())]).await.unwrap();
    kit.pass(5_000).await;
    assert_eq!(kit.sum(&host, "a").await, 10);
}

#[tokio::test(start_paused = true)]
async fn missed_fires_follow_the_late_policy() {
    // Fires at 1 s to 3 s, then the hosts are down until 41.6 s, then up to 46.6 s.
    for (name, late, fires) in [
        ("late-once", LateFire::Once, 3 + 1 + 5),
        ("late-all", LateFire::All, 46),
        ("late-skip", LateFire::Skip, 3 + 1 + 5),
    ] {
        let kit = Kit::new(name);
        let host = kit.host().await;
        let every = Do::EveryMs("t".into(), 1_000, late, vec![Do::Add(1)]);
        kit.act(&host, "a", vec![every]).await.unwrap();
        kit.pass(3_500).await;
        assert_eq!(kit.sum(&host, "a").await, 3, "{name}");
        drop(host);
        kit.pass(38_100).await;
        let host = kit.host().await;
        kit.pass(5_000).await;
        assert_eq!(kit.sum(&host, "a").await, fires, "{name}");
        kit.act(&host, "a", vec![Do::Cancel("t".into())]).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_timer_waits_for_a_suspended_handler() {
    let kit = Kit::new("waits");
    let host = kit.host().await;
    let after = Do::AfterMs("t".into(), 500, vec![Do::Say("timer".into())]);
    let todo = vec![after, Do::SleepMs(2_000), Do::Say("handler".into())];
    kit.act(&host, "a", todo).await.unwrap();
    kit.pass(1_000).await;
    assert_eq!(kit.state(&host, "a").await.said, ["handler", "timer"]);
}
