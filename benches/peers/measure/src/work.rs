//! What is measured.

/// A piece of work.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Work {
    /// One caller adds to durable counters over HTTP.
    CounterAlone,
    /// 64 callers add to durable counters over HTTP.
    Counter,
    /// 64 handlers at once, each of 10 steps whose values are recorded.
    Steps,
}

/// What a load took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    pub(crate) per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Processor time of all processes of the peer, for each answer.
    pub(crate) cpu_us: f64,
}

impl Work {
    pub(crate) const ALL: [Self; 3] = [Self::CounterAlone, Self::Counter, Self::Steps];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CounterAlone => "durable counter over HTTP, 1 caller",
            Self::Counter => "durable counter over HTTP, 64 callers",
            Self::Steps => "durable 10-step handler, 64 at once",
        }
    }

    pub(crate) fn callers(self) -> usize {
        match self {
            Self::CounterAlone => 1,
            Self::Counter | Self::Steps => 64,
        }
    }
}
