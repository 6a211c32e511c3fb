mod lints;
mod texts;

use super::{Finding, FindingCode, Scrutiny, validate};
use crate::Value;

const REQUEST: &str = r#""triggers": {"manual": {"type": "Request"}}"#;

fn errors(text: &str) -> Vec<Finding> {
    validate(text, &Scrutiny::default()).findings
}

fn lints(actions: &str) -> Vec<String> {
    let text = format!("{{{REQUEST}, \"actions\": {actions}}}");
    let strict = Scrutiny { strict: true, ..Scrutiny::default() };
    let findings = validate(&text, &strict).findings;
    findings.iter().map(|it| it.code.name().to_owned()).collect()
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_place() {
    let text = r#"{
  "triggers": {"manual": {"type": "Request"}},
  "actions": {
    "First": {"type": "Compose", "inputs": "@concat('a'"},
    "Secnd": {"type": "Compsoe", "inputs": 1, "runAfter": {"Frist": ["Suceeded"]}},
    "Third": {"type": "Compose", "inputs": ["x", {"y": "@outputs('Second')"}, "@foo("], "runAfter": {"Secnd": ["Succeeded"]}}
  }
}"#;
    let found: Vec<String> = errors(text).iter().map(|it| format!("{} {it}", it.pointer)).collect();
    let expected = [
        "/actions/First/inputs 4:44: Syntax: ",
        "/actions/Secnd/type 5:23: UnknownActionType: The type 'Compsoe' of an action is not known. Did you mean 'Compose'?",
        "/actions/Secnd/runAfter/Frist 5:60: UnknownRunAfter: There is no action 'Frist' to run after. Did you mean 'First'?",
        "/actions/Secnd/runAfter/Frist/0 5:70: UnknownStatus: 'Suceeded' is not a status after which an action runs. Did you mean 'Succeeded'?",
        "/actions/Third/inputs/1/y 6:56: UnknownAction: 'outputs' names 'Second', and there is no such action. Did you mean 'Secnd'?",
        "/actions/Third/inputs/2 6:79: Syntax: ",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
    assert!(errors(text).iter().all(|it| it.action.is_some()));
}

#[test]
fn parameters_of_standard_workflows_are_declared_elsewhere() {
    let inner = format!(
        "{{{REQUEST}, \"actions\": {{\"A\": {{\"type\": \"Compose\", \"inputs\": \"@parameters('p')\"}}}}}}"
    );
    assert_eq!(errors(&inner)[0].code, FindingCode::UnknownParameter);
    let references = format!("{{\"definition\": {inner}, \"connectionReferences\": {{}}}}");
    assert_eq!(errors(&references), []);
    assert_eq!(errors(&format!("{{\"definition\": {inner}, \"kind\": \"Stateless\"}}")), []);
    let rows = [
        (r#"{"type": "ServiceProvider", "inputs": {"serviceProviderConfiguration": {}}}"#, "p"),
        (
            r#"{"type": "ApiConnection", "inputs": {"host": {"connection": {"referenceName": "x"}}}}"#,
            "p",
        ),
        (r#"{"type": "Compose"}"#, "p_#workflowname#"),
        (r#"{"type": "Compose"}"#, "$connections"),
    ];
    for (other, name) in rows {
        let compose = format!(r#"{{"type": "Compose", "inputs": "@parameters('{name}')"}}"#);
        let text = format!(r#"{{{REQUEST}, "actions": {{"A": {compose}, "B": {other}}}}}"#);
        assert_eq!(errors(&text), []);
    }
}

#[test]
fn parameters_beside_a_definition_are_its_own() {
    let inner = format!(
        "{{{REQUEST}, \"parameters\": {{\"q\": {{\"type\": \"Int\"}}}}, \"actions\": {{\"A\": {{\"type\": \"Compose\", \"inputs\": \"@parameters('p')\"}}}}}}"
    );
    let beside = r#"{"p": {"type": "String", "value": "given"}, "q": {"type": "Int", "value": 2}}"#;
    let text = format!(r#"{{"definition": {inner}, "parameters": {beside}}}"#);
    let validated = validate(&text, &Scrutiny::default());
    assert_eq!(validated.findings, []);
    let values = validated.definition.unwrap().start_values(&Value::Null).unwrap();
    assert_eq!(values.to_json_text(), r#"{"q":2,"p":"given"}"#);
    let wrong = text.replace("\"String\", \"value\": \"given\"", "\"Strong\", \"value\": 1");
    assert_eq!(errors(&wrong)[0].pointer, "/parameters/p/type");
}

#[test]
fn where_agents_hand_over_the_order_is_not_known() {
    let make = r#""V": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "v", "type": "String"}]}}"#;
    let agent = |name: &str, more: &str| {
        format!(r#""{name}": {{"type": "Agent", "inputs": "@variables('v')"{more}}}"#)
    };
    let tools = r#", "tools": {"t": {"actions": {"h": {"type": "AgentHandOff"}}}}, "runAfter": {"V": ["Succeeded"]}"#;
    let rows = [
        (agent("A", tools), agent("B", ""), 0),
        (
            agent(
                "A",
                r#", "runAfter": {"V": ["Succeeded"]}, "transitions": {"B": {"when": ["HANDEDOFF"]}}"#,
            ),
            agent("B", r#", "transitions": {}"#),
            0,
        ),
        (
            agent("A", r#", "runAfter": {"B": ["HANDOFF"]}"#),
            agent("B", r#", "runAfter": {"A": ["HandedOff"], "V": ["Succeeded"]}"#),
            0,
        ),
        (
            agent("A", r#", "transitions": {}"#),
            agent("B", r#", "runAfter": {"V": ["Succeeded"]}"#),
            1,
        ),
    ];
    for (first, second, count) in rows {
        let text = format!("{{{REQUEST}, \"actions\": {{{make}, {first}, {second}}}}}");
        assert_eq!(errors(&text).len(), count, "{text}");
    }
}

#[test]
fn what_says_nothing_is_no_error() {
    let rows = [
        r#"{"A": {"type": "Agent", "inputs": {}, "runAfter": {"manual": ["Succeeded"]}}}"#,
        r#"{"A": {"type": "Compose", "runtimeConfiguration": null, "runAfter": null}}"#,
        r#"{"A": {"type": "Compose", "runtimeConfiguration": {"staticResult": null}}}"#,
        r#"{"A": {"type": "Compose"}, "B": {"type": "Compose", "runAfter": {"A": []}}}"#,
    ];
    for actions in rows {
        let text = format!(
            "{{{REQUEST}, \"parameters\": null, \"outputs\": null, \"actions\": {actions}}}"
        );
        assert_eq!(errors(&text), []);
    }
}

#[test]
fn parameters_that_a_recurrence_names_are_asked_for() {
    let text = r#"{"parameters": {"f": {"type": "String", "defaultValue": "Day"}}, "actions": {},
        "triggers": {"R": {"type": "Recurrence", "recurrence": {"frequency": "@parameters('f')", "interval": "@parameters('g')"}}}}"#;
    let strict = Scrutiny { strict: true, ..Scrutiny::default() };
    let findings = validate(text, &strict).findings;
    let found: Vec<_> = findings.iter().map(|it| (it.code, it.pointer.as_str())).collect();
    assert_eq!(found, [(FindingCode::UnknownParameter, "/triggers/R/recurrence/interval")]);
}

#[test]
fn a_long_expression_is_not_repeated_as_a_whole() {
    let long = format!("@concat('{}'", "x".repeat(5_000));
    let text =
        format!(r#"{{{REQUEST}, "actions": {{"A": {{"type": "Compose", "inputs": "{long}"}}}}}}"#);
    let message = &errors(&text)[0].message;
    assert_eq!(message.chars().count(), 403);
    assert!(message.ends_with("at position '5010'."), "{message}");
}

#[test]
fn one_action_may_make_several_variables() {
    let twice = |names: [&str; 2]| {
        let [a, b] = names.map(|name| format!(r#"{{"name": "{name}", "type": "integer"}}"#));
        let text = format!(
            r#"{{{REQUEST}, "actions": {{"V": {{"type": "InitializeVariable", "inputs": {{"variables": [{a}, {b}]}}}}}}}}"#
        );
        errors(&text).iter().map(|it| it.code).collect::<Vec<_>>()
    };
    assert_eq!(twice(["a", "b"]), []);
    assert_eq!(twice(["a", "A"]), [FindingCode::VariableTwice]);
}

#[test]
fn a_variable_made_from_another_of_its_action_is_a_lint() {
    let made_from = |others: &str| {
        let text = format!(
            r#"{{{REQUEST}, "actions": {{"V": {{"type": "InitializeVariable", "inputs": {{"variables": [
                {others} {{"name": "b", "type": "integer", "value": "@variables('b')"}}]}}}}}}}}"#
        );
        errors(&text).iter().map(|it| it.code).collect::<Vec<_>>()
    };
    assert_eq!(made_from(""), [FindingCode::NotBefore]);
    assert_eq!(made_from(r#"{"name": "a", "type": "integer"},"#), []);
    let from_other = format!(
        r#"{{{REQUEST}, "actions": {{"V": {{"type": "InitializeVariable", "inputs": {{"variables": [
            {{"name": "a", "type": "integer", "value": 1}},
            {{"name": "b", "type": "integer", "value": "@variables('a')"}}]}}}}}}}}"#
    );
    assert!(errors(&from_other).is_empty());
}

