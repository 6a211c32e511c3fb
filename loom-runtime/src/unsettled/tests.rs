use super::*;

fn actor(name: &str) -> ActorId {
    ActorId::parse(name).unwrap()
}

/// What has been done to a partition and its queue, one moment after the other.
enum Did {
    /// This host claimed the partition, or put something in its queue.
    Changed,
    /// It was listed: these partitions had something for `probe/a` there.
    Listed(&'static [u16]),
    /// There was too much to list.
    Crowded,
    /// The listing failed.
    Failed,
    /// A listing was begun here, and is told of later.
    Began,
    /// The listing that was begun is told of, and was empty.
    Told,
}

/// Whether requests to `probe/a` may go straight, from partition 1, claimed at that moment.
fn is_clear(claimed: u64, done: &[Did]) -> bool {
    let (moments, mut unsettled) = (Moments::default(), Unsettled::default());
    let (a, mut began) = (actor("probe/a"), Moment::default());
    for did in done {
        let now = moments.next();
        let listing = |begun, sources: &[u16]| {
            let key = |source: &u16| ordering_key(PartitionId(*source), &a, Lane::Requests);
            Some(Listing { begun, keys: Some(sources.iter().map(key).collect()) })
        };
        match did {
            Did::Changed => unsettled.forget(now),
            Did::Listed(sources) => unsettled.listed(listing(now, sources)),
            Did::Crowded => unsettled.listed(Some(Listing { begun: now, keys: None })),
            Did::Failed => unsettled.listed(None),
            Did::Began => began = now,
            Did::Told => unsettled.listed(listing(began, &[])),
        }
    }
    let from = Sender { partition: PartitionId(1), since: Moment(claimed), as_of: moments.next() };
    unsettled.is_clear(from, &a, Lane::Requests)
}

#[test]
fn nothing_goes_straight_before_a_listing_shows_that_the_lane_is_empty() {
    use Did::{Began, Changed, Crowded, Failed, Listed, Told};
    let rows: [(bool, u64, &[Did]); 12] = [
        (false, 0, &[]),
        (false, 0, &[Changed]),
        (true, 0, &[Changed, Listed(&[])]),
        (true, 0, &[Changed, Listed(&[2, 3])]),
        (false, 0, &[Changed, Listed(&[2, 1])]),
        (true, 0, &[Changed, Listed(&[1]), Listed(&[])]),
        (true, 0, &[Changed, Listed(&[]), Failed]),
        (false, 0, &[Changed, Listed(&[]), Crowded]),
        (false, 0, &[Changed, Listed(&[]), Changed]),
        (false, 0, &[Began, Changed, Told]),
        (true, 1, &[Changed, Listed(&[])]),
        (false, 2, &[Changed, Listed(&[])]),
    ];
    for (row, (clear, claimed, done)) in rows.iter().enumerate() {
        assert_eq!(is_clear(*claimed, done), *clear, "row {row}");
    }
}

#[test]
fn lanes_have_keys_of_their_own_under_the_number_of_their_partition() {
    let mut keys = BTreeSet::new();
    for source in [0, 1, 4095] {
        for to in ["probe/a", "probe/b"] {
            for lane in [Lane::Requests, Lane::News] {
                let key = ordering_key(PartitionId(source), &actor(to), lane);
                assert_eq!(key >> 48, u64::from(source));
                assert!(keys.insert(key));
            }
        }
    }
}

#[test]
fn one_listing_at_a_time_is_begun_and_not_too_often() {
    let mut unsettled = Unsettled::default();
    let at = Timestamp::from_millis;
    assert!(unsettled.ask(at(1_000)));
    assert!(!unsettled.ask(at(9_000)));
    unsettled.listed(None);
    assert!(unsettled.ask(at(9_000)));
    unsettled.listed(None);
    assert!(!unsettled.ask(at(9_049)));
    assert!(unsettled.ask(at(9_050)));
}
