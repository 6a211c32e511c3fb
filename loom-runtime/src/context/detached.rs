//! Requests that a handler does not wait for, and whose outcome runs another handler.

use loom_core::{ActivityLimits, ActivityName, ActorId, Failure, Method, Op, Payload, Start, Then};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Context, ContextError, json};
use crate::CallError;

/// The argument of a handler that is run by the outcome of a detached request.
#[derive(Debug, Deserialize, Serialize)]
pub struct Ended<G, T> {
    /// As it was given with the request.
    pub tag: G,
    /// How the request ended.
    pub outcome: EndedWith<T>,
}

/// How a detached request ended.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedWith<T> {
    /// With this value.
    Returned(T),
    /// With an error of its own.
    Rejected(Box<RawValue>),
    /// It could not be carried out.
    Failed(Failure),
}

impl<T: DeserializeOwned> EndedWith<T> {
    /// The value, or why there is none.
    ///
    /// # Errors
    ///
    /// What was rejected, or why the request could not be carried out.
    pub fn value(self) -> Result<T, CallError> {
        match self {
            Self::Returned(value) => Ok(value),
            Self::Rejected(error) => {
                let json: Box<str> = error.into();
                Err(CallError::Rejected(Payload(String::from(json).into())))
            }
            Self::Failed(failure) => Err(CallError::Failed(failure)),
        }
    }
}

impl Context<'_> {
    /// Runs a registered activity once this turn is committed, and does not wait for it: its
    /// outcome runs the handler `then` of this actor, in a turn of its own, with an [`Ended`] that
    /// has `tag`. Any number run side by side. As every activity, it runs at least once, with a
    /// stable key; its outcome is applied once.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn start(
        &mut self,
        activity: &str,
        args: &(impl Serialize + ?Sized),
        then: &str,
        tag: &(impl Serialize + ?Sized),
    ) -> Result<(), ContextError> {
        self.start_within(ActivityLimits::default(), activity, args, then, tag)
    }

    /// As [`start`](Self::start), with limits of this request in place of the activity's own.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn start_within(
        &mut self,
        limits: ActivityLimits,
        activity: &str,
        args: &(impl Serialize + ?Sized),
        then: &str,
        tag: &(impl Serialize + ?Sized),
    ) -> Result<(), ContextError> {
        let (name, args) = (ActivityName::parse(activity)?, json("the arguments", args)?);
        self.detach(Start::Activity { name, args, limits }, then, tag)
    }

    /// Calls another actor once this turn is committed, and does not wait for its reply: that
    /// runs the handler `then` of this actor, as with [`start`](Self::start).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn start_call(
        &mut self,
        to: impl AsRef<str>,
        method: &str,
        args: &(impl Serialize + ?Sized),
        then: &str,
        tag: &(impl Serialize + ?Sized),
    ) -> Result<(), ContextError> {
        let (to, method) = (ActorId::parse(to.as_ref())?, Method::parse(method)?);
        self.detach(Start::Call { to, method, args: json("the arguments", args)? }, then, tag)
    }

    /// Wants no outcome any more of what was started under this tag: it is never applied. An
    /// activity that runs on this host is dropped where it waits; a call may still be handled.
    ///
    /// # Errors
    ///
    /// Refuses a tag that JSON cannot express.
    pub fn stop(&mut self, tag: &(impl Serialize + ?Sized)) -> Result<(), ContextError> {
        self.log.tell(Op::Stop { tag: json("the tag", tag)? });
        Ok(())
    }

    fn detach(
        &mut self,
        what: Start,
        then: &str,
        tag: &(impl Serialize + ?Sized),
    ) -> Result<(), ContextError> {
        let then = Then { method: Method::parse(then)?, tag: json("the tag", tag)? };
        self.log.tell(Op::Start { what, then });
        Ok(())
    }
}
