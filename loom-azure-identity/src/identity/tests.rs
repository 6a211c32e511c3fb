use super::*;

fn application(tenant_id: &str, client_id: &str, secret: &str) -> Identity {
    let [tenant_id, client_id, secret] = [tenant_id, client_id, secret].map(str::to_owned);
    Identity::ClientSecret { tenant_id, client_id, secret }
}

#[test]
fn each_way_is_set_up_before_anything_is_asked_for() {
    let tenant = "11111111-2222-3333-4444-555555555555";
    let rows = [
        (Identity::Managed { client_id: None }, "Managed"),
        (Identity::Managed { client_id: Some("hunter2".into()) }, "Managed"),
        (application(tenant, "application", "hunter2"), "ClientSecret"),
        (Identity::DeveloperTools, "DeveloperTools"),
    ];
    for (identity, shown) in rows {
        assert_eq!(format!("{identity:?}"), shown);
        let tokens = identity.tokens().unwrap();
        assert!(Identity::Other(tokens).tokens().is_ok(), "{shown}");
    }
}

#[test]
fn what_an_identity_lacks_is_told_and_no_secret() {
    let rows = [
        (application("no tenant?", "application", "hunter2"), "tenant"),
        (application("tenant", "", "hunter2"), "client ID"),
        (application("tenant", "application", ""), "secret"),
    ];
    for (identity, lacks) in rows {
        let Err(refused) = identity.tokens() else { panic!("it lacks its {lacks}") };
        let told = format!("{refused} {refused:?} {identity:?}");
        assert!(refused.to_string().starts_with("the identity cannot be used: "), "{told}");
        assert!(told.contains(lacks) && !told.contains("hunter2"), "{told}");
    }
}
