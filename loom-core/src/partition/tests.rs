use std::collections::BTreeMap;
use std::fmt::Write;

use expect_test::expect;
use proptest::prelude::*;

use super::*;
use crate::property::holds_for;

fn count(partitions: u16) -> PartitionCount {
    PartitionCount::new(partitions).unwrap()
}

fn names(hosts: u16) -> Vec<String> {
    (0..hosts).map(|n| format!("host-{n}.example")).collect()
}

/// How many of 256 partitions each host gets.
fn shares(hosts: &[String]) -> BTreeMap<&str, u32> {
    let mut shares = BTreeMap::new();
    for partition in count(256).ids() {
        *shares.entry(hosts[place(partition, hosts).unwrap()].as_str()).or_default() += 1;
    }
    shares
}

/// Stores are laid out by these numbers. A change of any of them loses every actor.
#[test]
fn the_partition_of_an_id_never_changes() {
    let mut printed = String::new();
    for id in ["", "wallet/alice", "order/2024-0001", "tally/Größe <a@b.example>", &"x".repeat(300)]
    {
        let name: String = id.chars().take(25).collect();
        let [small, usual, odd, max] =
            [2, 256, 1000, 4096].map(|n| partition_of(id.as_bytes(), count(n)).0);
        writeln!(printed, "{name:?} {small} {usual} {odd} {max}").unwrap();
    }
    expect![[r#"
        "" 0 194 138 1218
        "wallet/alice" 1 211 939 3539
        "order/2024-0001" 0 8 888 3336
        "tally/Größe <a@b.example>" 0 100 212 1636
        "xxxxxxxxxxxxxxxxxxxxxxxxx" 0 84 492 1364
    "#]]
    .assert_eq(&printed);
}

/// The value for empty input and seed 0 that the authors of XXH3 publish.
#[test]
fn the_hash_is_xxh3() {
    assert_eq!(XxHash3_64::oneshot(b""), 0x2d06_8005_38d3_94c2);
    assert_eq!(partition_of(b"", count(4096)), PartitionId(0x4c2));
}

/// Hosts of different versions have to agree on who should own what.
#[test]
fn the_place_of_a_partition_never_changes() {
    let hosts = ["amber", "blue", "crimson", "a-host-with-a-longer-name.example.org"];
    let placed: Vec<_> = (0..24).map(|n| place(PartitionId(n), &hosts).unwrap()).collect();
    expect!["[0, 0, 0, 0, 3, 3, 0, 1, 1, 1, 0, 2, 3, 1, 0, 3, 1, 1, 3, 2, 0, 0, 0, 3]"]
        .assert_eq(&format!("{placed:?}"));
}

#[test]
fn actors_spread_evenly_over_the_partitions() {
    for partitions in [256, 1000] {
        let mut held = vec![0_u32; usize::from(partitions)];
        for n in 0..u32::from(partitions) * 100 {
            let id = format!("wallet/{n}");
            held[usize::from(partition_of(id.as_bytes(), count(partitions)).0)] += 1;
        }
        // 100 each on average; five standard deviations are 50.
        let (least, most) = (held.iter().min().unwrap(), held.iter().max().unwrap());
        assert!(*least > 50 && *most < 150, "{least} to {most}");
    }
}

#[test]
fn partitions_spread_evenly_over_the_hosts() {
    for hosts in 1..=16 {
        let (names, fair) = (names(hosts), f64::from(256 / hosts));
        let shares = shares(&names);
        assert_eq!(shares.len(), usize::from(hosts), "some host has nothing");
        // Five standard deviations.
        let bound = fair + 5.0 * fair.sqrt();
        for (name, share) in shares {
            assert!(f64::from(share) < bound, "{name} has {share} of 256, one of {hosts}");
        }
    }
}

#[test]
fn without_hosts_there_is_no_place() {
    assert_eq!(place::<&str>(PartitionId(0), &[]), None);
    assert_eq!(place(PartitionId(0), &["only"]), Some(0));
}

#[test]
fn a_host_that_leaves_moves_only_what_it_had() {
    let cases = (2..12_u16, any::<prop::sample::Index>());
    holds_for(&cases, |(hosts, leaver)| {
        let before = names(hosts);
        let mut after = before.clone();
        let gone = after.remove(leaver.index(before.len()));
        for partition in count(64).ids() {
            let had = &before[place(partition, &before).unwrap()];
            let has = &after[place(partition, &after).unwrap()];
            prop_assert!(had == has || *had == gone, "{} moved from {} to {}", partition, had, has);
        }
        Ok(())
    });
}

#[test]
fn the_order_of_the_hosts_does_not_matter() {
    let shuffled = (1..12_u16).prop_flat_map(|hosts| Just(names(hosts)).prop_shuffle());
    holds_for(&shuffled, |shuffled| {
        let sorted = names(u16::try_from(shuffled.len()).unwrap());
        for partition in count(64).ids() {
            let place_in = |hosts: &[String]| hosts[place(partition, hosts).unwrap()].clone();
            prop_assert_eq!(place_in(&shuffled), place_in(&sorted));
        }
        Ok(())
    });
}

#[test]
fn a_count_is_between_1_and_4096() {
    assert_eq!(PartitionCount::default(), count(256));
    for number in [1, 3, 4096] {
        assert_eq!(count(number).get(), number);
        assert_eq!(serde_json::to_string(&count(number)).unwrap(), number.to_string());
    }
    for number in [0, 4097, u16::MAX] {
        assert_eq!(PartitionCount::new(number), Err(InvalidPartitionCount(number)));
        assert!(serde_json::from_str::<PartitionCount>(&number.to_string()).is_err());
    }
    let error = InvalidPartitionCount(0).to_string();
    assert_eq!(error, "0 partitions: a cluster has 1 to 4096");
}
