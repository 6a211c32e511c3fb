use crate::config::tests::{EMBEDDED, example_of, good, refused};
use crate::workflow::BaseUrl;

const SET: &str = "[workflows]\npublic_url = 'https://loom.example/proxy/'";

fn public_url(text: &str, variables: &[(&str, &str)]) -> Option<String> {
    let url = good(text, variables).workflows.public_url;
    url.as_ref().map(BaseUrl::as_str).map(str::to_owned)
}

#[test]
fn runs_are_called_back_where_the_file_or_a_variable_says() {
    let variable = [("LOOM_WORKFLOWS_PUBLIC_URL", "http://10.0.0.4:80")];
    let example = example_of("# [workflows]", &[]);
    let rows = [
        ("", &[][..], None),
        (SET, &[], Some("https://loom.example/proxy")),
        (SET, &variable, Some("http://10.0.0.4")),
        ("", &variable, Some("http://10.0.0.4")),
        (&example, &[], Some("https://loom.example")),
    ];
    for (text, variables, expected) in rows {
        let text = format!("{EMBEDDED}{text}");
        assert_eq!(public_url(&text, variables).as_deref(), expected, "{text} {variables:?}");
    }
}

#[test]
fn what_is_set_is_shown_with_its_place() {
    let shown = |variables: &[(&str, &str)]| {
        let set = good(&format!("{EMBEDDED}{SET}"), variables).found.set;
        let found = set.into_iter().find(|set| set.setting == "workflows.public_url").unwrap();
        format!("{} ({})", found.value, found.place)
    };
    assert_eq!(shown(&[]), "https://loom.example/proxy/ (etc/loom.toml:6)");
    let variable = ("LOOM_WORKFLOWS_PUBLIC_URL", "http://a");
    assert_eq!(shown(&[variable]), "http://a (the variable LOOM_WORKFLOWS_PUBLIC_URL)");
}

#[test]
fn what_nobody_can_be_called_back_at_is_refused() {
    let rows = [
        ("public_url = 'loom.example'", "LOOM-A004: workflows.public_url: it is no address"),
        ("public_url = 'ftp://a'", "LOOM-A004: workflows.public_url: it begins with neither"),
        ("public_url = 'https://u:p@a'", "LOOM-A004: workflows.public_url: it has a user, a query"),
        ("public_url = 'https://a?b'", "LOOM-A004: workflows.public_url: it has a user, a query"),
        ("public_url = 7", "LOOM-A004: workflows.public_url: invalid type: integer `7`"),
        ("url = 'https://a'", "LOOM-A002: workflows.url: there is no such setting"),
    ];
    for (setting, said) in rows {
        let text = format!("{EMBEDDED}[workflows]\n{setting}");
        refused(&text, &[], &format!("etc/loom.toml:6: {said}"));
    }
}

#[test]
fn a_host_that_listens_everywhere_is_told_that_nobody_can_call_back() {
    let rows = [
        ("0.0.0.0:1", "", "production", 1),
        ("[::]:1", "", "staging", 1),
        ("0.0.0.0:1", "", "development", 0),
        ("10.0.0.4:1", "", "production", 0),
        ("0.0.0.0:1", SET, "production", 0),
    ];
    for (listen, more, profile, told) in rows {
        let store = "[store]\nkind = 'embedded'\ndir = 'd'\n";
        let text = format!(
            "listen = '{listen}'\nallow_remote = true\nprofile = '{profile}'\n{store}{more}"
        );
        let warnings = good(&text, &[]).found.warnings;
        assert_eq!(warnings.len(), told, "{listen} {more} {profile}: {warnings:?}");
        assert!(warnings.iter().all(|it| it.starts_with("etc/loom.toml:1: LOOM-A014: listen: ")));
    }
}

const OFFICE: &str = "[workflows.connections.Office365]\nurl = 'https://svc.test/v2'\n";

#[test]
fn connections_are_what_the_file_says_with_their_tokens() {
    let example = example_of("# [workflows.connections.office365]", &["token_file"]);
    let rows = [
        (format!("{EMBEDDED}{OFFICE}"), &[][..], false),
        (format!("{EMBEDDED}{SET}\n{OFFICE}token_env = 'T'"), &[("T", "planted")], true),
        (format!("{EMBEDDED}{example}"), &[("OFFICE_TOKEN", "planted")], true),
    ];
    for (text, variables, has_token) in rows {
        let serving = good(&text, variables);
        let shown = format!("{serving:?}");
        assert_eq!(serving.workflows.connections.names(), ["office365"], "{text}");
        assert_eq!(shown.contains("token: Some"), has_token, "{shown}");
        assert!(!shown.contains("planted"), "{shown}");
        let url = serving.found.set.iter().find(|set| set.setting.ends_with("office365.url"));
        let url = url.or(serving.found.set.iter().find(|set| set.setting.ends_with("365.url")));
        assert!(url.is_some_and(|url| url.place.starts_with("etc/loom.toml:")), "{shown}");
    }
}

#[test]
fn connections_that_lead_nowhere_are_refused() {
    let rows = [
        (
            "url = 'https://svc.test/v2'\ntoken = 'planted'",
            "7: LOOM-A002: workflows.connections.a.token",
        ),
        ("token_env = 'T'", "5: LOOM-A003: workflows.connections.a.url: it is missing"),
        ("url = 'svc.test'", "6: LOOM-A004: workflows.connections.a.url: it is no address"),
        ("url = 'https://u:planted@a'", "6: LOOM-A004: workflows.connections.a.url: it has a user"),
        ("url = 'https://a'\ntoken_env = 'T'", "7: LOOM-A008: workflows.connections.a.token_env"),
        (
            "url = 'https://a'\ntoken_file = 'nowhere'",
            "7: LOOM-A008: workflows.connections.a.token_file",
        ),
    ];
    for (settings, said) in rows {
        let text = format!("{EMBEDDED}[workflows.connections.a]\n{settings}");
        refused(&text, &[], &format!("etc/loom.toml:{said}"));
        let mistake = crate::config::tests::read(&text, &[]).unwrap_err();
        assert!(!mistake.contains("planted"), "{mistake}");
    }
    let rows = [
        ("[workflows.connections.'a b']\nurl = 'https://a'", "LOOM-A004: workflows.connections:"),
        (
            "[workflows]\nconnections = 'a'",
            "LOOM-A004: workflows.connections: it must hold a table",
        ),
        (
            "[workflows.connections]\na = 'b'",
            "LOOM-A004: workflows.connections.a: it must be a table",
        ),
    ];
    for (text, said) in rows {
        let mistake = crate::config::tests::read(&format!("{EMBEDDED}{text}"), &[]).unwrap_err();
        assert!(mistake.contains(said), "{mistake}");
    }
}
