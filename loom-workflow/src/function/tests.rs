use std::fmt::Write;

use super::{FAMILIES, arity_of, find};
use crate::cases::check_expressions;

/// The rows of a table as a file of cases.
fn cases(rows: &str) -> String {
    let mut cases = String::new();
    for (number, row) in (1..).zip(rows.lines()) {
        if row.is_empty() || row.starts_with('#') {
            continue;
        }
        let (expr, value) = row.rsplit_once(" => ").expect("a row has an arrow");
        let expect = match value {
            "!" => "\"error\":true".to_owned(),
            json => format!("\"expect\":{json}"),
        };
        let expr = serde_json::to_string(expr).unwrap();
        writeln!(cases, "{{\"id\":\"row {number}\",\"expr\":{expr},{expect}}}").unwrap();
    }
    cases
}

#[test]
fn every_rule_and_every_error_of_the_functions_holds() {
    let report = check_expressions(&cases(include_str!("tests/rows.txt")));
    assert_eq!(report.failures, []);
}

#[test]
fn errors_name_what_was_wrong() {
    let rows = [
        ("@union(createArray(1), json('{}'), createArray(2))", "but found 'Array,Object' distinct"),
        ("@union(5, 6)", "'Integer'"),
        (
            "@and(true, 1)",
            "all of its parameters to be booleans. Found invalid parameter types: 'Integer'",
        ),
        ("@add('1', 2)", "first parameter to be an integer, a float or a decimal number"),
        ("@xml('<a b=\"1\" b=\"2\"/>')", "'b' is a duplicate attribute name."),
        (
            "@xml('<?xml version=\"1.1\"?><a/>')",
            "'1.1' is invalid as version of an XML declaration.",
        ),
    ];
    for (expr, part) in rows {
        let report = check_expressions(&cases(&format!("{expr} => 1")));
        let got = &report.failures[0].got;
        assert!(got.contains(part), "{expr}: {got}");
    }
}

#[test]
fn functions_take_as_many_arguments_as_was_measured() {
    let table: serde_json::Value =
        serde_json::from_str(include_str!("tests/function-arity.json")).unwrap();
    let table = table.as_object().unwrap();
    for (name, arity) in table {
        let found = arity_of(name).unwrap_or_else(|| panic!("{name} is missing"));
        let max = arity["max"].as_u64();
        assert_eq!(Some(found.min as u64), arity["min"].as_u64(), "{name}");
        assert_eq!(found.max.map(|max| max as u64), max, "{name}");
    }
    let all: Vec<_> = FAMILIES.into_iter().flatten().map(|function| function.name).collect();
    let ours: Vec<_> = all.iter().filter(|name| !table.contains_key(**name)).collect();
    assert_eq!(ours, [&"secret", &"jmespath", &"jmespathTest", &"jmespathGroups", &"demand"]);
}

#[test]
fn no_function_is_there_twice() {
    for function in FAMILIES.into_iter().flatten() {
        let found = find(&function.name.to_uppercase()).expect("case does not matter");
        assert!(std::ptr::eq(found, function), "{}", function.name);
    }
}

#[test]
fn every_function_fails_with_too_few_and_too_many_arguments() {
    for function in FAMILIES.into_iter().flatten() {
        let arity = function.arity();
        let too_many = arity.max.map(|max| max + 1);
        let too_few = arity.min.checked_sub(1);
        for count in too_many.into_iter().chain(too_few) {
            let arguments = vec!["noSuch()"; count].join(", ");
            let case = format!(
                "{{\"id\":\"arity\",\"expr\":\"@{}({arguments})\",\"expect\":0}}",
                function.name
            );
            let got = check_expressions(&case).failures[0].got.clone();
            assert!(got.contains("was invoked"), "{}: {got}", function.name);
        }
    }
}
