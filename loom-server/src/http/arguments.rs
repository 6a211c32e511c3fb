//! The body of a request: JSON, or nothing.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use loom_core::Payload;
use serde_json::value::RawValue;

use super::problem::Problem;

/// How much of a body that is too large is read, so that its sender hears why it is refused: a
/// connection that is closed while the sender still sends is reset, and the answer is lost.
const SKIPPED_BYTES_MAX: u64 = 256 << 20;

/// Reads the body. An empty one is `null`.
pub(super) async fn read(request: Request, bytes_max: usize) -> Result<Payload, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = collect(&parts.headers, body, bytes_max).await?;
    if bytes.is_empty() {
        return Ok(Payload::NULL);
    }
    check_type(&parts.headers)?;
    match serde_json::from_slice::<&RawValue>(&bytes) {
        Ok(_) => Ok(Payload(bytes)),
        Err(error) => {
            let detail = format!("the body is not JSON: {error}");
            Err(Problem::bad_request("not-json", detail))
        }
    }
}

/// Reads a body, whatever it is.
pub(super) async fn collect(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<Bytes, Problem> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced: u64 = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    // Who asks before sending is told before sending.
    if announced > bytes_max as u64 && headers.contains_key(header::EXPECT) {
        return Err(Problem::too_large(bytes_max));
    }
    let mut chunks = body.into_data_stream();
    let mut collected = BytesMut::new();
    let mut read = 0_u64;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::bad_request("body-cut-short", format!("the body cannot be read: {error}"))
        })?;
        read += chunk.len() as u64;
        if read > SKIPPED_BYTES_MAX {
            break;
        }
        if read > bytes_max as u64 {
            collected = BytesMut::new();
        } else {
            collected.extend_from_slice(&chunk);
        }
    }
    if read > bytes_max as u64 {
        Err(Problem::too_large(bytes_max))
    } else {
        Ok(collected.freeze())
    }
}

/// A page of another site can send a browser here, but not with this content type.
fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let sent = headers.get(header::CONTENT_TYPE).map(|sent| sent.to_str().unwrap_or("?"));
    let essence = sent.and_then(|sent| sent.split(';').next()).unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let sent = sent.unwrap_or("missing");
    let detail = format!("the content type is {sent}, and application/json is needed");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-content-type", detail))
}
