//! Which backend has which port.

use serde::{Deserialize, Serialize};

/// A port of the deployment.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Port {
    Journal,
    Queue,
    Locks,
    Coordination,
    State,
    Idempotency,
    Blobs,
    Definitions,
    Traces,
    Registry,
    Config,
    Graphs,
    Secrets,
}

/// Something that keeps data.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Backend {
    /// The directory or the Redis that every deployment has.
    Store,
    Cosmos,
    Blob,
    KeyVault,
}

/// The backend of every port.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Placement([Backend; Port::ALL.len()]);

impl Port {
    pub(crate) const ALL: [Self; 13] = [
        Self::Journal,
        Self::Queue,
        Self::Locks,
        Self::Coordination,
        Self::State,
        Self::Idempotency,
        Self::Blobs,
        Self::Definitions,
        Self::Traces,
        Self::Registry,
        Self::Config,
        Self::Graphs,
        Self::Secrets,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Queue => "queue",
            Self::Locks => "locks",
            Self::Coordination => "coordination",
            Self::State => "state",
            Self::Idempotency => "idempotency",
            Self::Blobs => "blobs",
            Self::Definitions => "definitions",
            Self::Traces => "traces",
            Self::Registry => "registry",
            Self::Config => "config",
            Self::Graphs => "graphs",
            Self::Secrets => "secrets",
        }
    }

    /// Where it can be, the best place first.
    pub(crate) fn homes(self) -> &'static [Backend] {
        use Backend::{Blob, Cosmos, KeyVault, Store};
        match self {
            Self::Journal => &[Store, Cosmos],
            Self::Queue | Self::Locks | Self::Coordination => &[Store],
            Self::Blobs => &[Blob, Store],
            Self::Secrets => &[KeyVault, Cosmos, Store],
            Self::State
            | Self::Idempotency
            | Self::Definitions
            | Self::Traces
            | Self::Registry
            | Self::Config
            | Self::Graphs => &[Cosmos, Store],
        }
    }
}

impl Backend {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Cosmos => "cosmos",
            Self::Blob => "blob",
            Self::KeyVault => "key-vault",
        }
    }

    /// The table of the file that says how it is reached.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::KeyVault => "key_vault",
            other => other.name(),
        }
    }
}

impl Placement {
    pub(crate) fn of(backend: impl Fn(Port) -> Backend) -> Self {
        Self(Port::ALL.map(backend))
    }

    /// Whether any port is there.
    pub(crate) fn has(&self, backend: Backend) -> bool {
        self.0.contains(&backend)
    }

    pub(crate) fn of_port(&self, port: Port) -> Backend {
        self.0[port as usize]
    }
}

/// Everything in one place.
impl Default for Placement {
    fn default() -> Self {
        Self::of(|_| Backend::Store)
    }
}
