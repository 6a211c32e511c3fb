use std::collections::{BTreeSet, VecDeque};

use loom_core::Timestamp;

use super::{BEGIN, definition, started};
use crate::definition::Definition;
use crate::planner::{Advance, Answer, Command, Event, Turn, Unconnected, advance};
use crate::run::{Run, TimerId};
use crate::{Object, Value};

/// Branches, loops, retries, a scope with a catch, a saga and variables.
const EVERYTHING: &str = "{
  N: {type: 'InitializeVariable', inputs: {variables: [{name: 'n', type: 'Integer', value: 0}]}},
  A: {type: 'Compose', inputs: {id: '@guid()', r: '@rand(0, 1000000)'}, runAfter: {N: ['Succeeded']}},
  Each: {type: 'Foreach', foreach: '@range(1, 45)', runAfter: {A: ['Succeeded']}, actions: {
    Call: {type: 'Http', inputs: {method: 'GET', uri: '@{item()}', retryPolicy: {type: 'exponential', count: 2, interval: 'PT7S', minimumInterval: 'PT5S'}}},
    If: {type: 'If', expression: {equals: [\"@mod(item(), 3)\", 0]}, runAfter: {Call: ['Succeeded', 'Failed']},
      actions: {Odd: {type: 'Compose', inputs: \"@outputs('Call')?['statusCode']\"}},
      else: {actions: {W: {type: 'Wait', inputs: {interval: {count: '@item()', unit: 'Second'}}}}}},
    Inc: {type: 'IncrementVariable', inputs: {name: 'n', value: 1}, runAfter: {If: ['Succeeded']}}}},
  Try: {type: 'Saga', runAfter: {Each: ['Succeeded', 'Failed']}, actions: {
    Book: {type: 'Http', inputs: {method: 'POST', uri: 'book'}, compensate: {actions: {Unbook: {type: 'Http', inputs: {method: 'DELETE', uri: \"@{outputs('Book')?['statusCode']}\"}}}}},
    Pay: {type: 'Http', inputs: {method: 'POST', uri: 'fail'}, runAfter: {Book: ['Succeeded']}}}},
  Catch: {type: 'Scope', runAfter: {Try: ['Failed']}, actions: {
    R: {type: 'Query', inputs: {from: \"@result('Try')\", where: \"@equals(item()?['status'], 'Failed')\"}},
    L: {type: 'Until', expression: \"@greater(variables('n'), 60)\", runAfter: {R: ['Succeeded']}, actions: {More: {type: 'IncrementVariable', inputs: {name: 'n', value: 5}}}}}},
  End: {type: 'Compose', inputs: [\"@variables('n')\", \"@outputs('A')\", \"@length(outputs('Odd'))\", \"@utcNow()\"], runAfter: {Catch: ['Succeeded']}}}";

/// Plays a run. After each event the run is as `between` makes it.
fn play(definition: &Definition, mut between: impl FnMut(Run) -> Run) -> (Run, Vec<Advance>) {
    let mut run = between(started(definition, Value::Null, false));
    let mut now = BEGIN;
    let mut events = VecDeque::from([Event::Continued]);
    let mut timers: BTreeSet<(Timestamp, TimerId)> = BTreeSet::new();
    let mut steps = Vec::new();
    while !run.status().has_ended() {
        let event = events.pop_front().unwrap_or_else(|| {
            let (at, id) = timers.pop_first().expect("something is to come");
            now = at;
            Event::TimerFired(id)
        });
        let step = advance(definition, &mut run, event, &Turn { now, around: &Unconnected });
        run = between(run);
        for command in &step.commands {
            match command {
                Command::StartTimer { id, at } => {
                    timers.insert((*at, *id));
                }
                Command::StopTimer { id } => timers.retain(|(_, it)| it != id),
                Command::Call(call) => {
                    let uri = call.inputs.property("uri").to_text();
                    let is_busy = uri.len() == 1 && call.attempt == 1 || &*uri == "fail";
                    let code = Value::Integer(if is_busy { 503 } else { 200 });
                    let answer = Answer::outputs(Object::from([("statusCode", code)]).into());
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
        steps.push(step);
    }
    (run, steps)
}

#[test]
fn a_run_that_is_stored_after_every_event_goes_on_as_if_it_had_not_been() {
    let definition = definition(EVERYTHING);
    let (run, steps) = play(&definition, |run| run);
    assert!(steps.len() > 100);
    let end = steps.iter().flat_map(|it| &it.records).last().unwrap();
    assert_eq!(end.name, "End");
    let outputs = end.record.outputs.clone().unwrap();
    assert_eq!(outputs.as_array().unwrap()[0], Value::Integer(65));
    assert_eq!(outputs.as_array().unwrap()[2], Value::Integer(45));
    let undone = steps.iter().flat_map(|it| &it.records).find(|it| it.name == "Unbook");
    assert_eq!(undone.unwrap().record.inputs.as_ref().unwrap().property("uri"), Value::from("200"));

    let stored = play(&definition, |run| {
        serde_json::from_str(&serde_json::to_string(&run).unwrap()).unwrap()
    });
    assert_eq!(stored, (run, steps));
}

#[test]
fn nothing_is_called_twice_with_one_attempt() {
    let (_, steps) = play(&definition(EVERYTHING), |run| run);
    let mut seen = BTreeSet::new();
    for command in steps.iter().flat_map(|it| &it.commands) {
        if let Command::Call(call) = command {
            assert!(seen.insert((call.path.clone(), call.attempt)), "{call:?}");
        }
    }
    assert_eq!(seen.len(), 45 + 9 + 1 + 5 + 1);
}
