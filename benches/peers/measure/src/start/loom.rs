//! Ours.

use std::path::Path;
use std::process::Command;

use super::{await_port, free_port, obedient};
use crate::http::{Request, Script};
use crate::peer::Places;
use crate::process::Process;
use crate::running::{ACTORS, Way};

pub(crate) fn counter(
    places: &Places,
    directory: &Path,
    processes: &mut Vec<Process>,
) -> Result<Way, String> {
    let port = free_port()?;
    let mut command = Command::new(&places.loom);
    command.args(["dev", "--durability", "fsync", "--listen", &format!("127.0.0.1:{port}")]);
    let mut server = Process::start(command.arg("--data").arg(directory.join("data")), directory)?;
    let listens = await_port(port, &mut server);
    processes.push(server);
    listens.map(|()| Way::Http { port, script: |_| Script { request: add, answer: None } })
}

fn add(n: u64) -> Request {
    Request { path: format!("/v1/actors/tally/{}/add", n % ACTORS), body: "1".to_owned() }
}

pub(crate) fn steps(
    places: &Places,
    directory: &Path,
    processes: &mut Vec<Process>,
) -> Result<Way, String> {
    let mut command = Command::new(places.programs.join("peers-loom"));
    obedient(command.arg(directory.join("data")), directory, processes)
}
