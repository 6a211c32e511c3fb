use loom::TurnLog;
use loom::core::Timestamp;
use loom_adapter_memory::MemoryStores;

use super::*;

#[tokio::test]
async fn numbers_are_counted_and_added_up() {
    let log = TurnLog::by_hand("tally/numbers", Timestamp::EPOCH);
    let (mut tally, mut cx) = (Tally::default(), Context::new(&log));

    assert_eq!(tally.add(&mut cx, 40).await, Tally { count: 1, sum: 40 });
    assert_eq!(tally.add(&mut cx, -50).await, Tally { count: 2, sum: -10 });
    assert_eq!(tally.totals(), tally);
}

#[tokio::test]
async fn a_number_counts_once_under_its_key() {
    let host = Host::builder(MemoryStores::default()).actor::<Tally>().start().await.unwrap();
    let tally = TallyRef::new(&host, "numbers").unwrap();

    for number in [1, 2, 3, 1, 2, 3] {
        tally.add(number).key(number.to_string()).await.unwrap();
    }
    assert_eq!(tally.totals().await.unwrap(), Tally { count: 3, sum: 6 });
}
