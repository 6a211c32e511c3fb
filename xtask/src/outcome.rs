//! What became of one check.

use std::error::Error;
use std::fmt;

/// What a check objects to, one sentence each; an error when it could not look at all.
pub(crate) type Findings = Result<Vec<String>, Box<dyn Error>>;

/// What became of one check. Not having run is never the same as having passed.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Outcome {
    Passed,
    Failed,
    NotRun(String),
}

impl Outcome {
    /// Prints the findings and sums them up.
    pub(crate) fn of(findings: Findings) -> Self {
        let findings = findings.unwrap_or_else(|error| vec![error.to_string()]);
        for finding in &findings {
            println!("{finding}");
        }
        if findings.is_empty() { Self::Passed } else { Self::Failed }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.pad("ok"),
            Self::Failed => f.pad("FAILED"),
            Self::NotRun(reason) => f.pad(&format!("NOT RUN ({reason})")),
        }
    }
}
