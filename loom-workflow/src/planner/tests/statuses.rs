//! Random actions that run after each other, against the rule as it is written down: what a status
//! stands for is looked up again and again, without any bookkeeping.

use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};

use super::{definition, started, turn};
use crate::Value;
use crate::planner::Event;
use crate::run::{RunStatus, Status};

/// An action: whether it fails when it runs, and what it runs after with which statuses.
#[derive(Clone, Debug)]
struct Step {
    fails: bool,
    after: Vec<(usize, u8)>,
}

const STATUSES: [(Status, &str); 3] =
    [(Status::Succeeded, "Succeeded"), (Status::Failed, "Failed"), (Status::Skipped, "Skipped")];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (any::<bool>(), proptest::collection::vec((any::<usize>(), 1_u8..8), 0..3));
    proptest::collection::vec(step, 1..12).prop_map(|steps| {
        let after = |at: usize, after: Vec<(usize, u8)>| {
            let mut after: Vec<_> =
                after.into_iter().filter(|_| at > 0).map(|(to, it)| (to % at.max(1), it)).collect();
            after.sort_unstable();
            after.dedup_by_key(|(to, _)| *to);
            after
        };
        let steps = steps.into_iter().enumerate();
        steps.map(|(at, (fails, it))| Step { fails, after: after(at, it) }).collect()
    })
}

fn status_of(steps: &[Step], at: usize) -> Status {
    let takes = |(to, set): &(usize, u8)| {
        let actual = status_of(steps, *to);
        STATUSES
            .iter()
            .enumerate()
            .any(|(bit, (status, _))| set >> bit & 1 == 1 && *status == actual)
    };
    match (steps[at].after.iter().all(takes), steps[at].fails) {
        (false, _) => Status::Skipped,
        (true, true) => Status::Failed,
        (true, false) => Status::Succeeded,
    }
}

/// Whether an action, or what it stands for when it was skipped, has failed.
fn stands_for_failure(steps: &[Step], at: usize) -> bool {
    match status_of(steps, at) {
        Status::Failed => true,
        Status::Skipped => steps[at].after.iter().any(|(to, _)| stands_for_failure(steps, *to)),
        _ => false,
    }
}

fn actions(steps: &[Step]) -> String {
    let action = |(at, step): (usize, &Step)| {
        let after = step.after.iter().map(|(to, set)| {
            let listed = STATUSES.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
            let names: Vec<String> = listed.map(|(_, (_, name))| format!("'{name}'")).collect();
            format!("A{to}: [{}]", names.join(","))
        });
        let after: Vec<String> = after.collect();
        let inputs = if step.fails { "@div(1, 0)" } else { "x" };
        format!("A{at}: {{type: 'Compose', inputs: '{inputs}', runAfter: {{{}}}}}", after.join(","))
    };
    steps.iter().enumerate().map(action).collect::<Vec<_>>().join(",")
}

proptest! {
    #[test]
    fn a_run_and_its_actions_have_the_statuses_that_the_rule_says(steps in steps(), in_scope in any::<bool>()) {
        let inner = actions(&steps);
        let text = if in_scope { format!("{{S: {{type: 'Scope', actions: {{{inner}}}}}}}") } else { format!("{{{inner}}}") };
        let definition = definition(&text);
        let mut run = started(&definition, Value::Null, false);
        let step = turn(&definition, &mut run, Event::Continued);
        for at in 0..steps.len() {
            let name = format!("A{at}");
            let record = step.records.iter().find(|it| it.name == name).unwrap();
            prop_assert_eq!(record.record.status, status_of(&steps, at), "{}", name);
        }
        let is_leaf = |at: &usize| steps.iter().all(|it| it.after.iter().all(|(to, _)| to != at));
        let has_failed = (0..steps.len()).filter(is_leaf).any(|at| stands_for_failure(&steps, at));
        let expected = if has_failed { RunStatus::Failed } else { RunStatus::Succeeded };
        prop_assert_eq!(run.status(), expected);
    }
}
