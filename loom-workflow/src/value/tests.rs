use proptest::prelude::*;

use super::*;

fn json(text: &str) -> Value {
    Value::from_json_text(text).unwrap()
}

/// Any value, with all kinds of numbers and names that look like the tags of what is stored.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Float),
        (any::<i64>(), 0..28_u32).prop_map(|(digits, scale)| Decimal::new(digits, scale).into()),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        let name = prop_oneof!["[a-zA-Z]{0,3}", "[$]{0,3}(decimal|float)"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..5)
                .prop_map(|properties| properties.into_iter().collect::<Object>().into()),
        ]
    })
}

/// What tells values apart that are equal: kinds of numbers, scales, orders.
fn exactly(value: &Value) -> String {
    format!("{value:?}")
}

proptest! {
    #[test]
    fn what_is_stored_comes_back_as_it_was(value in values()) {
        let text = serde_json::to_string(&value).unwrap();
        let back: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(exactly(&back), exactly(&value), "{}", text);
    }

    #[test]
    fn equal_values_are_found_again(value in values(), other in values()) {
        let seen: Seen<'_> = [&value].into_iter().collect();
        // Not a number is never equal to itself.
        prop_assert_eq!(seen.has(&value), value == value.clone());
        prop_assert_eq!(seen.has(&other), value == other);
    }

    #[test]
    fn json_that_was_written_is_read_again(value in values()) {
        // Digits that only a decimal has are lost the first time.
        let text = Value::from_json_text(&value.to_json_text()).unwrap().to_json_text();
        let back = Value::from_json_text(&text).unwrap();
        prop_assert_eq!(back.to_json_text(), text);
    }

    #[test]
    fn no_text_upsets_the_reader(text in "[\\[\\]{}:,'\"\\\\/*a-u0-9.eE+\\-\\s]{0,40}") {
        let _ = Value::from_json_text(&text);
    }
}

#[test]
fn json_is_read_leniently() {
    let rows = [
        ("{'a': 1, b: 2, /* c */ \"d\": [1, 2,], } // end", r#"{"a":1,"b":2,"d":[1,2]}"#),
        ("NaN", r#""NaN""#),
        ("undefined", "null"),
        ("'it\\'s'", r#""it's""#),
        ("9223372036854775808", "9.223372036854776E+18"),
        ("\u{feff}[1.50]", "[1.5]"),
        (r#""\ud83d""#, "\"\u{fffd}\""),
        (r#""\ud83dA""#, "\"\u{fffd}A\""),
    ];
    for (text, expected) in rows {
        assert_eq!(json(text).to_json_text(), expected, "{text}");
    }
}

#[test]
fn the_first_value_of_a_text_is_read_as_the_service_reads_it() {
    let rows = [
        ("[,1]", Some("[null,1]")),
        ("{a: , b: 1}", Some(r#"{"a":null,"b":1}"#)),
        ("{} x", Some("{}")),
        ("{\"a\":1}}", Some(r#"{"a":1}"#)),
        ("[0x1A, 010, -010, .5, 1., 1e2]", Some("[26,8,-10,0.5,1.0,100.0]")),
        ("[1.7976931348623157E+309]", Some(r#"["Infinity"]"#)),
        ("[[1", Some("[[1]]")),
        ("{\"a\":{\"b\":1}  ", Some(r#"{"a":{"b":1}}"#)),
        ("[1,", None),
        ("{\"a\":", None),
        ("[", None),
        ("[1 2]", None),
        ("[08]", None),
        ("[-0x1A]", None),
        ("[1.2.3]", None),
        ("[-]", None),
    ];
    for (text, expected) in rows {
        let read = Value::first_from_json_text(text).ok().map(|it| it.to_json_text());
        assert_eq!(read.as_deref(), expected, "{text}");
    }
}

#[test]
fn what_is_no_json_says_where() {
    let rows = [("[1,\n  2 3]", 2, 4), ("{\"a\" 1}", 1, 5), ("", 1, 0), ("trueish", 1, 4)];
    for (text, line, column) in rows {
        let error = Value::from_json_text(text).unwrap_err();
        assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
    }
}

#[test]
fn json_nested_too_deep_is_refused() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(json(&nested(100)).depth(), 100);
    assert!(Value::from_json_text(&nested(101)).is_err());
    assert!(Value::from_json_text(&"[".repeat(1_000_000)).is_err());
}

#[test]
fn a_value_knows_how_large_it_is_written() {
    // Each level has the one below it twice, and shares it.
    let mut value = Value::from(1);
    for _ in 0..60 {
        value = Value::from(vec![value.clone(), value]);
    }
    assert_eq!(value.depth(), 60);
    assert!(value.written_bytes() > 1 << 60);
}

#[test]
fn an_object_keeps_count_of_what_is_put_in_and_taken_out() {
    let mut object = Object::from([("a", Value::from("12345"))]);
    let before = Value::from(object.clone()).written_bytes();
    object.insert("b", json("[1,[2]]"));
    object.insert("a", Value::from("1"));
    object.insert("a", Value::from("12345"));
    object.remove("b");
    assert_eq!(Value::from(object).written_bytes(), before);
}

#[test]
fn names_are_found_exactly_or_ignoring_case() {
    let object =
        Object::from([("Straße", 1), ("a", 2), ("A", 3)].map(|(k, v)| (k, Value::Integer(v))));
    assert_eq!(object.find("A"), Some(&Value::Integer(3)));
    assert_eq!(object.find("STRAßE"), Some(&Value::Integer(1)));
    assert_eq!(object.find("STRASSE"), None);
}

#[test]
fn floats_have_the_text_of_dotnet() {
    let rows = [
        (0.0, "0"),
        (-0.0, "-0"),
        (5.0, "5"),
        (0.1, "0.1"),
        (1e14, "100000000000000"),
        (1e15, "1E+15"),
        (0.0001, "0.0001"),
        (0.000_15, "0.00015"),
        (0.00001, "1E-05"),
        (0.000_015, "1.5E-05"),
        (5e-324, "5E-324"),
        (0.000_001, "1E-06"),
        (1.5e-7, "1.5E-07"),
        (-1.25e300, "-1.25E+300"),
        (f64::INFINITY, "Infinity"),
    ];
    for (float, expected) in rows {
        assert_eq!(&*Value::Float(float).to_text(), expected);
    }
}

#[test]
fn for_other_programs_a_decimal_is_a_number() {
    let value = json(r#"{"a":[1,2.5,null,true,"x"]}"#);
    let mut object = value.as_object().unwrap().clone();
    object.insert("d", Decimal::new(150, 2).into());
    let json = serde_json::Value::from(&Value::from(object));
    assert_eq!(json.to_string(), r#"{"a":[1,2.5,null,true,"x"],"d":1.5}"#);
    assert_eq!(Value::from(&json).property("d"), Value::Float(1.5));
}
