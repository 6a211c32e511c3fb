//! What is needed to activate an actor, and the notes of attempts.

use loom_core::{ActorId, Head, MessageId};
use loom_ports::{Load, Loaded, Tenure};
use serde::{Deserialize, Serialize};

use super::actor::{self, ActorState};
use super::{record, tenure};
use crate::error::Broken;
use crate::key::{Key, Table};
use crate::row;
use crate::view::{Need, Row, View};

/// How many messages are counted between two commits of an actor.
const NOTED_MAX: usize = 256;

/// The messages that were about to be tried on top of a head, and how often.
#[derive(Debug, Default, Deserialize, Serialize)]
struct NoteRow {
    head: Head,
    attempts: Vec<(MessageId, u32)>,
}

pub(super) fn load(
    view: &mut View<'_>,
    tenure: &Tenure,
    actor: &ActorId,
    cause: Option<&MessageId>,
) -> Result<Load, Broken> {
    if let Err(fenced) = tenure::check(view, tenure)? {
        return Ok(Load::Fenced(fenced));
    }
    let state = actor::state(view, tenure.partition, actor)?;
    let newest_first = if state.commit.is_some() {
        let is_first = |(_, value): &Row| Ok(record::is_snapshot(value));
        view.stored_backwards(&record::prefix(actor), is_first)?
    } else {
        Vec::new()
    };
    let records = newest_first.iter().rev().map(record::decode).collect::<Result<_, _>>()?;
    let attempts = match cause {
        Some(cause) => note(view, actor, state, cause)?,
        None => 0,
    };
    Ok(Load::Loaded(Loaded { head: state.head, records, attempts }))
}

/// Counts an attempt. A message that kills the process does not cut the power.
fn note(
    view: &mut View<'_>,
    actor: &ActorId,
    state: ActorState,
    cause: &MessageId,
) -> Result<u32, Broken> {
    let mut note = NoteRow { head: state.head, attempts: Vec::new() };
    if state.is_noted
        && let Some(raw) = view.get(&note_key(actor))?
    {
        let stored: NoteRow = row::decode("note", &raw)?;
        if stored.head == state.head {
            note = stored;
        }
    }
    let noted = note.attempts.iter_mut().find(|(message, _)| message == cause);
    let attempts = noted.as_ref().map_or(1, |(_, before)| before.saturating_add(1));
    if let Some((_, count)) = noted {
        *count = attempts;
    } else {
        if note.attempts.len() >= NOTED_MAX {
            note.attempts.remove(0);
        }
        note.attempts.push((cause.clone(), attempts));
    }
    view.insert(note_key(actor), row::encode(&note));
    view.need = Need::Os;
    actor::set_state(view, actor, ActorState { is_noted: true, ..state });
    Ok(attempts)
}

pub(super) fn note_key(actor: &ActorId) -> Key {
    Key::of(Table::Note).text(actor.as_str())
}
