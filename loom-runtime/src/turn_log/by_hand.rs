//! Handlers run by hand, as in a unit test.

#[cfg(test)]
mod tests;

use std::fmt::Display;

use loom_core::{
    ActorId, Failure, FailureCode, Incarnation, Op, Outcome, Payload, Seq, Start, Then, Timer,
    Timestamp,
};
use serde::Serialize;

use super::{Inner, TurnLog};

/// What a test answers: requests by name, with their outcomes, oldest first.
#[derive(Debug, Default)]
pub(super) struct Answers(Vec<(String, Outcome)>);

impl TurnLog {
    /// The log of a handler that is run by hand, as in a unit test: no host, no store, no laws.
    ///
    /// A request that the handler waits for is answered by [`answering`](Self::answering),
    /// [`rejecting`](Self::rejecting) or [`failing`](Self::failing), which name it as the
    /// [`transcript`](Self::transcript) does: `call wallet/alice withdraw`, `activity charge`,
    /// `effect parcel`, `wait for approved`. Requests of the same name are answered in order. What
    /// is not answered ends so:
    ///
    /// | request | ends with |
    /// |---|---|
    /// | an effect | its own value: it is run |
    /// | a sleep | the time passed |
    /// | anything with a time limit | the time passed, and nothing in it |
    /// | anything else | a panic that names it |
    ///
    /// ```
    /// use loom_runtime::core::Timestamp;
    /// use loom_runtime::{CallError, Context, TurnLog};
    ///
    /// #[derive(Default)]
    /// struct Order {
    ///     paid: bool,
    /// }
    ///
    /// impl Order {
    ///     async fn pay(&mut self, cx: &mut Context<'_>, cents: u32) -> Result<(), CallError> {
    ///         let _left: i64 = cx.call("wallet/alice", "withdraw", &cents).await?;
    ///         cx.send("shop/main", "paid", cx.key())?;
    ///         self.paid = true;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let log = TurnLog::by_hand("order/7", Timestamp::EPOCH)
    ///     .answering("call wallet/alice withdraw", &20);
    /// let mut order = Order::default();
    /// order.pay(&mut Context::new(&log), 5).await.unwrap();
    ///
    /// assert!(order.paid);
    /// assert_eq!(
    ///     log.transcript(),
    ///     ["call wallet/alice withdraw 5", r#"send shop/main paid "7""#]
    /// );
    ///
    /// let log = TurnLog::by_hand("order/8", Timestamp::EPOCH)
    ///     .rejecting("call wallet/alice withdraw", "too little");
    /// let refused = order.pay(&mut Context::new(&log), 5).await;
    /// assert!(matches!(refused, Err(CallError::Rejected(_))));
    /// # });
    /// # Ok::<_, std::io::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When there can be no actor `me`.
    #[must_use]
    pub fn by_hand(me: impl Display, now: Timestamp) -> Self {
        let me = ActorId::parse(&me.to_string()).expect("a handler is one of an actor");
        let inner = Inner { now, answers: Some(Answers::default()), ..Inner::empty() };
        let (incarnation, began) = (Incarnation::default(), Seq::EMPTY.next());
        Self { me, incarnation, began, began_in: incarnation, inner: inner.into() }
    }

    /// Answers a request of a handler run by hand with a value.
    ///
    /// # Panics
    ///
    /// When JSON cannot express the value.
    #[must_use]
    pub fn answering(self, request: &str, value: &(impl Serialize + ?Sized)) -> Self {
        self.with_answer(request, Outcome::Returned(json(value)))
    }

    /// Answers a request of a handler run by hand with an error of the callee's own.
    ///
    /// # Panics
    ///
    /// When JSON cannot express the error.
    #[must_use]
    pub fn rejecting(self, request: &str, error: &(impl Serialize + ?Sized)) -> Self {
        self.with_answer(request, Outcome::Rejected(json(error)))
    }

    /// Answers a request of a handler run by hand with the reason why it was not carried out.
    #[must_use]
    pub fn failing(self, request: &str, code: FailureCode) -> Self {
        let failure = Failure::new(code, format!("{request}, by hand"));
        self.with_answer(request, Outcome::Failed(failure))
    }

