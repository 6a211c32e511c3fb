//! Scripts as text: one line is one delivery, and what the handler does if it is run.
//!
//! ```text
//! 10 invoke key=a from=3:1.5 | send bank/1, state {"n":1} => 1
//! 20 event paid 7 from=3:1.6
//! 30 answer 1.0 "ok"
//! 40 fire tea@40 | sleep 90, suspend
//! 50 go | => 1
//! ```

use std::num::{NonZeroU32, NonZeroU64};

use bytes::Bytes;
use expect_test::Expect;

use super::print;
use super::scene::{Acts, Came, Scene, at};
use crate::kernel::*;
use crate::*;

/// Plays a script with an actor that has no journal yet, and prints what comes of each line.
#[track_caller]
pub(super) fn check(script: &str, expect: &Expect) {
    expect.assert_eq(&play(script).1);
}

pub(super) fn play(script: &str) -> (Scene, String) {
    let mut scene = Scene::new(fingerprint(&[script.as_bytes()]));
    let log = play_on(&mut scene, script);
    (scene, log)
}

pub(super) fn play_on(scene: &mut Scene, script: &str) -> String {
    let lines: Vec<_> = script.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut log = String::new();
    for (number, line) in (1..).zip(lines) {
        let came = play_line(scene, number, line);
        scene.check_journal();
        log.push_str(line);
        log.push('\n');
        log.push_str(&print::came(&came));
    }
    log
}

fn play_line(scene: &mut Scene, number: usize, line: &str) -> Came {
    let (head, acts) = line.split_once('|').unwrap_or((line, "=> null"));
    let (now, head) = head.trim().split_once(' ').unwrap();
    let now = now.parse().unwrap();
    let words: Vec<_> = head.split_whitespace().collect();
    match *words {
        ["go"] => scene.go_on(self::acts(acts), now),
        ["stall", attempts, retry_at] => {
            scene.stall(attempts.parse().unwrap(), retry_at.parse().unwrap(), now)
        }
        ["give-up"] => scene.give_up(now),
        ["bury", ref words @ ..] => scene.bury(delivery(scene, number, words, now), now),
        ref words => scene.deliver(delivery(scene, number, words, now), self::acts(acts), now),
    }
}

fn delivery(scene: &Scene, number: usize, words: &[&str], now: u64) -> Delivery {
    let option = |name: &str| {
        words.iter().find_map(|word| word.strip_prefix(name).and_then(|w| w.strip_prefix('=')))
    };
    let plain: Vec<_> =
        words.iter().copied().filter(|word| word.starts_with('"') || !word.contains('=')).collect();
    let body = match *plain {
        ["invoke"] => invoke(option("args").unwrap_or("null"), option("for")),
        ["event", name] => event(name, "null"),
        ["event", name, payload] => event(name, payload),
        ["answer", step, value] => answer_of(step, value),
        ["fire", timer] => {
            let (key, due) = timer.split_once('@').unwrap();
            Body::Fire { timer: timer_key(key), at: at(due.parse().unwrap()), run: None }
        }
        // A dead letter that is tried again.
        ["replay", seq] => return replayed(scene, seq.parse().unwrap()),
        _ => panic!("unknown words {plain:?}"),
    };
    let key = option("key").map(|key| {
        let args = Payload(Bytes::copy_from_slice(option("args").unwrap_or("null").as_bytes()));
        RequestKey::new(IdempotencyKey::parse(key).unwrap(), &method("run"), &args)
    });
    let cause = option("of").map(|correlation| Cause {
        actor: actor("bank/1"),
        seq: Seq(1),
        correlation: MessageId::parse(correlation).unwrap(),
    });
    let id = MessageId::parse(&format!("m{number}")).unwrap();
    let message = Message { id, to: scene.me.clone(), body, key, cause, sent_at: at(now) };
    Delivery { message, stamp: option("from").map(stamp) }
}

fn replayed(scene: &Scene, seq: usize) -> Delivery {
    let message = scene.records[seq - 1].events.iter().find_map(|event| match event {
        Event::Sent(sent) => match &**sent {
            Outgoing::DeadLetter(letter) => Some(letter.message.clone()),
            _ => None,
        },
        _ => None,
    });
    Delivery { message: message.unwrap(), stamp: None }
}

fn answer_of(step: &str, value: &str) -> Body {
    Body::Answer { step: self::step(step), outcome: outcome(value), then: None }
}

fn invoke(args: &str, waiting: Option<&str>) -> Body {
    let reply_to = waiting.map(|waiting| {
        let (name, step) = waiting.split_once(':').unwrap();
        ReplyTo { actor: actor(name), step: self::step(step) }
    });
    Body::Invoke { method: method("run"), args: json(args), reply_to }
}

fn event(name: &str, payload: &str) -> Body {
    Body::Event { name: EventName::parse(name).unwrap(), payload: json(payload) }
}

/// `3:1.5` is the fifth message of the first tenure of partition 3.
fn stamp(text: &str) -> Stamp {
    let (partition, rest) = text.split_once(':').unwrap();
    let (epoch, n) = rest.split_once('.').unwrap();
    let partition = PartitionId(partition.parse().unwrap());
    Stamp { partition, epoch: Epoch(epoch.parse().unwrap()), n: n.parse().unwrap() }
}

