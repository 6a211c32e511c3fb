//! Promise 2: no reply before its commit.

use loom_core::{ActorId, IdempotencyKey, Method, Outcome};

use super::picture::Picture;
use super::{Audit, Kept, broken};

impl Audit {
    /// A keyed call got an answer, and not that of a query, which leaves no mark.
    pub(in crate::sim) fn replied(
        &self,
        actor: &ActorId,
        method: &Method,
        key: &IdempotencyKey,
        outcome: &Outcome,
    ) {
        self.judge(|picture| picture.replied(actor, method, key, outcome));
    }
}

impl Picture {
    fn replied(
        &self,
        actor: &ActorId,
        method: &Method,
        key: &IdempotencyKey,
        outcome: &Outcome,
    ) -> Kept {
        // What cannot be carried out leaves no mark.
        if matches!(outcome, Outcome::Failed(_)) {
            return Ok(());
        }
        let reply = outcome.encode();
        let is_it = |before: &Self| {
            let mark = before.actors.get(actor).and_then(|actor| actor.marks.get(key));
            mark.is_some_and(|mark| mark.handled.reply.as_ref() == Some(&reply))
        };
        if self.was(is_it) {
            return Ok(());
        }
        let mark = self.actors.get(actor).and_then(|actor| actor.marks.get(key));
        let what = match mark.map(|mark| mark.handled.reply.as_ref()) {
            Some(Some(its)) if *its == reply => return Ok(()),
            Some(Some(_)) => "with another outcome than was committed",
            Some(None) => "before its outcome was committed",
            None => "before it was committed",
        };
        broken(2, format!("the request {method} of key {key} to {actor} was answered {what}"))
    }
}