#[test]
fn thousands_of_actions_in_circles_and_in_rows_are_read_in_time() {
    let each = |write: &dyn Fn(usize, usize) -> String| {
        let actions = (0..1_999).map(|n| write(n, (n + 1_998) % 1_999));
        actions.collect::<Vec<_>>().join(",")
    };
    let circle = each(&|n, after| {
        format!(
            "\"A{n}\": {{\"type\": \"Compose\", \"runAfter\": {{\"A{after}\": [\"Succeeded\"]}}}}"
        )
    });
    let row = each(&|n, after| {
        format!("\"A{n}\": {{\"type\": \"Compose\", \"inputs\": \"@outputs('A{after}')\"}}")
    });
    let mut nested = "{}".to_owned();
    for n in 0..25 {
        nested = format!("{{\"S{n}\": {{\"type\": \"Scope\", \"actions\": {nested}}}}}");
    }
    let codes = |actions: &str| -> Vec<FindingCode> {
        let text = format!("{{{REQUEST}, \"actions\": {actions}}}");
        errors(&text).iter().map(|it| it.code).collect()
    };
    let circle = codes(&format!("{{{circle}}}"));
    assert!(circle.contains(&FindingCode::RunAfterCycle) && circle.contains(&FindingCode::TooMany));
    assert!(codes(&format!("{{{row}}}")).contains(&FindingCode::NotBefore));
    let row = (0..20_000).map(|n| format!("\"A{n}\": {{\"type\": \"Compose\"}}"));
    let row = row.collect::<Vec<_>>().join(",");
    assert_eq!(codes(&format!("{{{row}}}")), [FindingCode::TooMany]);
    assert_eq!(codes(&nested), []);
}

