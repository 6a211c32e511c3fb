use super::{Finding, FindingCode, Scrutiny, Severity, validate};
use crate::Value;
use crate::definition::{DEFINITION_BYTES_MAX, DEFINITION_DEPTH_MAX};

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
    "Third": {"type": "Compose", "inputs": ["x", {"y": "@outputs('Second')"}], "runAfter": {"Secnd": ["Succeeded"]}}
  }
}"#;
    let found: Vec<String> = errors(text).iter().map(|it| format!("{} {it}", it.pointer)).collect();
    let expected = [
        "/actions/First/inputs 4:44: Syntax: ",
        "/actions/Secnd/type 5:23: UnknownActionType: The type 'Compsoe' of an action is not known. Did you mean 'compose'?",
        "/actions/Secnd/runAfter/Frist 5:60: UnknownRunAfter: There is no action 'Frist' to run after. Did you mean 'First'?",
        "/actions/Secnd/runAfter/Frist/0 5:70: UnknownStatus: 'Suceeded' is not a status after which an action runs. Did you mean 'Succeeded'?",
        "/actions/Third/inputs/1/y 6:56: UnknownAction: 'outputs' names 'Second', and there is no such action. Did you mean 'Secnd'?",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
    assert!(errors(text).iter().all(|it| it.action.is_some()));
}

#[test]
fn definitions_are_found_in_their_wrappings() {
    let plain = format!("{{{REQUEST}, \"actions\": {{}}}}");
    let standard = format!("{{\"definition\": {plain}, \"kind\": \"Stateful\"}}");
    let arm = format!(
        "{{\"resources\": [{{\"type\": \"Microsoft.Web/connections\", \"properties\": {{}}}}, {{\"type\": \"Microsoft.Logic/workflows\", \"properties\": {{\"state\": \"Enabled\", \"definition\": {plain}}}}}]}}"
    );
    let resource = format!("{{\"properties\": {{\"definition\": {plain}}}}}");
    let flow = format!(
        "{{\"type\": \"Microsoft.Flow/flows\", \"properties\": {{\"definition\": {plain}}}}}"
    );
    let of_site = format!(
        "{{\"type\": \"Microsoft.Web/sites/workflows\", \"properties\": {{\"files\": {{\"workflow.json\": {standard}}}}}}}"
    );
    let list = format!("{{\"value\": [{resource}, {flow}]}}");
    let array = format!("[{resource}]");
    let marked = format!("\u{feff}{{{REQUEST}, \"actions\": {{}}}}");
    for text in [plain, standard, arm, resource, flow, of_site, list, array, marked] {
        assert_eq!(errors(&text), [], "{text}");
    }
    let nothing = [
        "{}",
        "[]",
        "1",
        "{\"resources\": []}",
        "{\"definition\": 1}",
        "{\"definition\": {\"swagger\": \"2.0\"}}",
        "{\"resources\": [{\"type\": \"Microsoft.Insights/activityLogAlerts\", \"properties\": {\"actions\": {}}}]}",
    ];
    for text in nothing {
        assert_eq!(errors(text)[0].code, FindingCode::NotADefinition, "{text}");
    }
}

