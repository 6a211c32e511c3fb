//! Promise 8: effects have stable keys, and a value that was recorded is not recorded again.

use std::collections::BTreeSet;

use loom_core::{Event, Invocation, Kernel, Outgoing, Record, Seq, StepId, Turn};

use super::{Kept, broken};

/// The invocation as the events of a record leave it.
struct Open {
    began: Seq,
    answered: Vec<bool>,
}

/// That a record asks for and answers what can be asked for and answered.
pub(super) fn check(before: &Kernel, turn: &Turn, record: &Record) -> Kept {
    let at = format_args!("{}#{}", turn.actor, record.head.seq);
    let mut open = before.invocation().map(Open::of);
    let mut was_open = open.is_some();
    let (mut started, mut ended) = (BTreeSet::new(), BTreeSet::new());
    for event in &record.events {
        match (event, &mut open) {
            (Event::Began { .. }, Some(_)) => {
                return broken(4, format!("{at} begins an invocation while one is open"));
            }
            (Event::Began { .. }, None) => {
                open = Some(Open { began: record.head.seq, answered: Vec::new() });
                was_open = true;
            }
            (Event::Stepped(step), Some(open)) => open.answered.push(step.answer.is_some()),
            (Event::Answered { position, .. }, Some(open)) => {
                let answered =
                    usize::try_from(*position).ok().and_then(|p| open.answered.get_mut(p));
                match answered {
                    Some(answered) if !*answered => *answered = true,
                    Some(_) => {
                        let what = format!("{at} answers request {}.{position} again", open.began);
                        return broken(8, what);
                    }
                    None => return broken(8, format!("{at} answers what was not asked for")),
                }
            }
            (Event::Stepped(_) | Event::Answered { .. }, None) => {
                return broken(7, format!("{at} goes on with an invocation that there is not"));
            }
            (Event::Finished(_), _) => open = None,
            (Event::Started { step, .. }, _)
                if before.started(*step).is_some() || !started.insert(*step) =>
            {
                return broken(8, format!("{at} starts {step:?} again"));
            }
            (Event::Ended { step } | Event::Stopped { step }, _) => {
                let is_first = ended.insert(*step);
                if !is_first || before.started(*step).is_none() && !started.contains(step) {
                    return broken(8, format!("{at} ends {step:?}, which was not started"));
                }
            }
            _ => {}
        }
    }
    let began = open.as_ref().map(|open| open.began);
    let activities = record.events.iter().filter_map(|event| match event {
        Event::Sent(outgoing) => match &**outgoing {
            Outgoing::Activity(request) if was_open => Some(request),
            _ => None,
        },
        _ => None,
    });
    for request in activities {
        let StepId { incarnation, began: of, position } = request.reply_to.step;
        let awaits = open.as_ref().is_some_and(|open| {
            let answered = usize::try_from(position).ok().and_then(|p| open.answered.get(p));
            began == Some(of) && answered == Some(&false)
        });
        if request.id != request.reply_to.step.name(&turn.actor)
            || incarnation != record.head.incarnation
            || request.reply_to.actor != turn.actor
            || (began.is_some() && !awaits && !started.contains(&request.reply_to.step))
        {
            let what = format!(
                "{at} asks for activity {} under a key that is not of its place",
                request.id
            );
            return broken(8, what);
        }
    }
    Ok(())
}

impl Open {
    fn of(open: &Invocation) -> Self {
        let answered = open.steps.iter().map(|step| step.answer.is_some()).collect();
        Self { began: open.began, answered }
    }
}
