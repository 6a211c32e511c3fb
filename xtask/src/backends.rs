//! `cargo xtask backends`: the servers that tests need, installed, started and kept.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use clap::Subcommand;

use crate::cargo;
use crate::outcome::{Findings, Outcome};

const DIR: &str = "target/backends";
/// Where `loom-testkit` looks for servers that stand.
const VARIABLES: &str = "target/backends/variables";
/// The variable that tells who keeps the servers. It is told last.
const KEEPER: &str = "LOOM_TEST_BACKENDS_PID";

/// What to do with the servers that tests share.
#[derive(Clone, Copy, Subcommand)]
pub(crate) enum Action {
    /// Install what is missing, start the servers, and tell tests where they are
    Up,
    /// End the servers; tests start their own from then on
    Down,
    /// Say what is installed, and which servers tests would use
    Status,
}

/// Servers for the tests of one run. Dropped, they end.
pub(crate) struct Servers {
    keeper: Child,
    variables: Vec<(String, String)>,
}

pub(crate) fn run(action: Action) -> Outcome {
    Outcome::of(match action {
        Action::Up => up(),
        Action::Down => down(),
        Action::Status => status(),
    })
}

impl Servers {
    /// Installs what is missing and starts the servers.
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        install()?;
        let mut keeper = keeper(&["--until-eof"]);
        let mut keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let said = keeper.stdout.take().ok_or("its output is piped")?;
        let mut variables = Vec::new();
        for line in BufReader::new(said).lines() {
            let line = line?;
            let (name, value) = line.split_once('=').ok_or("variables are told as NAME=VALUE")?;
            if name == KEEPER {
                return Ok(Self { keeper, variables });
            }
            variables.push((name.to_owned(), value.to_owned()));
        }
        Err("the servers for tests did not start".into())
    }

    /// Where they are. What is in the environment already is left as it is.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let unset = |(name, _): &&(String, String)| std::env::var_os(name).is_none();
        self.variables.iter().filter(unset).map(|(name, value)| (&**name, &**value))
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn up() -> Findings {
    install()?;
    if let Some(pid) = running() {
        println!("the servers stand already, kept by process {pid}");
        return Ok(vec![]);
    }
    fs::create_dir_all(DIR)?;
    let (told, log) = (Path::new(DIR).join("starting"), Path::new(DIR).join("log"));
    let mut keeper = keeper(&[]);
    // Not in our group, so that what ends us does not end it; and with files of its own, so that
    // nobody who reads what we print waits for it.
    keeper.stdin(Stdio::null()).stdout(File::create(&told)?).stderr(File::create(&log)?);
    let mut keeper = keeper.process_group(0).spawn()?;
    while !fs::read_to_string(&told)?.contains(KEEPER) {
        if let Some(status) = keeper.try_wait()? {
            let said = fs::read_to_string(log)?;
            return Ok(vec![format!("the servers for tests did not start: {status}\n{said}")]);
        }
        sleep(Duration::from_millis(100));
    }
    fs::rename(told, VARIABLES)?;
    print!("{}", fs::read_to_string(VARIABLES)?);
    Ok(vec![])
}

fn down() -> Findings {
    let Some(pid) = running() else {
        println!("no servers stand");
        return Ok(vec![]);
    };
    Command::new("kill").arg(pid).status()?;
    fs::remove_file(VARIABLES)?;
    Ok(vec![])
}

fn status() -> Findings {
    match version() {
        Some(version) => println!("{version}"),
        None => println!("redis-server is not installed; cargo xtask backends up installs it"),
    }
    match running() {
        Some(pid) => {
            println!("servers stand, kept by process {pid}:");
            print!("{}", fs::read_to_string(VARIABLES)?);
        }
        None => println!("no servers stand: each test process starts its own"),
    }
    let own = std::env::vars().filter(|(name, _)| name.starts_with("LOOM_TEST_REDIS"));
    own.for_each(|(name, _)| println!("{name} is set, and comes first"));
    Ok(vec![])
}

/// Makes sure that the programs are there.
fn install() -> Result<(), Box<dyn Error>> {
    if version().is_some() {
        return Ok(());
    }
    let by_hand =
        "redis-server is not installed; install it by hand (apt-get install redis-server)";
    if !is_root() {
        return Err(format!("{by_hand}, or run this as root").into());
    }
    for arguments in
        [&["update"][..], &["install", "-y", "--no-install-recommends", "redis-server"]]
    {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
        match apt.status() {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(format!("{by_hand}: apt-get: {status}").into()),
            Err(error) => return Err(format!("{by_hand}: apt-get: {error}").into()),
        }
    }
    version().map(drop).ok_or_else(|| by_hand.into())
}

fn version() -> Option<String> {
    let output = Command::new("redis-server").arg("--version").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// The program that keeps the servers.
fn keeper(arguments: &[&str]) -> Command {
    let mut run = cargo::command(&["run", "--quiet", "--package", "loom-testkit"]);
    run.args(["--features", "backends", "--example", "backends", "--"]).args(arguments);
    run
}

/// The process that keeps the servers that stand.
fn running() -> Option<String> {
    let variables = fs::read_to_string(VARIABLES).ok()?;
    let pid = variables.lines().find_map(|line| line.strip_prefix(KEEPER)?.strip_prefix('='))?;
    let is_alive = Command::new("kill").args(["-0", pid]).stderr(Stdio::null()).status();
    is_alive.is_ok_and(|status| status.success()).then(|| pid.to_owned())
}
