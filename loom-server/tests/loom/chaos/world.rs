//! The server that suffers, and the load that it must go on to carry.

use std::fmt::Arguments;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fault::Fault;
use super::machine::Machine;
use crate::client::Client;
use crate::command::{Ended, Place, wait};
use crate::http_server::Server;
use crate::load::Load;
use crate::toll::Toll;

/// After this long without an answer, the server will never give one.
const SERVES_WITHIN: Duration = Duration::from_mins(1);
/// How long one answer is waited for.
const PROBE_WITHIN: Duration = Duration::from_millis(500);
/// How long the server may take to say how it is.
const HEALTH_WITHIN: Duration = Duration::from_secs(5);

/// The actor that counts the probes.
const PROBED: &str = "/v1/actors/tally/probe";

/// The server that suffers, and the load that it must go on to carry.
pub(super) struct World<'a> {
    pub(super) machine: &'a Machine,
    pub(super) place: &'a Place,
    load: &'a Load<'a>,
    toll: &'a mut Toll<Fault>,
    server: Option<Server>,
    /// How many probes were answered.
    probes: u64,
}

impl<'a> World<'a> {
    pub(super) fn new(
        machine: &'a Machine,
        place: &'a Place,
        load: &'a Load<'a>,
        server: Server,
        toll: &'a mut Toll<Fault>,
    ) -> Self {
        Self { machine, place, load, toll, server: Some(server), probes: 0 }
    }

    pub(super) fn say(&self, what: Arguments<'_>) {
        self.toll.say(what);
    }

    pub(super) fn happened(&mut self, fault: Fault, felt: bool) {
        self.toll.happened(fault, felt);
    }

    /// The server, which must be running.
    pub(super) fn server(&self) -> &Server {
        self.server.as_ref().expect("a fault that ends a server starts the next")
    }

    pub(super) fn running(&self) -> Option<&Server> {
        self.server.as_ref()
    }

    /// Ends the server, with its consent or without.
    pub(super) fn end(&mut self, gently: bool) {
        let server = self.server.take().expect("only a server that runs is ended");
        if gently {
            let ended = server.terminate();
            self.say(format_args!("  it ended with {:?}", ended.code));
        }
    }

    /// `kill -9`.
    pub(super) fn kill(&mut self) {
        self.server = None;
    }

    /// Starts a server and kills it, before or soon after it can be reached.
    pub(super) fn kill_in_recovery(&self, after: Duration) {
        let mut child = self.machine.server(self.place).spawn().unwrap();
        thread::sleep(after);
        child.kill().unwrap();
        wait(child);
    }

    /// Starts a server, and sends the callers there. An error says how it ended instead.
    pub(super) fn start(&mut self) -> Result<(), Ended> {
        let server = Server::spawn(self.machine.server(self.place))?;
        self.load.go_to(0, server.address());
        self.server = Some(server);
        Ok(())
    }

    /// Whether the server commits something within this time.
    pub(super) fn serves_within(&mut self, limit: Duration) -> bool {
        let since = Instant::now();
        let mut client = Client::new(self.server().address()).within(PROBE_WITHIN);
        loop {
            let key = format!("probe-{}", self.probes);
            let asked = client.post(&format!("{PROBED}/add"), &key, "1");
            if asked.is_ok_and(|answer| answer.status == 200) {
                self.probes += 1;
                return true;
            }
            if since.elapsed() >= limit {
                return false;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Whether the server says of itself that it is not well, and why.
    pub(super) fn complains_of(&self, what: &str) -> bool {
        let asked = Client::new(self.server().address()).within(HEALTH_WITHIN).get("/health");
        asked.is_ok_and(|health| health.status == 503 && health.body.contains(what))
    }

    /// Waits until the server does its work again after a fault that ended then.
    pub(super) fn serves_again(&mut self, fault: Fault, since: Instant) {
        assert!(self.serves_within(SERVES_WITHIN), "not at work again after {}", fault.name());
        self.toll.back(fault, since.elapsed());
    }

    /// Ends what still goes on of every fault. Asserts that the probes were counted once each.
    pub(super) fn come_to_rest(mut self) -> Server {
        if let Ok(knobs) = &self.machine.knobs {
            knobs.set_clock(0);
            knobs.slow_disk(Duration::ZERO);
        }
        assert!(self.serves_within(SERVES_WITHIN), "not at work at the end");
        let state = Client::new(self.server().address()).get(&format!("{PROBED}/state")).unwrap();
        let state: Value = serde_json::from_str(&state.body).unwrap();
        assert_eq!(state["count"], self.probes, "{state}");
        self.server.take().expect("it was at work just now")
    }
}

impl Drop for World<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.load.abandon();
        }
    }
}