#[test]
fn names_that_differ_in_their_letters_alone_are_two_actions() {
    let text = format!(
        "{{{REQUEST}, \"actions\": {{\"A\": {{\"type\": \"Compose\"}}, \"a\": {{\"type\": \"Compose\"}}}}}}"
    );
    assert_eq!(errors(&text)[0].code, FindingCode::DuplicateName);
}

#[test]
fn connectors_that_nobody_has_registered_are_told() {
    let actions = r#"{"A": {"type": "ApiConnection", "inputs": {"host": {"connection": {"name": "@parameters('$connections')['office356']['connectionId']"}}, "method": "get", "path": "/"}},
      "B": {"type": "ServiceProvider", "inputs": {"parameters": {}, "serviceProviderConfiguration": {"serviceProviderId": "/serviceProviders/AzureBlob"}}},
      "C": {"type": "Http", "inputs": {"method": "GET", "uri": "http://x"}}}"#;
    let text = format!(
        "{{\"parameters\": {{\"$connections\": {{\"type\": \"Object\", \"defaultValue\": {{}}}}}}, {REQUEST}, \"actions\": {actions}}}"
    );
    assert_eq!(errors(&text), []);
    let scrutiny =
        Scrutiny { connectors: Some(vec!["office365".to_owned()]), ..Scrutiny::default() };
    let found = validate(&text, &scrutiny).findings;
    let shown: Vec<_> =
        found.iter().map(|it| (it.action.as_deref(), it.suggestion.as_deref())).collect();
    assert_eq!(shown, [(Some("A"), Some("Did you mean 'office365'?")), (Some("B"), None)]);
}

