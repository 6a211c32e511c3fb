//! Addresses that others begin with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use reqwest::Url;

/// What other addresses begin with: those at which runs are called back, or those of a connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct BaseUrl(String);

/// Why a text is no such address. The text is not repeated: a password may be in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum InvalidBaseUrl {
    #[error("it is no address, such as \"https://loom.example\"")]
    NoAddress,
    #[error("it begins with neither http:// nor https://")]
    Scheme,
    #[error("it has a user, a query or a fragment; name the address alone")]
    Surplus,
}

impl BaseUrl {
    /// That of a host that was told none: where it listens.
    pub(crate) fn of_listener(address: SocketAddr) -> Self {
        // Nobody can be called at the address of all interfaces; whoever is on this machine can be
        // at its own.
        let ip = match address.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        Self(format!("http://{}", SocketAddr::new(ip, address.port())))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBaseUrl> {
        let url = Url::parse(text).map_err(|_| InvalidBaseUrl::NoAddress)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidBaseUrl::Scheme);
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidBaseUrl::Surplus);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

#[cfg(test)]
mod tests;
