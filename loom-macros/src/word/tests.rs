use super::broken_rule;

#[test]
fn names_are_what_the_runtime_parses() {
    let longest = "a".repeat(64);
    for name in ["a", "wallet", "wallet-2", "w_", longest.as_str()] {
        assert_eq!(broken_rule(name), None, "{name}");
    }
    let too_long = "a".repeat(65);
    for (name, part) in [
        ("", "is empty"),
        (too_long.as_str(), "is 65 bytes, more than 64"),
        ("Wallet", "contains 'W'"),
        ("2fa", "contains '2'"),
        ("_a", "contains '_'"),
        ("-a", "contains '-'"),
        ("walleT", "contains 'T'"),
        ("a b", "contains ' '"),
        ("a/b", "contains '/'"),
        ("größe", "contains 'ö'"),
    ] {
        let rule = broken_rule(name).unwrap_or_default();
        assert!(rule.starts_with(part), "{name}: {rule}");
    }
}
