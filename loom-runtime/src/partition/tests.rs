use loom_core::{Epoch, HostId};

use super::*;

const LEASE: Duration = Duration::from_secs(10);

/// After how many failed renewals, one each second, a lease ends whose clock is set back by so
/// many seconds once it began.
fn renewals(set_back_secs: u64) -> u64 {
    let partition = Partition::new(PartitionId(0));
    let host = HostId::parse("one").unwrap();
    let tenure = Tenure { partition: PartitionId(0), epoch: Epoch(1), host };
    let begun = Timestamp::from_millis(1_000_000_000);
    partition.begin_tenure(tenure, begun, Moment::default());
    let set = begun.saturating_sub(Duration::from_secs(set_back_secs));
    let second = Duration::from_secs(1);
    let ended = |n: &u64| {
        let now = set.saturating_add(Duration::from_secs(*n));
        let _ = partition.waited(second);
        partition.is_unrenewed(now, LEASE)
    };
    (1..100).find(ended).unwrap()
}

#[test]
fn a_lease_ends_in_time_although_the_clock_was_set_back() {
    assert_eq!([0, 1, 3_600].map(renewals), [10; 3]);
}
