use super::super::tests::{EMBEDDED, REDIS, good, redis, refused};

type Variables = &'static [(&'static str, &'static str)];

#[test]
fn names_of_other_guides_say_where_redis_is() {
    let rows: &[(Variables, &str, Option<&str>)] = &[
        (&[("REDIS_HOST", "r")], "redis://r:6379", None),
        (&[("REDIS_HOST", "r"), ("REDIS_PORT", "7000")], "redis://r:7000", None),
        // Where Azure's servers are reached over TLS.
        (&[("REDIS_HOST", "r"), ("REDIS_PORT", "6380")], "rediss://r:6380", None),
        (&[("REDIS_URL", "redis://u"), ("REDIS_PASSWORD", "p")], "redis://u", Some("p")),
        // What is named after the setting wins.
        (&[("REDIS_URL", "redis://u"), ("LOOM_STORE_URLS", "redis://l")], "redis://l", None),
        (&[("LOOM_STORE_PASSWORD", "l"), ("REDIS_PASSWORD", "p")], "redis://file", Some("l")),
        (&[("REDIS_PORT", "7000")], "redis://file", None),
    ];
    let text = format!("{REDIS}urls = ['redis://file']");
    for (variables, url, password) in rows {
        let settings = redis(&text, variables);
        assert_eq!(settings.urls, [*url], "{variables:?}");
        assert_eq!(settings.password.as_deref(), *password, "{variables:?}");
    }
    // Without any address in the file.
    assert_eq!(redis(REDIS, &[("REDIS_HOST", "r")]).urls, ["redis://r:6379"]);
    let said = "the variable REDIS_URL: LOOM-A007: store.urls: the variable REDIS_HOST says";
    refused(REDIS, &[("REDIS_HOST", "r"), ("REDIS_URL", "redis://u")], said);
}

#[test]
fn names_of_other_guides_begin_no_table() {
    let variables = [
        ("AZURE_CLIENT_ID", "c"),
        ("AZURE_STORAGE_CONNECTION_STRING", "nonsense"),
        ("COSMOS_ENDPOINT", "nonsense"),
        ("KEY_VAULT_URL", "nonsense"),
        ("REDIS_HOST", "r"),
        ("REDIS_PASSWORD", "p"),
    ];
    let (with, without) = (good(EMBEDDED, &variables), good(EMBEDDED, &[]));
    assert_eq!(format!("{with:?}"), format!("{without:?}"));
}
