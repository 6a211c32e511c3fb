//! Functions of the parts of an absolute URI.

use super::arguments::Arguments;
use super::data_uri::percent_encoded;
use super::{Answer, Function};
use crate::expression::{Evaluation, Fault};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::makes("uriHost", (1, 1), uri_host),
    Function::makes("uriPath", (1, 1), uri_path),
    Function::makes("uriPathAndQuery", (1, 1), uri_path_and_query),
    Function::makes("uriPort", (1, 1), uri_port),
    Function::makes("uriQuery", (1, 1), uri_query),
    Function::makes("uriScheme", (1, 1), uri_scheme),
];

struct Uri {
    scheme: String,
    host: String,
    port: i64,
    path: String,
    query: String,
}

/// The ports that schemes have by themselves.
const PORTS: [(&str, i64); 8] = [
    ("http", 80),
    ("https", 443),
    ("ftp", 21),
    ("ws", 80),
    ("wss", 443),
    ("mailto", 25),
    ("ldap", 389),
    ("telnet", 23),
];

fn read(text: &str) -> Option<Uri> {
    let (scheme, rest) = text.trim().split_once(':')?;
    let sound = |it: char| it.is_ascii_alphanumeric() || matches!(it, '+' | '-' | '.');
    if !scheme.starts_with(|it: char| it.is_ascii_alphabetic()) || !scheme.chars().all(sound) {
        return None;
    }
    let scheme = scheme.to_ascii_lowercase();
    let rest = rest.split('#').next().unwrap_or_default();
    let (before, query) = match rest.split_once('?') {
        Some((before, query)) => (before, format!("?{query}")),
        None => (rest, String::new()),
    };
    let own_port = PORTS.iter().find(|(name, _)| *name == scheme).map(|(_, port)| *port);
    let (host, port, path) = match before.strip_prefix("//") {
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let (host, port) = authority_of(authority)?;
            if host.is_empty() && scheme != "file" {
                return None;
            }
            (host, port.or(own_port), if path.is_empty() { "/" } else { path })
        }
        // These have a host or they are nothing.
        None if matches!(scheme.as_str(), "http" | "https" | "ftp" | "ws" | "wss") => return None,
        None => (String::new(), own_port, before),
    };
    let stays = |byte: u8| b"-_.~!$&'()*+,;=:@/%?[]|".contains(&byte);
    Some(Uri {
        scheme,
        host,
        port: port.unwrap_or(-1),
        path: without_dots(&percent_encoded(path, stays)),
        query: percent_encoded(&query, stays),
    })
}

/// The host in lower case, and the port if one is named.
fn authority_of(authority: &str) -> Option<(String, Option<i64>)> {
    let host = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (host, ""),
    };
    if host.contains([' ', '<', '>', '"']) || !port.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let port = match port {
        "" => None,
        digits => Some(digits.parse().ok().filter(|port| *port <= 65_535)?),
    };
    Some((host.to_lowercase(), port))
}

/// A path in which no step is `.` or `..`.
fn without_dots(path: &str) -> String {
    if !path.contains("/.") {
        return path.to_owned();
    }
    let mut steps: Vec<&str> = Vec::new();
    let last = path.rsplit('/').next();
    for step in path.split('/').skip(1) {
        match step {
            "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    let end = if matches!(last, Some("." | "..")) && !steps.is_empty() { "/" } else { "" };
    format!("/{}{end}", steps.join("/"))
}

fn uri(function: &'static str, values: &[Value]) -> Result<Uri, Fault> {
    let arguments = Arguments::of(function, values);
    let text = arguments.string(0)?;
    read(text).ok_or_else(|| {
        arguments.invalid(&format!("The value '{text}' is not a well formed absolute URI."))
    })
}

fn uri_host(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(uri("uriHost", values)?.host.into())
}

fn uri_path(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(uri("uriPath", values)?.path.into())
}

fn uri_path_and_query(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let Uri { path, query, .. } = uri("uriPathAndQuery", values)?;
    Ok(format!("{path}{query}").into())
}

fn uri_port(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(Value::Integer(uri("uriPort", values)?.port))
}

fn uri_query(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(uri("uriQuery", values)?.query.into())
}

fn uri_scheme(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(uri("uriScheme", values)?.scheme.into())
}
