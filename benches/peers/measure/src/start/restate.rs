//! Restate: its server, and our service that it calls.

use std::path::Path;
use std::process::Command;

use super::{await_port, free_port, retry};
use crate::http::{Request, Script, post};
use crate::peer::Places;
use crate::process::Process;
use crate::running::{ACTORS, Way};
use crate::work::Work;

pub(crate) fn start(
    places: &Places,
    directory: &Path,
    processes: &mut Vec<Process>,
) -> Result<Way, String> {
    let (service_port, own_port) = (free_port()?, free_port()?);
    let (port, admin_port) = (free_port()?, free_port()?);
    let mut command = Command::new(places.programs.join("peers-restate"));
    let mut service = Process::start(command.arg(service_port.to_string()), directory)?;
    let listens = await_port(service_port, &mut service);
    processes.push(service);
    listens?;
    let mut command = Command::new(places.node.join("node_modules/.bin/restate-server"));
    command.arg("--no-logo").arg("--base-dir").arg(directory.join("restate"));
    command.env("RESTATE_LISTEN_MODE", "tcp");
    command.env("RESTATE_DISABLE_TELEMETRY", "true");
    command.env("RESTATE_BIND_IP", "127.0.0.1");
    command.env("RESTATE_BIND_PORT", own_port.to_string());
    command.env("RESTATE_INGRESS__BIND_PORT", port.to_string());
    command.env("RESTATE_ADMIN__BIND_PORT", admin_port.to_string());
    let mut server = Process::start(&mut command, directory)?;
    let body = format!(r#"{{"uri": "http://127.0.0.1:{service_port}"}}"#);
    let deployment = Request { path: "/deployments".to_owned(), body };
    let knows = retry(&mut server, || post(admin_port, &deployment).is_ok());
    // It answers once the service is known and its partitions have leaders.
    let answers = knows.and_then(|()| retry(&mut server, || post(port, &add(0)).is_ok()));
    processes.push(server);
    answers.map(|()| Way::Http { port, script })
}

fn script(work: Work) -> Script {
    match work {
        Work::CounterAlone | Work::Counter => Script { request: add, answer: None },
        Work::Steps => Script { request: ten, answer: Some("55") },
    }
}

fn add(n: u64) -> Request {
    Request { path: format!("/Tally/{}/add", n % ACTORS), body: "1".to_owned() }
}

fn ten(n: u64) -> Request {
    Request { path: "/Steps/ten".to_owned(), body: n.to_string() }
}
