//! Timers as members that sort by their time: time, actor, zero, key.

use loom_core::{ActorId, Incarnation, Seq, StepId, TimerKey, TimerName, Timestamp};
use loom_ports::{Due, DueTimer};

use crate::error::Failure;
use crate::reply::{Parts, split_number, strange};

pub(super) fn encode(key: &TimerKey) -> Vec<u8> {
    match key {
        TimerKey::Named(name) => [b"n", name.as_str().as_bytes()].concat(),
        TimerKey::Step(StepId { began, position, incarnation }) => [
            &b"s"[..],
            &incarnation.0.to_be_bytes(),
            &began.0.to_be_bytes(),
            &position.to_be_bytes(),
        ]
        .concat(),
        TimerKey::Drive(began) => [&b"d"[..], &began.0.to_be_bytes()].concat(),
    }
}

pub(super) fn due(mut answer: Parts) -> Result<Due, Failure> {
    let next = answer.bytes()?;
    let next = if next.is_empty() { None } else { Some(time(&next)?) };
    let (mut members, mut timers) = (answer.parts()?, Vec::new());
    while !members.is_empty() {
        timers.push(timer(&members.bytes()?)?);
    }
    Ok(Due { timers, next })
}

fn time(member: &[u8]) -> Result<Timestamp, Failure> {
    Ok(Timestamp::from_millis(split_number(member)?.0))
}

fn timer(member: &[u8]) -> Result<DueTimer, Failure> {
    let (at, rest) = split_number(member)?;
    let parse = || {
        let end = rest.iter().position(|&byte| byte == 0)?;
        let actor = ActorId::parse(std::str::from_utf8(&rest[..end]).ok()?).ok()?;
        let key = decode(&rest[end + 1..])?;
        Some(DueTimer { actor, key, at: Timestamp::from_millis(at) })
    };
    parse().ok_or_else(|| strange("timer"))
}

fn decode(key: &[u8]) -> Option<TimerKey> {
    let (kind, rest) = key.split_first()?;
    match kind {
        b'n' => Some(TimerKey::Named(TimerName::parse(std::str::from_utf8(rest).ok()?).ok()?)),
        b's' => {
            let (incarnation, rest) = rest.split_first_chunk()?;
            let incarnation = Incarnation(u64::from_be_bytes(*incarnation));
            let (began, position) = rest.split_first_chunk()?;
            let began = Seq(u64::from_be_bytes(*began));
            let position = u32::from_be_bytes(position.try_into().ok()?);
            Some(TimerKey::Step(StepId { began, position, incarnation }))
        }
        b'd' => Some(TimerKey::Drive(Seq(u64::from_be_bytes(rest.try_into().ok()?)))),
        _ => None,
    }
}
