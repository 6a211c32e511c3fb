//! The hosts that suffer, and the load that they must go on to carry.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fault::Fault;
use crate::client::Client;
use crate::hosts::Hosts;
use crate::load::Load;
use crate::toll::Toll;

/// After this long without an answer, there will never be one.
const SERVES_WITHIN: Duration = Duration::from_mins(2);
/// How long one answer is waited for.
const PROBE_WITHIN: Duration = Duration::from_millis(500);
/// How many actors are asked whether they are served, so that each host has some of them.
const PROBED: usize = 12;

/// The hosts that suffer, and the load that they must go on to carry.
pub(super) struct World<'a> {
    pub(super) hosts: &'a mut Hosts,
    pub(super) load: &'a Load<'a>,
    pub(super) toll: &'a mut Toll<Fault>,
    /// How often each probed actor has answered.
    pub(super) probes: u64,
}

impl World<'_> {
    /// Starts a host where one has ended, and sends the callers there.
    pub(super) fn come_back(&mut self, host: usize) {
        let address = self.hosts.come_back(host);
        self.load.go_to(host, address);
    }

    /// Waits until every host does its work again, and all partitions have one.
    pub(super) fn works_again(&mut self, fault: Fault, since: Instant) {
        self.probe();
        let answered = Instant::now();
        self.toll.back(fault, self.hosts.settle().max(answered) - since);
    }

    /// Waits for an answer of each probed actor, by way of each host.
    fn probe(&mut self) {
        let since = Instant::now();
        let mut clients: Vec<_> = self.hosts.addresses().iter().map(|it| client(it)).collect();
        for actor in 0..PROBED {
            let host = actor % clients.len();
            let (path, key) = (path(actor, "add"), format!("probe-{}", self.probes));
            while !clients[host].post(&path, &key, "1").is_ok_and(|answer| answer.status == 200) {
                assert!(since.elapsed() < SERVES_WITHIN, "host {host} does not serve {path}");
                thread::sleep(Duration::from_millis(5));
            }
        }
        self.probes += 1;
    }

    /// Asserts that the hosts work, and that the probes were counted once each.
    pub(super) fn come_to_rest(mut self) {
        self.probe();
        self.hosts.settle();
        let mut client = client(&self.hosts.addresses()[0]);
        for actor in 0..PROBED {
            let state = client.get(&path(actor, "state")).unwrap();
            let state: Value = serde_json::from_str(&state.body).unwrap();
            assert_eq!(state["count"], self.probes, "probe {actor}: {state}");
        }
    }
}

impl Drop for World<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.load.abandon();
        }
    }
}

fn client(address: &str) -> Client {
    Client::new(address).within(PROBE_WITHIN)
}

fn path(actor: usize, rest: &str) -> String {
    format!("/v1/actors/tally/probe-{actor}/{rest}")
}
