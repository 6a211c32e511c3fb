//! `cargo xtask images`: the images that servers in containers are started from.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{self, Path};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::engine::Engine;
use super::{azurite, install};
use crate::cargo;
use crate::outcome::{Findings, Outcome};

/// Where `loom-testkit` looks for the images.
const FILE: &str = "target/backends/images";
const REDIS: &str = "LOOM_TEST_REDIS_IMAGE";
const AZURITE: &str = "LOOM_TEST_AZURITE_IMAGE";
/// Our own servers: the example of `loom-testkit`, and the variable of its image.
const OWN: [(&str, &str); 2] =
    [("cosmos", "LOOM_TEST_COSMOS_IMAGE"), ("key_vault", "LOOM_TEST_KEY_VAULT_IMAGE")];
const REDIS_PULLED: &str = "redis:7.2";
/// A shell that keeps the server, and what it needs for that.
const KEEPING: [&str; 2] = ["sh", "cat"];
/// Azurite by the name that it has in Microsoft's image.
const AZURITE_PROGRAM: &str =
    "#!/usr/bin/sh\nexec node /azurite/node_modules/azurite/dist/src/blob/main.js \"$@\"\n";

pub(crate) fn run() -> Outcome {
    Outcome::of(make())
}

fn make() -> Findings {
    let Some(engine) = Engine::find() else {
        let what = "no container engine answers; cargo xtask backends up --containers starts one";
        return Ok(vec![what.to_owned()]);
    };
    for (variable, image) in all(&engine)? {
        println!("{variable}={image}");
    }
    Ok(vec![])
}

/// The images, each with the variable that names it: that of Redis, and those of the others that
/// can be pulled or made.
pub(crate) fn all(engine: &Engine) -> Result<Vec<(&'static str, String)>, Box<dyn Error>> {
    let mut images = vec![(REDIS, redis(engine)?)];
    let own = OWN.map(|(example, variable)| (variable, own(engine, example)));
    for (variable, made) in [(AZURITE, azurite(engine))].into_iter().chain(own) {
        match made {
            Ok(image) => images.push((variable, image)),
            Err(error) => println!("no {variable}: {error}"),
        }
    }
    fs::create_dir_all("target/backends")?;
    let lines = images.iter().map(|(variable, image)| format!("{variable}={image}\n"));
    fs::write(FILE, lines.collect::<String>())?;
    Ok(images)
}

/// The image of Redis: the one that was pulled; where none can be, one of the server that is
/// installed, under a name that says what it is.
fn redis(engine: &Engine) -> Result<String, Box<dyn Error>> {
    if has(engine, REDIS_PULLED) || pull(engine, REDIS_PULLED) {
        return Ok(REDIS_PULLED.to_owned());
    }
    let image = format!("loom-test-redis:{}-installed", installed_version()?);
    if !has(engine, &image) {
        let files = programs(["redis-server", "redis-cli"].into_iter().chain(KEEPING))?;
        import(engine, &image, tar().args(files))?;
    }
    Ok(image)
}

/// The image of Azurite: Microsoft's; where it cannot be pulled, one of the package that is
/// installed.
fn azurite(engine: &Engine) -> Result<String, Box<dyn Error>> {
    let (_, version) = azurite::PACKAGE.split_once('@').ok_or("the package has a version")?;
    let pulled = format!("mcr.microsoft.com/azure-storage/azurite:{version}");
    if has(engine, &pulled) || pull(engine, &pulled) {
        return Ok(pulled);
    }
    let image = format!("loom-test-azurite:{version}-installed");
    if !has(engine, &image) {
        azurite::make_sure()?;
        let program = path::absolute("target/backends/azurite-blob")?;
        fs::write(&program, AZURITE_PROGRAM)?;
        fs::set_permissions(&program, Permissions::from_mode(0o755))?;
        let modules = path::absolute(azurite::DIR)?.join("node_modules");
        let mut tar = tar();
        tar.args(programs(["node"].into_iter().chain(KEEPING))?);
        tar.arg(format!("--transform=s,^{},azurite/node_modules,", inside(&modules)));
        tar.arg(format!("--transform=s,^{},usr/local/bin/azurite-blob,", inside(&program)));
        tar.args([program, modules]);
        import(engine, &image, &mut tar)?;
    }
    Ok(image)
}

/// An image of a server of our own, made anew each time.
fn own(engine: &Engine, example: &str) -> Result<String, Box<dyn Error>> {
    let name = example.replace('_', "-");
    // From the crates that all tests are built with.
    let mut build = cargo::command(&["build", "--quiet"]);
    build.args(cargo::TESTED).args(["--example", example, "--message-format", "json"]);
    build.stderr(Stdio::inherit());
    let said = output(&mut build)?;
    let lines = said.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs_built = lines.filter_map(|line| Some(line["executable"].as_str()?.to_owned()));
    let program = programs_built.next().ok_or("nothing was built")?;
    let image = format!("loom-test-{name}:built");
    let mut tar = tar();
    tar.args(programs(KEEPING.into_iter().chain([&*program]))?);
    let found = inside(Path::new(&program));
    tar.arg(format!("--transform=s,^{found},usr/local/bin/loom-{name},"));
    import(engine, &image, &mut tar)?;
    Ok(image)
}

fn has(engine: &Engine, image: &str) -> bool {
    is_done(&mut engine.docker(&["image", "inspect", image]))
}

fn pull(engine: &Engine, image: &str) -> bool {
    is_done(&mut engine.docker(&["pull", "--quiet", image]))
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

/// What packs the files that it is told.
fn tar() -> Command {
    let mut tar = Command::new("tar");
    tar.args(["--create", "--dereference", "--file=-"]);
    tar
}

/// Makes an image of what a `tar` packs, all of it or none.
fn import(engine: &Engine, image: &str, tar: &mut Command) -> Result<(), Box<dyn Error>> {
    let mut tar = tar.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let files = tar.stdout.take().ok_or("its output is piped")?;
    let imported = output(engine.docker(&["import", "-", image]).stdin(files));
    let packed = tar.wait()?;
    imported?;
    if packed.success() {
        return Ok(());
    }
    is_done(&mut engine.docker(&["image", "rm", image]));
    Err(format!("tar: {packed}").into())
}

/// The files of programs, and those that they are linked to.
fn programs<'a>(
    programs: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut files = BTreeSet::new();
    for program in programs {
        let found = output(Command::new("sh").args(["-c", &format!("command -v {program}")]))?;
        let found = found.trim().to_owned();
        files.extend(linked_to(&output(Command::new("ldd").arg(&found))?));
        files.insert(found);
    }
    Ok(files)
}

/// A path as `tar` writes it.
fn inside(path: &Path) -> &str {
    path.to_str().unwrap_or_default().trim_start_matches('/')
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
