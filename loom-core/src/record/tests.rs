use std::fmt::Write;

use bytes::Bytes;
use expect_test::expect;

use super::*;
use crate::{ActivityName, DeadLetter, Failure, FailureCode, Lane, Method, Seq, StepId, TimerName};
use crate::{Epoch, Incarnation, PartitionId, ReplyTo};

fn json(text: &str) -> Payload {
    Payload(Bytes::copy_from_slice(text.as_bytes()))
}

fn message(body: crate::Body) -> Message {
    Message {
        id: MessageId::parse("m1").unwrap(),
        to: ActorId::parse("shop/1").unwrap(),
        body,
        key: None,
        cause: None,
        sent_at: Timestamp::from_millis(9),
    }
}

fn invoke() -> Message {
    let method = Method::parse("run").unwrap();
    message(crate::Body::Invoke { method, args: json("1"), reply_to: None })
}

/// What a counter writes.
fn small() -> Record {
    Record {
        head: Head { incarnation: Incarnation(0), seq: Seq(1) },
        commit: CommitId(7),
        epoch: Epoch(2),
        at: Timestamp::from_millis(10),
        input: Some(Receipt {
            id: MessageId::parse("m1").unwrap(),
            label: "add".to_owned(),
            stamp: Some(Stamp { partition: PartitionId(3), epoch: Epoch(1), n: 5 }),
            lane: Lane::Requests,
            key: None,
            correlation: MessageId::parse("m1").unwrap(),
        }),
        events: vec![
            Event::Changed(Change::Full(Bytes::from_static(b"{\"n\":1}"))),
            Event::Finished(Outcome::Returned(json("1"))),
        ],
        state_hash: 0xabc,
        snapshot: None,
    }
}

/// One event of each sort, and a snapshot.
fn large() -> Record {
    let step = StepId { incarnation: Incarnation(0), began: Seq(1), position: 2 };
    let name = EventName::parse("paid").unwrap();
    let actor = ActorId::parse("shop/2").unwrap();
    let reply_to = ReplyTo { actor: actor.clone(), step };
    let failure = Outcome::Failed(Failure::new(FailureCode::TimedOut, "late"));
    let answer = Answer { outcome: failure, at: Timestamp::from_millis(8) };
    let run = TimerRun {
        method: Method::parse("ring").unwrap(),
        args: json("2"),
        every_ms: std::num::NonZeroU64::new(500),
        late: crate::LateFire::Skip,
    };
    let tea = TimerKey::Named(TimerName::parse("tea").unwrap());
    let letter = DeadLetter {
        message: invoke(),
        reason: "broke".to_owned(),
        attempts: 3,
        at: Timestamp::from_millis(7),
    };
    let request = crate::ActivityRequest {
        id: MessageId::parse("m2").unwrap(),
        name: ActivityName::parse("mail").unwrap(),
        args: json("3"),
        reply_to,
        limits: crate::ActivityLimits {
            attempts_max: std::num::NonZeroU32::new(1),
            timeout_ms: std::num::NonZeroU64::new(250),
        },
    };
    let then = crate::Then { method: run.method.clone(), tag: json("7") };
    let asked = Step {
        incarnation: Incarnation(0),
        ask: Ask::Call(actor.clone(), run.method.clone()),
        fingerprint: 5,
        answer: None,
    };
    let splice = Change::Splice { at: 3, removed: 1, inserted: Bytes::from_static(b"22") };
    let events = vec![
        Event::Began { message: Box::new(invoke()) },
        Event::Stepped(asked),
        Event::Answered { position: 0, answer },
        Event::Stalled { reason: "broke".to_owned(), attempts: 2 },
        Event::Changed(Change::Full(Bytes::from_static(b"{\"n\":1}"))),
        Event::Changed(splice),
        Event::Migrated { from: 1, to: 2 },
        Event::Repaired { laws: vec!["positive".to_owned()] },
        Event::Sent(Box::new(Outgoing::Message(invoke()))),
        Event::Sent(Box::new(Outgoing::Activity(request))),
        Event::Sent(Box::new(Outgoing::DeadLetter(letter))),
        Event::Sent(Box::new(Outgoing::Projection(actor.clone()))),
        Event::TimerSet {
            key: tea.clone(),
            timer: Timer { at: Timestamp::from_millis(50), run: Some(run) },
        },
        Event::TimerSet {
            key: TimerKey::Step(step),
            timer: Timer { at: Timestamp::from_millis(60), run: None },
        },
        Event::TimerCleared { key: tea },
        Event::Started { step, then },
        Event::Ended { step },
        Event::Stopped { step },
        Event::EventKept { name: name.clone(), payload: json("4") },
        Event::EventTaken { name },
        Event::ChildSpawned(actor),
        Event::Buried { reason: "broke".to_owned(), attempts: 3 },
    ];
    let mut record = Record { events, ..small() };
    let mut kernel = Kernel::default();
    record.state_hash = kernel.advance(&record).unwrap();
    record.snapshot = Some(Box::new(kernel));
    record
}

#[test]
fn a_record_is_read_as_it_was_written() {
    for record in [small(), large()] {
        assert_eq!(Record::decode(&record.encode()).unwrap(), record);
    }
}

