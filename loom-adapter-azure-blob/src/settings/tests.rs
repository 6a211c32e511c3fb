use loom_azure_identity::Identity;

use super::*;

fn url(endpoint: &str, container: &str, credential: Credential) -> Result<String, String> {
    let settings = AzureBlobSettings::new(endpoint, container, credential);
    settings.url().map(String::from).map_err(|refused| refused.to_string())
}

fn sas() -> Credential {
    Credential::Sas("sig=hunter2".into())
}

#[test]
fn the_container_is_under_the_endpoint() {
    let rows = [
        ("https://acme.blob.core.windows.net", "https://acme.blob.core.windows.net/payload"),
        ("https://acme.blob.core.windows.net/", "https://acme.blob.core.windows.net/payload"),
        ("http://127.0.0.1:10000/acme", "http://127.0.0.1:10000/acme/payload"),
        ("http://127.0.0.1:10000/acme/", "http://127.0.0.1:10000/acme/payload"),
    ];
    for (endpoint, expected) in rows {
        assert_eq!(url(endpoint, "payload", sas()).as_deref(), Ok(expected));
    }
}

#[test]
fn a_broken_rule_is_told_and_no_secret_with_it() {
    let https = "https://acme.blob.core.windows.net";
    let signed = format!("{https}?sig=hunter2");
    let rows = [
        ("", "payload", "the endpoint is no address"),
        ("acme", "payload", "the endpoint is no address"),
        ("ftp://acme", "payload", "the endpoint begins with https:// and names a host"),
        (&signed, "payload", "the endpoint holds credentials; they are a setting of their own"),
        (
            "https://user:hunter2@acme",
            "payload",
            "the endpoint holds credentials; they are a setting of their own",
        ),
    ];
    for (endpoint, container, rule) in rows {
        let expected = Err(format!("LOOM-B001: {rule}"));
        assert_eq!(url(endpoint, container, sas()), expected, "{endpoint}");
    }
    let long = "x".repeat(64);
    for container in ["", "ab", "Payload", "pay_load", "-payload", "payload-", "pay--load", &long] {
        let refused = url(https, container, sas()).unwrap_err();
        assert!(refused.starts_with("LOOM-B001: container "), "{refused}");
    }
    let token = url("http://127.0.0.1", "payload", Credential::Identity(Identity::DeveloperTools));
    assert_eq!(token, Err("LOOM-B001: tokens are sent over https alone".into()));
}

#[test]
fn settings_are_shown_without_secrets() {
    let settings = AzureBlobSettings::new("https://user:hunter2@acme", "payload", sas());
    let shown = format!("{settings:?}");
    assert!(shown.contains("payload") && !shown.contains("hunter2"), "{shown}");
}
