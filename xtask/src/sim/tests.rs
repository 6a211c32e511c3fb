use super::*;

#[test]
fn each_commit_has_seeds_of_its_own() {
    let rows = [
        ("0000001f5d2b3c4d5e6f708192a3b4c5d6e7f809\n", Some(31)),
        ("ffffffff5d2b3c4d5e6f708192a3b4c5d6e7f809\n", Some(u64::from(u32::MAX))),
        ("", None),
        ("fatal: not a git repository", None),
    ];
    for (hash, from) in rows {
        assert_eq!(from_hash(hash), from, "{hash:?}");
    }
}
