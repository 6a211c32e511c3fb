//! How each peer is started, on a directory of its own.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::obedient::Obedient;
use crate::peer::{Peer, Places};
use crate::process::{Process, died_of};
use crate::running::{Running, Way};

pub(crate) mod dbos;
pub(crate) mod loom;
pub(crate) mod programs;
pub(crate) mod restate;
pub(crate) mod workerd;

/// Starts a peer that writes below an empty directory, and adds its processes to the list; those
/// are stopped whether or not all of them start.
pub(crate) type Start = fn(&Places, &Path, &mut Vec<Process>) -> Result<Way, String>;

/// How long a peer may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn start(peer: &Peer, places: &Places) -> Result<Running, String> {
    fs::create_dir_all(&places.dir).map_err(|error| error.to_string())?;
    let directory = tempfile::tempdir_in(&places.dir).map_err(|error| error.to_string())?;
    let mut processes = Vec::new();
    let way = (peer.start)(places, directory.path(), &mut processes);
    let way = way.map_err(|error| died_of(&mut processes, &error))?;
    Ok(Running { way, processes, next: 0, _directory: directory })
}

/// Starts a program that runs a handler itself when told to.
fn obedient(
    command: &mut Command,
    directory: &Path,
    processes: &mut Vec<Process>,
) -> Result<Way, String> {
    let (process, input, output) = Process::start_piped(command, directory)?;
    processes.push(process);
    Obedient::new(input, output).map(Way::Told)
}

/// A port that nobody listens on.
fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = listener.and_then(|listener| listener.local_addr());
    address.map(|address| address.port()).map_err(|error| error.to_string())
}

/// Waits until something listens there.
fn await_port(port: u16, process: &mut Process) -> Result<(), String> {
    retry(process, || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())
}

/// Waits until it is so, which it never is once the process has ended.
fn retry(process: &mut Process, mut is_so: impl FnMut() -> bool) -> Result<(), String> {
    let started = Instant::now();
    while !is_so() {
        if process.has_ended() || started.elapsed() > PATIENCE {
            return Err("it did not start".to_owned());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
