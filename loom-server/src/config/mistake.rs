//! What is wrong in a configuration, where, and what to do.

use std::fmt;

use super::profile::Verdict;

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
    /// A key of an account opens everything, and does not expire.
    #[cfg_attr(not(feature = "azure"), expect(dead_code, reason = "only Azure has such keys"))]
    AccountKey,
    /// What is sent could be read on its way.
    Plain,
    /// This program was built without it.
    #[cfg_attr(feature = "azure", expect(dead_code, reason = "all of it was built"))]
    NotBuilt,
    /// It is set, and nothing uses it.
    Unused,
    /// Nobody could call runs of workflows back.
    NotCalledBack,
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
            Self::AccountKey => "LOOM-A010",
            Self::Plain => "LOOM-A011",
            Self::NotBuilt => "LOOM-A012",
            Self::Unused => "LOOM-A013",
            Self::NotCalledBack => "LOOM-A014",
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
    pub(super) verdict: Verdict,
    /// Whether a host in production would not start with it.
    pub(super) is_refused_in_production: bool,
    /// What is wrong, and what to do.
    pub(super) what: String,
}

impl Mistakes {
    /// One is told of each setting: what else is wrong with it follows from that.
    pub(super) fn add(&mut self, mistake: Mistake) {
        let is_told = |told: &Mistake| {
            let is_as_bad = told.verdict == Verdict::Refused || mistake.verdict != Verdict::Refused;
            is_as_bad && !told.setting.is_empty() && told.setting == mistake.setting
        };
        if !self.0.iter().any(is_told) {
            self.0.push(mistake);
        }
    }

    /// Whether the host must not start.
    pub(super) fn is_refused(&self) -> bool {
        self.0.iter().any(|mistake| mistake.verdict == Verdict::Refused)
    }

    /// Those with one verdict.
    pub(super) fn of(&self, verdict: Verdict) -> Vec<String> {
        self.those(|mistake| mistake.verdict == verdict)
    }

    /// Those that would keep a host in production from starting.
    pub(super) fn in_production(&self) -> Vec<String> {
        self.those(|mistake| mistake.is_refused_in_production)
    }

    /// From the beginning to the end, and then what is missing.
    fn those(&self, wanted: impl Fn(&Mistake) -> bool) -> Vec<String> {
        let mut mistakes: Vec<_> = self.0.iter().filter(|mistake| wanted(mistake)).collect();
        mistakes.sort_by_key(|mistake| (mistake.code == Code::Missing, mistake.start));
        mistakes.iter().map(ToString::to_string).collect()
    }
}

impl Mistake {
    /// A mistake that no host starts with.
    pub(super) fn of(
        start: usize,
        place: String,
        setting: String,
        code: Code,
        what: String,
    ) -> Self {
        let verdict = Verdict::Refused;
        Self { start, place, setting, code, verdict, is_refused_in_production: true, what }
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self(vec![mistake])
    }
}

/// What keeps the host from starting, one a line.
impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.of(Verdict::Refused).join("\n"))
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
