//! DBOS, and the PostgreSQL that it keeps everything in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::geteuid;

use super::{free_port, obedient, retry};
use crate::peer::Places;
use crate::process::Process;
use crate::running::Way;

/// The account of the packages of PostgreSQL, which refuses to be run by root.
const ACCOUNT: &str = "postgres";

pub(crate) fn node(
    places: &Places,
    directory: &Path,
    processes: &mut Vec<Process>,
) -> Result<Way, String> {
    let address = postgres(directory, processes)?;
    let mut command = Command::new("node");
    obedient(command.arg(places.node.join("dbos.mjs")).arg(address), directory, processes)
}

pub(crate) fn rust(
    places: &Places,
    directory: &Path,
    processes: &mut Vec<Process>,
) -> Result<Way, String> {
    let address = postgres(directory, processes)?;
    let mut command = Command::new(places.programs.join("peers-dbos"));
    obedient(command.arg(address), directory, processes)
}

/// Starts an empty PostgreSQL that nobody else uses, and returns its address.
fn postgres(directory: &Path, processes: &mut Vec<Process>) -> Result<String, String> {
    let programs = programs()?;
    let data = directory.join("postgres");
    fs::create_dir(&data).map_err(|error| error.to_string())?;
    if geteuid().is_root() {
        // The directory above is ours alone, and its name is not a secret.
        let public = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(directory, public).map_err(|error| error.to_string())?;
        run(Command::new("chown").arg(ACCOUNT).arg(&data))?;
    }
    let mut create = unprivileged(&programs.join("initdb"));
    create.args(["--auth", "trust", "--username", ACCOUNT, "--pgdata"]);
    run(create.arg(&data))?;
    let port = free_port()?;
    let mut command = unprivileged(&programs.join("postgres"));
    command.args(["-k", "", "-h", "127.0.0.1", "-p", &port.to_string(), "-D"]);
    let mut server = Process::start(command.arg(&data), directory)?;
    let mut asks = Command::new(programs.join("pg_isready"));
    asks.args(["--quiet", "--host", "127.0.0.1", "--port", &port.to_string()]);
    let answers = retry(&mut server, || asks.status().is_ok_and(|status| status.success()));
    processes.push(server);
    answers.map(|()| format!("postgresql://{ACCOUNT}@127.0.0.1:{port}/dbos"))
}

fn unprivileged(program: &Path) -> Command {
    if !geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups"]).arg(program);
    command
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().last().unwrap_or("without a word");
    if output.status.success() { Ok(()) } else { Err(format!("{program}: {last}")) }
}

/// Where the programs of the newest installed version are.
fn programs() -> Result<PathBuf, String> {
    let asked = Command::new("pg_config").arg("--bindir").output();
    let told = asked.ok().filter(|output| output.status.success());
    let told = told.map(|output| String::from_utf8_lossy(&output.stdout).trim().into());
    // Where Debian puts what is not for everybody's path.
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin")).max();
    let has_server = |programs: &PathBuf| programs.join("initdb").exists();
    told.into_iter()
        .chain(debian)
        .find(has_server)
        .ok_or_else(|| "no PostgreSQL: apt-get install postgresql".to_owned())
}
