use super::with_connections;
use crate::{Definition, Value};

#[test]
fn connections_that_nobody_gives_stand_in_for_those_of_a_deployment() {
    let with = |default: &str, given: &str| {
        let text = format!(
            r#"{{"parameters": {{"$connections": {{"type": "Object"{default}}}}}, "triggers": {{"t": {{"type": "Request"}}}},
            "actions": {{"A": {{"type": "Compose", "inputs": ["@parameters('$connections')['a b']['connectionId']", "@parameters('$connections')?['c']?['id']",
            "[concat('@{{parameters(''$connections'')[''d''][''connectionId'']}}')]"]}}}}}}"#
        );
        let definition = Definition::parse(&text).unwrap();
        let given = Value::from_json_text(given).unwrap();
        with_connections(&text, &definition, given).to_json_text()
    };
    let of = |name: &str| {
        format!(r#""{name}":{{"connectionId":"{name}","connectionName":"{name}","id":"{name}"}}"#)
    };
    let all = format!(r#"{{"p":1,"$connections":{{{},{},{}}}}}"#, of("a b"), of("c"), of("d"));
    assert_eq!(with(r#", "defaultValue": {}"#, r#"{"p": 1}"#), all);
    assert_eq!(with("", r#"{"p": 1}"#), all);
    assert_eq!(with(r#", "defaultValue": {"x": {}}"#, "{}"), "{}");
    let given = r#"{"$connections":{"a b":1}}"#;
    assert_eq!(with("", given), given);
}
