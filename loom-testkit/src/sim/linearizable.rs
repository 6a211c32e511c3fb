//! Whether calls that overlapped look as if they had happened one after another.
//!
//! The search of Wing and Gong ("Testing and Verifying Concurrent Objects", 1993) with Lowe's memory
//! of configurations that were seen ("Testing for Linearizability", 2017). Calls of one actor are
//! checked apart from those of others, which is sound because linearizability is local
//! (Herlihy and Wing, 1990).

use std::collections::BTreeSet;

/// What an actor does, one call after another.
pub trait Sequential {
    /// Its state.
    type State: Clone + Ord;
    /// A call.
    type Call;
    /// How a call is answered.
    type Answer;

    /// The state before the first call.
    fn begin(&self) -> Self::State;

    /// The state after `call`, if it can be answered like this in `state`. Without an answer it
    /// is not known, and any is right.
    fn after(
        &self,
        state: &Self::State,
        call: &Self::Call,
        answer: Option<&Self::Answer>,
    ) -> Option<Self::State>;
}

/// A call, and when it was made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Observed<C, A> {
    /// What was called.
    pub call: C,
    /// When, in steps of the simulation or anything else that counts up.
    pub invoked: u64,
    /// How it was answered, and when. A call without an answer may have happened at any time
    /// since, or never.
    pub returned: Option<(u64, A)>,
}

/// Whether a history is linearizable.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub enum Linearizable {
    /// There is an order that explains every answer. The indices are in this order.
    Yes(Vec<usize>),
    /// There is none. So many calls could be explained, at most.
    No(usize),
    /// The search took more than the configurations it was allowed.
    GaveUp,
}

/// Looks for an order of the calls that explains every answer and in which no call comes before
/// one that had returned when it was made.
pub fn linearize<S: Sequential>(
    spec: &S,
    history: &[Observed<S::Call, S::Answer>],
    configurations_max: usize,
) -> Linearizable {
    let mut search = Search {
        spec,
        history,
        seen: BTreeSet::new(),
        order: Vec::new(),
        done: vec![0; history.len().div_ceil(64)],
        longest: 0,
        configurations_max,
    };
    match search.go_on(&spec.begin()) {
        Found::Order => Linearizable::Yes(search.order),
        Found::Nothing => Linearizable::No(search.longest),
        Found::TooMuch => Linearizable::GaveUp,
    }
}

struct Search<'a, S: Sequential> {
    spec: &'a S,
    history: &'a [Observed<S::Call, S::Answer>],
    seen: BTreeSet<(Vec<u64>, S::State)>,
    order: Vec<usize>,
    /// One bit for each call.
    done: Vec<u64>,
    longest: usize,
    configurations_max: usize,
}

enum Found {
    Order,
    Nothing,
    TooMuch,
}

impl<S: Sequential> Search<'_, S> {
    fn go_on(&mut self, state: &S::State) -> Found {
        self.longest = self.longest.max(self.order.len());
        let open = || self.history.iter().enumerate().filter(|(index, _)| !self.is_done(*index));
        // Whatever comes next must have been invoked before any of the others returned.
        let returns = open().filter_map(|(_, call)| call.returned.as_ref().map(|(at, _)| *at));
        let Some(first_return) = returns.min() else { return Found::Order };
        let next: Vec<usize> = open()
            .filter(|(_, call)| call.invoked < first_return)
            .map(|(index, _)| index)
            .collect();
        for index in next {
            let Observed { call, returned, .. } = &self.history[index];
            let answer = returned.as_ref().map(|(_, answer)| answer);
            let Some(after) = self.spec.after(state, call, answer) else { continue };
            self.flip(index);
            if self.seen.insert((self.done.clone(), after.clone())) {
                if self.seen.len() > self.configurations_max {
                    return Found::TooMuch;
                }
                self.order.push(index);
                match self.go_on(&after) {
                    Found::Nothing => {}
                    found => return found,
                }
                self.order.pop();
            }
            self.flip(index);
        }
        Found::Nothing
    }

    fn is_done(&self, index: usize) -> bool {
        self.done[index / 64] & (1 << (index % 64)) != 0
    }

    fn flip(&mut self, index: usize) {
        self.done[index / 64] ^= 1 << (index % 64);
    }
}

#[cfg(test)]
mod tests;
