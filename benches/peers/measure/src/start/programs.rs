//! Peers that are crates, each in a program of this workspace.

use std::path::Path;
use std::process::Command;

use super::obedient;
use crate::peer::Places;
use crate::process::Process;
use crate::running::Way;

pub(crate) fn durare(
    places: &Places,
    directory: &Path,
    processes: &mut Vec<Process>,
) -> Result<Way, String> {
    let mut command = Command::new(places.programs.join("peers-durare"));
    obedient(command.arg(directory), directory, processes)
}

pub(crate) fn duroxide(
    places: &Places,
    directory: &Path,
    processes: &mut Vec<Process>,
) -> Result<Way, String> {
    let mut command = Command::new(places.programs.join("peers-duroxide"));
    obedient(command.arg(directory), directory, processes)
}
