use loom_adapter_azure_blob::Credential as BlobCredential;
use loom_adapter_cosmos::Credential as CosmosCredential;

use super::super::tests::{EMBEDDED, example_of, good, read, refused};
use crate::azure::Azure;

const KEY: &str = "c2VjcmV0c2VjcmV0";
const STRING: &str = "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=c2VjcmV0c2VjcmV0;EndpointSuffix=x.net";

fn azure(text: &str, variables: &[(&str, &str)]) -> Azure {
    good(&format!("{EMBEDDED}{text}"), variables).deployment.azure
}

#[test]
fn the_example_has_the_defaults() {
    let secrets = ["client_", "tenant_", "key_", "sas_", "connection_", "ca ", "auth", "address"];
    let full = ["# [azure]", "# [cosmos]", "# [blob]", "# [key_vault]"]
        .map(|table| example_of(table, &secrets));
    let least = "[cosmos]\nendpoint = 'https://acme.documents.azure.com'\n\
                 [blob]\nendpoint = 'https://acme.blob.core.windows.net'\n\
                 [key_vault]\nurl = 'https://acme.vault.azure.net'\n";
    let (full, least) = (azure(&full.join("\n"), &[]), azure(least, &[]));
    assert_eq!(format!("{full:?}"), format!("{least:?}"));
    let timeouts = |azure: &Azure| {
        let (cosmos, blob) = (azure.cosmos.clone().unwrap(), azure.blob.clone().unwrap());
        let of_blob = [blob.connect_timeout, blob.response_timeout, blob.refusal_timeout];
        let vault = azure.key_vault.clone().unwrap();
        let of_vault = [vault.connect_timeout, vault.response_timeout, vault.refusal_timeout];
        (cosmos.response_timeout, of_blob, of_vault, vault.cache_time)
    };
    assert_eq!(timeouts(&full), timeouts(&least));
}

#[test]
fn names_of_other_guides_fill_empty_tables() {
    let variables = [
        ("AZURE_STORAGE_CONNECTION_STRING", STRING),
        ("AZURE_STORAGE_CONTAINER", "things"),
        ("COSMOS_DATABASE", "d"),
        ("COSMOS_ENDPOINT", "https://c"),
        ("COSMOS_KEY", KEY),
        ("COSMOS_REGION", "North Europe"),
        ("KEY_VAULT_URL", "https://v"),
        ("KEYVAULT_URL", "https://v"),
    ];
    let text = format!("allow_keys = true\n{EMBEDDED}[cosmos]\n[blob]\n[key_vault]");
    let azure = good(&text, &variables).deployment.azure;
    assert_eq!(azure.key_vault.unwrap().endpoint, "https://v");
    let (cosmos, blob) = (azure.cosmos.unwrap(), azure.blob.unwrap());
    let found = (&*cosmos.endpoint, &*cosmos.database, &*cosmos.region);
    assert_eq!(found, ("https://c", "d", "North Europe"));
    assert!(matches!(cosmos.credential, CosmosCredential::Key(key) if key == KEY));
    assert_eq!((&*blob.endpoint, &*blob.container), ("https://acme.blob.x.net", "things"));
    assert!(matches!(blob.credential, BlobCredential::SharedKey { .. }));
}

#[test]
fn who_asks_is_chosen_in_one_place() {
    type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str);
    let rows: &[Row] = &[
        ("", &[], "Managed"),
        ("[azure]\nclient_id = 'c'", &[], "Managed"),
        ("[azure]\nidentity = 'workload'", &[], "Workload"),
        (
            "[azure]\nidentity = 'client-secret'",
            &[("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_SECRET", "s"), ("AZURE_TENANT_ID", "t")],
            "ClientSecret",
        ),
    ];
    let services = "[cosmos]\nendpoint = 'https://c'\n[blob]\nendpoint = 'https://b'\n";
    for (text, variables, named) in rows {
        let azure = azure(&format!("{services}{text}"), variables);
        let (cosmos, blob) = (azure.cosmos.unwrap().credential, azure.blob.unwrap().credential);
        assert_eq!(format!("{cosmos:?} {blob:?}"), format!("{named} {named}"));
    }
}

#[test]
fn a_mistake_names_the_setting_and_what_to_do() {
    let cosmos = "[cosmos]\nendpoint = 'https://c'\n";
    let rows = [
        ("[cosmos]", "5: LOOM-A003: cosmos.endpoint: it is missing"),
        ("[cosmos]\nendpoint = 'c'", "6: LOOM-A004: cosmos.endpoint: an address that begins"),
        ("[cosmos]\nendpoint = 'http://far'", "6: LOOM-A011: cosmos.endpoint: what is sent can"),
        ("[cosmos]\nendpoint = 'http://127.0.0.1:1'", "6: LOOM-A011: cosmos.endpoint: what is"),
        (&format!("{cosmos}key = 'k'"), "7: LOOM-A005: cosmos.key: a secret does not belong here"),
        (&format!("{cosmos}key_env = 'X'"), "7: LOOM-A008: cosmos.key_env: the environment has no"),
        (&format!("{cosmos}key_env = 'K'"), "7: LOOM-A010: cosmos.key: a key of the account opens"),
        (&format!("{cosmos}keys = 1"), "7: LOOM-A002: cosmos.keys: there is no such setting"),
        ("[blob]", "5: LOOM-A003: blob.endpoint: it is missing"),
        ("[blob]\nsas = 's'\nendpoint = 'https://b'", "6: LOOM-A005: blob.sas: a secret does not"),
        ("[blob]\nconnection_string_env = 'K'", "6: LOOM-A004: blob.connection_string: LOOM-B001"),
        (
            "[blob]\nconnection_string_env = 'S'\nendpoint = 'https://b'",
            "6: LOOM-A007: blob.connection_string: a connection string names the address",
        ),
        ("[key_vault]", "5: LOOM-A003: key_vault.url: it is missing"),
        ("[key_vault]\nurl = 'http://v'", "6: LOOM-A011: key_vault.url: what is sent can be read"),
        ("[secrets]", "5: LOOM-A003: secrets.keys: it is missing; name keys with keys_env"),
        ("[secrets]\nvault_key = 'k'", "6: LOOM-A007: secrets.vault_key: the file has no table"),
        ("[azure]\nidentity = 'me'", "6: LOOM-A004: azure.identity: unknown variant `me`"),
        ("[azure]\nidentity = 'developer'", "6: LOOM-A006: azure.identity: whoever is signed in"),
        (
            "[azure]\nidentity = 'client-secret'\nclient_id = 'c'\nclient_secret_env = 'K'",
            "5: LOOM-A003: azure.tenant_id: an application that has a secret has it too",
        ),
    ];
    for (text, said) in rows {
        let variables = [("K", KEY), ("S", STRING)];
        refused(&format!("{EMBEDDED}{text}"), &variables, &format!("etc/loom.toml:{said}"));
    }
}

