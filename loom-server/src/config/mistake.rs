//! What is wrong in a configuration, where, and what to do.

use std::fmt;

/// Names a rule. Codes never change their meaning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Code {
    /// The file is not TOML.
    Syntax,
    /// There is no such setting.
    Unknown,
    /// A setting is missing.
    Missing,
    /// A value is none that the setting can have.
    Wrong,
    /// A password is where everybody reads it.
    Password,
    /// It loses what was promised to be kept.
    NotForProduction,
    /// Two settings contradict each other.
    Together,
    /// What a setting names is not there.
    NotThere,
    /// Others could use the host.
    Exposed,
}

impl Code {
    fn name(self) -> &'static str {
        match self {
            Self::Syntax => "LOOM-A001",
            Self::Unknown => "LOOM-A002",
            Self::Missing => "LOOM-A003",
            Self::Wrong => "LOOM-A004",
            Self::Password => "LOOM-A005",
            Self::NotForProduction => "LOOM-A006",
            Self::Together => "LOOM-A007",
            Self::NotThere => "LOOM-A008",
            Self::Exposed => "LOOM-A009",
        }
    }
}

/// Something wrong in a configuration.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Mistake {
    /// The file and the line, or the variable.
    pub(super) place: String,
    /// The setting with its table; empty if it is not one alone.
    pub(super) setting: String,
    pub(super) code: Code,
    /// What is wrong, and what to do.
    pub(super) what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, setting, code, what } = self;
        write!(f, "{place}: {}: ", code.name())?;
        if !setting.is_empty() {
            write!(f, "{setting}: ")?;
        }
        f.write_str(what)
    }
}
