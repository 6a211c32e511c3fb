//! A container that ends with the test that started it, however that ends.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use std::thread;

use testcontainers::core::{Mount, WaitFor};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, Image, ImageExt as _};
use tokio::runtime::Builder;

use super::engine::Program;

/// Runs a program until nobody has the named pipe open for writing any more: when this process
/// closes it, and when it dies in whatever way.
const KEEPER: &str = "\"$@\" >\"$LOOM_LOG\" 2>&1 & cat \"$LOOM_ALIVE\" >/dev/null; kill -9 $!";

/// A running container.
#[derive(Debug)]
pub(super) struct Container {
    container: Option<Box<ContainerAsync<Server>>>,
    _alive: File,
}

/// The image, which knows nothing of what a test wants.
#[derive(Debug)]
struct Server {
    name: String,
    tag: String,
}

impl Image for Server {
    fn name(&self) -> &str {
        &self.name
    }

    fn tag(&self) -> &str {
        &self.tag
    }

    /// None: whoever starts a server asks it until it answers.
    fn ready_conditions(&self) -> Vec<WaitFor> {
        Vec::new()
    }

    fn entrypoint(&self) -> Option<&str> {
        Some("sh")
    }
}

impl Server {
    fn named(image: &str) -> Self {
        let (name, tag) = image.rsplit_once(':').unwrap_or((image, "latest"));
        Self { name: name.to_owned(), tag: tag.to_owned() }
    }
}

impl Container {
    /// Starts a program that finds `dir` at the same place, and the network of this machine: so
    /// addresses and paths are those of a process.
    pub(super) fn start(
        of: Program,
        program: &str,
        arguments: &[String],
        dir: &Path,
        log: &Path,
    ) -> Self {
        let pipe = dir.join("alive");
        let _ = fs::remove_file(&pipe);
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|made| made.success()), "{}: no named pipe", pipe.display());
        // A pipe that is opened for both does not wait for somebody at its other end.
        let alive = OpenOptions::new().read(true).write(true).open(&pipe);
        let alive = alive.expect("it was just made");

        // What it writes belongs to whoever removes it.
        let owner = fs::metadata(dir).expect("the scratch directory is there");
        let path = dir.display().to_string();
        let image = of.image().unwrap_or_else(|| panic!("{of:?} has no image: cargo xtask images"));
        let request = Server::named(&image)
            .with_cmd(
                ["-c", KEEPER, "sh", program].into_iter().chain(arguments.iter().map(|s| &**s)),
            )
            .with_env_var("LOOM_LOG", log.display().to_string())
            .with_env_var("LOOM_ALIVE", pipe.display().to_string())
            .with_mount(Mount::bind_mount(&path, &path))
            .with_user(format!("{}:{}", owner.uid(), owner.gid()))
            .with_host_config_modifier(|config| {
                config.network_mode = Some("host".to_owned());
                config.auto_remove = Some(true);
            });
        let started =
            apart(async move { request.start().await.map_err(|error| error.to_string()) });
        let container = started.unwrap_or_else(|error| {
            panic!(
                "no container of the image {image} starts: {error}\n`cargo xtask images` pulls it, \
                 or makes one of what is installed"
            )
        });
        Self { container: Some(Box::new(container)), _alive: alive }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if let Some(container) = self.container.take() {
            // It may be going already.
            let _ = apart(async move { container.rm().await });
        }
    }
}

/// Waits for the engine, also where a test waits for futures already.
fn apart<T: Send>(future: impl Future<Output = T> + Send) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    thread::scope(|scope| scope.spawn(|| runtime.block_on(future)).join())
        .expect("it does not panic")
}
