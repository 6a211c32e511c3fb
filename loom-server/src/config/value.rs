//! Values that can only be right, and say what they can be.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};

use crate::cli::redis_durability;

/// A whole number with bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Within<const MIN: u64, const MAX: u64>(pub(super) u64);

pub(super) type Seconds = Within<1, 86_400>;
pub(super) type Hours = Within<1, 87_600>;
pub(super) type Milliseconds = Within<1, 600_000>;
pub(super) type Count = Within<1, 1_000_000_000_000>;
pub(super) type Partitions = Within<1, { loom_core::PARTITIONS_MAX as u64 }>;

impl<const MIN: u64, const MAX: u64> Within<MIN, MAX> {
    pub(super) fn seconds(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl Hours {
    pub(super) fn hours(self) -> Duration {
        Duration::from_hours(self.0)
    }
}

impl Milliseconds {
    pub(super) fn millis(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl Count {
    pub(super) fn count(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Within<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(Bounds::<MIN, MAX>).map(Self)
    }
}

struct Bounds<const MIN: u64, const MAX: u64>;

impl<const MIN: u64, const MAX: u64> Visitor<'_> for Bounds<MIN, MAX> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u64, E> {
        let within = u64::try_from(number).ok().filter(|number| (MIN..=MAX).contains(number));
        within.ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<u64, E> {
        let is_within = (MIN..=MAX).contains(&number);
        let wrong = || E::invalid_value(Unexpected::Unsigned(number), &self);
        if is_within { Ok(number) } else { Err(wrong()) }
    }
}

/// Where to listen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address(pub(super) SocketAddr);

/// What all keys begin with.
#[derive(Debug)]
pub(super) struct Prefix(pub(super) String);

/// What an answered commit survives.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RedisDurability(pub(super) loom_adapter_redis::Durability);

/// Addresses of servers.
#[derive(Debug)]
pub(super) struct Urls(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "an address and a port, such as \"127.0.0.1:7070\"";
        text(deserializer, expected, |raw| raw.parse().ok().map(Self))
    }
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let expected = "a text of letters, digits, '_', '-' and '.'";
        text(deserializer, expected, |raw| {
            (!raw.is_empty() && raw.bytes().all(is_plain)).then(|| Self(raw.to_owned()))
        })
    }
}

impl<'de> Deserialize<'de> for RedisDurability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "none, aof, aof-synced, or replicas= and a number from 1 to 255";
        text(deserializer, expected, |raw| redis_durability(raw).ok().map(Self))
    }
}

impl<'de> Deserialize<'de> for Urls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Addresses)
    }
}

struct Addresses;

impl<'de> Visitor<'de> for Addresses {
    type Value = Urls;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("addresses that begin with redis:// or, for TLS, rediss://")
    }

    /// As the environment has it, where lists are separated by commas.
    fn visit_str<E: Error>(self, raw: &str) -> Result<Urls, E> {
        raw.split(',').map(|url| address(url.trim(), &self)).collect::<Result<_, E>>().map(Urls)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Urls, A::Error> {
        let mut urls = Vec::new();
        while let Some(url) = list.next_element::<String>()? {
            urls.push(address(&url, &self)?);
        }
        if urls.is_empty() { Err(A::Error::invalid_length(0, &self)) } else { Ok(Urls(urls)) }
    }
}

fn address<E: Error>(url: &str, expected: &Addresses) -> Result<String, E> {
    let place = url.strip_prefix("redis://").or_else(|| url.strip_prefix("rediss://"));
    match place {
        Some(place) if !place.is_empty() => Ok(url.to_owned()),
        // Not the address itself, in which a password may be.
        _ => Err(E::invalid_value(Unexpected::Other("something else"), expected)),
    }
}

/// Whether an address has a password in it.
pub(super) fn has_password(url: &str) -> bool {
    let user = url.rsplit_once('@').map_or("", |(user, _)| user);
    user.split_once("://").is_some_and(|(_, user)| user.contains(':'))
}

/// Whether an address is one of this machine.
pub(super) fn is_local(url: &str) -> bool {
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    ["localhost", "127.", "[::1]"].iter().any(|local| place.starts_with(local))
}

fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    struct Text(&'static str);

    impl Visitor<'_> for Text {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, raw: &str) -> Result<String, E> {
            Ok(raw.to_owned())
        }
    }

    let raw = deserializer.deserialize_str(Text(expected))?;
    parse(&raw).ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&raw), &expected))
}