#[test]
fn definitions_are_found_in_templates_within_templates() {
    let workflow = format!(
        r#"{{"type": "Microsoft.Logic/workflows", "properties": {{"definition": {{{REQUEST}, "actions": {{"A": {{"type": "Nothing"}}}}}}}}}}"#
    );
    let rows = [
        (format!(r#"{{"resources": {{"flow": {workflow}}}}}"#), "/resources/flow"),
        (
            format!(
                r#"{{"resources": [{{"type": "Microsoft.Resources/deployments", "properties": {{"template": {{"resources": [{workflow}]}}}}}}]}}"#
            ),
            "/resources/0/properties/template/resources/0",
        ),
        (
            format!(
                r#"{{"resources": [{{"properties": {{"mainTemplate": {{"resources": [{{}}, {workflow}]}}}}}}, {{"properties": {{}}}}]}}"#
            ),
            "/resources/0/properties/mainTemplate/resources/1",
        ),
        (
            format!(r#"{{"resources": [{{"properties": {{}}, "resources": [{workflow}]}}]}}"#),
            "/resources/0/resources/0",
        ),
        (
            format!(
                r#"{{"resources": [{{"type": "Microsoft.Web/customApis", "properties": {{"definition": {{}}}}}}, {workflow}]}}"#
            ),
            "/resources/1",
        ),
        (
            format!(r#"{{"resources": [{workflow}, {{}}, {workflow}]}}"#),
            "/resources/0 /resources/2",
        ),
    ];
    for (text, pointers) in rows {
        let pointers = pointers.split(' ');
        let expected: Vec<_> =
            pointers.map(|it| format!("{it}/properties/definition/actions/A/type")).collect();
        let found: Vec<_> = errors(&text).into_iter().map(|it| it.pointer).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn definitions_may_be_without_actions_and_triggers() {
    let schema = r#""$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#""#;
    let rows = [
        format!("{{{schema}, \"contentVersion\": \"1.0.0.0\"}}"),
        format!("{{\"properties\": {{\"definition\": {{{schema}}}}}}}"),
        format!("{{{REQUEST}}}"),
        format!("{{{schema}, \"actions\": null, \"triggers\": null}}"),
        format!("{{{REQUEST}, \"actions\": {{\"S\": {{\"type\": \"Scope\"}}}}}}"),
        format!(
            "{{{REQUEST}, \"actions\": {{\"U\": {{\"type\": \"Until\", \"expression\": \"@true\", \"limit\": null}}}}}}"
        ),
    ];
    for text in rows {
        assert_eq!(errors(&text), [], "{text}");
        assert!(validate(&text, &Scrutiny::default()).definition.is_some());
    }
    assert_eq!(lints(r#"{"S": {"type": "Scope", "actions": null}}"#), ["Missing"]);
}

#[test]
fn a_definition_that_a_deployment_makes_is_found_in_the_template_or_told() {
    let with = |definition: &str| {
        let text = format!(
            r#"{{"parameters": {{"d": {{"type": "object", "defaultValue": {{"triggers": {{"t": 1}}}}}}, "e": {{"type": "object"}}}},
            "variables": {{"v": {{"actions": {{"A": {{"type": "Nothing"}}}}}}, "f#0": {{"definition": {{"triggers": {{"t": {{}}}}}}}}}},
            "resources": [{{"type": "Microsoft.Logic/workflows", "name": "wf", "properties": {{"definition": "{definition}"}}}}]}}"#
        );
        let found = errors(&text);
        found.iter().map(|it| format!("{} {}", it.code.name(), it.pointer)).collect::<Vec<_>>()
    };
    let at = "/resources/0/properties/definition";
    assert_eq!(
        with("[variables('v')]"),
        ["UnknownActionType /variables/v/actions/A/type".to_owned()]
    );
    assert_eq!(
        with("[parameters('d')]"),
        ["WrongKind /parameters/d/defaultValue/triggers/t".to_owned()]
    );
    assert_eq!(
        with("[variables('f#0').definition]"),
        ["Missing /variables/f#0/definition/triggers/t".to_owned()]
    );
    for other in ["[parameters('e')]", "[variables('w')]", "[json(variables('v'))]"] {
        assert_eq!(with(other), [format!("NotADefinition {at}")]);
    }
}

#[test]
fn comments_commas_and_line_breaks_are_read_as_the_service_reads_them() {
    let text = format!(
        "// first\n{{{REQUEST}, /* ** */ \"actions\": {{\"A\": {{\"type\": \"Compose\", \"inputs\": [\"@concat('a',\n\t'\\u0062')\", 1/*x*/, ],}},}}, // last\n}}//"
    );
    assert_eq!(errors(&text), []);
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
fn definitions_from_before_2016_say_on_what_an_action_depends() {
    let with = |conditions: &str| {
        let text = format!(
            r#"{{"triggers": {{"manual": {{"type": "Manual"}}}}, "actions": {{"A": {{"type": "Compose", "conditions": []}},
            "B": {{"type": "Compose", "inputs": "@outputs('A')", "conditions": {conditions}}}}}}}"#
        );
        let found = errors(&text);
        found.iter().map(|it| (it.code, it.pointer.clone())).collect::<Vec<_>>()
    };
    let at = |pointer: &str| format!("/actions/B/{pointer}");
    assert_eq!(with(r#"[{"dependsOn": "A"}]"#), []);
    assert_eq!(with("[]"), [(FindingCode::NotBefore, at("inputs"))]);
    let unknown = [(FindingCode::UnknownRunAfter, at("conditions/1/dependsOn"))];
    assert_eq!(with(r#"[{"dependsOn": "A"}, {"dependsOn": "C"}]"#), unknown);
    let asked = [(FindingCode::IgnoredProperty, at("conditions/1"))];
    assert_eq!(with(r#"[{"dependsOn": "A"}, {"expression": "@equals(1, 2)"}]"#), asked);
}

#[test]
fn flows_of_power_automate_are_read() {
    let text = r#"{"name": "n", "properties": {"connectionReferences": {}, "definition": {
        "parameters": {"$authentication": {"defaultValue": {}, "type": "SecureObject"}, "To (new_To)": {"defaultValue": "a@b.c", "type": "String", "metadata": {"schemaName": "new_To"}}},
        "triggers": {"When_a_new_email_arrives_(V3)": {"type": "OpenApiConnectionNotification", "splitOn": "@triggerOutputs()?['body/value']", "inputs": {
            "host": {"apiId": "a", "connectionName": "shared_office365", "operationId": "OnNewEmailV3"}, "authentication": "@parameters('$authentication')"}}},
        "actions": {
            "Set_'x'": {"type": "SetVariable", "inputs": {"name": "The x", "value": "@true"}, "runAfter": {"Compose_-_@": ["SUCCEEDED", "TIMEDOUT"]}},
            "Make": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "The x", "type": "boolean"}]}, "runAfter": {}, "metadata": {"operationMetadataId": "m"}},
            "Compose_-_@": {"type": "Compose", "inputs": "@@", "runAfter": {"Make": ["Succeeded"]}},
            "Add": {"type": "OpenApiConnection", "inputs": {"host": {"connectionName": "c", "operationId": "CreateRecord", "apiId": "a"}, "authentication": "@parameters('$authentication')",
                "parameters": {"item/x@odata.bind": "x(@{triggerOutputs()?['body/id']})", "item": {"@{outputs('Compose_-_@')}odata.type": "t", "@@odata.id": "@parameters('To (new_To)')"}},
                "retryPolicy": {}}, "runAfter": {"Set_'x'": ["Succeeded"]}},
            "If": {"type": "If", "expression": {"not": {"equals": ["@variables('the X')", "@null"]}}, "actions": {}, "runAfter": {"Add": ["Failed"]}}
        }}}}"#;
    assert_eq!(errors(text), []);
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
fn what_is_no_json_or_too_much_of_it_is_refused_with_a_place() {
    let deep = format!("{}1{}", "[".repeat(1_000), "]".repeat(1_000));
    let large = format!("{{\"actions\": {{}}, \"x\": \"{}\"}}", "x".repeat(DEFINITION_BYTES_MAX));
    let rows = [
        ("", "1:1"),
        ("{", "1:2"),
        ("{\n \"a\" 1}", "2:6"),
        ("{\"a\": tru}", "1:7"),
        ("{\"a\": \"x}", "1:7"),
        ("{\"a\": \"\\q\"}", "1:7"),
        ("[1,,2]", "1:4"),
        ("[,]", "1:2"),
        ("{,}", "1:2"),
        ("{} /* x", "1:4"),
        ("{} {}", "1:4"),
        ("\"\u{1}\"", "1:2"),
        (deep.as_str(), "1:130"),
        (large.as_str(), "1:1"),
    ];
    assert_eq!(DEFINITION_DEPTH_MAX, 128);
    for (text, place) in rows {
        let found = errors(text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].code, FindingCode::NotJson);
        let position = found[0].position;
        assert_eq!(format!("{}:{}", position.line, position.column), place, "{:.40}", text);
    }
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
fn names_that_come_twice_in_one_object_are_two_actions() {
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
fn strict_eyes_see_what_the_service_accepts_and_what_then_fails() {
    let rows: &[(&str, &[&str])] = &[
        (r#"{"A": {"type": "Compose", "inputs": "@concatt('a')"}}"#, &["UnknownFunction"]),
        (r#"{"A": {"type": "Compose", "inputs": "@toLower('a', 'b')"}}"#, &["WrongArgumentCount"]),
        (
            r#"{"A": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "v", "type": "Integer", "value": "x"}]}}}"#,
            &["UnusedVariable", "WrongVariableKind"],
        ),
        (r#"{"A": {"type": "Xslt", "inputs": {"content": 1}}}"#, &["NotExecutable"]),
        (r#"{"A": {"type": "Compose", "inputs": "@secret('s')"}}"#, &["SecretInSight"]),
        (
            r#"{"A": {"type": "Terminate", "inputs": {"runStatus": "Succeeded"}}, "B": {"type": "Compose", "runAfter": {"A": ["Succeeded"]}}}"#,
            &["Unreachable"],
        ),
        (r#"{"A": {"type": "Compose", "compensate": {"actions": {}}}}"#, &["IgnoredProperty"]),
        (r#"{"A": {"type": "Compose", "inputs": "@concat('a')"}}"#, &[]),
        (
            r#"{"A": {"type": "Compose"}, "B": {"type": "Compose", "runAfter": {"A": []}}}"#,
            &["Missing"],
        ),
    ];
    for (actions, expected) in rows {
        assert_eq!(lints(actions), *expected, "{actions}");
        let text = format!("{{{REQUEST}, \"actions\": {actions}}}");
        assert!(errors(&text).is_empty());
        assert!(validate(&text, &Scrutiny::default()).definition.is_some());
    }
    assert!(Severity::Error < Severity::Lint);
}
