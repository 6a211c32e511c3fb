//! Keeps web pages out.
//!
//! There is no authentication, because only this machine can connect. A browser on this machine
//! is told what to do by pages of other sites, though: by a request across origins, or by a name
//! of theirs that resolves to 127.0.0.1 (DNS rebinding). Both show in a header.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use super::Api;
use super::problem::Problem;

/// Refuses what a page of another site sent.
pub(super) async fn local_only(
    State(api): State<Arc<Api>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if api.local_only {
        check(request.headers())?;
    }
    Ok(next.run(request).await)
}

fn check(headers: &HeaderMap) -> Result<(), Problem> {
    let host = text(headers, &header::HOST).and_then(|host| host.parse::<Authority>().ok());
    if host.is_some_and(|host| !is_local(host.host())) {
        return Err(refused("the header Host names another machine"));
    }
    let origin = text(headers, &header::ORIGIN);
    let from = origin.and_then(|origin| origin.parse::<Uri>().ok());
    let local = from.as_ref().and_then(Uri::host).is_some_and(is_local);
    if origin.is_some() && !local {
        return Err(refused("the request comes from a page of another site"));
    }
    Ok(())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

fn refused(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "not-local", detail)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::check;

    #[test]
    fn what_another_site_sends_is_refused() {
        let rows = [
            ("", "", true),
            ("127.0.0.1:7070", "", true),
            ("localhost", "http://localhost:3000", true),
            ("[::1]:7070", "http://[::1]:7070", true),
            ("evil.example:7070", "", false),
            ("127.0.0.1.evil.example", "", false),
            ("127.0.0.1", "https://evil.example", false),
            ("127.0.0.1", "null", false),
        ];
        for (host, origin, expected) in rows {
            let mut headers = HeaderMap::new();
            for (name, value) in [("host", host), ("origin", origin)] {
                if !value.is_empty() {
                    let name = HeaderName::from_static(name);
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(check(&headers).is_ok(), expected, "{host} {origin}");
        }
    }
}
