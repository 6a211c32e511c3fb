//! A disk that can be filled.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::http_server::Server;

/// How the disk of a server can be made full.
pub(super) enum Disk {
    /// The data is on a file system of its own, and this file takes what is left of it.
    Own { filler: PathBuf },
    /// The files of a process can be kept from growing, which is to it as if the disk were full.
    /// Its successor is free of that.
    Limit,
}

/// The first sizes of file that are tried, and the last.
const BYTES_MAX: u64 = 1 << 34;
const BYTES_MIN: u64 = 1 << 12;

impl Disk {
    pub(super) fn fill(&self, server: &Server) {
        match self {
            Self::Own { filler } => {
                let (mut filled, mut step) = (0, BYTES_MAX);
                while step >= BYTES_MIN {
                    let (offset, length) = (filled.to_string(), step.to_string());
                    let mut allocate = Command::new("fallocate");
                    allocate.args(["--offset", &offset, "--length", &length]).arg(filler);
                    if allocate.stderr(Stdio::null()).status().unwrap().success() {
                        filled += step;
                    } else {
                        step /= 2;
                    }
                }
            }
            Self::Limit => limit(server, "4096"),
        }
    }

    pub(super) fn free(&self, server: Option<&Server>) {
        match self {
            Self::Own { filler } => fs::remove_file(filler).unwrap(),
            Self::Limit => server.into_iter().for_each(|server| limit(server, "unlimited")),
        }
    }

    /// Whether a server that is started now finds the disk full too.
    pub(super) fn outlives_a_server(&self) -> bool {
        matches!(self, Self::Own { .. })
    }
}

/// Sets the largest size of file that a server may write.
fn limit(server: &Server, bytes: &str) {
    let (pid, size) = (server.pid().to_string(), format!("--fsize={bytes}:unlimited"));
    assert!(Command::new("prlimit").args(["--pid", &pid, &size]).status().unwrap().success());
}
