//! Azurite, Microsoft's emulator of blob storage, a program of Node.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::Certificates;
use super::engine::Program;
use super::place::{Place, Running};
use super::process::free_port;

/// Where `cargo xtask backends up` puts it.
const PROGRAM: &str = "../target/backends/azurite/node_modules/.bin/azurite-blob";
/// Node takes seconds to start, and more on a busy machine.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// The account that emulators have, and its key, which is the same everywhere and no secret.
pub const AZURITE_ACCOUNT: &str = "devstoreaccount1";
/// Its key.
pub const AZURITE_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// One server.
#[derive(Debug)]
pub struct AzuriteServer {
    place: Place,
    process: Running,
    port: u16,
    /// Those it shows, if it listens for TLS.
    pub certificates: Option<Certificates>,
    dir: TempDir,
}

impl AzuriteServer {
    /// Starts a server that asks for signatures, and waits until it listens.
    #[must_use]
    pub fn start() -> Self {
        Self::start_in(Place::Process)
    }

    /// As [`start`](Self::start), there.
    pub(super) fn start_in(place: Place) -> Self {
        Self::start_with(place, |_| None)
    }

    /// Starts a server that listens for TLS and takes tokens too, whoever they are from.
    #[must_use]
    pub fn start_with_tls() -> Self {
        Self::start_with_tls_in(Place::Process)
    }

    /// As [`start_with_tls`](Self::start_with_tls), there.
    pub(super) fn start_with_tls_in(place: Place) -> Self {
        Self::start_with(place, |dir| Some(Certificates::write(dir.path())))
    }

    /// Whether `cargo xtask backends up` has installed it.
    #[must_use]
    pub fn is_installed() -> bool {
        program().exists()
    }

    /// Whether it can be started there.
    pub(super) fn is_at_hand(place: Place) -> bool {
        match place {
            Place::Process => Self::is_installed(),
            Place::Container => Program::Azurite.image().is_some(),
        }
    }

    fn start_with(
        place: Place,
        certificates: impl FnOnce(&TempDir) -> Option<Certificates>,
    ) -> Self {
        let dir = TempDir::new().expect("there is room for a scratch directory");
        let (port, certificates) = (free_port(), certificates(&dir));
        let process = run(place, &dir, port, certificates.as_ref());
        Self { place, process, port, certificates, dir }
    }

    /// Ends it as an operator would, and waits until it has ended: it writes to its disk what it
    /// holds.
    pub fn stop(&mut self) {
        self.process.end();
    }

    /// Starts it again on its port, over what it wrote to its disk.
    pub fn restart(&mut self) {
        self.stop();
        self.process = run(self.place, &self.dir, self.port, self.certificates.as_ref());
    }

    /// Sends a signal, named as `kill` does: `STOP`, `CONT`. It writes to its disk only now and
    /// then, so there is nothing to learn from killing it.
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Where it writes: its log, and what it holds.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The address of the account.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.certificates.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}/{AZURITE_ACCOUNT}", self.port)
    }
}

/// Starts it, and waits until it listens.
fn run(place: Place, dir: &TempDir, port: u16, certificates: Option<&Certificates>) -> Running {
    let (log, arguments) = (dir.path().join("log"), arguments(dir, port, certificates));
    let program = match place {
        Place::Process => program().display().to_string(),
        Place::Container => "azurite-blob".to_owned(),
    };
    let process = place.start(Program::Azurite, &program, &arguments, dir.path(), &log);
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let said = fs::read_to_string(&log).unwrap_or_default();
        let is_over = said.contains("not found") || started.elapsed() > START_TIMEOUT;
        assert!(
            !is_over,
            "Azurite does not start; is it installed? cargo xtask backends up\n{said}"
        );
        thread::sleep(Duration::from_millis(20));
    }
    process
}

fn arguments(dir: &TempDir, port: u16, certificates: Option<&Certificates>) -> Vec<String> {
    let path = |path: &Path| path.display().to_string();
    let location = path(&dir.path().join("data"));
    let mut arguments = vec!["--blobHost".into(), "127.0.0.1".into(), "--location".into()];
    arguments.extend([location, "--blobPort".into(), port.to_string()]);
    arguments.extend(["--silent", "--disableTelemetry"].map(String::from));
    if let Some(certificates) = certificates {
        let (certificate, key) = (path(&certificates.certificate), path(&certificates.key));
        arguments.extend(["--cert".into(), certificate, "--key".into(), key]);
        arguments.extend(["--oauth", "basic"].map(String::from));
    }
    arguments
}

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(PROGRAM)
}
