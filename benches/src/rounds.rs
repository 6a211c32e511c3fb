//! Taking turns, so that a busy moment of the machine hits everyone alike.

use crate::cost::Cost;
use crate::line::{Line, Role, Unit};

/// One implementation of one piece of work.
pub(crate) struct Entrant<'a> {
    /// Who it is.
    pub(crate) name: &'static str,
    /// What it is to us.
    pub(crate) role: Role,
    /// Does the work and checks that it was done.
    pub(crate) run: Box<dyn Fn() -> Cost + 'a>,
}

impl<'a> Entrant<'a> {
    /// Names a piece of work.
    pub(crate) fn new(name: &'static str, role: Role, run: impl Fn() -> Cost + 'a) -> Self {
        Self { name, role, run: Box::new(run) }
    }
}

/// Lets all entrants work once per round, after one round that does not count, and gives the
/// medians.
#[must_use]
pub(crate) fn compete(
    work: &str,
    unit: Unit,
    rounds: usize,
    entrants: &[Entrant<'_>],
) -> Vec<Line> {
    let mut costs = vec![Vec::with_capacity(rounds); entrants.len()];
    for round in 0..=rounds {
        for (entrant, costs) in entrants.iter().zip(&mut costs) {
            let cost = (entrant.run)();
            if round > 0 {
                costs.push(cost);
            }
        }
    }
    let lines = entrants.iter().zip(&costs).map(|(entrant, costs)| {
        Line::measured(work, entrant.name, entrant.role, Cost::median(costs).figures(unit))
    });
    lines.collect()
}
