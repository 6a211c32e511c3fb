//! A server, and as much of HTTP as it takes to talk to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command};

use serde_json::Value;

use crate::command::{Ended, Place, signal, wait};

/// `loom dev` on a free port. Killed when it is dropped.
pub(crate) struct Server {
    child: Option<Child>,
    address: String,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Server {
    pub(crate) const ARGS: [&str; 4] = ["dev", "--json", "--listen", "127.0.0.1:0"];

    pub(crate) fn start(place: &Place) -> Self {
        let started = Self::spawn(place.loom(Self::ARGS));
        started.unwrap_or_else(|ended| panic!("{ended:?}"))
    }

    /// Waits until the server takes requests, or has ended.
    pub(crate) fn spawn(mut command: Command) -> Result<Self, Ended> {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Ok(said) = serde_json::from_str::<Value>(&line) else { return Err(wait(child)) };
        let address = said["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        Ok(Self { child: Some(child), address })
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.as_ref().unwrap(), name);
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.exchange("GET", path, &[], b"")
    }

    /// Posts JSON.
    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.exchange("POST", path, &[("content-type", "application/json")], body.as_bytes())
    }

    /// Posts JSON with an idempotency key.
    pub(crate) fn post_once(&self, path: &str, key: &str, body: &str) -> Answer {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        self.exchange("POST", path, &headers, body.as_bytes())
    }

    pub(crate) fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let headers = headers
            .iter()
            .fold(String::new(), |sent, (name, value)| sent + name + ": " + value + "\r\n");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}\
             content-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    /// Sends SIGTERM, and waits for the end.
    pub(crate) fn terminate(mut self) -> Ended {
        let child = self.child.take().unwrap();
        signal(&child, "-TERM");
        wait(child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Asserts that it is a problem of this status and type. Returns its members.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, slug: &str) -> Value {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:loom:problem:{slug}"), "{self:?}");
        assert_eq!((self.status, &problem["status"]), (status, &status.into()), "{self:?}");
        problem
    }
}
