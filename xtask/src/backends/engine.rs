//! The container engine: the one of this machine, or one of our own.

use std::error::Error;
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::install;

const DIR: &str = "target/backends/engine";
const HOST: &str = "DOCKER_HOST";
const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// An engine that answers.
pub(crate) struct Engine {
    /// What `DOCKER_HOST` must be, if the engine is our own.
    own: Option<String>,
}

impl Engine {
    /// The engine that answers, that of this machine first.
    pub(crate) fn find() -> Option<Self> {
        let own = || Some(Self { own: Some(format!("unix://{}", path("socket").ok()?.display())) });
        [Some(Self { own: None }), own()].into_iter().flatten().find(Self::answers)
    }

    /// The engine that answers. If there is none, one is installed, if need be, and started.
    pub(crate) fn find_or_start() -> Result<Self, Box<dyn Error>> {
        if let Some(engine) = Self::find() {
            return Ok(engine);
        }
        install::make_sure("dockerd", "docker.io")?;
        fs::create_dir_all(DIR)?;
        let socket = format!("unix://{}", path("socket")?.display());
        let mut dockerd = Command::new("dockerd");
        dockerd.args(["--host", &socket]);
        for (name, of) in [("data-root", "data"), ("exec-root", "run"), ("pidfile", "pid")] {
            dockerd.arg(format!("--{name}")).arg(path(of)?);
        }
        // Containers share the network of the machine, so that nothing of it need be changed.
        dockerd.arg("--bridge=none");
        for off in ["iptables", "ip6tables", "ip-forward", "ip-masq"] {
            dockerd.arg(format!("--{off}=false"));
        }
        let log = path("log")?;
        let said = File::create(&log)?;
        dockerd.stdin(Stdio::null()).stdout(said.try_clone()?).stderr(said);
        // Not in our group, so that what ends us does not end it.
        let mut dockerd = dockerd.process_group(0).spawn()?;
        let (engine, started) = (Self { own: Some(socket) }, Instant::now());
        while !engine.answers() {
            let ended = dockerd.try_wait()?.is_some();
            if ended || started.elapsed() > START_LIMIT {
                let _ = dockerd.kill();
                let said = fs::read_to_string(log)?;
                let last = said.lines().last().unwrap_or("it said nothing");
                return Err(format!("no container engine starts: {last}").into());
            }
            sleep(Duration::from_millis(100));
        }
        Ok(engine)
    }

    /// `docker ARGUMENTS`.
    pub(crate) fn docker(&self, arguments: &[&str]) -> Command {
        let mut docker = Command::new("docker");
        docker.args(arguments).envs(self.variable());
        docker
    }

    /// The variable that leads to it, if it is our own.
    pub(crate) fn variable(&self) -> Option<(&'static str, &str)> {
        Some((HOST, self.own.as_deref()?))
    }

    fn answers(&self) -> bool {
        let mut ask = self.docker(&["version"]);
        let asked = ask.stdout(Stdio::null()).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    }
}

/// Ends our own engine, if it runs, and waits until it has.
pub(crate) fn stop() -> Result<(), Box<dyn Error>> {
    let pidfile = path("pid")?;
    let Ok(pid) = fs::read_to_string(&pidfile) else { return Ok(()) };
    Command::new("kill").arg(pid.trim()).stderr(Stdio::null()).status()?;
    let asked = Instant::now();
    while pidfile.exists() {
        if asked.elapsed() > STOP_LIMIT {
            return Err(
                format!("the container engine, process {}, does not end", pid.trim()).into()
            );
        }
        sleep(Duration::from_millis(100));
    }
    // It leaves the network of the machine mounted there, which nobody could remove.
    let network = path("run")?.join("netns/default");
    Command::new("umount").arg(network).stderr(Stdio::null()).status()?;
    Ok(())
}

fn path(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    Ok(std::path::absolute(DIR)?.join(name))
}
