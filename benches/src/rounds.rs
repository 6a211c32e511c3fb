//! Taking turns, so that a busy moment of the machine hits everyone alike.

use crate::cost::Cost;
use crate::report::Line;

/// One implementation of one piece of work.
pub(crate) struct Entrant<'a> {
    /// Who it is.
    pub(crate) name: &'static str,
    /// Does the work and checks that it was done.
    pub(crate) run: Box<dyn Fn() -> Cost + 'a>,
}

impl<'a> Entrant<'a> {
    /// Names a piece of work.
    pub(crate) fn new(name: &'static str, run: impl Fn() -> Cost + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// Lets all entrants work once per round, after one round that does not count, and gives the
/// medians. The first entrant is ours; the others are compared with it.
#[must_use]
pub(crate) fn compete(work: &'static str, rounds: usize, entrants: &[Entrant<'_>]) -> Vec<Line> {
    let mut costs = vec![Vec::with_capacity(rounds); entrants.len()];
    for round in 0..=rounds {
        for (entrant, costs) in entrants.iter().zip(&mut costs) {
            let cost = (entrant.run)();
            if round > 0 {
                costs.push(cost);
            }
        }
    }
    let medians: Vec<Cost> = costs.iter().map(|costs| median(costs)).collect();
    let ours = medians.first().map_or(f64::NAN, |ours| ours.wall_ns);
    let lines = entrants.iter().zip(&medians).map(|(entrant, cost)| Line {
        work,
        entrant: entrant.name,
        unit: "ns",
        per_operation: cost.wall_ns,
        cpu_ns_per_operation: Some(cost.cpu_ns),
        ratio_to_ours: cost.wall_ns / ours,
    });
    lines.collect()
}

fn median(costs: &[Cost]) -> Cost {
    let middle = |part: fn(&Cost) -> f64| {
        let mut parts: Vec<f64> = costs.iter().map(part).collect();
        parts.sort_unstable_by(f64::total_cmp);
        parts[parts.len() / 2]
    };
    Cost { wall_ns: middle(|cost| cost.wall_ns), cpu_ns: middle(|cost| cost.cpu_ns) }
}
