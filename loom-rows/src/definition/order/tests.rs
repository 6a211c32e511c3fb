use super::*;

/// The examples of the specification among others.
const SORTED: &[&str] = &[
    "0.0.0-0",
    "0.0.0",
    "0.0.1",
    "0.1.0",
    "1.0.0-0",
    "1.0.0-2",
    "1.0.0-10",
    "1.0.0-18446744073709551616",
    "1.0.0--",
    "1.0.0-A",
    "1.0.0-a",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.1.0",
    "1.0.0-alpha.beta",
    "1.0.0-alpha-1",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1-a",
    "1.0.1",
    "1.9.0",
    "1.10.0",
    "2.0.0",
    "18446744073709551615.0.0",
];

#[test]
fn bytes_sort_as_versions_do() {
    let versions: Vec<_> =
        SORTED.iter().map(|raw| DefinitionVersion::parse(raw).expect(raw)).collect();
    for pair in versions.windows(2) {
        assert!(pair[0] < pair[1], "{pair:?}");
        assert!(encode(&pair[0]) < encode(&pair[1]), "{pair:?}");
    }
}
