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
    let managed = Identity::Managed { client_id: Some(secret()) };
    let rows = [
        (Credential::SharedKey { account: secret(), key: secret() }, "SharedKey", false),
        (Credential::Sas(secret()), "Sas", false),
        (Credential::Identity(managed), "Managed", true),
    ];
    for (credential, shown, is_token) in rows {
        assert_eq!(format!("{credential:?}"), shown);
        assert_eq!(credential.is_token(), is_token, "{shown}");
    }
}

#[test]
fn an_identity_that_cannot_be_used_is_a_wrong_setting() {
    let [tenant_id, client_id, secret] = ["tenant", "", ""].map(str::to_owned);
    let nobody = Credential::Identity(Identity::ClientSecret { tenant_id, client_id, secret });
    let refused = nobody.authority().err().map(|refused| refused.to_string()).unwrap_or_default();
    assert!(refused.starts_with("LOOM-B001: the identity cannot be used: "), "{refused}");
}
