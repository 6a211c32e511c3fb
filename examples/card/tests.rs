use super::*;

#[test]
fn a_charge_under_a_new_key_in_each_attempt_is_found() {
    let failure = (0..100).find_map(|seed| simulate(seed, careless).err()).expect("it is found");
    let again = simulate(failure.seed, careless).expect_err("a seed fails every time");
    assert_eq!(failure, again);
    assert!(failure.to_string().contains("that were charged"), "{failure}");
}

#[test]
fn a_charge_under_its_own_key_happens_once_whatever_dies() {
    for seed in 0..20 {
        simulate(seed, careful).unwrap_or_else(|failure| panic!("{failure}"));
    }
}
