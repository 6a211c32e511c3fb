//! Everything that is chosen before a run, so that a run that fails can be made smaller.

use super::chance::Chance;
use super::faults::{Faults, Incident};

/// What one run is made of, besides its seed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Plan {
    pub(super) hosts: usize,
    pub(super) incidents: Vec<Incident>,
    /// How many calls may go wrong.
    pub(super) troubles_max: u64,
    /// How many rounds of its work a scenario does, at most.
    pub(super) rounds_max: u64,
}

impl Plan {
    pub(super) fn chosen(seed: u64, hosts: usize, faults: &Faults) -> Self {
        let mut chance = Chance::seeded(seed).of("incidents");
        let incidents = faults.incidents(hosts, &mut chance);
        Self { hosts, incidents, troubles_max: u64::MAX, rounds_max: u64::MAX }
    }

    /// Plans that are smaller, the boldest first.
    pub(super) fn smaller(&self, troubles: u64, rounds: u64) -> Vec<Self> {
        let mut plans = Vec::new();
        if self.hosts > 1 {
            let hosts = self.hosts - 1;
            let incidents = self.incidents.iter().filter(|incident| incident.host < hosts);
            plans.push(Self { hosts, incidents: incidents.copied().collect(), ..self.clone() });
        }
        let (troubles, rounds) = (troubles.min(self.troubles_max), rounds.min(self.rounds_max));
        for part in [0, troubles / 2, troubles - troubles.min(1)] {
            if part < troubles {
                plans.push(Self { troubles_max: part, ..self.clone() });
            }
        }
        for part in [1, rounds / 2, rounds - rounds.min(1)] {
            if part > 0 && part < rounds {
                plans.push(Self { rounds_max: part, ..self.clone() });
            }
        }
        if self.incidents.len() > 2 {
            let (first, second) = self.incidents.split_at(self.incidents.len() / 2);
            plans.push(Self { incidents: first.to_vec(), ..self.clone() });
            plans.push(Self { incidents: second.to_vec(), ..self.clone() });
        }
        for left_out in 0..self.incidents.len() {
            let mut incidents = self.incidents.clone();
            incidents.remove(left_out);
            plans.push(Self { incidents, ..self.clone() });
        }
        plans
    }
}
