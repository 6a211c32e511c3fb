//! What strict eyes see, and what they do not.

use super::{REQUEST, errors, lints};
use crate::validation::{FindingCode, Scrutiny, Severity, validate};

#[test]
fn findings_in_outputs_and_parameters_say_where_they_are() {
    let text = format!(
        r#"{{{REQUEST}, "parameters": {{"$connections": {{"type": "Object"}}, "p": {{"type": "Int"}}, "q": {{"type": "Int"}}}},
        "actions": {{"U": {{"type": "Until", "expression": "@true", "actions": {{}}, "limit": {{"count": "@parameters('q')"}}}}}},
        "outputs": {{"o": {{"type": "String", "value": "@body('A')"}}}}}}"#
    );
    let strict = Scrutiny { strict: true, ..Scrutiny::default() };
    let found = validate(&text, &strict).findings;
    let found: Vec<_> =
        found.iter().map(|it| (it.action.as_deref(), it.pointer.as_str())).collect();
    assert_eq!(found, [(None, "/parameters/p"), (Some("o"), "/outputs/o/value")]);
}

#[test]
fn what_a_deployment_makes_an_expression_of_is_asked_for() {
    let asks = |variable: &str, inputs: &str| {
        let definition = r#"{"triggers": {"t": {"type": "Request"}}, "parameters": {"P": {"type": "Int"}}, "actions": {
            "A": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "The V", "type": "string"}]}},
            "B": {"type": "Compose", "inputs": "INPUTS", "runAfter": {"A": ["Succeeded"]}}}}"#;
        let definition = definition.replace("INPUTS", inputs);
        let text = format!(
            r#"{{"variables": {{"u": "{variable}"}}, "resources": [{{"properties": {{"definition": {definition}}}}}]}}"#
        );
        let strict = Scrutiny { strict: true, ..Scrutiny::default() };
        let found = validate(&text, &strict).findings;
        found.iter().map(|it| it.code).collect::<Vec<_>>()
    };
    let made = "[concat('@{variables(''The V'')}', '@{parameters(''', 'P', ''')}')]";
    assert_eq!(asks("", made), []);
    assert_eq!(asks("@{variables('The V')}/@{parameters('p')}", "[variables('u')]"), []);
    let unused = [FindingCode::UnusedParameter, FindingCode::UnusedVariable];
    assert_eq!(asks("", "[variables('u')]"), unused);
}

#[test]
fn strict_eyes_see_what_the_service_accepts_and_what_then_fails() {
    let rows: &[(&str, &[&str])] = &[
        (r#"{"A": {"type": "Compose", "inputs": "@concatt('a')"}}"#, &["UnknownFunction"]),
        (r#"{"A": {"type": "Compose", "inputs": "@toLower('a', 'b')"}}"#, &["WrongArgumentCount"]),
        (
            r#"{"A": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "v", "type": "Integer", "value": "x"}]}}}"#,
            &["UnusedVariable", "WrongVariableKind"],
        ),
        (r#"{"A": {"type": "Xslt", "inputs": {"content": 1}}}"#, &["NotExecutable"]),
        (
            r#"{"A": {"type": "Compose", "inputs": 1}, "B": {"type": "Compose", "inputs": "@result('A')", "runAfter": {"A": ["Succeeded"]}}}"#,
            &["WrongKind"],
        ),
        (
            r#"{"A": {"type": "Scope", "actions": {}}, "B": {"type": "Compose", "inputs": "@result('A')", "runAfter": {"A": ["Succeeded"]}}}"#,
            &[],
        ),
        (r#"{"A": {"type": "Compose", "inputs": "@secret('s')"}}"#, &["SecretInSight"]),
        (
            r#"{"A": {"type": "Terminate", "inputs": {"runStatus": "Succeeded"}}, "B": {"type": "Compose", "runAfter": {"A": ["Succeeded"]}}}"#,
            &["Unreachable"],
        ),
        (
            r#"{"A": {"type": "Terminate", "inputs": {"runStatus": "Succeeded"}}, "B": {"type": "Compose", "runAfter": {"A": ["Skipped"]}}}"#,
            &[],
        ),
        (
            r#"{"A": {"type": "Compose", "transitions": {"B": {"when": ["Succeeded"]}}}}"#,
            &["NotExecutable"],
        ),
        (r#"{"A": {"type": "Compose", "compensate": {"actions": {}}}}"#, &["IgnoredProperty"]),
        (r#"{"A": {"type": "Compose", "inputs": "@concat('a')"}}"#, &[]),
        (
            r#"{"A": {"type": "Compose"}, "B": {"type": "Compose", "runAfter": {"A": []}}}"#,
            &["Missing"],
        ),
    ];
    let called_back = r#"{"triggers": {"t": {"type": "ApiConnectionWebhook"}}, "actions": {"R": {"type": "Response"}}}"#;
    assert_eq!(errors(called_back), []);
    for (actions, expected) in rows {
        assert_eq!(lints(actions), *expected, "{actions}");
        let text = format!("{{{REQUEST}, \"actions\": {actions}}}");
        assert!(errors(&text).is_empty());
        assert!(validate(&text, &Scrutiny::default()).definition.is_some());
    }
    assert!(Severity::Error < Severity::Lint);
}
