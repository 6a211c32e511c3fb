//! `cargo xtask chaos`: the test of money under every fault that a machine has.
//!
//! What the faults need is made here. Nothing of it outlives this process: the file system is
//! mounted for the test alone, which ends with us, as its servers end with it.

use std::error::Error;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use clap::{Args, value_parser};
use serde_json::Value;

use crate::cargo;
use crate::outcome::Outcome;

const TEST: &str = "chaos::no_fault_of_the_machine_loses_or_repeats_anything";
const SHIM: &str = "xtask/chaos/shim.c";

/// Grows as it is used, and has no name any more once it is mounted.
const DISK_BYTES: u64 = 4 << 30;
const MOUNT: &str =
    r#"mkfs.ext4 -q -F -m 0 "$1" && mount -o loop "$1" "$2" && rm "$1" && shift 2 && exec "$@""#;

/// How much goes wrong.
#[derive(Args)]
pub(crate) struct Extent {
    /// How long, before everything is counted; the counting takes up to a few minutes more. Each
    /// fault happens once in any case
    #[arg(long, default_value_t = 3, value_parser = value_parser!(u64).range(..=10_080))]
    minutes: u64,
    /// Decides who pays whom, and what goes wrong when; another one each time unless given
    #[arg(long)]
    seed: Option<u64>,
}

pub(crate) fn run(extent: &Extent) -> Outcome {
    match prepared(extent) {
        Ok(mut test) => cargo::run(&mut test),
        Err(error) => Outcome::of(Err(error)),
    }
}

/// The test, on a machine with which everything can be done that is possible here.
fn prepared(extent: &Extent) -> Result<Command, Box<dyn Error>> {
    let program = built()?;
    let dir = std::path::absolute("target/chaos")?;
    let (disk, log) = (dir.join("disk"), dir.join("servers.log"));
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&disk)?;

    let mut words = ending_with_us();
    let mounted = mounting(&dir, &disk).map(|mut mounting| words.append(&mut mounting));
    words.extend([program.into(), "--exact".into(), TEST.into(), "--nocapture".into()]);
    let mut test = Command::new(&words[0]);
    test.args(&words[1..]);
    match mounted {
        Ok(()) => drop(test.env("LOOM_CHAOS_DISK", &disk)),
        Err(why) => println!("the data has no file system of its own: {why}"),
    }
    match shim(&dir) {
        Ok(shim) => test.env("LOOM_CHAOS_SHIM", shim),
        Err(why) => test.env("LOOM_CHAOS_NO_SHIM", why),
    };
    test.env("LOOM_CHAOS_SECONDS", (extent.minutes * 60).to_string());
    test.env("LOOM_CHAOS_SEED", extent.seed.unwrap_or_else(any_seed).to_string());
    test.env("LOOM_CHAOS_LOG", &log).env("LOOM_CHAOS_KEEP", dir.join("data"));
    println!("what the servers log is in {}", log.display());
    Ok(test)
}

/// Builds the test and the command that it runs. Returns the test's program.
fn built() -> Result<PathBuf, Box<dyn Error>> {
    let mut build = cargo::command(&["test", "--release", "--package", "loom-server"]);
    build.args(["--test", "loom", "--no-run", "--message-format=json-render-diagnostics"]);
    let output = build.stderr(Stdio::inherit()).output()?;
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let messages = messages.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let mut programs = messages.filter_map(|message| {
        let of_the_test = message["target"]["kind"][0] == "test";
        message["executable"].as_str().filter(|_| of_the_test).map(PathBuf::from)
    });
    programs.next().ok_or_else(|| format!("cargo test --no-run: {}", output.status).into())
}

/// The words before a command that end it when this process ends, even if that is killed; none if
/// that cannot be had.
fn ending_with_us() -> Vec<OsString> {
    let words = ["setpriv", "--pdeathsig", "KILL", "--"];
    let tried = first_try(Command::new(words[0]).args(&words[1..]).arg("true"));
    tried.map(|()| words.map(OsString::from).to_vec()).unwrap_or_default()
}

/// The words before a command that mount a file system for it alone. It is gone when the last
/// process of that command is.
fn mounting(dir: &Path, disk: &Path) -> Result<Vec<OsString>, String> {
    let image = dir.join("image");
    let make = || File::create(&image).and_then(|file| file.set_len(DISK_BYTES));
    let mut words =
        ["unshare", "--mount", "--", "sh", "-c", MOUNT, "sh"].map(OsString::from).to_vec();
    words.extend([image.clone().into(), disk.into()]);
    make().map_err(|error| error.to_string())?;
    first_try(Command::new(&words[0]).args(&words[1..]).arg("true"))?;
    make().map_err(|error| error.to_string())?;
    Ok(words)
}

/// Builds what makes the clock wrong and the disk slow.
fn shim(dir: &Path) -> Result<PathBuf, String> {
    let shim = dir.join("shim.so");
    first_try(Command::new("cc").args(["-O2", "-shared", "-fPIC", "-o"]).arg(&shim).arg(SHIM))?;
    Ok(shim)
}

/// Whether a command can be run here, and if not, the first thing it said.
fn first_try(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().display().to_string();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{name}: {}", said.lines().next().unwrap_or("failed")))
}

fn any_seed() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_secs()
}
