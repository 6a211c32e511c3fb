//! The request that the inputs of an `Http` action describe.

use loom_runtime::workflow::ConnectorCall;
use loom_workflow::{Content, Object, Value};
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};

use super::authentication::Proof;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// # Errors
///
/// Says what in the inputs is wrong.
pub(super) fn of(call: &ConnectorCall) -> Result<(Request, Proof), String> {
    let inputs = call.inputs.as_object().ok_or("the inputs are no object")?;
    let mut request = Request::new(method(inputs)?, address(inputs)?);
    *request.headers_mut() = headers(inputs)?;
    if let Some(body) = inputs.find("body").filter(|body| !body.is_null()) {
        let Content { media_type, bytes } = Content::of(body);
        let is_multipart = body.property("$multipart").as_array().is_some();
        // What the workflow says of a body counts; the boundary of its parts it cannot know.
        let is_ours = is_multipart || !request.headers().contains_key(CONTENT_TYPE);
        if let Some(media_type) = media_type.filter(|_| is_ours) {
            request.headers_mut().insert(CONTENT_TYPE, value("content-type", &media_type)?);
        }
        *request.body_mut() = Some(bytes.into());
    }
    if !request.headers().contains_key(IDEMPOTENCY_KEY) {
        request.headers_mut().insert(IDEMPOTENCY_KEY, value("idempotency-key", &call.key)?);
    }
    Ok((request, Proof::read(inputs)?))
}

fn method(inputs: &Object) -> Result<Method, String> {
    let method = inputs.find("method").map(Value::to_text);
    let method = method.ok_or("`method` is missing")?.to_ascii_uppercase();
    Method::from_bytes(method.as_bytes()).map_err(|_| format!("{method:?} is no method of HTTP"))
}

fn address(inputs: &Object) -> Result<Url, String> {
    let address = inputs.find("uri").or_else(|| inputs.find("url")).map(Value::to_text);
    let address = address.ok_or("`uri` is missing")?;
    let mut address =
        Url::parse(&address).map_err(|error| format!("`uri` is no address: {error}"))?;
    if !matches!(address.scheme(), "http" | "https") {
        return Err(format!("`uri` begins with {}, and not with http or https", address.scheme()));
    }
    if let Some(queries) = inputs.find("queries").filter(|queries| !queries.is_null()) {
        let queries = queries.as_object().ok_or("`queries` is no object")?;
        if !queries.is_empty() {
            let pairs = queries.iter().map(|(name, value)| (&**name, value.to_text()));
            address.query_pairs_mut().extend_pairs(pairs);
        }
    }
    Ok(address)
}

fn headers(inputs: &Object) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let given = inputs.find("headers").filter(|headers| !headers.is_null());
    if let Some(given) = given {
        for (name, given) in given.as_object().ok_or("`headers` is no object")?.iter() {
            let parsed = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| format!("{name:?} cannot be the name of a header"))?;
            headers.append(parsed, value(name, &given.to_text())?);
        }
    }
    if let Some(cookie) = inputs.find("cookie").filter(|cookie| !cookie.is_null()) {
        headers.insert(COOKIE, value("cookie", &cookie.to_text())?);
    }
    Ok(headers)
}

/// What is wrong with a value is not told with it: it may be a secret.
pub(super) fn value(name: &str, text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text)
        .or_else(|_| HeaderValue::from_bytes(text.as_bytes()))
        .map_err(|_| format!("the value of header {name:?} has characters that none may have"))
}
