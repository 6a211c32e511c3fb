use super::*;

#[test]
fn a_signature_is_taken_with_and_without_its_address() {
    let query = "sv=2020-12-06&sig=a%2Bb%3D";
    for given in [query.to_owned(), format!("?{query}"), format!("https://acme.host/?{query}")] {
        assert_eq!(signature(&given).unwrap(), query, "{given}");
    }
    for given in ["", "sv=2020-12-06", "sig=", "hunter2"] {
        let refused = signature(given).unwrap_err().to_string();
        assert_eq!(refused, "LOOM-B001: the shared access signature has no sig=", "{given}");
    }
}

#[test]
fn a_credential_is_shown_by_its_way_alone() {
    let secret = || "hunter2".to_owned();
    let rows = [
        (Credential::SharedKey { account: secret(), key: secret() }, "SharedKey", false),
        (Credential::Sas(secret()), "Sas", false),
        (Credential::ManagedIdentity { client_id: Some(secret()) }, "ManagedIdentity", true),
        (Credential::WorkloadIdentity, "WorkloadIdentity", true),
        (
            Credential::ClientSecret { tenant_id: secret(), client_id: secret(), secret: secret() },
            "ClientSecret",
            true,
        ),
        (Credential::DeveloperTools, "DeveloperTools", true),
    ];
    for (credential, shown, is_token) in rows {
        assert_eq!(format!("{credential:?}"), shown);
        assert_eq!(credential.is_token(), is_token, "{shown}");
    }
}

#[test]
fn the_ways_of_the_identity_library_can_be_set_up() {
    let of = |text: &str| text.to_owned();
    let application = Credential::ClientSecret {
        tenant_id: of("11111111-2222-3333-4444-555555555555"),
        client_id: of("application"),
        secret: of("hunter2"),
    };
    let rows = [
        Credential::ManagedIdentity { client_id: None },
        Credential::ManagedIdentity { client_id: Some(of("identity")) },
        application,
        Credential::DeveloperTools,
    ];
    for credential in rows {
        assert!(matches!(credential.authority(), Ok(Authority::Token(_))), "{credential:?}");
    }
    let nobody = Credential::ClientSecret { tenant_id: of("?"), client_id: of(""), secret: of("") };
    let refused = nobody.authority().err().map(|refused| refused.to_string()).unwrap_or_default();
    assert!(refused.starts_with("LOOM-B001: the credential cannot be used: "), "{refused}");
}
