use proptest::prelude::*;

use super::*;
use crate::value::Value;

/// Any expression that has a text: calls of known and of unknown functions, literals, accesses.
fn nodes() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(Node::Literal(Value::Null)),
        any::<bool>().prop_map(|it| Node::Literal(it.into())),
        any::<i64>().prop_map(|it| Node::Literal(it.into())),
        any::<f64>()
            .prop_filter("finite", |it| it.is_finite())
            .prop_map(|it| Node::Literal(it.into())),
        "\\PC{0,8}".prop_map(|it| Node::Literal(it.into())),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let name = prop_oneof!["[a-z_][a-zA-Z0-9_]{0,6}\\PC{0}", Just("concat".to_owned())];
        let access = (inner.clone(), any::<bool>());
        let access = access.prop_map(|(key, optional)| Access { key, optional });
        let accesses = proptest::collection::vec(access, 0..3);
        (name, proptest::collection::vec(inner, 0..4), accesses).prop_map(
            |(name, arguments, accesses)| {
                let callee = match crate::function::find(&name) {
                    Some(function) => Callee::Known(function),
                    None => Callee::Unknown(name.into()),
                };
                Node::Call(Box::new(Call { callee, arguments, accesses, span: 0..0 }))
            },
        )
    })
}

proptest! {
    #[test]
    fn no_text_upsets_the_parser(text in "\\PC{0,60}") {
        let _ = parse_whole(&text, 0);
        let _ = parse_embedded(&text, 0);
    }

    #[test]
    fn no_text_of_our_letters_upsets_the_parser(text in "[a-c0-9'().,?\\[\\]{}@+\\-eE\\s]{0,60}") {
        let _ = parse_whole(&text, 0);
        let _ = parse_embedded(&text, 0);
    }

    #[test]
    fn what_is_printed_is_read_as_the_same(node in nodes()) {
        let text = node.to_string();
        let again = parse_whole(&text, 0).map_err(|fault| fault.message);
        prop_assert_eq!(again.map(|again| again.to_string()), Ok(text));
    }

    #[test]
    fn what_was_read_is_the_same_when_it_is_printed_and_read(
        text in "(concat|a|b1)\\(('a'|1|2\\.5|c\\(\\))?(,null)?\\)(\\?)?(\\.x|\\['y'\\]|\\[0\\])?",
    ) {
        if let Ok(node) = parse_whole(&text, 0) {
            let printed = node.to_string();
            let again = parse_whole(&printed, 0).unwrap();
            prop_assert_eq!(again.to_string(), printed);
        }
    }
}

#[test]
fn syntax_errors_say_where() {
    let rows = [
        ("concat('a'", 10..10),
        ("concat('a' 'b')", 11..14),
        ("nope", 0..4),
        ("concat(\"a\")", 7..8),
        ("add(1, 5abc)", 7..11),
        ("concat('open)", 7..13),
        ("a()? + 1", 5..6),
        ("a().5", 3..5),
    ];
    for (text, span) in rows {
        assert_eq!(parse_whole(text, 0).unwrap_err().span, span, "{text}");
    }
}

#[test]
fn hostile_nesting_is_refused_and_not_followed() {
    let text = format!("{}1{}", "not(".repeat(1_600), ")".repeat(1_600));
    let fault = parse_whole(&text, 0).unwrap_err();
    assert!(fault.message.contains("nested too deep"));
    let text = format!("{}1{}", "a(1)[".repeat(1_300), "]".repeat(1_300));
    let fault = parse_whole(&text, 0).unwrap_err();
    assert!(fault.message.contains("nested too deep"));
}

#[test]
fn expressions_end_at_their_limit() {
    let text = |letters: usize| format!("concat('{}')", "é".repeat(letters - 10));
    assert!(parse_whole(&text(8_192), 0).is_ok());
    let fault = parse_whole(&text(8_193), 0).unwrap_err();
    assert!(fault.message.contains("8192"));
}
