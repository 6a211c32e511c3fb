use std::collections::BTreeSet;

use super::Planted;

#[test]
fn every_bug_has_a_name_and_a_sentence_of_its_own() {
    let names: BTreeSet<_> = Planted::ALL.iter().map(|planted| planted.name()).collect();
    let sentences: BTreeSet<_> = Planted::ALL.iter().map(ToString::to_string).collect();
    assert_eq!((names.len(), sentences.len()), (Planted::ALL.len(), Planted::ALL.len()));
    for planted in Planted::ALL {
        assert_eq!(Planted::named(planted.name()), Some(*planted));
    }
    assert_eq!(Planted::named("none"), None);
}
