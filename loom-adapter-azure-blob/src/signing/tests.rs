use azure_core::http::{Method, Url};

use super::*;

const KEY: &str = "c2VjcmV0IGtleQ==";

fn request(method: Method, url: &str, headers: &[(&'static str, &'static str)]) -> Request {
    let mut request = Request::new(Url::parse(url).unwrap(), method);
    for (name, value) in headers {
        request.insert_header(*name, *value);
    }
    request
}

/// The examples of the service's documentation.
#[test]
fn what_is_signed_is_what_the_service_expects() {
    let key = SharedKey::new("myaccount", KEY).unwrap();
    let date = ("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT");
    let version = ("x-ms-version", "2015-02-21");
    let url = "https://myaccount.blob.core.windows.net/mycontainer";

    let read = format!("{url}?comp=metadata&restype=container&timeout=20");
    let read = request(Method::Get, &read, &[version, date]);
    let expected = "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\n\
                    x-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:metadata\n\
                    restype:container\ntimeout:20";
    assert_eq!(key.said(&read), expected);

    let kind = ("x-ms-blob-type", "BlockBlob");
    let content = ("content-type", "text/plain; charset=UTF-8");
    let conditions = [("if-match", "\"0x1\""), ("range", "bytes=0-9")];
    let headers = [&[date, content, kind][..], &conditions].concat();
    let mut write = request(Method::Put, &format!("{url}/hello%20world"), &headers);
    write.set_body("hello world");
    let expected = "PUT\n\n\n11\n\ntext/plain; charset=UTF-8\n\n\n\"0x1\"\n\n\nbytes=0-9\n\
                    x-ms-blob-type:BlockBlob\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\n\
                    /myaccount/mycontainer/hello%20world";
    assert_eq!(key.said(&write), expected);
}

#[test]
fn a_key_that_cannot_sign_is_refused_unspoken() {
    for (account, key) in [("", KEY), ("account", ""), ("account", "not base64: hunter2!")] {
        let refused = SharedKey::new(account, key).unwrap_err().to_string();
        assert_eq!(refused, "LOOM-B001: a shared key is an account and a key in base64");
    }
    assert!(!format!("{:?}", SharedKey::new("account", KEY).unwrap()).contains(KEY));
}
