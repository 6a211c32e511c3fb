//! The messages of a queue: where each one stands, and how it gets there.
//!
//! A message is *ready*, or *hidden* until some time, because it is delayed or somebody works on
//! it. Whatever is asked of a queue first makes ready what need not be hidden any more, so that
//! messages are received in the order in which they became visible. A message *behind* others of
//! its ordering key is neither; see [`order`].

use std::collections::BTreeMap;

use bytes::Bytes;
use loom_core::{MessageId, QueueName, Timestamp};
use loom_ports::{Enqueue, Enqueued};
use serde::{Deserialize, Serialize};

use super::order::Behind;
use super::{dedup, order};
use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::row;
use crate::view::View;

/// How many messages become ready at once in one batch.
const RIPE_MAX: usize = 1024;
/// How many queues are remembered.
const QUEUES_MAX: usize = 4096;

/// What is remembered of a queue.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    messages: u64,
    /// For each priority that may have ready messages, a place before which there are none.
    fronts: BTreeMap<u8, u64>,
    /// Until when what is hidden was last made ready.
    ripe_until: Timestamp,
}

/// What never changes of a message.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct BodyRow {
    pub(super) id: MessageId,
    pub(super) body: Bytes,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct PlaceRow {
    pub(super) priority: u8,
    pub(super) attempts: u32,
    /// The last receipt is still good.
    pub(super) is_taken: bool,
    pub(super) place: Place,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ordering_key: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Place {
    Ready(u64),
    Hidden(Timestamp),
    /// Behind others of its ordering key, and besides hidden until then.
    Behind(Timestamp),
}

impl PlaceRow {
    /// A message that was never received, and stands nowhere yet.
    pub(super) fn new(priority: u8) -> Self {
        let (place, ordering_key) = (Place::Ready(0), None);
        Self { priority, attempts: 0, is_taken: false, place, ordering_key }
    }
}

pub(super) fn enqueue(
    view: &mut View<'_>,
    queue: &QueueName,
    messages: Vec<Enqueue>,
    now: Timestamp,
) -> Result<Vec<Enqueued>, Broken> {
    ripen(view, queue, now)?;
    let mut answers = Vec::with_capacity(messages.len());
    for Enqueue { id, body, priority, visible_at, dedup: key, ordering_key } in messages {
        if let Some(key) = &key
            && !dedup::remember(view, queue, key, now)?
        {
            answers.push(Enqueued::Duplicate);
            continue;
        }
        let body = BodyRow { id, body };
        let message = PlaceRow { ordering_key, ..PlaceRow::new(priority) };
        add(view, queue, &body, message, visible_at, now)?;
        answers.push(Enqueued::Accepted);
    }
    Ok(answers)
}

/// Adds a message that was never received.
pub(super) fn add(
    view: &mut View<'_>,
    queue: &QueueName,
    body: &BodyRow,
    message: PlaceRow,
    visible_at: Timestamp,
    now: Timestamp,
) -> Result<(), Broken> {
    let n = view.ticket()?;
    view.insert(body_key(queue, n), row::encode(body));
    let is_visible = visible_at <= now;
    if let Some(key) = message.ordering_key
        && order::join(view, queue, key, n)?
    {
        // Once visible, a message is not hidden by a clock that jumps back.
        let hidden_until = if is_visible { Timestamp::EPOCH } else { visible_at };
        stay_behind(view, queue, n, message, hidden_until);
    } else if is_visible {
        make_ready(view, queue, n, message)?;
    } else {
        hide(view, queue, n, message, visible_at);
    }
    lines(view, queue)?.messages += 1;
    Ok(())
}

/// Puts a message behind all others of its priority. It must stand nowhere.
fn make_ready(
    view: &mut View<'_>,
    queue: &QueueName,
    n: u64,
    message: PlaceRow,
) -> Result<(), Broken> {
    let order = view.ticket()?;
    let message = PlaceRow { place: Place::Ready(order), ..message };
    view.insert(ready_key(queue, message.priority, order), n.to_be_bytes());
    view.insert(place_key(queue, n), row::encode(&message));
    lines(view, queue)?.fronts.entry(message.priority).or_insert(order);
    Ok(())
}

/// Takes a message from where it stands, and lets nobody receive it until then.
pub(super) fn postpone(
    view: &mut View<'_>,
    queue: &QueueName,
    n: u64,
    message: PlaceRow,
    until: Timestamp,
) {
    match message.place {
        Place::Behind(_) => stay_behind(view, queue, n, message, until),
        Place::Ready(_) | Place::Hidden(_) => {
            lift(view, queue, n, message);
            hide(view, queue, n, message, until);
        }
    }
}

/// Hides a message. It must stand nowhere.
fn hide(view: &mut View<'_>, queue: &QueueName, n: u64, message: PlaceRow, until: Timestamp) {
    let message = PlaceRow { place: Place::Hidden(until), ..message };
    let lane = hidden(queue);
    view.insert_into(&lane, lane.clone().number(until.as_millis()).number(n), []);
    view.insert(place_key(queue, n), row::encode(&message));
}

/// Hides a message that stands behind others of its key.
fn stay_behind(
    view: &mut View<'_>,
    queue: &QueueName,
    n: u64,
    message: PlaceRow,
    until: Timestamp,
) {
    let message = PlaceRow { place: Place::Behind(until), ..message };
    view.insert(place_key(queue, n), row::encode(&message));
}

/// Takes a message from where it stands.
fn lift(view: &mut View<'_>, queue: &QueueName, n: u64, message: PlaceRow) {
    match message.place {
        Place::Ready(order) => view.remove(ready_key(queue, message.priority, order)),
        Place::Hidden(until) => view.remove(hidden(queue).number(until.as_millis()).number(n)),
        Place::Behind(_) => {}
    }
}

/// Removes a message. Says whether another one is ready now that was behind it.
pub(super) fn remove(
    view: &mut View<'_>,
    queue: &QueueName,
    n: u64,
    message: PlaceRow,
) -> Result<bool, Broken> {
    lift(view, queue, n, message);
    view.remove(place_key(queue, n));
    view.remove(body_key(queue, n));
    let lines = lines(view, queue)?;
    lines.messages = lines.messages.saturating_sub(1);
    let ripe_until = lines.ripe_until;

    let Some(key) = message.ordering_key else { return Ok(false) };
    if let Place::Behind(_) = message.place {
        order::leave(view, queue, key, n);
        return Ok(false);
    }
    let Some(next) = order::advance(view, queue, key, n)? else { return Ok(false) };
    let Behind { n, message, hidden_until } = next;
    let is_ready = hidden_until <= ripe_until;
    if is_ready {
        make_ready(view, queue, n, message)?;
    } else {
        hide(view, queue, n, message, hidden_until);
    }
    Ok(is_ready)
}

/// Makes ready what is hidden no longer, in the order in which it became visible.
pub(super) fn ripen(view: &mut View<'_>, queue: &QueueName, now: Timestamp) -> Result<(), Broken> {
    lines(view, queue)?.ripe_until = now;
    let lane = hidden(queue);
    loop {
        let rows = view.front_of(&lane, RIPE_MAX)?;
        for (key, _) in &rows {
            let mut parts = Parts::of(key);
            parts.text()?;
            let (until, n) = (Timestamp::from_millis(parts.number()?), parts.number()?);
            if until > now {
                return Ok(());
            }
            view.remove(key.clone());
            make_ready(view, queue, n, place(view, queue, n)?)?;
        }
        if rows.len() < RIPE_MAX {
            return Ok(());
        }
    }
}

/// The ready messages of a queue that are to be received first.
pub(super) fn first_ready(
    view: &mut View<'_>,
    queue: &QueueName,
    limit: usize,
) -> Result<Vec<(u64, PlaceRow)>, Broken> {
    let mut found = Vec::new();
    let priorities: Vec<_> = lines(view, queue)?.fronts.keys().rev().copied().collect();
    for priority in priorities {
        if found.len() >= limit {
            break;
        }
        let front = lines(view, queue)?.fronts[&priority];
        let from = ready_key(queue, priority, front);
        let end = ready(queue, priority).end();
        let rows = view.scan(from.as_ref(), &end, limit - found.len())?;
        let first = rows.first().map(|(key, _)| ready_order(key)).transpose()?;
        let fronts = &mut lines(view, queue)?.fronts;
        match first {
            Some(order) => fronts.insert(priority, order),
            None => fronts.remove(&priority),
        };
        for (_, n) in rows {
            let n = row::number("queue place", &n)?;
            found.push((n, place(view, queue, n)?));
        }
    }
    Ok(found)
}

pub(super) fn depth(view: &mut View<'_>, queue: &QueueName) -> Result<u64, Broken> {
    Ok(lines(view, queue)?.messages)
}

pub(super) fn place(view: &View<'_>, queue: &QueueName, n: u64) -> Result<PlaceRow, Broken> {
    find_place(view, queue, n)?.ok_or(Broken::Row("queue place"))
}

pub(super) fn find_place(
    view: &View<'_>,
    queue: &QueueName,
    n: u64,
) -> Result<Option<PlaceRow>, Broken> {
    let stored = view.get(&place_key(queue, n))?;
    stored.map(|raw| row::decode("queue place", &raw)).transpose()
}

pub(super) fn body(view: &View<'_>, queue: &QueueName, n: u64) -> Result<BodyRow, Broken> {
    let stored = view.get(&body_key(queue, n))?.ok_or(Broken::Row("queue body"))?;
    row::decode("queue body", &stored)
}

/// What is remembered of a queue; looked up if it is not.
fn lines<'a>(view: &'a mut View<'_>, queue: &QueueName) -> Result<&'a mut Lines, Broken> {
    if !view.desk.lines.contains_key(queue) {
        let lines = look_up(view, queue)?;
        if view.desk.lines.len() >= QUEUES_MAX {
            view.desk.lines.clear();
        }
        view.desk.lines.insert(queue.clone(), lines);
    }
    Ok(view.desk.lines.get_mut(queue).expect("it was just looked up"))
}

fn look_up(view: &View<'_>, queue: &QueueName) -> Result<Lines, Broken> {
    let messages = view.stored_keys(&Key::of(Table::QueuePlace).text(queue.as_str()))?;
    let mut lines = Lines { messages: messages.len() as u64, ..Lines::default() };
    let all = Key::of(Table::QueueReady).text(queue.as_str());
    let mut from = all.as_ref().to_vec();
    while let Some((key, _)) = view.scan(&from, &all.end(), 1)?.pop() {
        let mut parts = Parts::of(&key);
        parts.text()?;
        let priority = u8::MAX - parts.byte()?;
        lines.fronts.insert(priority, ready_order(&key)?);
        from = ready(queue, priority).end();
    }
    Ok(lines)
}

fn ready_order(key: &[u8]) -> Result<u64, Broken> {
    let mut parts = Parts::of(key);
    parts.text()?;
    parts.byte()?;
    parts.number()
}

fn hidden(queue: &QueueName) -> Key {
    Key::of(Table::QueueHidden).text(queue.as_str())
}

fn ready(queue: &QueueName, priority: u8) -> Key {
    Key::of(Table::QueueReady).text(queue.as_str()).byte(u8::MAX - priority)
}

fn ready_key(queue: &QueueName, priority: u8, order: u64) -> Key {
    ready(queue, priority).number(order)
}

fn place_key(queue: &QueueName, n: u64) -> Key {
    Key::of(Table::QueuePlace).text(queue.as_str()).number(n)
}

fn body_key(queue: &QueueName, n: u64) -> Key {
    Key::of(Table::QueueBody).text(queue.as_str()).number(n)
}
