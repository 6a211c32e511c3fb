//! Servers of our own as programs, which many processes may use.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::engine::Program;
use super::place::{Place, Running};
use super::process::free_port;

const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A server of our own, in a container that was made for it. Elsewhere each test process has one
/// within.
#[derive(Debug)]
pub(super) struct OwnProgram {
    pub(super) port: u16,
    _running: Running,
    dir: TempDir,
}

impl OwnProgram {
    /// Starts it where there is an image of it, and waits until it listens.
    pub(super) fn start_in(place: Place, program: Program) -> Option<Self> {
        if place == Place::Process {
            return None;
        }
        program.image()?;
        let dir = TempDir::new().expect("there is room for a scratch directory");
        let (port, log) = (free_port(), dir.path().join("log"));
        let arguments = [port.to_string(), dir.path().display().to_string()];
        let name = format!("loom-{}", program.name());
        let running = place.start(program, &name, &arguments, dir.path(), &log);
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let said = fs::read_to_string(&log).unwrap_or_default();
            assert!(started.elapsed() < START_TIMEOUT, "{name} does not start\n{said}");
            thread::sleep(Duration::from_millis(20));
        }
        Some(Self { port, _running: running, dir })
    }

    /// A file that it wrote.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}
