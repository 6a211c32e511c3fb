//! What may go wrong in a simulation, and when it does.

use std::fmt;
use std::time::Duration;

use super::chance::Chance;

/// What may go wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Faults {
    /// One call of a store in so many goes wrong: refused, lost on its way or on its way back,
    /// arriving twice or late, throttled, answered as it was before. Never, for 0.
    pub calls_one_in: u64,
    /// How long a request and its answer take, at most.
    pub latency_max: Duration,
    /// How often something happens to a host or to the stores, at most.
    pub incidents_max: u64,
    /// What may happen to them.
    pub incidents: Vec<IncidentKind>,
}

/// What may happen to a host.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum IncidentKind {
    /// Its process dies at once, and another is started some time later.
    Kill,
    /// It stands still, perhaps for longer than its lease, and goes on.
    Pause,
    /// It does not reach the stores for some time.
    Split,
    /// Its clock is set.
    ClockJump,
    /// It is stopped gracefully, and started again with the other version of the code.
    Upgrade,
    /// The stores lose power: what they did not make durable is gone, and all hosts die.
    PowerLoss,
    /// Another copy of the stores takes over, which lacks what was written last.
    FailOver,
}

/// Something that happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Incident {
    /// When, after the start of the simulation.
    pub at: Duration,
    /// To which host.
    pub host: usize,
    /// What.
    pub kind: IncidentKind,
    /// How long it takes.
    pub length: Duration,
    /// A choice for what else there is to choose.
    pub choice: u64,
}

impl Faults {
    /// Nothing goes wrong, and nothing takes time.
    #[must_use]
    pub fn none() -> Self {
        let incidents = Vec::new();
        Self { calls_one_in: 0, latency_max: Duration::ZERO, incidents_max: 0, incidents }
    }

    /// Everything that Loom promises to survive without losing what it acknowledged.
    #[must_use]
    pub fn all() -> Self {
        use IncidentKind::{ClockJump, Kill, Pause, Split, Upgrade};
        Self {
            calls_one_in: 20,
            latency_max: Duration::from_millis(20),
            incidents_max: 8,
            incidents: vec![Kill, Pause, Split, ClockJump, Upgrade],
        }
    }

    /// What happens, following from chance.
    pub(super) fn incidents(&self, hosts: usize, chance: &mut Chance) -> Vec<Incident> {
        if self.incidents.is_empty() {
            return Vec::new();
        }
        let mut at = Duration::ZERO;
        let count = chance.below(self.incidents_max + 1);
        (0..count)
            .map(|_| {
                at += Duration::from_millis(chance.below(6_000));
                let kind = *chance.pick(&self.incidents);
                // Now and then longer than anybody tries the same again.
                let longest = if chance.one_in(5) { 120_000 } else { 15_000 };
                let length = Duration::from_millis(chance.between(1, longest));
                Incident { at, host: chance.index(hosts), kind, length, choice: chance.any() }
            })
            .collect()
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::all()
    }
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, host, kind, length, .. } = self;
        write!(f, "{at:.3?} {kind:?} of host-{host} for {length:.3?}")
    }
}
