//! The formats of strings that the service looks at.

use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::civil::{Date, Time};

/// Whether text is in a format. An unknown format takes everything.
pub(super) fn has_format(text: &str, format: &str) -> bool {
    match format {
        "date" => text.len() == 10 && text.parse::<Date>().is_ok(),
        "time" => text.len() == 8 && text.parse::<Time>().is_ok(),
        "date-time" => is_date_time(text),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "email" => text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace)
        }),
        "hostname" => !text.is_empty() && text.len() <= 255 && text.split('.').all(is_label),
        "uri" => text.split_once(':').is_some_and(|(scheme, rest)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
                && !rest.is_empty()
                && !text.contains(char::is_whitespace)
        }),
        _ => true,
    }
}

/// A date, `T`, a time, and perhaps a zone.
fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at(zone);
    let offset = zone.trim_start_matches(['+', '-']);
    let is_zone = zone.is_empty() || zone == "Z" || offset.parse::<Time>().is_ok();
    date.len() == 10
        && date.parse::<Date>().is_ok()
        && time.len() >= 8
        && time.parse::<Time>().is_ok()
        && is_zone
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}