#[test]
fn connections_that_a_host_has_not_are_told_and_connectors_are_not_asked_for() {
    let rows = [
        ("@parameters('$connections')['office365']['connectionId']", None),
        ("/subscriptions/s/connections/Office365", None),
        ("office356", Some("The connection 'office356' is not registered.")),
        (
            "@parameters('$connections')['sql']['connectionId']",
            Some("The connection 'sql' is not registered."),
        ),
        ("@parameters('which')", None),
    ];
    for (name, expected) in rows {
        let actions = format!(
            r#"{{"A": {{"type": "ApiConnection", "inputs": {{"host": {{"connection": {{"name": "{name}"}}}}, "method": "get", "path": "/"}}}},
          "B": {{"type": "ServiceProvider", "inputs": {{"parameters": {{}}, "serviceProviderConfiguration": {{"serviceProviderId": "x"}}}}}}}}"#
        );
        let parameters = r#""parameters": {"$connections": {"type": "Object", "defaultValue": {}}, "which": {"type": "String", "defaultValue": ""}}"#;
        let text = format!("{{{parameters}, {REQUEST}, \"actions\": {actions}}}");
        let connections = Some(vec!["office365".to_owned()]);
        let found = validate(&text, &Scrutiny { connections, ..Scrutiny::default() }).findings;
        let told: Vec<_> = found.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(told, expected.as_slice(), "{name}");
    }
}

#[test]
fn rate_limits_are_so_many_in_a_period_of_what_calls() {
    let http = r#""type": "Http", "inputs": {"method": "GET", "uri": "http://x"}"#;
    let rows = [
        (http, r#"{"requests": 10, "per": "second"}"#, None),
        (http, r#"{"requests": 10, "per": "Hour"}"#, None),
        (
            r#""type": "Xslt", "inputs": {"content": 1}"#,
            r#"{"requests": 1, "per": "minute"}"#,
            None,
        ),
        (http, r#"{"requests": 0, "per": "second"}"#, Some(FindingCode::OutOfRange)),
        (http, r#"{"requests": 10, "per": "day"}"#, Some(FindingCode::WrongValue)),
        (http, r#"{"requests": 10}"#, Some(FindingCode::Missing)),
        (http, r#"{"per": "second"}"#, Some(FindingCode::Missing)),
        (http, "10", Some(FindingCode::WrongKind)),
        (
            r#""type": "Compose""#,
            r#"{"requests": 10, "per": "second"}"#,
            Some(FindingCode::IgnoredProperty),
        ),
    ];
    for (action, limit, expected) in rows {
        let text =
            format!(r#"{{{REQUEST}, "actions": {{"A": {{{action}, "rateLimit": {limit}}}}}}}"#);
        let found = errors(&text).first().map(|it| it.code);
        assert_eq!(found, expected, "{action} {limit}");
    }
}

#[test]
fn how_many_elements_pages_have_together_is_a_number_within_bounds() {
    let rows = [
        ("{\"minimumItemCount\": 1}", None),
        ("{\"minimumItemCount\": \"100000\"}", None),
        ("{\"minimumItemCount\": 0}", Some(FindingCode::OutOfRange)),
        ("{\"minimumItemCount\": 100001}", Some(FindingCode::OutOfRange)),
        ("{\"minimumItemCount\": \"@int('5')\"}", Some(FindingCode::WrongKind)),
        ("{}", None),
        ("5", Some(FindingCode::WrongKind)),
    ];
    for (policy, expected) in rows {
        let action = format!(
            r#"{{"type": "Http", "inputs": {{"method": "GET", "uri": "http://x"}}, "runtimeConfiguration": {{"paginationPolicy": {policy}}}}}"#
        );
        let text = format!(r#"{{{REQUEST}, "actions": {{"A": {action}}}}}"#);
        let found = errors(&text).first().map(|it| it.code);
        assert_eq!(found, expected, "{policy}");
    }
}

#[test]
fn what_is_behind_a_gap_is_not_told_too() {
    let text = format!(
        r#"{{{REQUEST}, "actions": {{"A": {{"type": "Compose"}}, "B": {{"type": "Compose", "runAfter": {{"Gone": ["Succeeded"]}}}},
        "C": {{"type": "Scope", "actions": {{"D": {{"type": "Compose", "inputs": "@body('A')"}}}}, "runAfter": {{"B": ["Succeeded"]}}}},
        "E": {{"type": "Compose", "inputs": "@body('A')"}}}}}}"#
    );
    let found = errors(&text);
    let found: Vec<_> = found.iter().map(|it| (it.code, it.pointer.as_str())).collect();
    let expected = [
        (FindingCode::UnknownRunAfter, "/actions/B/runAfter/Gone"),
        (FindingCode::NotBefore, "/actions/E/inputs"),
    ];
    assert_eq!(found, expected);
}