    fn with_answer(self, request: &str, outcome: Outcome) -> Self {
        let mut inner = self.lock();
        inner.answers.get_or_insert_default().0.push((request.to_owned(), outcome));
        drop(inner);
        self
    }

    /// What the handler asked for that was not recorded before: by hand, all of it.
    #[must_use]
    pub fn asked(&self) -> Vec<Op> {
        self.lock().ops.clone()
    }

    /// As [`asked`](Self::asked), one line for each request.
    #[must_use]
    pub fn transcript(&self) -> Vec<String> {
        self.lock().ops.iter().map(line).collect()
    }

    /// Whether nobody commits what the handler asks for.
    pub(crate) fn is_by_hand(&self) -> bool {
        self.lock().answers.is_some()
    }

    /// The next answer that was given to requests of this name.
    pub(crate) fn answer_by_hand(&self, request: &str) -> Option<Outcome> {
        let mut inner = self.lock();
        let answers = &mut inner.answers.as_mut()?.0;
        let at = answers.iter().position(|(answered, _)| answered == request)?;
        Some(answers.remove(at).1)
    }

    /// How a request ends that the handler waits for.
    pub(crate) fn end_by_hand(&self, op: Op) -> Outcome {
        let request = op.ask().to_string();
        let answer = self.answer_by_hand(&request);
        let ended = answer.map(|outcome| (None, outcome)).or_else(|| unanswered(&op));
        self.push(op);
        let mut inner = self.lock();
        let Some((until, outcome)) = ended else {
            let left = inner.answers.iter().flat_map(|answers| &answers.0);
            let left: Vec<_> = left.map(|(request, _)| request.as_str()).collect();
            panic!("`{request}` was not answered by hand; answers are left for {left:?}");
        };
        inner.now = inner.now.max(until.unwrap_or(inner.now));
        outcome
    }
}

/// How a request ends that has no answer, and when. `None` if it cannot.
fn unanswered(op: &Op) -> Option<(Option<Timestamp>, Outcome)> {
    match *op {
        Op::Sleep { until } => Some((Some(until), Outcome::Returned(Payload::NULL))),
        Op::Call { until: until @ Some(_), .. } | Op::Wait { until: until @ Some(_), .. } => {
            let failure = Failure::new(FailureCode::TimedOut, format!("{}, by hand", op.ask()));
            Some((until, Outcome::Failed(failure)))
        }
        _ => None,
    }
}

fn json(value: &(impl Serialize + ?Sized)) -> Payload {
    Payload::of(value).expect("what is answered can be written as JSON")
}

/// A request with its details.
fn line(op: &Op) -> String {
    let ask = op.ask();
    match op {
        Op::Send { args, .. } | Op::Activity { args, .. } => format!("{ask} {args:?}"),
        Op::Signal { payload, .. } => format!("{ask} {payload:?}"),
        Op::Spawn { method, args, .. } => format!("{ask} {method} {args:?}"),
        Op::Call { args, until, .. } => format!("{ask} {args:?}{}", limit(*until)),
        Op::Wait { until, .. } => format!("{ask}{}", limit(*until)),
        Op::Sleep { until } => format!("{ask}{}", limit(Some(*until))),
        Op::SetTimer { timer: Timer { at, run: Some(run) }, .. } => {
            let every = run.every_ms.map(|every_ms| format!(", then every {every_ms} ms"));
            let every = every.unwrap_or_default();
            format!("{ask}: {} {:?} at {at}{every}", run.method, run.args)
        }
        Op::Start {
            what: Start::Activity { args, .. } | Start::Call { args, .. },
            then: Then { tag, .. },
        } => format!("{ask} {args:?} as {tag:?}"),
        Op::Stop { tag } => format!("{ask} {tag:?}"),
        Op::SetTimer { .. } | Op::ClearTimer { .. } | Op::Effect { .. } | Op::Take { .. } => {
            ask.to_string()
        }
    }
}

fn limit(until: Option<Timestamp>) -> String {
    until.map(|until| format!(" until {until}")).unwrap_or_default()
}
