//! Texts in which definitions are, in all their forms.

use super::{REQUEST, errors, lints};
use crate::definition::{DEFINITION_BYTES_MAX, DEFINITION_DEPTH_MAX};
use crate::validation::{FindingCode, Scrutiny, validate};

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
    let schema = "https://schema.management.azure.com/schemas/2016-06-01/workflowdefinition.json#";
    let wrong = format!(r#"{{"$schema": "{schema}", "actions": {{"A": {{"type": "Nothing"}}}}}}"#);
    let row = serde_json::json!([{"clientdata": format!("{{\"properties\": {{\"definition\": {wrong}}}}}")}]);
    let rows = [
        (format!("{{\"a\": [{{\"b\": {wrong}}}]}}"), "/a/0/b/actions/A/type", "1:135"),
        (
            format!("{{\"a\": {{\"definition\": {wrong}}}}}"),
            "/a/definition/actions/A/type",
            "1:143",
        ),
        (
            format!("{{\"a\": {{\"definition\": {}}}}}", wrong.replace(schema, "")),
            "/a/definition/actions/A/type",
            "1:64",
        ),
        (row.to_string(), "/0/clientdata/properties/definition/actions/A/type", "1:16"),
    ];
    for (text, pointer, place) in rows {
        let found = &errors(&text)[0];
        assert_eq!(found.pointer, pointer, "{text}");
        let position = found.position;
        assert_eq!(format!("{}:{}", position.line, position.column), place);
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
        format!(
            r#"{{{REQUEST}, "actions": {{"I": {{"type": "If", "expression": "@true", "actions": null, "else": {{"actions": null}}}},
            "S": {{"type": "Switch", "expression": "a", "cases": null, "default": {{"actions": null}}}}, "R": {{"type": "Response", "inputs": null}}}}}}"#
        ),
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
            "variables": {{"v": {{"actions": {{"A": {{"type": "Nothing"}}}}}}, "text": "{{\"actions\": {{\"A\": {{\"type\": \"Nothing\"}}}}}}", "f#0": {{"definition": {{"triggers": {{"t": {{}}}}}}}}}},
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
    assert_eq!(
        with("[json(variables('text'))]"),
        ["UnknownActionType /variables/text/actions/A/type"]
    );
    for other in ["[parameters('e')]", "[variables('w')]", "[json(variables('v'))]"] {
        assert_eq!(with(other), [format!("NotADefinition {at}")]);
    }
}

#[test]
fn comments_blanks_and_strings_are_read_as_the_service_reads_them() {
    let text = format!(
        "// first\n{{{REQUEST}, /* ** */ \"actions\": {{\"A\": {{\"type\": \"Compose\", \"inputs\": [\"@concat('a',\n\t'\\u0062')\", 1/*x*/, ],}},}}, // last\n}}//"
    );
    assert_eq!(errors(&text), []);
    let rows = [
        ("\u{a0}\u{2003}'it\\'s\u{1}'", "it's\u{1}"),
        (r#""\ud83d\ude00 \ud83d x""#, "\u{1f600} \u{fffd} x"),
        (r#""\'\/\n""#, "'/\n"),
    ];
    for (written, expected) in rows {
        let text = format!("{{'triggers':{{}},'actions':{{'A':{{'type':{written}}}}}}}");
        let told = format!("The type '{expected}' of an action is not known.");
        assert_eq!(errors(&text)[0].message, told);
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
    let looped = |more: &str| {
        let text = format!(
            r#"{{{REQUEST}, "actions": {{"A": {{"type": "Compose", "inputs": "@item()", {more}}}}}}}"#
        );
        let found = errors(&text);
        found.iter().map(|it| format!("{} {}", it.code.name(), it.pointer)).collect::<Vec<_>>()
    };
    for name in ["forEach", "repeat", "until"] {
        let expected = format!("IgnoredProperty /actions/A/{name}");
        assert_eq!(looped(&format!("\"{name}\": \"@range(0, 2)\"")), [expected]);
    }
    assert_eq!(looped("\"foreach\": null"), ["OutsideLoop /actions/A/inputs"]);
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
fn of_names_that_come_twice_in_one_object_none_is_lost() {
    let make = |kind: &str| {
        format!(
            r#""V": {{"type": "InitializeVariable", "inputs": {{"variables": [{{"name": "v", "type": "{kind}"}}]}}}}"#
        )
    };
    let text = |request: &str, kind: &str, status: &str| {
        format!(
            r#"{{"triggers": {{"t": {{"type": "{request}"}}, "t": {{"type": "Request"}}}}, "actions": {{{}, {},
            "A": {{"type": "Compose", "inputs": "@variables('v')", "runAfter": {{"V": ["{status}"], "V": ["Succeeded"]}}}}}}}}"#,
            make(kind),
            make("string")
        )
    };
    let twice = ["/triggers/t", "/actions/V", "/actions/A/runAfter/V"];
    let same = text("Request", "string", "Succeeded");
    assert_eq!(errors(&same), []);
    let strict = Scrutiny { strict: true, ..Scrutiny::default() };
    let validated = validate(&same, &strict);
    let found = validated.findings.iter().map(|it| (it.code, it.pointer.as_str()));
    assert!(found.eq(twice.map(|pointer| (FindingCode::DuplicateName, pointer))));
    assert_eq!(validated.definition.unwrap().actions().len(), 2);

    let lost = errors(&text("Nothing", "array", "Failing"));
    let found = lost.iter().map(|it| (it.code, it.pointer.as_str()));
    assert!(found.eq(twice.map(|pointer| (FindingCode::DuplicateName, pointer))), "{lost:?}");
}
