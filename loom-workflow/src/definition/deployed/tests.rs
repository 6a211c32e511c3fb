use crate::validation::{Scrutiny, validate};

/// What is found in a definition with these triggers and actions, as `pointer message`.
fn found(triggers: &str, actions: &str) -> Vec<String> {
    let text = format!(r#"{{"triggers": {triggers}, "actions": {actions}}}"#);
    let findings = validate(&text, &Scrutiny::default()).findings;
    findings.iter().map(|it| format!("{} {}", it.pointer, it.message)).collect()
}

#[test]
fn what_a_deployment_fills_in_is_known_later() {
    let actions = r#"{
        "Post": {"type": "Http", "inputs": {"method": "POST", "uri": "[parameters('uri')]",
            "retryPolicy": {"type": "fixed", "count": "[parameters('n')]", "interval": "[variables('i')]"}},
            "limit": {"timeout": "[parameters('timeout')]"}},
        "Kind": {"type": "Http", "inputs": {"method": "GET", "uri": "http://x", "retryPolicy": {"type": "[parameters('k')]"}}},
        "Each": {"type": "Foreach", "foreach": "[parameters('list')]", "actions": {},
            "runtimeConfiguration": {"concurrency": {"repetitions": "[[parameters('n')]"}}},
        "Again": {"type": "Until", "expression": "@true", "actions": {}, "limit": {"count": "[int(parameters('n'))]", "timeout": "[variables('t')]"}},
        "Rest": {"type": "Wait", "inputs": {"interval": {"count": "[parameters('n')]", "unit": "[parameters('unit')]"}}},
        "Stop": {"type": "Terminate", "inputs": {"runStatus": "[parameters('status')]"}},
        "Rows": {"type": "Table", "inputs": {"from": [], "format": "[parameters('format')]"}, "runAfter": {"Stop": ["[parameters('status')]"]}},
        "Typed": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "w", "type": "[parameters('type')]", "value": 1}]}},
        "Add": {"type": "IncrementVariable", "inputs": {"name": "w"}, "runAfter": {"Typed": ["Succeeded"]}},
        "Made": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "v", "type": "array", "value": "[parameters('v')]"}]}}
    }"#;
    let triggers = r#"{"Recurrence": {"type": "Recurrence", "recurrence": {"frequency": "[parameters('f')]",
        "interval": "[parameters('n')]", "startTime": "[parameters('s')]", "timeZone": "[parameters('z')]",
        "schedule": {"hours": ["[parameters('hour')]"]}}, "runtimeConfiguration": {"concurrency": {"runs": "[parameters('n')]"}}}}"#;
    assert_eq!(found(triggers, actions), Vec::<String>::new());
    let fixed = r#"{"Recurrence": {"type": "Recurrence", "recurrence": {"frequency": "Day", "interval": "[parameters('n')]"}}}"#;
    let text = format!(r#"{{"triggers": {fixed}, "actions": {{}}}}"#);
    let definition = validate(&text, &Scrutiny::default()).definition.unwrap();
    assert!(definition.triggers[0].recurrence.is_none(), "nobody knows when it fires");
}

#[test]
fn places_that_are_filled_in_when_it_is_released_are_known_later() {
    for place in ["${var.x}", "#{X}#", "#{X}", "{{ x }}", "$(X)"] {
        let actions = format!(
            r#"{{"Post": {{"type": "Http", "inputs": {{"method": "POST", "uri": "{place}"}}, "limit": {{"timeout": "PT{place}M"}}}},
            "Again": {{"type": "Until", "expression": "@true", "limit": {{"count": "{place}"}}}}}}"#
        );
        let triggers = format!(
            r#"{{"R": {{"type": "Recurrence", "recurrence": {{"frequency": "{place}", "interval": "{place}"}}}}}}"#
        );
        assert_eq!(found(&triggers, &actions), Vec::<String>::new());
        let parameters = format!(r#"{{"p": {{"type": "Int", "defaultValue": "{place}"}}}}"#);
        let text = format!(r#"{{"parameters": {parameters}, "actions": {{}}}}"#);
        assert_eq!(validate(&text, &Scrutiny::default()).findings, []);
    }
    let actions =
        r#"{"Again": {"type": "Until", "expression": "@true", "limit": {"count": "$5"}}}"#;
    assert_eq!(found("{}", actions).len(), 1);
}

#[test]
fn an_escape_of_a_template_is_read_as_the_deployment_writes_it() {
    let of = |text: &str| {
        let validated = validate(text, &Scrutiny::default());
        let definition = validated.definition.unwrap();
        match &definition.actions()[0].operation {
            crate::definition::Operation::Compose(template) => template.constant().cloned(),
            _ => None,
        }
    };
    let workflow = r#"{"definition": {"actions": {"A": {"type": "Compose", "inputs": ["[[a]", "[[[b]", {"c": "[1]"}]}}}}"#;
    let written = of(workflow).unwrap().to_json_text();
    assert_eq!(written, r#"["[[a]","[[[b]",{"c":"[1]"}]"#);
    let deployed = of(&format!(r#"{{"resources": [{{"properties": {workflow}}}]}}"#));
    assert_eq!(deployed.unwrap().to_json_text(), r#"["[a]","[[b]",{"c":"[1]"}]"#);
}

#[test]
fn whole_actions_triggers_and_types_may_be_filled_in() {
    let triggers = r#"{"T": "[parameters('t')]", "U": {"type": "[parameters('u')]"}}"#;
    let actions = r#"{
        "A": "[parameters('a')]",
        "B": {"type": "[parameters('b')]", "runAfter": {"A": ["Succeeded"], "[parameters('b1')]": ["Succeeded"]}},
        "C": {"type": "Scope", "actions": "[parameters('c')]"},
        "D": {"type": "InitializeVariable", "inputs": {"variables": "[parameters('d')]"}},
        "E": {"type": "Compose", "inputs": "@variables('d')", "runAfter": {"D": ["Succeeded"]}},
        "F": {"type": "Compose", "inputs": "@body('c1')", "runAfter": {"C": ["Succeeded"]}}
    }"#;
    assert_eq!(found(triggers, actions), Vec::<String>::new());
    let text = r#"{"parameters": {"p": {"type": "[parameters('p')]"}, "q": "[parameters('q')]"}, "actions": {}}"#;
    assert_eq!(validate(text, &Scrutiny::default()).findings, []);
    assert_eq!(found("{}", r#"{"A": 1}"#), ["/actions/A This must be an object, and is a number."]);
}

#[test]
fn calls_of_a_deployment_template_are_no_expressions() {
    let rows = [
        (r#""[concat('/@{encodeURIComponent(''', parameters('q'), ''')}/messages')]""#, 0),
        (r#"["[[concat('@{', parameters('q'), '}')]", "@{body('A')}"]"#, 1),
        (r#""[@{concat('a', }]""#, 1),
        (r#""[dbo].[@{]""#, 1),
    ];
    for (inputs, count) in rows {
        let actions = format!(r#"{{"C": {{"type": "Compose", "inputs": {inputs}}}}}"#);
        assert_eq!(found("{}", &actions).len(), count, "{inputs}");
    }
    let where_ =
        r#"{"and": [{"equals": ["[concat('@{item()?[''', parameters('p'), ''']}')]", 1]}]}"#;
    let query =
        format!(r#"{{"Q": {{"type": "Query", "inputs": {{"from": [], "where": {where_}}}}}}}"#);
    assert_eq!(found("{}", &query), Vec::<String>::new());
}
