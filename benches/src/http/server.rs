//! `loom dev`, in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::param::clock_ticks_per_second;

/// A server. Killed when it is dropped.
pub(super) struct Server {
    child: Child,
    program: PathBuf,
    address: String,
}

impl Server {
    /// Starts a program, or the `loom` beside this one.
    pub(super) fn start(program: Option<&Path>, data: &Path, durability: &str) -> Self {
        let beside = || std::env::current_exe().map(|this| this.with_file_name("loom"));
        let program = program.map_or_else(beside, |program| Ok(program.to_owned()));
        let program = program.expect("the path of this program");
        let program = program.canonicalize().unwrap_or_else(|error| {
            panic!("{}: {error}; run cargo build --release -p loom-server", program.display())
        });
        let mut child = Command::new(&program)
            .args(["dev", "--listen", "127.0.0.1:0", "--durability", durability, "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut said = String::new();
        let stdout = child.stdout.take().expect("its output is ours");
        BufReader::new(stdout).read_line(&mut said).expect("it says where it listens");
        let address = said.trim().rsplit("http://").next().unwrap_or_default().to_owned();
        Self { child, program, address }
    }

    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Processor time of all its threads since it started.
    pub(super) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.expect("a Linux machine, and a server that lives");
        // The name, in parentheses, may hold anything.
        let (_, numbers) = stat.rsplit_once(") ").expect("a name in parentheses");
        let ticks = |field: &str| field.parse::<u64>().expect("a number");
        let (user, system) = (numbers.split(' ').nth(11), numbers.split(' ').nth(12));
        let ticks = ticks(user.expect("user time")) + ticks(system.expect("system time"));
        Duration::from_millis(ticks * 1000 / clock_ticks_per_second())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which the callers have noticed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
