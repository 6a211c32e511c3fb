//! `cargo xtask images`: the images that servers in containers are started from.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::process::{Command, Stdio};

use super::engine::Engine;
use super::install;
use crate::outcome::{Findings, Outcome};

const PULLED: &str = "redis:7.2";
/// Where `loom-testkit` looks for the images.
const FILE: &str = "target/backends/images";
const VARIABLE: &str = "LOOM_TEST_REDIS_IMAGE";
/// A shell that keeps the server, and what it needs for that.
const PROGRAMS: [&str; 4] = ["redis-server", "redis-cli", "sh", "cat"];

pub(crate) fn run() -> Outcome {
    Outcome::of(make())
}

fn make() -> Findings {
    let Some(engine) = Engine::find() else {
        let what = "no container engine answers; cargo xtask backends up --containers starts one";
        return Ok(vec![what.to_owned()]);
    };
    println!("{VARIABLE}={}", redis(&engine)?);
    Ok(vec![])
}

/// The image of Redis: the one that was pulled; where none can be, one of the server that is
/// installed, under a name that says what it is.
pub(crate) fn redis(engine: &Engine) -> Result<String, Box<dyn Error>> {
    let image = if has(engine, PULLED) || pull(engine) {
        PULLED.to_owned()
    } else {
        let image = format!("loom-test-redis:{}-installed", installed_version()?);
        if !has(engine, &image) {
            import(engine, &image)?;
        }
        image
    };
    fs::create_dir_all("target/backends")?;
    fs::write(FILE, format!("{VARIABLE}={image}\n"))?;
    Ok(image)
}

fn has(engine: &Engine, image: &str) -> bool {
    is_done(&mut engine.docker(&["image", "inspect", image]))
}

fn pull(engine: &Engine) -> bool {
    is_done(&mut engine.docker(&["pull", "--quiet", PULLED]))
}

fn is_done(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// `7.0.15`, of `Redis server v=7.0.15 sha=…`.
fn installed_version() -> Result<String, Box<dyn Error>> {
    install::make_sure("redis-server", "redis-server")?;
    let said = install::version("redis-server").unwrap_or_default();
    let version = said.split_whitespace().find_map(|word| word.strip_prefix("v="));
    Ok(version.ok_or_else(|| format!("redis-server tells no version: {said}"))?.to_owned())
}

/// Makes an image of the programs that are installed, and of what they are linked to.
fn import(engine: &Engine, image: &str) -> Result<(), Box<dyn Error>> {
    let mut files = BTreeSet::new();
    for program in PROGRAMS {
        let found = output(Command::new("sh").args(["-c", &format!("command -v {program}")]))?;
        let found = found.trim().to_owned();
        files.extend(linked_to(&output(Command::new("ldd").arg(&found))?));
        files.insert(found);
    }
    let mut tar = Command::new("tar");
    tar.args(["--create", "--dereference"]).args(&files).stderr(Stdio::null());
    let mut tar = tar.stdout(Stdio::piped()).spawn()?;
    let files = tar.stdout.take().ok_or("its output is piped")?;
    let imported =
        output(engine.docker(&["import", "--change", "EXPOSE 6379", "-", image]).stdin(files));
    let packed = tar.wait()?;
    imported?;
    if packed.success() { Ok(()) } else { Err(format!("tar: {packed}").into()) }
}

/// The files in what `ldd` says.
fn linked_to(ldd: &str) -> impl Iterator<Item = String> {
    let words = ldd.split_whitespace().filter(|word| word.starts_with('/'));
    words.map(|path| path.trim_end_matches(':').to_owned())
}

fn output(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let program = command.get_program().display();
    Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim()).into())
}
