use serde_json::json;

use super::*;

fn context(tenant: &str, environment: &str, actor: &str) -> ConfigScope {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    ConfigScope {
        tenant: some(tenant).map(|text| TenantId::parse(&text).unwrap()),
        environment: some(environment).map(|text| EnvironmentName::parse(&text).unwrap()),
        actor: some(actor).map(|text| ActorId::parse(&text).unwrap()),
    }
}

fn key(raw: &str) -> ConfigKey {
    ConfigKey::parse(raw).unwrap()
}

#[test]
fn the_most_specific_scope_is_searched_first() {
    let searched = |context: ConfigScope| -> Vec<String> {
        context.searched().iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        searched(context("t", "e", "k/a")),
        [
            "tenant=t environment=e actor=k/a",
            "tenant=t actor=k/a",
            "environment=e actor=k/a",
            "tenant=t environment=e",
            "actor=k/a",
            "tenant=t",
            "environment=e",
            "everybody",
        ]
    );
    assert_eq!(
        searched(context("t", "e", "")),
        ["tenant=t environment=e", "tenant=t", "environment=e", "everybody"]
    );
    assert_eq!(searched(context("", "", "")), ["everybody"]);
}

#[test]
fn the_first_layer_wins_and_in_it_the_most_specific_scope() {
    let [mut first, mut second] = [ConfigLayer::new("first"), ConfigLayer::new("second")];
    let asked = || context("t", "e", "k/a");
    assert_eq!(resolve_config(&key("k"), &asked(), &[&first, &second]), None);

    second.set(key("k"), context("", "", ""), Payload::of(&1).unwrap());
    second.set(key("k"), context("t", "", ""), Payload::of(&2).unwrap());
    second.set(key("k"), context("t", "", "k/a"), Payload::NULL);
    let found = |first: &ConfigLayer, asked: &ConfigScope| {
        let found = resolve_config(&key("k"), asked, &[first, &second]).expect("there is one");
        format!("{} {:?}", found.layer, found.value)
    };
    assert_eq!(found(&first, &asked()), "second null");
    assert_eq!(found(&first, &context("t", "e", "k/b")), "second 2");
    // An environment is no tenant.
    assert_eq!(found(&first, &context("", "t", "")), "second 1");
    first.set(key("k"), context("", "", ""), Payload::of(&3).unwrap());
    assert_eq!(found(&first, &asked()), "first 3");
}

#[test]
fn variables_and_files_are_layers() {
    let variables = [
        ("LOOM_CONFIG_RETRY__LIMIT", "3"),
        ("LOOM_CONFIG_GREETING", "hello, \"world\""),
        ("LOOM_CONFIG_FLAGS", "[true]"),
        ("LOOM_OTHER", "1"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment = ConfigLayer::of_variables(variables).unwrap();
    let file = json!({"retry": {"limit": 5, "pause-ms": 7}, "Name": "a", "list": [{"a/b": 1}]});
    let file = ConfigLayer::of_file(&file).unwrap();
    for (raw, value, layer) in [
        ("retry/limit", "3", "environment"),
        ("greeting", r#""hello, \"world\"""#, "environment"),
        ("flags", "[true]", "environment"),
        ("retry/pause-ms", "7", "file"),
        ("Name", "\"a\"", "file"),
        ("list", r#"[{"a/b":1}]"#, "file"),
    ] {
        let found = resolve_config(&key(raw), &ConfigScope::default(), &[&environment, &file]);
        let found = found.expect(raw);
        assert_eq!((format!("{:?}", found.value), found.layer), (value.to_owned(), layer), "{raw}");
    }
}

#[test]
fn what_is_no_key_is_named() {
    let variable = ("LOOM_CONFIG_A.B".to_owned(), "1".to_owned());
    let error = ConfigLayer::of_variables([variable]).unwrap_err().to_string();
    assert!(error.contains("LOOM_CONFIG_A.B"), "{error}");
    for file in
        [json!({"a": {"b.c": 1}}), json!({"a": {"b/c": 1}}), json!({"a": {"": 1}}), json!(1)]
    {
        let error = ConfigLayer::of_file(&file).unwrap_err().to_string();
        assert!(error.contains("a/") || file.is_number(), "{error}");
    }
}
