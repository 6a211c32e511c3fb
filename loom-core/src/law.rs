//! State laws: what has to hold for a state before it is committed.

use std::fmt;

type Check<S> = Box<dyn Fn(&S) -> bool + Send + Sync>;
type Repair<S> = Box<dyn Fn(&mut S) + Send + Sync>;

/// Something that holds for every committed state of an actor.
pub struct Law<S> {
    name: &'static str,
    check: Check<S>,
    repair: Option<Repair<S>>,
}

/// All laws of a kind of actor, in the order in which they are repaired.
pub struct Laws<S>(Vec<Law<S>>);

/// What became of a state that was about to be committed.
#[must_use = "a rejected state must not be committed"]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Enforced {
    /// All laws hold; the state was not touched.
    Upheld,
    /// All laws hold after these laws were repaired, in this order. The state was changed.
    Repaired {
        /// Their names.
        laws: Vec<&'static str>,
    },
    /// Some law does not hold. The state may be half repaired and has to be dropped.
    Rejected {
        /// All laws that were broken, in the order of the laws.
        violations: Vec<Violation>,
    },
}

/// How a law was broken. Prints as the name of the law and what was tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Violation {
    /// The handler broke it, and nothing was repaired: it, or another one, has no repair.
    #[error("{0}")]
    Broken(&'static str),
    /// It does not hold although its repair was run.
    #[error("{0} (also after its repair)")]
    NotMended(&'static str),
    /// It held until the repair of another one broke it.
    #[error("{0} (through the repair of another law)")]
    BrokenByRepair(&'static str),
}

impl<S> Law<S> {
    /// A law that `check` says holds. A state that breaks it is rejected.
    ///
    /// The check has to depend on the state alone, so that a replay decides the same.
    pub fn new(name: &'static str, check: impl Fn(&S) -> bool + Send + Sync + 'static) -> Self {
        Self { name, check: Box::new(check), repair: None }
    }

    /// Lets `repair` mend a state that breaks the law.
    #[must_use]
    pub fn repaired_by(mut self, repair: impl Fn(&mut S) + Send + Sync + 'static) -> Self {
        self.repair = Some(Box::new(repair));
        self
    }
}

impl<S> Laws<S> {
    /// No laws: every state is upheld.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a law, to be repaired after those already there.
    #[must_use]
    pub fn law(mut self, law: Law<S>) -> Self {
        self.0.push(law);
        self
    }

    /// Whether there are none, so that a caller need not even decode the state.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks every law, repairs what can be repaired, and checks every law again.
    ///
    /// If a broken law has no repair, nothing is repaired. Otherwise one pass is made over the
    /// laws in order, and each that does not hold when its turn comes is repaired, once. So
    /// this ends, also when two repairs undo one another. Whether anything was repaired
    /// depends on what ran, not on what the repaired value looks like.
    ///
    /// A check or a repair that panics does so through this call.
    pub fn enforce(&self, state: &mut S) -> Enforced {
        let broken: Vec<_> = self.0.iter().filter(|law| !(law.check)(state)).collect();
        if broken.is_empty() {
            return Enforced::Upheld;
        }
        if broken.iter().any(|law| law.repair.is_none()) {
            let violations = broken.iter().map(|law| Violation::Broken(law.name)).collect();
            return Enforced::Rejected { violations };
        }

        let repaired: Vec<_> = self.0.iter().map(|law| law.repair_if_broken(state)).collect();

        let outcomes = self.0.iter().zip(&repaired);
        let violations: Vec<_> = outcomes
            .clone()
            .filter(|(law, _)| !(law.check)(state))
            .map(|(law, &repaired)| {
                if repaired {
                    Violation::NotMended(law.name)
                } else {
                    Violation::BrokenByRepair(law.name)
                }
            })
            .collect();
        if !violations.is_empty() {
            return Enforced::Rejected { violations };
        }
        let laws = outcomes.filter(|(_, repaired)| **repaired).map(|(law, _)| law.name).collect();
        Enforced::Repaired { laws }
    }
}

impl<S> Law<S> {
    /// Whether its repair was run.
    fn repair_if_broken(&self, state: &mut S) -> bool {
        match &self.repair {
            Some(repair) if !(self.check)(state) => {
                repair(state);
                true
            }
            _ => false,
        }
    }
}

impl<S> Default for Laws<S> {
    fn default() -> Self {
        Self::none()
    }
}

impl<S> FromIterator<Law<S>> for Laws<S> {
    fn from_iter<I: IntoIterator<Item = Law<S>>>(laws: I) -> Self {
        Self(laws.into_iter().collect())
    }
}

impl Violation {
    /// The name of the law.
    #[must_use]
    pub const fn law(&self) -> &'static str {
        match self {
            Self::Broken(law) | Self::NotMended(law) | Self::BrokenByRepair(law) => law,
        }
    }
}

impl<S> fmt::Debug for Law<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repairable = self.repair.is_some();
        let mut law = f.debug_struct("Law");
        law.field("name", &self.name).field("repairable", &repairable).finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for Laws<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

#[cfg(test)]
mod tests;
