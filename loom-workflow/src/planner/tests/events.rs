use super::{BEGIN, definition, place, started, turn};
use crate::definition::Definition;
use crate::planner::{Advance, Answer, Command, Decision, Event, Surroundings, Turn, advance};
use crate::run::{Run, RunOutputs, RunStatus, Status};
use crate::{Object, Value};

fn answer(definition: &Definition, name: &str, attempt: u32, status_code: i64) -> Event {
    let outputs = Object::from([("statusCode", Value::Integer(status_code))]);
    let answer = Answer::outputs(outputs.into());
    Event::Answered { place: place(definition, name), attempt, answer }
}

fn ignored(definition: &Definition, run: &mut Run, event: Event) {
    let before = run.clone();
    let step = turn(definition, run, event);
    assert_eq!(step, Advance { ignored: true, ..Advance::default() });
    assert_eq!(*run, before);
}

const CALL: &str = "{A: {type: 'Http', inputs: {method: 'GET', uri: 'x'}}, B: {type: 'Compose', inputs: 1, runAfter: {A: ['Succeeded']}}}";

#[test]
fn answers_that_are_late_or_come_twice_change_nothing() {
    let definition = definition(CALL);
    let mut run = started(&definition, Value::Null, false);
    ignored(&definition, &mut run.clone(), answer(&definition, "A", 1, 200));
    let step = turn(&definition, &mut run, Event::Continued);
    assert!(
        matches!(step.commands.as_slice(), [Command::Call(call)] if call.attempt == 1 && call.path == "A")
    );
    ignored(&definition, &mut run, answer(&definition, "A", 2, 200));
    ignored(&definition, &mut run, answer(&definition, "B", 1, 200));
    let step = turn(&definition, &mut run, answer(&definition, "A", 1, 503));
    let [Command::StartTimer { id, .. }] = step.commands[..] else { panic!("{step:?}") };
    ignored(&definition, &mut run, answer(&definition, "A", 1, 200));
    let step = turn(&definition, &mut run, Event::TimerFired(id));
    assert!(matches!(step.commands.as_slice(), [Command::Call(call)] if call.attempt == 2));
    ignored(&definition, &mut run, Event::TimerFired(id));
    let step = turn(&definition, &mut run, answer(&definition, "A", 2, 200));
    assert!(
        matches!(step.commands.as_slice(), [Command::Finish(end)] if end.status == RunStatus::Succeeded)
    );
    ignored(&definition, &mut run, answer(&definition, "A", 2, 200));
    let callback =
        Event::CallbackReceived { place: place(&definition, "A"), answer: Answer::default() };
    ignored(&definition, &mut run, callback);
    ignored(&definition, &mut run, Event::Cancelled { reason: "late".into() });
    ignored(&definition, &mut run, Event::Continued);
}

#[test]
fn another_attempt_sends_what_the_first_one_sent() {
    let plain = "inputs: {method: 'GET', uri: \"@concat('x', string(triggerBody()))\"}";
    let login = "inputs: {method: 'GET', uri: 'x', authentication: {type: 'Basic', username: 'u', password: 'p'}}";
    let secure = "runtimeConfiguration: {secureData: {properties: ['inputs']}}";
    for (what, is_shown) in
        [(plain.to_owned(), true), (login.to_owned(), false), (format!("{plain}, {secure}"), false)]
    {
        let definition = definition(&format!("{{A: {{type: 'Http', {what}}}}}"));
        let mut run = started(&definition, Value::Integer(7), false);
        let step = turn(&definition, &mut run, Event::Continued);
        let [Command::Call(first)] = &step.commands[..] else { panic!("{step:?}") };
        let shown = run.record_of(place(&definition, "A")).unwrap().inputs.unwrap();
        assert_eq!(shown == first.inputs, is_shown, "{what}");

        let mut run: Run = serde_json::from_str(&serde_json::to_string(&run).unwrap()).unwrap();
        let step = turn(&definition, &mut run, answer(&definition, "A", 1, 503));
        let [Command::StartTimer { id, .. }] = step.commands[..] else { panic!("{step:?}") };
        let step = turn(&definition, &mut run, Event::TimerFired(id));
        let [Command::Call(second)] = &step.commands[..] else { panic!("{step:?}") };
        assert_eq!((second.attempt, &second.inputs), (2, &first.inputs), "{what}");
    }
}

#[test]
fn what_a_run_answers_with_is_read_without_the_rest() {
    let text = "{triggers: {t: {type: 'Request'}}, actions: {A: {type: 'Compose', inputs: 7}}, \
                outputs: {seven: {type: 'Int', value: \"@outputs('A')\"}}}";
    let text = Value::from_json_text(text).unwrap().to_json_text();
    let definition = Definition::parse(&text).unwrap();
    let mut run = started(&definition, Value::Null, false);
    let read = |run: &Run| -> RunOutputs {
        serde_json::from_str(&serde_json::to_string(run).unwrap()).unwrap()
    };
    assert_eq!(read(&run).outputs, None);
    let _ = turn(&definition, &mut run, Event::Continued);
    assert_eq!(read(&run).outputs.as_ref(), run.outputs());
    assert_eq!(run.outputs().unwrap().property("seven"), Value::Integer(7));
}

