//! How strict a host is with what it is told.

use serde::{Deserialize, Serialize};

/// What a host is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Profile {
    /// Nothing is kept longer than a test.
    Testing,
    /// Somebody tries things out.
    Development,
    /// As production, but with what is not yet there told of.
    Staging,
    /// Others rely on it.
    #[default]
    Production,
}

/// When something is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rule {
    /// It cannot work, or nobody can want it.
    Always,
    /// Where data is to be kept: in staging and production.
    Kept,
    /// In production. In staging it is told of.
    #[cfg_attr(
        not(any(feature = "azure", test)),
        expect(dead_code, reason = "only Azure has need of it")
    )]
    Production,
    /// Nowhere. In staging and production it is told of.
    Advice,
}

/// What becomes of a finding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// The host does not start.
    Refused,
    /// The host starts, and somebody should know.
    Told,
    /// It matters to none but hosts in production.
    Elsewhere,
}

impl Profile {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Testing => "testing",
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        let all = [Self::Testing, Self::Development, Self::Staging, Self::Production];
        all.into_iter().find(|profile| profile.name() == name)
    }

    pub(super) fn judge(self, rule: Rule) -> Verdict {
        match (rule, self) {
            (Rule::Always, _)
            | (Rule::Kept, Self::Staging | Self::Production)
            | (Rule::Production, Self::Production) => Verdict::Refused,
            (Rule::Production, Self::Staging)
            | (Rule::Advice, Self::Staging | Self::Production) => Verdict::Told,
            (_, Self::Testing | Self::Development) => Verdict::Elsewhere,
        }
    }
}

#[cfg(test)]
mod tests;
