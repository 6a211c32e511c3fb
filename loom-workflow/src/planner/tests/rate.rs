use loom_core::Timestamp;

use super::{BEGIN, definition, place, started};
use crate::planner::{Answer, Command, Event, Turn, Unconnected, advance};
use crate::run::{Run, Status};
use crate::{Object, Value};

fn limited(requests: u32, per: &str) -> crate::definition::Definition {
    definition(&format!(
        "{{L: {{type: 'Foreach', foreach: '@triggerBody()', runtimeConfiguration: {{concurrency: \
         {{repetitions: 50}}}}, actions: {{A: {{type: 'Http', inputs: {{method: 'GET', uri: \
         '@item()'}}, rateLimit: {{requests: {requests}, per: '{per}'}}}}}}}}}}"
    ))
}

/// When each of so many calls is made, in milliseconds after the begin; the run is written and
/// read between events.
fn calls(definition: &crate::definition::Definition, count: i64) -> Vec<u64> {
    let body = Value::from((0..count).map(Value::Integer).collect::<Vec<_>>());
    let mut run = started(definition, body, false);
    let (mut made, mut timers) = (Vec::new(), Vec::new());
    let mut due = vec![(BEGIN, Event::Continued)];
    while let Some((now, event)) = due.pop() {
        run = serde_json::from_str(&serde_json::to_string(&run).unwrap()).unwrap();
        let step = advance(definition, &mut run, event, &Turn { now, around: &Unconnected });
        for command in step.commands {
            match command {
                Command::Call(_) => made.push(now.as_millis() - BEGIN.as_millis()),
                Command::StartTimer { id, at } => timers.push((at, id)),
                other => panic!("{other:?}"),
            }
        }
        timers.sort();
        if due.is_empty() && !timers.is_empty() {
            let (at, id) = timers.remove(0);
            due.push((at, Event::TimerFired(id)));
        }
    }
    made
}

#[test]
fn calls_that_are_too_many_wait_for_their_turns() {
    let rows: [(u32, &str, i64, &[u64]); 5] = [
        (1, "second", 3, &[0, 1_000, 2_000]),
        (3, "second", 5, &[0, 0, 0, 334, 667]),
        (2, "minute", 4, &[0, 0, 30_000, 60_000]),
        (2, "Hour", 3, &[0, 0, 1_800_000]),
        (100, "second", 4, &[0, 0, 0, 0]),
    ];
    for (requests, per, count, expected) in rows {
        assert_eq!(calls(&limited(requests, per), count), expected, "{requests} per {per}");
    }
}

#[test]
fn another_attempt_waits_for_its_turn_too_and_the_action_still_has_its_limit() {
    let definition = definition(
        "{A: {type: 'Http', inputs: {method: 'GET', uri: 'x', retryPolicy: {type: 'fixed', count: 1, \
         interval: 'PT5S'}}, rateLimit: {requests: 1, per: 'minute'}, limit: {timeout: 'PT30S'}}}",
    );
    let mut run: Run = started(&definition, Value::Null, true);
    let at = |millis: u64| Timestamp::from_millis(BEGIN.as_millis() + millis);
    let mut turn = |now: Timestamp, event: Event| {
        advance(&definition, &mut run, event, &Turn { now, around: &Unconnected })
    };
    let step = turn(BEGIN, Event::Continued);
    let [Command::StartTimer { id: deadline, .. }, Command::Call(_)] = step.commands[..] else {
        panic!("{step:?}")
    };
    let outputs = Object::from([("statusCode", Value::Integer(503))]);
    let answer = Answer::outputs(outputs.into());
    let step = turn(BEGIN, Event::Answered { place: place(&definition, "A"), attempt: 1, answer });
    let [Command::StartTimer { id: retry, .. }] = step.commands[..] else { panic!("{step:?}") };
    let step = turn(at(5_000), Event::TimerFired(retry));
    let [Command::StartTimer { id, at: due }] = step.commands[..] else { panic!("{step:?}") };
    assert_eq!(due, at(60_000));
    let step = turn(at(30_000), Event::TimerFired(deadline));
    assert_eq!(step.records[0].record.status, Status::TimedOut);
    assert!(step.commands.contains(&Command::StopTimer { id }), "{step:?}");
}
