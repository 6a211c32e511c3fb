//! What is recorded of a handler's requests, so that a replay that asks for others is noticed.

use std::fmt::Write;

use expect_test::expect;

use super::scene::{Scene, at};
use super::script::{actor, json, method, play};
use crate::kernel::*;
use crate::*;

fn timer(due: u64, args: &str) -> Op {
    let run =
        TimerRun { method: method("ring"), args: json(args), every_ms: None, late: LateFire::Once };
    let timer = Timer { at: at(due), run: Some(run) };
    Op::SetTimer { name: TimerName::parse("tea").unwrap(), timer }
}

/// One request of each sort, with these details and at this time.
fn requests(details: &str, time: u64) -> Vec<Op> {
    let (to, until) = (actor("bank/1"), Some(at(time)));
    let event = EventName::parse("paid").unwrap();
    let args = json(details);
    vec![
        Op::Send { to: to.clone(), method: method("post"), args: args.clone() },
        Op::Signal { to: to.clone(), name: event.clone(), payload: args.clone() },
        Op::Spawn { child: actor("kid/1"), method: method("grow"), args: args.clone() },
        timer(time, details),
        Op::ClearTimer { name: TimerName::parse("tea").unwrap() },
        Op::Effect { name: "http".to_owned(), outcome: Outcome::Returned(args.clone()) },
        Op::Activity { name: ActivityName::parse("mail").unwrap(), args: args.clone() },
        Op::Start {
            what: Start::Activity {
                name: ActivityName::parse("mail").unwrap(),
                args: args.clone(),
                limits: ActivityLimits::default(),
            },
            then: Then { method: method("ended"), tag: json("7") },
        },
        Op::Start {
            what: Start::Call { to: to.clone(), method: method("pay"), args: json("1") },
            then: Then { method: method("ended"), tag: args.clone() },
        },
        Op::Stop { tag: args.clone() },
        Op::Call { to, method: method("pay"), args: args.clone(), until },
        Op::Sleep { until: at(time) },
        Op::Wait { name: event.clone(), until },
        Op::Take { name: event, payload: args },
    ]
}

#[test]
fn requests_are_known_by_name_and_by_what_the_handler_passed() {
    let mut printed = String::new();
    let all = requests("1", 10).into_iter().zip(requests("2", 10)).zip(requests("1", 20));
    for ((op, other), later) in all {
        assert_eq!((op.ask(), op.fingerprint()), (later.ask(), later.fingerprint()), "time");
        assert_eq!(op.ask(), other.ask());
        let details = if op.fingerprint() == other.fingerprint() { "" } else { ", and details" };
        writeln!(printed, "{}{details}", op.ask()).unwrap();
    }
    expect![[r"
        send bank/1 post, and details
        signal bank/1 paid, and details
        spawn kid/1, and details
        set timer tea, and details
        clear timer tea
        effect http
        activity mail, and details
        start mail then ended, and details
        start bank/1 pay then ended, and details
        stop, and details
        call bank/1 pay, and details
        sleep
        wait for paid
        wait for paid
    "]]
    .assert_eq(&printed);
}

#[test]
fn a_child_with_another_first_message_is_another_request() {
    let spawn = |name| Op::Spawn { child: actor("kid/1"), method: method(name), args: json("1") };
    assert_eq!(spawn("grow").ask(), spawn("shrink").ask());
    assert_ne!(spawn("grow").fingerprint(), spawn("shrink").fingerprint());
}

#[test]
fn what_is_recorded_of_a_request_is_what_a_replay_compares() {
    let (scene, _) = play("10 invoke | send bank/1, timer tea 50, activity mail, suspend");
    let asked = [
        Op::Send { to: actor("bank/1"), method: method("post"), args: json("1") },
        timer(50, "5"),
        Op::Activity { name: ActivityName::parse("mail").unwrap(), args: json("4") },
    ];
    let steps = &scene.live.invocation().unwrap().steps;
    let recorded: Vec<_> = steps.iter().map(|step| (step.ask.clone(), step.fingerprint)).collect();
    assert_eq!(recorded, asked.map(|op| (op.ask(), op.fingerprint())));
}

#[test]
fn an_actor_is_read_as_its_journal_tells_it() {
    let Scene { live, .. } = play(
        r#"
        10 invoke | spawn kid/2, spawn kid/1, spawn kid/2, timer tea 50, state {"n":1}, version 3 => 1
        20 event paid 1
        30 event sent 2
        40 event paid 3
        "#,
    )
    .0;
    assert_eq!(live.head(), Head { incarnation: Incarnation(0), seq: Seq(4) });
    assert_eq!((live.state(), live.state_version()), (&json(r#"{"n":1}"#).0, 3));
    assert!(live.children().eq(&[actor("kid/1"), actor("kid/2")]));
    let tea = TimerKey::Named(TimerName::parse("tea").unwrap());
    assert_eq!(live.timer(&tea).map(|timer| timer.at), Some(at(50)));
    let kept = |name| live.kept_event(&EventName::parse(name).unwrap());
    assert_eq!((kept("paid"), kept("other")), (Some(&json("1")), None));
    let payloads: Vec<_> = live.kept_events().map(|(_, payload)| payload.clone()).collect();
    assert_eq!(payloads, ["1", "2", "3"].map(json));
}