#[test]
fn who_is_let_in_is_not_said_in_an_address() {
    let string = format!("BlobEndpoint=https://b/?sig={KEY};AccountName=a;AccountKey={KEY}");
    let signed = format!("https://b/acme?sv=2024-11-04&sig={KEY}");
    let user = format!("https://acme:{KEY}@c");
    let vault = format!("[key_vault]\nurl = 'https://v?{KEY}'");
    let authority = "[azure]\nidentity = 'client-secret'\nclient_id = 'c'\ntenant_id = 't'\n\
                     client_secret_env = 'K'\nauthority = 'https://a?b'";
    let rows = [
        (format!("[blob]\nendpoint = '{signed}'"), "etc/loom.toml:8: LOOM-A005: blob.endpoint"),
        ("[blob]".to_owned(), "the variable LOOM_BLOB_ENDPOINT: LOOM-A005: blob.endpoint"),
        (
            "[blob]\nconnection_string_env = 'S'".to_owned(),
            "etc/loom.toml:8: LOOM-A005: blob.connection_string",
        ),
        (format!("[cosmos]\nendpoint = '{user}'"), "etc/loom.toml:8: LOOM-A005: cosmos.endpoint"),
        (vault, "etc/loom.toml:8: LOOM-A005: key_vault.url"),
        (authority.to_owned(), "etc/loom.toml:12: LOOM-A005: azure.authority"),
    ];
    for (text, said) in rows {
        let mut variables = vec![("K", KEY), ("S", &*string)];
        if text == "[blob]" {
            variables.push(("LOOM_BLOB_ENDPOINT", &signed));
        }
        let text = format!("allow_keys = true\nprofile = 'development'\n{EMBEDDED}{text}");
        let mistake = read(&text, &variables).unwrap_err();
        assert!(mistake.starts_with(said) && !mistake.contains(KEY), "{mistake}");
    }
}

#[test]
fn keys_are_for_development_or_for_those_who_ask_for_them() {
    let text = format!("{EMBEDDED}[cosmos]\nendpoint = 'http://localhost:1'\n[blob]\n");
    let variables = [("AZURE_STORAGE_CONNECTION_STRING", STRING), ("COSMOS_KEY", KEY)];
    // Refused, told, and refused in production.
    let rows = [
        ("profile = 'development'\n", Some((0, 3))),
        ("profile = 'staging'\nallow_keys = true\n", None),
        ("allow_keys = true\n", None),
    ];
    for (first, expected) in rows {
        let serving = read(&format!("{first}{text}"), &variables);
        let found = serving.ok().map(|serving| serving.found);
        let counts = found.map(|it| (it.warnings.len(), it.refused_in_production.len()));
        assert_eq!(counts, expected, "{first}");
    }
    let https = text.replace("http:", "https:");
    let staging = good(&format!("profile = 'staging'\n{https}"), &variables).found;
    assert_eq!((staging.warnings.len(), staging.refused_in_production.len()), (2, 2));
    let allowed = good(&format!("allow_keys = true\n{https}"), &variables).found;
    assert_eq!((allowed.warnings.len(), allowed.refused_in_production.len()), (0, 0));
}

#[test]
fn no_secret_is_shown() {
    let text = format!("allow_keys = true\n{EMBEDDED}[cosmos]\nendpoint = 'https://c'\n[blob]\n");
    let variables = [
        ("AZURE_STORAGE_CONNECTION_STRING", STRING),
        ("COSMOS_KEY", KEY),
        ("LOOM_SECRETS_KEYS", "nonsense c2VjcmV0c2VjcmV0"),
    ];
    let mistake = read(&text, &variables).unwrap_err();
    assert!(mistake.starts_with("the variable LOOM_SECRETS_KEYS: LOOM-A004"), "{mistake}");
    assert!(!mistake.contains(KEY), "{mistake}");
    let serving = format!("{:?}", good(&text, &variables[..2]));
    assert!(!serving.contains(KEY), "{serving}");
    assert!(serving.contains("[secret]"), "{serving}");
}

#[test]
fn the_file_of_the_guide_is_right_in_production() {
    let guide = include_str!("../../../../docs/production.md");
    let (_, rest) = guide.split_once("```toml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let found = good(text, &[("REDIS_PASSWORD", "p")]).found;
    assert!(found.warnings.is_empty() && found.refused_in_production.is_empty(), "{found:?}");
}
