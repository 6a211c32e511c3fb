//! The statuses of actions and of runs.

use serde::{Deserialize, Serialize};

/// How an action stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Status {
    /// It waits for a timer, a callback or a decision.
    Waiting,
    /// It is under way.
    Running,
    /// It did what it should.
    Succeeded,
    /// It did not.
    Failed,
    /// It was not begun.
    Skipped,
    /// It took too long.
    TimedOut,
    /// It was ended from outside.
    Cancelled,
    /// It was ended by the service.
    Aborted,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum RunStatus {
    /// It is under way.
    Running,
    /// Somebody holds it.
    Suspended,
    /// It did what it should.
    Succeeded,
    /// It did not.
    Failed,
    /// It was ended, by a Terminate or from outside.
    Cancelled,
    /// It took too long.
    TimedOut,
}

/// A set of statuses.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StatusSet(u8);

impl Status {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Waiting, "Waiting"),
        (Self::Running, "Running"),
        (Self::Succeeded, "Succeeded"),
        (Self::Failed, "Failed"),
        (Self::Skipped, "Skipped"),
        (Self::TimedOut, "TimedOut"),
        (Self::Cancelled, "Cancelled"),
        (Self::Aborted, "Aborted"),
    ];

    /// The status of this name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(it, _)| *it)
    }

    /// As definitions and records write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(it, _)| *it == self).map_or("Running", |(_, name)| name)
    }

    /// Whether it is over.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

impl RunStatus {
    /// As records write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Suspended => "Suspended",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::TimedOut => "TimedOut",
        }
    }

    /// Whether it is over.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        !matches!(self, Self::Running | Self::Suspended)
    }
}

impl StatusSet {
    /// The set with `status` in it too.
    #[must_use]
    pub const fn with(self, status: Status) -> Self {
        Self(self.0 | 1 << status as u8)
    }

    /// Whether `status` is in it.
    #[must_use]
    pub const fn has(self, status: Status) -> bool {
        self.0 & 1 << status as u8 != 0
    }

    /// Its names, in one order, with commas.
    #[must_use]
    pub fn names(self) -> String {
        let names = Status::ALL.iter().filter(|(status, _)| self.has(*status));
        names.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
    }
}

impl FromIterator<Status> for StatusSet {
    fn from_iter<I: IntoIterator<Item = Status>>(statuses: I) -> Self {
        statuses.into_iter().fold(Self::default(), Self::with)
    }
}
