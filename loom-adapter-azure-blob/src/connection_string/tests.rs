use super::*;

fn parsed(connection_string: &str) -> Result<(String, String), OpenError> {
    let settings = AzureBlobSettings::from_connection_string(connection_string, "payload")?;
    let credential = match settings.credential {
        Credential::SharedKey { account, key } => format!("{account} {key}"),
        Credential::Sas(query) => query,
        Credential::Identity(identity) => panic!("{identity:?}"),
    };
    Ok((settings.endpoint, credential))
}

#[test]
fn each_form_names_an_endpoint_and_a_credential() {
    let rows = [
        (
            "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=a2V5==;\
             EndpointSuffix=core.chinacloudapi.cn",
            "https://acme.blob.core.chinacloudapi.cn",
            "acme a2V5==",
        ),
        ("AccountName=acme;AccountKey=a2V5", "https://acme.blob.core.windows.net", "acme a2V5"),
        (
            " accountname = acme ; accountkey = a2V5 ; BlobEndpoint=http://h:1/acme;",
            "http://h:1/acme",
            "acme a2V5",
        ),
        (
            "BlobEndpoint=https://acme.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=x%3D",
            "https://acme.blob.core.windows.net/",
            "sv=1&sig=x%3D",
        ),
    ];
    for (connection_string, endpoint, credential) in rows {
        let expected = (endpoint.to_owned(), credential.to_owned());
        assert_eq!(parsed(connection_string).unwrap(), expected, "{connection_string}");
    }
    let (endpoint, credential) = parsed("UseDevelopmentStorage=true").unwrap();
    assert_eq!(endpoint, EMULATED_ENDPOINT);
    assert_eq!(credential, format!("{EMULATED_ACCOUNT} {EMULATED_KEY}"));
}

#[test]
fn what_is_missing_is_named_and_nothing_is_repeated() {
    let rows = [
        ("", "AccountName and AccountKey, or SharedAccessSignature"),
        ("AccountKey=hunter2", "AccountName and AccountKey, or SharedAccessSignature"),
        ("AccountName=acme;AccountKey=", "AccountName and AccountKey, or SharedAccessSignature"),
        ("SharedAccessSignature=sig=hunter2", "BlobEndpoint or AccountName"),
    ];
    for (connection_string, missing) in rows {
        let expected = format!("LOOM-B001: the connection string lacks {missing}");
        assert_eq!(parsed(connection_string).unwrap_err().to_string(), expected);
    }
}
