//! What several servers remember, put together for one that has forgotten.

use std::collections::BTreeMap;

use super::mend::Believed;

/// The proposal of a name that cannot be told whose it is: nobody's who could renew or release it.
const UNCLEAR: &str = "?";
/// The proposal of a name that nobody has.
const NOBODY: &str = "-";
/// No lease has it.
const NO_TOKEN: u64 = 1;

/// What a server is told: the greatest token, and the leases.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Memory {
    pub(super) token: u64,
    pub(super) leases: Vec<Lease>,
}

/// A lease as servers keep it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Lease {
    pub(super) name: String,
    /// The proposal and the token.
    pub(super) whose: (String, u64),
    /// The greatest token of the name that was released.
    pub(super) released: u64,
    /// The time that is left of it, or when it ends if callers say what time it is.
    pub(super) until: u64,
}

/// What is told of a name.
#[derive(Default)]
struct Told {
    released: u64,
    until: u64,
    /// How many servers know of a lease, and until when.
    leases: BTreeMap<(u64, String), (usize, u64)>,
}

impl Memory {
    /// Puts together what servers of `nodes` have told.
    pub(super) fn of(told: Vec<(u64, Vec<Lease>)>, believed: Believed, nodes: usize) -> Self {
        let unknown = nodes - told.len();
        let mut token = 0;
        let mut names: BTreeMap<String, Told> = BTreeMap::new();
        for (greatest, leases) in told {
            token = token.max(greatest);
            for Lease { name, whose: (proposal, token), released, until } in leases {
                let told = names.entry(name).or_default();
                told.released = told.released.max(released);
                told.until = told.until.max(until);
                if proposal != NOBODY {
                    let lease = told.leases.entry((token, proposal)).or_default();
                    *lease = (lease.0 + 1, lease.1.max(until));
                }
            }
        }
        let leases =
            names.into_iter().filter_map(|(name, Told { released, until, mut leases })| {
                leases.retain(|(token, proposal), (count, _)| {
                    // Those that so few servers know of are not held by anybody.
                    let may_be_held = *count + unknown > nodes / 2 || believed == Believed::All;
                    may_be_held && (*token > released || proposal == UNCLEAR)
                });
                let ends = leases.values().map(|(_, until)| *until).max();
                // The one with the greatest token need not be the last that was given: an attempt
                // that failed may have a greater one.
                let is_unclear = leases.len() > 1 && believed == Believed::Majority;
                let (whose, until) = match leases.pop_last().zip(ends) {
                    Some((_, until)) if is_unclear => ((UNCLEAR.into(), NO_TOKEN), until),
                    Some((((token, proposal), _), until)) => ((proposal, token), until),
                    None if released > 0 => ((NOBODY.into(), 0), until),
                    None => return None,
                };
                Some(Lease { name, whose, released, until })
            });
        let leases = leases.collect();
        Self { token, leases }
    }
}

#[cfg(test)]
mod tests;