#[test]
fn a_run_that_is_held_begins_nothing_new_and_loses_no_answer() {
    let definition = definition(CALL);
    let mut run = started(&definition, Value::Null, false);
    let _ = turn(&definition, &mut run, Event::Continued);
    let _ = turn(&definition, &mut run, Event::Suspended);
    ignored(&definition, &mut run, Event::Suspended);
    let step = turn(&definition, &mut run, answer(&definition, "A", 1, 200));
    assert_eq!(step.records.len(), 1);
    assert_eq!(run.status(), RunStatus::Suspended);
    assert_eq!(run.status_of(place(&definition, "B")), None);
    let step = turn(&definition, &mut run, Event::Resumed);
    assert_eq!(step.records[0].name, "B");
    assert_eq!(run.status(), RunStatus::Succeeded);
}

#[test]
fn who_cancels_a_run_ends_what_is_under_way_outside() {
    let definition = definition(
        "{A: {type: 'Http', inputs: {method: 'GET', uri: 'x'}, limit: {timeout: 'PT1M'}},
          W: {type: 'Wait', inputs: {interval: {count: 1, unit: 'Day'}}},
          H: {type: 'HttpWebhook', inputs: {subscribe: {method: 'POST', uri: 's'}, unsubscribe: {method: 'POST', uri: 'u'}}},
          P: {type: 'Approval', inputs: {assignTo: 'ann', timeout: 'P1D'}},
          S: {type: 'Scope', actions: {I: {type: 'Http', inputs: {method: 'GET', uri: 'x'}}}},
          Z: {type: 'Compose', inputs: 1, runAfter: {A: ['Succeeded', 'Failed', 'Skipped', 'TimedOut']}}}",
    );
    let mut run = started(&definition, Value::Null, false);
    let _ = turn(&definition, &mut run, Event::Continued);
    let step = turn(&definition, &mut run, Event::Cancelled { reason: "enough".into() });
    let mut abandoned: Vec<String> = Vec::new();
    for command in &step.commands {
        abandoned.push(match command {
            Command::Abandon { place } => {
                format!("abandon {}", definition.action(place.action).name)
            }
            Command::StopTimer { id } => format!("stop {}", id.0),
            Command::Unsubscribe { inputs, .. } => {
                format!("unsubscribe {}", inputs.as_ref().unwrap().property("uri").to_text())
            }
            Command::WithdrawDecision { .. } => "withdraw".to_owned(),
            Command::Finish(end) => {
                format!("{:?} {}", end.status, end.error.as_ref().unwrap().message)
            }
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(
        abandoned,
        [
            "stop 1",
            "abandon A",
            "stop 2",
            "unsubscribe u",
            "stop 3",
            "withdraw",
            "abandon I",
            "Cancelled enough"
        ]
    );
    let statuses: Vec<_> =
        step.records.iter().map(|it| (it.name.as_str(), it.record.status)).collect();
    let cancelled = ["A", "W", "H", "P", "S", "I"].map(|name| (name, Status::Cancelled));
    assert_eq!(statuses, [&cancelled[..], &[("Z", Status::Skipped)]].concat());
    ignored(&definition, &mut run, answer(&definition, "A", 1, 200));
}

#[test]
fn deciding_twice_is_harmless_and_only_those_who_were_asked_decide() {
    let definition = definition(
        "{P: {type: 'Approval', inputs: {assignTo: ['ann', 'bob'], timeout: 'P1D'}},
          Q: {type: 'Compose', inputs: \"@body('P')?['decidedBy']\", runAfter: {P: ['Succeeded']}},
          R: {type: 'Http', inputs: {method: 'GET', uri: 'x'}, runAfter: {Q: ['Succeeded']}}}",
    );
    let mut run = started(&definition, Value::Null, false);
    let step = turn(&definition, &mut run, Event::Continued);
    assert!(
        matches!(&step.commands[..], [Command::StartTimer { .. }, Command::AwaitDecision(asked)] if asked.assignees == ["ann", "bob"])
    );
    let decide = |by: &str, is_approved| Event::Decided {
        place: place(&definition, "P"),
        decision: Decision { is_approved, by: by.into(), comment: String::new() },
    };
    ignored(&definition, &mut run, decide("eve", true));
    let step = turn(&definition, &mut run, decide("Bob", true));
    assert!(matches!(step.commands[..], [Command::StopTimer { .. }, Command::Call(_)]));
    assert_eq!(step.records[1].record.outputs, Some(Value::from("Bob")));
    ignored(&definition, &mut run, decide("ann", false));
}

#[test]
fn a_run_goes_on_from_an_action_with_what_was_before_it() {
    let definition = definition(
        "{A: {type: 'Compose', inputs: 5},
          S: {type: 'Scope', runAfter: {A: ['Succeeded']}, actions: {
              B: {type: 'Http', inputs: {method: 'GET', uri: \"@string(outputs('A'))\", retryPolicy: {type: 'none'}}},
              D: {type: 'Compose', inputs: \"@outputs('B')?['statusCode']\", runAfter: {B: ['Succeeded']}}}},
          E: {type: 'Compose', inputs: 'e', runAfter: {S: ['Succeeded']}}}",
    );
    let mut run = started(&definition, Value::Null, false);
    let _ = turn(&definition, &mut run, Event::Continued);
    let _ = turn(&definition, &mut run, answer(&definition, "B", 1, 500));
    assert_eq!(run.status(), RunStatus::Failed);
    ignored(&definition, &mut run, Event::RerunFrom { action: "nobody".into() });
    let step = turn(&definition, &mut run, Event::RerunFrom { action: "b".into() });
    let [Command::Call(call)] = &step.commands[..] else { panic!("{step:?}") };
    assert_eq!((call.attempt, call.rerun), (1, 1));
    assert_eq!(call.inputs.property("uri"), Value::from("5"));
    ignored(&definition, &mut run, Event::RerunFrom { action: "B".into() });
    let step = turn(&definition, &mut run, answer(&definition, "B", 1, 200));
    let ended: Vec<_> =
        step.records.iter().map(|it| (it.name.as_str(), it.record.status)).collect();
    let succeeded = ["B", "D", "S", "E"].map(|name| (name, Status::Succeeded));
    assert_eq!(ended, succeeded);
    assert_eq!(run.status(), RunStatus::Succeeded);
}

/// One secret.
struct Vault;

impl Surroundings for Vault {
    fn secret(&self, name: &str) -> Option<Value> {
        (name == "key").then(|| Value::from("open sesame"))
    }

    fn callback_url(&self, path: &str) -> Option<String> {
        Some(format!("https://loom.test/{path}"))
    }
}

#[test]
fn a_secret_is_sent_and_stands_nowhere_else() {
    let definition = definition(
        "{A: {type: 'Http', inputs: {method: 'GET', uri: 'x', headers: {auth: \"@{secret('key')}!\", plain: 'p'}, retryPolicy: {type: 'fixed', count: 1, interval: 'PT5S'}}},
          C: {type: 'Compose', inputs: {k: \"@secret('key')\"}},
          V: {type: 'InitializeVariable', inputs: {variables: [{name: 'v', type: 'String', value: \"@secret('key')\"}]}},
          R: {type: 'Response', inputs: {statusCode: 200, body: \"@secret('key')\"}},
          D: {type: 'Compose', inputs: [\"@outputs('R')\", \"@actions('A')?['inputs']\", \"@outputs('C')\", \"@variables('v')\"], runAfter: {A: ['Succeeded', 'Failed'], C: ['Succeeded'], V: ['Succeeded'], R: ['Succeeded']}}}",
    );
    assert_eq!(definition.secrets, ["key"]);
    let mut run = started(&definition, Value::Null, true);
    let turn = Turn { now: BEGIN, around: &Vault };
    let mut steps = vec![advance(&definition, &mut run, Event::Continued, &turn)];
    for (attempt, code) in [(1, 500), (2, 200)] {
        let calls = steps.iter().flat_map(|it| &it.commands).filter_map(|command| match command {
            Command::Call(call) => Some(call),
            _ => None,
        });
        let call = calls.collect::<Vec<_>>().pop().unwrap();
        assert!(call.secure && call.attempt == attempt);
        assert_eq!(call.inputs.property("headers").property("auth"), Value::from("open sesame!"));
        let shown = serde_json::to_string(&run).unwrap();
        assert!(!shown.contains("sesame"), "{shown}");
        let event = answer(&definition, "A", attempt, code);
        let step = advance(&definition, &mut run, event, &turn);
        let timer = step.commands.iter().find_map(|it| match it {
            Command::StartTimer { id, .. } => Some(*id),
            _ => None,
        });
        steps.push(step);
        if let Some(timer) = timer {
            steps.push(advance(&definition, &mut run, Event::TimerFired(timer), &turn));
        }
    }
    assert_eq!(run.status(), RunStatus::Succeeded);
    let told: Vec<_> = steps.iter().flat_map(|it| &it.commands).collect();
    let told = told.iter().find_map(|it| match it {
        Command::Respond(respond) => Some(respond),
        _ => None,
    });
    let told = told.unwrap();
    assert!(told.secure && told.body == Some(Value::from("open sesame")), "the caller is told");
    let records: Vec<_> = steps.iter().flat_map(|it| &it.records).collect();
    assert!(!serde_json::to_string(&records).unwrap().contains("sesame"));
    let inputs = records.iter().find(|it| it.name == "A").unwrap().record.inputs.clone().unwrap();
    assert_eq!(inputs.property("headers").property("plain"), Value::from("p"));
    assert_eq!(inputs.property("headers").property("auth"), Value::from("*sanitized*"));
}
