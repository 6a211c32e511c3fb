//! What has run before what.

use crate::definition::{ActionIndex, Definition};

/// For each action, the siblings that have ended before it begins.
pub(super) struct Order {
    before: Vec<Vec<u64>>,
}

impl Order {
    /// Takes time and memory with the square of the number of actions; the circles must be gone.
    pub(super) fn of(definition: &Definition) -> Self {
        let count = definition.actions.len();
        let words = count.div_ceil(64);
        let mut before = vec![vec![0_u64; words]; count];
        let mut left: Vec<usize> = definition.actions.iter().map(|it| it.run_after.len()).collect();
        let mut free: Vec<usize> = (0..count).filter(|at| left[*at] == 0).collect();
        while let Some(at) = free.pop() {
            let mut own = std::mem::take(&mut before[at]);
            for (previous, _) in &definition.actions[at].run_after {
                own[previous.at() / 64] |= 1 << (previous.at() % 64);
                for (word, more) in own.iter_mut().zip(&before[previous.at()]) {
                    *word |= more;
                }
            }
            before[at] = own;
            for follower in &definition.actions[at].followers {
                left[follower.at()] -= 1;
                if left[follower.at()] == 0 {
                    free.push(follower.at());
                }
            }
        }
        Self { before }
    }

    /// Whether `earlier` has run, or was skipped, when `later` begins: it, or what contains it,
    /// is before `later` or before what contains `later`.
    pub(super) fn is_before(
        &self,
        definition: &Definition,
        earlier: ActionIndex,
        later: ActionIndex,
    ) -> bool {
        around(definition, later).any(|late| {
            let undone = definition
                .action(late)
                .undoes
                .then_some(definition.action(late).container)
                .flatten();
            around(definition, earlier).any(|early| {
                self.before[late.at()][early.at() / 64] >> (early.at() % 64) & 1 == 1
                    || undone == Some(early)
            })
        })
    }
}

/// The action and everything that contains it.
pub(super) fn around(
    definition: &Definition,
    index: ActionIndex,
) -> impl Iterator<Item = ActionIndex> {
    std::iter::successors(Some(index), |it| definition.action(*it).container)
}
