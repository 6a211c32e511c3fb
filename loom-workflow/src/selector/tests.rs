use super::{SELECTOR_CHARS_MAX, Selector, Wants};
use crate::value::Value;

fn wants(text: &str) -> Wants {
    Selector::compile(text).ok().unwrap().wants()
}

/// A selector finds the same whether it is handed everything or only what it asks for.
#[test]
fn what_is_not_asked_for_is_not_missed() {
    let data = r#"{"a": {"b": [{"c": 1, "d": 9}, {"c": 2}, {"c": 3}], "e": 5}, "s": "text", "n": [3, 1, 2]}"#;
    let whole = jmespath::Variable::from_json(data).unwrap();
    let data = Value::from_json_text(data).unwrap();
    let texts = [
        "a.b[1].c",
        "a.b[-1].c",
        "a.b[*].c",
        "a.b[?c > `1`].c",
        "a.{x: b[0].c, y: e, z: f}",
        "n[1:]",
        "sort(n)",
        "a.b[].c | [0]",
        "[a.e, s]",
        "a.b[0].{c: c}",
        "@",
        "a.*",
        "a.b[7]",
        "length(a.b)",
        "a.e == `5` && s",
        "!a.e",
        "sort_by(a.b, &c)[0].c",
        "s.t",
        "n.x",
        "a[0]",
        "max(n) || s",
        "a.b[0:2].d",
        "keys(a)",
        "map(&c, a.b)",
        "a.b[0] | d",
        "nothing.{a: a}",
        "a.{l: `1`}",
        "to_array(s)[0]",
        "{n: n[2], all: n}",
    ];
    for text in texts {
        let expected = jmespath::compile(text).unwrap().search(whole.clone()).unwrap();
        let found = Selector::compile(text).ok().unwrap().search(&data);
        let found = found.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(*found, *expected, "{text}");
    }
}

#[test]
fn a_selector_is_handed_what_it_names() {
    let named = |text: &str| wants(text).fields.keys().cloned().collect::<Vec<_>>();
    assert_eq!(named("a.b[0] || c"), ["a", "c"]);
    assert_eq!(named("{x: b, y: a[?k == `1`]}"), ["a", "b"]);
    assert!(wants("@").all && wants("[a, @]").all && !wants("a").all);
}

#[test]
fn what_is_no_selector_is_told_with_its_place() {
    let rows = [
        ("a.[", "Unexpected"),
        ("", "Unexpected Eof"),
        ("a b", "Did not parse"),
        ("nofunction(a)", "no function 'nofunction'"),
        (
            "a.[@, @]|[@, @]|[@, @]|[@, @]|[@, @]|[@, @]|[@, @]|[@, @]|[@, @]|[@, @]|[@, @]",
            "repeats",
        ),
    ];
    for (text, expected) in rows {
        let error = Selector::compile(text).err().unwrap();
        assert!(error.message.contains(expected), "{text}: {error:?}");
        assert!(error.position <= text.chars().count());
    }
    let long = "a.".repeat(600) + "a";
    assert!(Selector::compile(&long).err().unwrap().message.contains("at most 1024"));
}

#[test]
fn the_deepest_selectors_are_read_and_used_without_much_stack() {
    let data = Value::from_json_text("{\"a\": 1}").unwrap();
    for open in ["(", "[", "!", "{a:", "a[?", "a.", "@|", "&", "not_null("] {
        let text = open.repeat(SELECTOR_CHARS_MAX / open.len() - 1);
        assert!(Selector::compile(&text).is_err(), "{open}");
        let _ = Selector::compile(&format!("{text}a")).map(|it| it.search(&data));
    }
    let nested = "(".repeat(500) + "a" + &")".repeat(500);
    let found = Selector::compile(&nested).ok().unwrap().search(&data).ok().unwrap();
    assert_eq!(*found, jmespath::Variable::from_json("1").unwrap());
}