/// Journals hold these bytes. If they change, [`RECORD_VERSION`] must too.
#[test]
fn the_bytes_of_a_record_do_not_change() {
    let mut hex = String::new();
    for byte in small().encode() {
        write!(hex, "{byte:02x}").unwrap();
    }
    let lines: Vec<_> =
        hex.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    expect![[r"
        0188a46865616482ab696e6361726e6174696f6e00a373657101a6636f6d6d69
        74c41000000000000000000000000000000007a565706f636802a261740aa569
        6e70757486a26964a26d31a56c6162656ca3616464a57374616d7083a9706172
        746974696f6e03a565706f636801a16e05a46c616e65a87265717565737473a3
        6b6579c0ab636f7272656c6174696f6ea26d31a66576656e74739281a7436861
        6e67656481a446756c6cc4077b226e223a317d81a846696e697368656481a852
        657475726e6564c40131aa73746174655f68617368cd0abca8736e617073686f
        74c0"]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn nothing_newer_truncated_or_longer_is_read() {
    let said = |bytes: &[u8]| Record::decode(bytes).unwrap_err().to_string();
    assert_eq!(said(b""), "the record is empty");

    let mut newer = small().encode().to_vec();
    newer[0] = RECORD_VERSION + 1;
    assert_eq!(said(&newer), "the record has version 2, and this program reads up to 1");
    assert_eq!(said(&newer[..1]), "the record has version 2, and this program reads up to 1");

    for record in [small(), large()] {
        let bytes = record.encode();
        for length in 1..bytes.len() {
            let truncated = Record::decode(&bytes[..length]);
            assert!(matches!(truncated, Err(RecordError::Corrupt(_))), "{length} bytes");
        }
        let longer = [&bytes[..], b"xy"].concat();
        assert_eq!(said(&longer), "2 bytes follow the record");
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let bytes = large().encode();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        if let Ok(record) = Record::decode(&damaged) {
            // What reads as a record may be no journal, and that too is only an error.
            let _ = Kernel::replay(Head::default(), [&record]);
            let _ = Kernel::replay(Head::default(), [&Record { snapshot: None, ..record }]);
        }
    }
}

#[test]
fn a_field_of_a_later_version_is_skipped() {
    let bytes = small().encode();
    let fields = 8;
    assert_eq!(bytes[1], 0x80 | fields, "a map of so many fields");
    let later = b"\xa5later\x82\xa1a\x93\x01\xc0\xc4\x02hi\xa1b\x81\xa1c\xca\x3f\x80\x00\x00";
    for at in [2, bytes.len()] {
        let mut extended = [&bytes[..at], later, &bytes[at..]].concat();
        extended[1] += 1;
        assert_eq!(Record::decode(&extended).unwrap(), small());
    }
    // And one within the receipt, which follows its name.
    let at = bytes.windows(6).position(|window| window == b"\xa5input").unwrap() + 6;
    let mut extended = [&bytes[..=at], later, &bytes[at + 1..]].concat();
    extended[at] += 1;
    assert_eq!(Record::decode(&extended).unwrap(), small());
}

#[test]
fn an_event_of_a_later_version_is_refused() {
    let bytes = small().encode();
    let at = bytes.windows(8).position(|window| window == b"Finished").unwrap();
    let mut unknown = bytes.to_vec();
    unknown[at..at + 8].copy_from_slice(b"Vanished");
    let error = Record::decode(&unknown).unwrap_err().to_string();
    assert!(error.contains("unknown variant `Vanished`"), "{error}");
}

#[test]
fn ids_that_break_their_rules_are_refused() {
    let bytes = small().encode();
    let at = bytes.windows(3).position(|window| window == b"\xa2m1").unwrap();
    let mut control = bytes.to_vec();
    control[at + 1] = b'\n';
    let error = Record::decode(&control).unwrap_err().to_string();
    assert!(error.contains("control characters are not allowed"), "{error}");
}

#[test]
fn outcomes_and_outgoing_messages_are_read_as_they_were_written() {
    for outcome in [
        Outcome::Returned(Payload::NULL),
        Outcome::Rejected(json("{}")),
        Outcome::Failed(Failure::new(FailureCode::Dead, "why")),
    ] {
        assert_eq!(Outcome::decode(&outcome.encode()).unwrap(), outcome);
    }
    for event in large().events {
        if let Event::Sent(outgoing) = event {
            assert_eq!(Outgoing::decode(&outgoing.encode()).unwrap(), *outgoing);
            assert!(Outcome::decode(&outgoing.encode()).is_err());
        }
    }
}

#[test]
fn requests_print_by_name() {
    let (actor, method) = (ActorId::parse("shop/2").unwrap(), Method::parse("pay").unwrap());
    let (event, timer) = (EventName::parse("paid").unwrap(), TimerName::parse("tea").unwrap());
    for (ask, expected) in [
        (Ask::Effect("http".to_owned()), "effect http"),
        (Ask::Activity("mail".to_owned()), "activity mail"),
        (Ask::Call(actor.clone(), method.clone()), "call shop/2 pay"),
        (Ask::Send(actor.clone(), method), "send shop/2 pay"),
        (Ask::Signal(actor.clone(), event.clone()), "signal shop/2 paid"),
        (Ask::Sleep, "sleep"),
        (Ask::Wait(event), "wait for paid"),
        (Ask::SetTimer(timer.clone()), "set timer tea"),
        (Ask::ClearTimer(timer), "clear timer tea"),
        (Ask::Spawn(actor), "spawn shop/2"),
    ] {
        assert_eq!(ask.to_string(), expected);
    }
}
