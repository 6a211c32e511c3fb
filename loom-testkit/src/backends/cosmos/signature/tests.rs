use azure_core::time::to_rfc7231;
use hyper::Request;

use super::*;

fn request(path: &str, date: &str, authorization: Option<&str>) -> Parts {
    let mut request = Request::builder().method("POST").uri(path).header("x-ms-date", date);
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    request.body(()).expect("a request").into_parts().0
}

#[test]
fn only_what_was_signed_with_the_key_and_lately_is_let_in() {
    let now = to_rfc7231(&OffsetDateTime::now_utc());
    let old = "Fri, 26 Jun 2015 23:39:12 GMT";
    let path = "/dbs/a%20b/colls/c/docs";
    let sign = |path: &str, date: &str| {
        let said = said(&request(path, date, None), date);
        let signature = hmac_sha256(&said, &Secret::new(COSMOS_KEY)).expect("the key is base64");
        let escaped = signature.replace('+', "%2b").replace('/', "%2f").replace('=', "%3d");
        format!("type%3dmaster%26ver%3d1.0%26sig%3d{escaped}")
    };
    let rows = [
        (Some(sign(path, &now)), &*now, None),
        (Some("type%3daad%26ver%3d1.0%26sig%3dtoken".into()), &*now, None),
        (None, &*now, Some(401)),
        (Some("Bearer token".into()), &*now, Some(401)),
        (Some(sign("/dbs/a%20b/colls/d/docs", &now)), &*now, Some(401)),
        (Some(sign(path, old)), &*now, Some(401)),
        (Some(sign(path, old)), old, Some(403)),
        (Some(sign(path, &now)), "yesterday", Some(401)),
    ];
    for (authorization, date, expected) in rows {
        let request = request(path, date, authorization.as_deref());
        assert_eq!(refusal(&request).map(|(status, _)| status), expected, "{authorization:?}");
    }
}

/// The examples of the service's documentation.
#[test]
fn what_is_signed_is_the_kind_and_the_path() {
    let rows = [
        ("/", "post\n\n\ndate\n\n"),
        ("/dbs", "post\ndbs\n\ndate\n\n"),
        ("/dbs/ToDoList", "post\ndbs\ndbs/ToDoList\ndate\n\n"),
        ("/dbs/a%20b/colls", "post\ncolls\ndbs/a b\ndate\n\n"),
        ("/dbs/a/colls/c/docs/d", "post\ndocs\ndbs/a/colls/c/docs/d\ndate\n\n"),
    ];
    for (path, expected) in rows {
        assert_eq!(said(&request(path, "Date", None), "Date"), expected, "{path}");
    }
}
