//! The container engine of this machine, and the images that servers of tests are made of.

use std::env;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::standing;

const HOST: &str = "DOCKER_HOST";
const SOCKET: &str = "/var/run/docker.sock";

/// A program that servers are made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Program {
    Redis,
    Azurite,
    Cosmos,
    KeyVault,
}

/// Whether an engine answers; why not, if it does not.
///
/// Its containers share the network and the directories of the tests, so it must be the engine of
/// this machine, which listens on a socket file.
pub(super) fn answers() -> Result<(), String> {
    let host = env::var(HOST).unwrap_or_else(|_| format!("unix://{SOCKET}"));
    let Some(socket) = host.strip_prefix("unix://") else {
        return Err(format!("{HOST}={host} is no socket file of this machine"));
    };
    match ping(socket) {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("who listens on {socket} is no container engine")),
        Err(error) => Err(format!("{socket}: {error}")),
    }
}

fn ping(socket: &str) -> io::Result<bool> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET /_ping HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.lines().next().is_some_and(|line| line.contains(" 200 ")))
}

impl Program {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Azurite => "azurite",
            Self::Cosmos => "cosmos",
            Self::KeyVault => "key-vault",
        }
    }

    /// What it is started from: as the environment says, else as `cargo xtask images` made it,
    /// else what is pulled. Some can only be made.
    pub(super) fn image(self) -> Option<String> {
        let (variable, pulled) = match self {
            Self::Redis => ("LOOM_TEST_REDIS_IMAGE", Some("redis:7.2")),
            Self::Azurite => ("LOOM_TEST_AZURITE_IMAGE", None),
            Self::Cosmos => ("LOOM_TEST_COSMOS_IMAGE", None),
            Self::KeyVault => ("LOOM_TEST_KEY_VAULT_IMAGE", None),
        };
        let said = env::var(variable).ok().or_else(|| standing::of_images(variable));
        said.or_else(|| pulled.map(str::to_owned))
    }
}
