//! Promise 4: a keyed request leaves one mark, in the turn that handles it.

use std::time::Duration;

use loom_core::{Event, Outcome, Record, RequestKey, Seq, Turn};

use super::actors::Actor;
use super::{Kept, broken};

/// A clock may be set back by so much between the look for a mark and the turn.
const CLOCK_SET_BACK_MAX: Duration = Duration::from_secs(61);

/// The mark that a record calls for.
struct Due<'a> {
    key: &'a RequestKey,
    /// The record that began to handle the request.
    seq: Seq,
    ended: Ended<'a>,
    /// The request was begun by an earlier record.
    goes_on: bool,
}

/// Whether a request has ended.
enum Ended<'a> {
    NotYet,
    /// Without a handler.
    Somehow,
    With(&'a Outcome),
}

impl Actor {
    /// That a turn has the mark that its record calls for, and that there was none before.
    pub(super) fn check_mark(&self, turn: &Turn, record: &Record) -> Kept {
        let at = format_args!("{}#{}", turn.actor, record.head.seq);
        let (due, mark) = match (self.due_mark(record), &turn.handled) {
            (None, None) => return Ok(()),
            (Some(due), Some(mark)) => (due, mark),
            (None, Some(mark)) => {
                return broken(1, format!("{at} marks key {} without handling it", mark.key));
            }
            (Some(due), None) => {
                return broken(1, format!("{at} handles key {} without a mark", due.key.key));
            }
        };
        let reply = mark.handled.reply.as_ref();
        let is_so = mark.key == due.key.key
            && mark.handled.fingerprint == due.key.fingerprint
            && mark.handled.seq == due.seq
            && match due.ended {
                Ended::NotYet => reply.is_none(),
                Ended::Somehow => reply.is_some(),
                Ended::With(outcome) => reply == Some(&outcome.encode()),
            };
        if !is_so {
            return broken(1, format!("the mark of {at} is not the one that its record calls for"));
        }
        let Some(earlier) = self.marks.get(&mark.key) else { return Ok(()) };
        if due.goes_on {
            if earlier.handled.reply.is_none() && earlier.handled.seq == due.seq {
                return Ok(());
            }
            return broken(4, format!("{at} answers key {}, which has an answer", mark.key));
        }
        if earlier.expires <= record.at.saturating_add(CLOCK_SET_BACK_MAX) {
            return Ok(());
        }
        let first = earlier.handled.seq;
        broken(4, format!("{at} handles key {} again, which #{first} handled", mark.key))
    }

    fn due_mark<'a>(&'a self, record: &'a Record) -> Option<Due<'a>> {
        let finished = record.events.iter().rev().find_map(|event| match event {
            Event::Finished(outcome) => Some(outcome),
            _ => None,
        });
        if let (Some(open), Some(outcome)) = (self.kernel.invocation(), finished) {
            let key = open.message.key.as_ref()?;
            return Some(Due { key, seq: open.began, ended: Ended::With(outcome), goes_on: true });
        }
        let key = record.input.as_ref()?.key.as_ref()?;
        let began = record.events.iter().any(|event| matches!(event, Event::Began { .. }));
        let ended = match finished {
            Some(outcome) => Ended::With(outcome),
            None if began => Ended::NotYet,
            None => Ended::Somehow,
        };
        Some(Due { key, seq: record.head.seq, ended, goes_on: false })
    }
}
