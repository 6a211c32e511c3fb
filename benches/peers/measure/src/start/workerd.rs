//! workerd, the runtime of Cloudflare Workers, with Durable Objects on the local disk.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{await_port, free_port};
use crate::http::{Request, Script};
use crate::peer::Places;
use crate::process::Process;
use crate::running::{ACTORS, Way};
use crate::work::Work;

pub(crate) fn start(
    places: &Places,
    directory: &Path,
    processes: &mut Vec<Process>,
) -> Result<Way, String> {
    let port = free_port()?;
    let objects = directory.join("objects");
    fs::create_dir(&objects).map_err(|error| error.to_string())?;
    let mut command = Command::new(places.node.join("node_modules/.bin/workerd"));
    command.arg("serve").arg(places.sources.join("workerd/config.capnp"));
    command.args(["--socket-addr", &format!("http=127.0.0.1:{port}")]);
    command.args(["--directory-path", &format!("objects={}", objects.display())]);
    let mut server = Process::start(&mut command, directory)?;
    let listens = await_port(port, &mut server);
    processes.push(server);
    listens.map(|()| Way::Http { port, script })
}

fn script(work: Work) -> Script {
    match work {
        Work::CounterAlone | Work::Counter => Script { request: add, answer: None },
        Work::Steps => Script { request: ten, answer: Some("55") },
    }
}

fn add(n: u64) -> Request {
    Request { path: format!("/add/{}", n % ACTORS), body: "1".to_owned() }
}

fn ten(n: u64) -> Request {
    Request { path: format!("/ten/{}", n % ACTORS), body: n.to_string() }
}
