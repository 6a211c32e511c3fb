use super::*;

#[test]
fn words_are_runs_of_letters_and_digits_in_lower_case() {
    for (text, expected) in [
        ("", &[][..]),
        (" -- ", &[]),
        ("Ann works, since 2024, at ACME!", &["ann", "works", "since", "2024", "at", "acme"]),
        ("a A a_a", &["a"]),
        ("Straße ÉTÉ 東京", &["straße", "été", "東京"]),
    ] {
        assert_eq!(words(text), expected, "{text:?}");
    }
}

#[test]
fn there_are_only_so_many_words_and_they_are_only_so_long() {
    let text: Vec<_> = (0..100).map(|n| n.to_string()).collect();
    assert_eq!(words(&text.join(" ")), text[..FACT_WORDS_MAX]);
    assert_eq!(words(&"é".repeat(1_000)), ["é".repeat(WORD_CHARS_MAX)]);
}
