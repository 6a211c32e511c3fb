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

/// All that is wrong in a configuration.
#[derive(Debug, Default)]
pub(super) struct Mistakes(Vec<Mistake>);

/// Something wrong in a configuration.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Mistake {
    /// How far it is from the beginning.
    pub(super) start: usize,
    /// The file and the line, or the variable.
    pub(super) place: String,
    /// The setting with its table; empty if it is not one alone.
    pub(super) setting: String,
    pub(super) code: Code,
    /// What is wrong, and what to do.
    pub(super) what: String,
}

impl Mistakes {
    /// One is told of each setting: what else is wrong with it follows from that.
    pub(super) fn add(&mut self, mistake: Mistake) {
        let is_told = |told: &Mistake| !told.setting.is_empty() && told.setting == mistake.setting;
        if !self.0.iter().any(is_told) {
            self.0.push(mistake);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self(vec![mistake])
    }
}

/// One a line, from the beginning to the end, and then what is missing.
impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut mistakes: Vec<_> = self.0.iter().collect();
        mistakes.sort_by_key(|mistake| (mistake.code == Code::Missing, mistake.start));
        let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, setting, code, what, .. } = self;
        write!(f, "{place}: {}: ", code.name())?;
        if !setting.is_empty() {
            write!(f, "{setting}: ")?;
        }
        f.write_str(what)
    }
}
