//! `cargo xtask backends`: the servers that tests need, installed, started and kept.

pub(crate) mod azurite;
pub(crate) mod engine;
pub(crate) mod images;
mod install;

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use clap::Subcommand;

use crate::backends::engine::Engine;
use crate::cargo;
use crate::outcome::{Findings, Outcome};

const DIR: &str = "target/backends";
/// Where `loom-testkit` looks for servers that stand.
const VARIABLES: &str = "target/backends/variables";
/// The variable that tells who keeps the servers. It is told last.
const KEEPER: &str = "LOOM_TEST_BACKENDS_PID";
/// The variable that tells what they are.
const ORIGIN: &str = "LOOM_TEST_REDIS_ORIGIN";

/// What to do with the servers that tests share.
#[derive(Clone, Copy, Subcommand)]
pub(crate) enum Action {
    /// Install what is missing, start the servers, and tell tests where they are
    Up {
        /// In containers. An engine is installed and started if none answers, and an image is made
        /// of what is installed if none can be pulled
        #[arg(long)]
        containers: bool,
    },
    /// End the servers, and the engine that was started for them; tests start their own from
    /// then on
    Down,
    /// Say what is installed, and which servers tests would use
    Status,
}

/// Where servers are to run.
pub(crate) enum Place {
    Processes,
    /// In containers of images, each with the variable that names it to tests.
    Containers {
        engine: Engine,
        images: Vec<(&'static str, String)>,
    },
}

/// Servers for the tests of one run. Dropped, they end.
pub(crate) struct Servers {
    keeper: Child,
    variables: Vec<(String, String)>,
}

pub(crate) fn run(action: Action) -> Outcome {
    Outcome::of(match action {
        Action::Up { containers } => up(containers),
        Action::Down => down(),
        Action::Status => status(),
    })
}

impl Servers {
    /// Installs what is missing and starts the servers.
    pub(crate) fn start(place: &Place) -> Result<Self, Box<dyn Error>> {
        install()?;
        let mut keeper = keeper(place, &["--until-eof"]);
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

    /// Where they are, whatever is in the environment.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The value of a variable that they were told in.
    pub(crate) fn told(&self, name: &str) -> Option<&str> {
        self.all().find_map(|(other, value)| (other == name).then_some(value))
    }

    /// What they are.
    pub(crate) fn origins(&self) -> Vec<String> {
        let origins = self.all().filter(|(name, _)| name.ends_with("_ORIGIN"));
        origins.map(|(name, value)| format!("{name}: {value}")).collect()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

impl Place {
    /// In containers: finds or starts the engine, and finds or makes the images.
    pub(crate) fn containers() -> Result<Self, Box<dyn Error>> {
        let engine = Engine::find_or_start()?;
        let images = images::all(&engine)?;
        Ok(Self::Containers { engine, images })
    }
}

/// The variable of the environment that names a server of one's own.
fn named_by_environment() -> Option<String> {
    let is_address = |name: &str| name.starts_with("LOOM_TEST_REDIS") && name.contains("_URL");
    std::env::vars().map(|(name, _)| name).find(|name| is_address(name))
}

/// Installs what is missing. Tests that need Azurite say so; all others run without it.
fn install() -> Result<(), Box<dyn Error>> {
    install::make_sure("redis-server", "redis-server")?;
    if let Err(error) = azurite::make_sure() {
        println!("{error}");
    }
    Ok(())
}

fn up(in_containers: bool) -> Findings {
    install()?;
    if let Some(pid) = running() {
        let origin = told(ORIGIN).unwrap_or_default();
        let stand = format!("the servers stand already, as {origin}, kept by process {pid}");
        if in_containers && !origin.starts_with("containers") {
            return Ok(vec![format!("{stand}; cargo xtask backends down ends them")]);
        }
        println!("{stand}");
        return Ok(vec![]);
    }
    let place = if in_containers { Place::containers()? } else { Place::Processes };
    fs::create_dir_all(DIR)?;
    let (told, log) = (Path::new(DIR).join("starting"), Path::new(DIR).join("log"));
    let mut keeper = keeper(&place, &[]);
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
    match running() {
        Some(pid) => {
            Command::new("kill").arg(&pid).status()?;
            fs::remove_file(VARIABLES)?;
            println!("the servers kept by process {pid} are told to end");
        }
        None => println!("no servers stand"),
    }
    engine::stop()?;
    Ok(vec![])
}

fn status() -> Findings {
    match install::version("redis-server") {
        Some(version) => println!("{version}"),
        None => println!("redis-server is not installed; cargo xtask backends up installs it"),
    }
    if !azurite::is_installed() {
        println!("Azurite is not installed; cargo xtask backends up installs it from npm");
    }
    match running() {
        Some(pid) => {
            println!("servers stand, kept by process {pid}:");
            print!("{}", fs::read_to_string(VARIABLES)?);
        }
        None => println!("no servers stand: each test process starts its own"),
    }
    match Engine::find() {
        Some(_) => println!("a container engine answers"),
        None => println!("no container engine answers"),
    }
    if let Some(name) = named_by_environment() {
        println!("{name} is set, and comes first");
    }
    Ok(vec![])
}

/// The program that keeps the servers.
fn keeper(place: &Place, arguments: &[&str]) -> Command {
    let mut run = cargo::command(&["run", "--quiet", "--package", "loom-testkit"]);
    match place {
        Place::Processes => {
            run.args(["--features", "backends"]).env("LOOM_TEST_BACKENDS", "processes");
        }
        Place::Containers { engine, images } => {
            run.args(["--features", "containers"]).env("LOOM_TEST_BACKENDS", "containers");
            run.envs(images.iter().map(|(name, image)| (name, image))).envs(engine.variable());
        }
    }
    run.args(["--example", "backends", "--"]).args(arguments);
    run
}

/// The process that keeps the servers that stand.
fn running() -> Option<String> {
    let pid = told(KEEPER)?;
    let is_alive = Command::new("kill").args(["-0", &pid]).stderr(Stdio::null()).status();
    is_alive.is_ok_and(|status| status.success()).then_some(pid)
}

/// What was told of the servers that stand.
fn told(variable: &str) -> Option<String> {
    let variables = fs::read_to_string(VARIABLES).ok()?;
    let value = |line: &str| Some(line.strip_prefix(variable)?.strip_prefix('=')?.to_owned());
    variables.lines().find_map(value)
}
