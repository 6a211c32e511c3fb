use loom_core::{PartitionCount, Payload};

use super::*;

fn host(name: &str) -> HostId {
    HostId::parse(name).unwrap()
}

/// Members with the seconds at which their time ends.
fn members(listed: &[(&str, u64)]) -> Vec<Member> {
    let member = |&(name, until): &(&str, u64)| Member {
        host: host(name),
        details: Payload::NULL,
        until: Timestamp::from_millis(until * 1_000),
    };
    listed.iter().map(member).collect()
}

/// How many partitions of 64 each host of a list takes when it has seen the given lists.
fn shares(hosts: &[&str], seen: &[&[(&str, u64)]]) -> Vec<usize> {
    let share = |name: &&str| {
        let (me, mut peers) = (host(name), Peers::default());
        for listed in seen {
            peers.see(members(listed), &me);
        }
        let count = PartitionCount::new(64).unwrap();
        count.ids().filter(|partition| peers.leave_to(&me, *partition)).count()
    };
    hosts.iter().map(share).collect()
}

#[test]
fn hosts_that_live_divide_the_partitions_among_them() {
    let seen: [&[_]; 2] = [&[("a", 10), ("b", 10), ("c", 10)], &[("a", 13), ("b", 13), ("c", 13)]];
    let shares = shares(&["a", "b", "c"], &seen);
    assert_eq!(shares.iter().sum::<usize>(), 64, "{shares:?}");
    assert!(shares.iter().all(|share| *share > 10), "{shares:?}");
}

#[test]
fn a_host_that_does_not_prolong_its_membership_gets_nothing() {
    assert_eq!(shares(&["a"], &[]), [64]);
    assert_eq!(shares(&["a"], &[&[("a", 10), ("b", 10)]]), [64]);
    assert_eq!(shares(&["a"], &[&[("a", 10), ("b", 10)], &[("a", 13), ("b", 10)]]), [64]);
}

#[test]
fn a_host_that_lived_counts_for_as_long_as_it_is_a_member() {
    let lived: [&[_]; 3] = [&[("b", 10)], &[("b", 13)], &[("b", 13)]];
    assert!(shares(&["a"], &lived)[0] < 64);
    let gone: [&[_]; 3] = [&[("b", 10)], &[("b", 13)], &[]];
    assert_eq!(shares(&["a"], &gone), [64]);
}

#[test]
fn a_host_of_which_nothing_is_heard_is_forgotten_when_its_time_ends() {
    let (me, mut peers) = (host("a"), Peers::default());
    peers.see(members(&[("b", 10)]), &me);
    peers.forget(Timestamp::from_millis(9_999));
    assert!(peers.are_listed());
    peers.forget(Timestamp::from_millis(10_000));
    assert!(!peers.are_listed());
}
