//! The modes of stages.

/// How a stage makes tasks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mode {
    /// One task.
    Single,
    /// One for each element.
    Scatter,
    /// One of what others put out, or one for each group of it.
    Gather,
    /// The same for several.
    Broadcast,
    /// Several that have nothing in common.
    ForkJoin,
    /// A decision of people.
    Approval,
}

impl Mode {
    const ALL: [(&'static str, Self); 6] = [
        ("single", Self::Single),
        ("scatter", Self::Scatter),
        ("gather", Self::Gather),
        ("broadcast", Self::Broadcast),
        ("fork-join", Self::ForkJoin),
        ("human-approval", Self::Approval),
    ];

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|(name, _)| *name)
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, mode)| *mode)
    }

    /// The members of a stage that mean something in this mode and not in every one.
    pub(super) const fn own_members(self) -> &'static [&'static str] {
        match self {
            Self::Single => &["actor", "activity", "method", "input"],
            Self::Scatter => &["actor", "activity", "method", "input", "scatter"],
            Self::Gather => &["actor", "activity", "method", "input", "gather"],
            Self::Broadcast => &["method", "input", "executorConfig"],
            Self::ForkJoin => &["method", "branches", "executorConfig"],
            Self::Approval => &["humanApproval", "input"],
        }
    }
}