/// `4/9.1` is the second request of the invocation that began with record 9, asked for in
/// incarnation 4. Without one it is incarnation 0.
fn step(text: &str) -> StepId {
    let (incarnation, place) = text.split_once('/').unwrap_or(("0", text));
    let (began, position) = place.split_once('.').unwrap();
    StepId {
        incarnation: Incarnation(incarnation.parse().unwrap()),
        began: Seq(began.parse().unwrap()),
        position: position.parse().unwrap(),
    }
}

fn timer_key(text: &str) -> TimerKey {
    match text.split_once(':') {
        Some(("step", step)) => TimerKey::Step(self::step(step)),
        Some(("drive", began)) => TimerKey::Drive(Seq(began.parse().unwrap())),
        _ => TimerKey::Named(TimerName::parse(text).unwrap()),
    }
}

/// `1` is a value, `!1` the handler's error, `?1` a failure.
fn outcome(text: &str) -> Outcome {
    match text.split_at(1) {
        ("!", error) => Outcome::Rejected(json(error)),
        ("?", detail) => Outcome::Failed(Failure::new(FailureCode::BadArguments, detail)),
        _ => Outcome::Returned(json(text)),
    }
}

fn acts(text: &str) -> Acts {
    let end = End::Finished(Outcome::Returned(Payload::NULL));
    let mut acts = Acts { ops: vec![], state: None, repaired: vec![], migrated_to: None, end };
    let text = text.replace("=>", ", =>");
    for part in text.split(", ").map(str::trim).filter(|part| !part.is_empty()) {
        let words: Vec<_> = part.split_whitespace().collect();
        match *words {
            ["=>", value] => acts.end = End::Finished(outcome(value)),
            ["flush"] => acts.end = End::Flushed,
            ["suspend"] => acts.end = End::Suspended,
            ["state", state] => acts.state = Some(Bytes::copy_from_slice(state.as_bytes())),
            ["repaired"] => acts.repaired = vec!["balanced", "positive"],
            ["version", version] => acts.migrated_to = Some(version.parse().unwrap()),
            ref words => acts.ops.push(op(words)),
        }
    }
    acts
}

fn op(words: &[&str]) -> Op {
    let limit = |text: &str| Some(at(text.parse().unwrap()));
    let call =
        |to, until| Op::Call { to: actor(to), method: method("pay"), args: json("1"), until };
    let wait = |name, until| Op::Wait { name: EventName::parse(name).unwrap(), until };
    match *words {
        ["send", to] => Op::Send { to: actor(to), method: method("post"), args: json("1") },
        ["signal", to, name] => {
            let name = EventName::parse(name).unwrap();
            Op::Signal { to: actor(to), name, payload: json("2") }
        }
        ["spawn", child] => {
            Op::Spawn { child: actor(child), method: method("grow"), args: json("3") }
        }
        ["timer", name, due] => set_timer(name, due, None, LateFire::Once),
        ["timer", name, due, "skip"] => set_timer(name, due, None, LateFire::Skip),
        ["timer", name, due, "every", period, late] => {
            let late = match late {
                "once" => LateFire::Once,
                "all" => LateFire::All,
                _ => LateFire::Skip,
            };
            set_timer(name, due, period.parse().ok(), late)
        }
        ["clear", name] => Op::ClearTimer { name: TimerName::parse(name).unwrap() },
        ["effect", name, value] => Op::Effect { name: name.to_owned(), outcome: outcome(value) },
        ["activity", name] => {
            Op::Activity { name: ActivityName::parse(name).unwrap(), args: json("4") }
        }
        ["start", name, tag] => {
            let (name, limits) = (ActivityName::parse(name).unwrap(), ActivityLimits::default());
            start(Start::Activity { name, args: json("4"), limits }, tag)
        }
        ["start", name, tag, "once"] => {
            let limits = ActivityLimits { attempts_max: Some(NonZeroU32::MIN), timeout_ms: None };
            let name = ActivityName::parse(name).unwrap();
            start(Start::Activity { name, args: json("4"), limits }, tag)
        }
        ["ask", to, tag] => {
            start(Start::Call { to: actor(to), method: method("pay"), args: json("1") }, tag)
        }
        ["stop", tag] => Op::Stop { tag: json(tag) },
        ["call", to] => call(to, None),
        ["call", to, "until", time] => call(to, limit(time)),
        ["sleep", time] => Op::Sleep { until: at(time.parse().unwrap()) },
        ["wait", name] => wait(name, None),
        ["wait", name, "until", time] => wait(name, limit(time)),
        ["take", name, payload] => {
            Op::Take { name: EventName::parse(name).unwrap(), payload: json(payload) }
        }
        _ => panic!("unknown request {words:?}"),
    }
}

fn start(what: Start, tag: &str) -> Op {
    Op::Start { what, then: Then { method: method("ended"), tag: json(tag) } }
}

fn set_timer(name: &str, due: &str, every_ms: Option<NonZeroU64>, late: LateFire) -> Op {
    let run = Some(TimerRun { method: method("ring"), args: json("5"), every_ms, late });
    let timer = Timer { at: at(due.parse().unwrap()), run };
    Op::SetTimer { name: TimerName::parse(name).unwrap(), timer }
}

pub(super) fn actor(name: &str) -> ActorId {
    ActorId::parse(name).unwrap()
}

pub(super) fn method(name: &str) -> Method {
    Method::parse(name).unwrap()
}

pub(super) fn json(text: &str) -> Payload {
    Payload(Bytes::copy_from_slice(text.as_bytes()))
}
