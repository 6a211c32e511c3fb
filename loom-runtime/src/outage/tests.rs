use loom_ports::ErrorKind;

use super::*;

fn fail(outage: &Outage<u8>, key: u8) -> u128 {
    outage.failed(key, &PortError::new(ErrorKind::Full, "commit")).as_millis()
}

#[test]
fn pauses_grow_up_to_a_limit_and_begin_anew_once_it_worked() {
    let outage = Outage::of("something works", Duration::from_millis(50));
    let pauses: Vec<_> = (0..40).map(|_| fail(&outage, 1)).collect();
    assert_eq!(pauses[..7], [50, 100, 200, 400, 800, 1_000, 1_000]);
    assert!(pauses[7..].iter().all(|pause| *pause == 1_000));
    // Each has its own.
    assert_eq!(fail(&outage, 2), 50);
    assert_eq!((outage.fails(&1), outage.fails(&2), outage.fails(&3)), (true, true, false));
    outage.worked(&1);
    assert_eq!((outage.fails(&1), outage.fails(&2)), (false, true));
    assert_eq!((fail(&outage, 1), fail(&outage, 2)), (50, 100));
    outage.forget(&2);
    assert_eq!(fail(&outage, 2), 50);
}
