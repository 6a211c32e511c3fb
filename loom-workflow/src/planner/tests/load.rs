use super::{definition, started, turn};
use crate::definition::Definition;
use crate::planner::{Answer, Command, Event};
use crate::run::{Run, RunStatus};
use crate::{Object, Value};

/// Answers every call in the order in which it was made, and looks at the run in between.
fn answer_all(definition: &Definition, run: &mut Run, mut look: impl FnMut(usize, &Run)) -> usize {
    let mut events = std::collections::VecDeque::from([Event::Continued]);
    let mut turns = 0;
    while let Some(event) = events.pop_front() {
        let step = turn(definition, run, event);
        assert!(step.records.len() <= 30);
        for command in step.commands {
            match command {
                Command::Call(call) => {
                    let answer =
                        Answer::outputs(Object::from([("body", Value::from("ok"))]).into());
                    events.push_back(Event::Answered {
                        place: call.place,
                        attempt: call.attempt,
                        answer,
                    });
                }
                Command::Continue => events.push_back(Event::Continued),
                _ => {}
            }
        }
        look(turns, run);
        turns += 1;
    }
    turns
}

const LOOP: &str = "{Each: {type: 'Foreach', foreach: '@triggerBody()', actions: {
    A: {type: 'Http', inputs: {method: 'GET', uri: 'https://svc.test/'}},
    B: {type: 'Compose', inputs: \"@body('A')\", runAfter: {A: ['Succeeded']}}}}}";

#[test]
fn a_loop_of_ten_thousand_remembers_no_more_in_the_end_than_in_the_beginning() {
    let definition = definition(LOOP);
    let items: Value = (0..10_000).map(Value::Integer).collect();
    let mut run = started(&definition, items, false);
    let mut sizes = Vec::new();
    let turns = answer_all(&definition, &mut run, |turn, run| {
        if turn % 2_000 == 1 {
            sizes.push(serde_json::to_string(run).unwrap().len());
        }
    });
    assert_eq!(turns, 10_001);
    assert_eq!(run.status(), RunStatus::Succeeded);
    let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
    assert!(most - least < 2_000, "{sizes:?}");
    assert!(run.running().is_empty());
}

#[test]
fn two_states_in_a_row_of_a_loop_that_is_remembered_differ_in_one_small_place() {
    let text = LOOP.trim_end_matches('}').to_owned()
        + "}}}}, Sum: {type: 'Compose', inputs: \"@length(outputs('B'))\", runAfter: {Each: ['Succeeded']}}}";
    let definition = definition(&text);
    let items: Value = (0..2_000).map(Value::Integer).collect();
    let mut run = started(&definition, items, false);
    let mut before: Vec<u8> = Vec::new();
    answer_all(&definition, &mut run, |turn, run| {
        if !(500..700).contains(&turn) {
            return;
        }
        let now = serde_json::to_vec(run).unwrap();
        if !before.is_empty() {
            let same = before.iter().zip(&now).take_while(|(a, b)| a == b).count();
            let tail =
                before.iter().rev().zip(now.iter().rev()).take_while(|(a, b)| a == b).count();
            assert!(
                now.len() - (same + tail).min(now.len()) < 20_000,
                "{turn}: {} of {}",
                now.len() - same - tail,
                now.len()
            );
            assert!(now.len() > 30_000);
        }
        before = now;
    });
    assert_eq!(run.status(), RunStatus::Succeeded);
}

#[test]
fn a_loop_without_calls_ends_its_turns_and_asks_for_more() {
    let definition = definition(
        "{N: {type: 'InitializeVariable', inputs: {variables: [{name: 'n', type: 'Integer'}]}},
          L: {type: 'Until', expression: \"@equals(1, 2)\", limit: {count: 5000, timeout: 'PT1H'}, runAfter: {N: ['Succeeded']}, actions: {
            I: {type: 'IncrementVariable', inputs: {name: 'n'}}}},
          R: {type: 'Compose', inputs: \"@variables('n')\", runAfter: {L: ['Succeeded']}}}",
    );
    let mut run = started(&definition, Value::Null, false);
    let mut turns = 0;
    let mut last = Vec::new();
    while run.is_ready() {
        let step = turn(&definition, &mut run, Event::Continued);
        assert!(step.records.len() <= super::super::STEPS_PER_TURN_MAX as usize);
        assert_eq!(run.is_ready(), step.commands.contains(&Command::Continue));
        turns += 1;
        last = step.records;
    }
    assert!(turns > 5);
    assert_eq!(last.last().unwrap().record.outputs, Some(Value::Integer(5_000)));
}
