//! What can be done to a server on this machine.

use std::env;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::disk::Disk;
use super::fault::Fault;
use super::knobs::Knobs;
use crate::command::Place;
use crate::http_server::Server;

const PREPARED: &str = "only cargo xtask chaos prepares it";

/// What can be done to a server on this machine.
pub(super) struct Machine {
    pub(super) disk: Result<Disk, String>,
    pub(super) knobs: Result<Knobs, String>,
    /// A file system that holds nothing but the data.
    own: Option<PathBuf>,
    /// Servers end with the thread that started them, even if that is killed.
    dies_with_us: bool,
    _dir: TempDir,
}

impl Machine {
    /// As the environment says.
    pub(super) fn from_env() -> Self {
        let dir = TempDir::new().unwrap();
        let path = |name| env::var_os(name).map(PathBuf::from);
        let why_not = |name| env::var(name).unwrap_or_else(|_| PREPARED.to_owned());
        let own = path("LOOM_CHAOS_DISK");
        let disk = match &own {
            Some(disk) => Ok(Disk::Own { filler: disk.join("filler") }),
            None if has("prlimit") => Ok(Disk::Limit),
            None => Err("neither a file system of our own nor prlimit".to_owned()),
        };
        let knobs = match path("LOOM_CHAOS_SHIM") {
            Some(shim) => Ok(Knobs::new(shim, dir.path())),
            None => Err(why_not("LOOM_CHAOS_NO_SHIM")),
        };
        Self { disk, knobs, own, dies_with_us: has("setpriv"), _dir: dir }
    }

    pub(super) fn place(&self) -> Place {
        self.own.as_ref().map_or_else(Place::new, |disk| Place::within(disk))
    }

    /// Why a fault cannot be had here.
    pub(super) fn lacks(&self, fault: Fault) -> Option<&str> {
        match fault {
            Fault::Kill | Fault::Stop => None,
            Fault::FullDisk => self.disk.as_ref().err().map(String::as_str),
            Fault::SlowDisk | Fault::ClockJump => self.knobs.as_ref().err().map(String::as_str),
        }
    }

    /// A server to which all of it can be done.
    pub(super) fn server(&self, place: &Place) -> Command {
        let plain = place.loom(Server::ARGS);
        let mut server = Command::new("sh");
        // A file that may not grow is an error to the process then, and not its end.
        server.args(["-c", r#"trap "" XFSZ; exec "$@""#, "sh"]);
        if self.dies_with_us {
            server.args(["setpriv", "--pdeathsig", "KILL", "--"]);
        }
        server.arg(plain.get_program()).args(plain.get_args());
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => server.env(name, value),
                None => server.env_remove(name),
            };
        }
        server.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        if let Some(log) = env::var_os("LOOM_CHAOS_LOG") {
            let log = File::options().append(true).create(true).open(log).unwrap();
            server.stderr(log).env("LOG_LEVEL", "warn");
        }
        if let Ok(knobs) = &self.knobs {
            knobs.attach(&mut server);
        }
        server
    }
}

fn has(tool: &str) -> bool {
    let version = Command::new(tool).arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}
