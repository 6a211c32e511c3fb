//! Whether a request was signed with the key of the account, not long ago.
//!
//! <https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources>

use std::time::Duration;

use azure_core::credentials::Secret;
use azure_core::hmac::hmac_sha256;
use azure_core::time::{OffsetDateTime, parse_rfc7231};
use hyper::http::request::Parts;

use super::COSMOS_KEY;

/// How old or new a request may be.
const SKEW_MAX: Duration = Duration::from_mins(15);

/// The status and the reason with which a request is refused.
pub(super) fn refusal(request: &Parts) -> Option<(u16, &'static str)> {
    let header = |name| request.headers.get(name).and_then(|value| value.to_str().ok());
    let Some(authorization) = header("authorization") else {
        return Some((401, "the request is not signed"));
    };
    let authorization = unescape(authorization);
    // What a token says is believed, as other emulators do.
    if authorization.starts_with("type=aad&") {
        return None;
    }
    let signature = authorization.strip_prefix("type=master&ver=1.0&sig=");
    let (Some(signature), Some(date)) = (signature, header("x-ms-date")) else {
        return Some((401, "the request is not signed"));
    };
    let Ok(at) = parse_rfc7231(date) else { return Some((401, "the date is none")) };
    if (OffsetDateTime::now_utc() - at).unsigned_abs() > SKEW_MAX {
        return Some((403, "the signature is not valid at the current time"));
    }
    let expected = hmac_sha256(&said(request, date), &Secret::new(COSMOS_KEY));
    let expected = expected.expect("the key is base64");
    (signature != expected).then_some((401, "the signature is not that of the request"))
}

/// What is signed: the method, the kind and the path of what is asked for, and the date.
fn said(request: &Parts, date: &str) -> String {
    let path = unescape(request.uri.path());
    let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    // `dbs/a/colls` is about the collections of `dbs/a`; `dbs/a/colls/b` is about itself.
    let (kind, link) = match segments.as_slice() {
        [] => ("", String::new()),
        [of @ .., kind] if of.len() % 2 == 0 => (*kind, of.join("/")),
        [.., kind, _] => (*kind, segments.join("/")),
        _ => unreachable!("one segment is a kind of nothing"),
    };
    let method = request.method.as_str().to_lowercase();
    format!("{method}\n{kind}\n{link}\n{}\n\n", date.to_lowercase())
}

/// With the bytes that `%XX` stand for.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (byte, after) = match escaped {
            Some(byte) if *first == b'%' => (byte, &after[2..]),
            _ => (*first, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
