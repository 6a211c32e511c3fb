//! A request on its way to the thread, and its answer on the way back.

use tokio::sync::oneshot;

use crate::error::{Broken, Stopped};
use crate::view::View;

/// A request, without the types of its answer.
pub(super) trait Job: Send {
    /// Carries it out. Says whether its changes are to be made.
    fn run(&mut self, view: &mut View<'_>) -> bool;
    /// Answers with the result of `run`, unless the store has stopped.
    fn answer(self: Box<Self>, stopped: Option<&Stopped>);
    /// Its changes are about to be made.
    fn note_change(&mut self);
}

pub(super) struct Request<F, T> {
    work: Option<F>,
    result: Option<Result<T, Broken>>,
    changed: bool,
    reply: oneshot::Sender<Result<T, Broken>>,
}

impl<F, T> Request<F, T> {
    /// `work`, and where its answer will be.
    pub(super) fn new(work: F) -> (Self, oneshot::Receiver<Result<T, Broken>>) {
        let (reply, answer) = oneshot::channel();
        (Self { work: Some(work), result: None, changed: false, reply }, answer)
    }
}

impl<F, T> Job for Request<F, T>
where
    T: Send,
    F: FnOnce(&mut View<'_>) -> Result<T, Broken> + Send,
{
    fn run(&mut self, view: &mut View<'_>) -> bool {
        let work = self.work.take().expect("each request is run once");
        let result = work(view);
        let is_ok = result.is_ok();
        self.result = Some(result);
        is_ok
    }

    fn note_change(&mut self) {
        self.changed = true;
    }

    fn answer(self: Box<Self>, stopped: Option<&Stopped>) {
        let answer = match (self.result, stopped.cloned()) {
            (Some(Err(error)), _) => Err(error),
            (Some(result), None) => result,
            (Some(Ok(_)), Some(stopped)) if self.changed => Err(Broken::Unknown(stopped)),
            // What it would tell may be lost.
            (_, Some(stopped)) => Err(Broken::Refused(stopped)),
            (None, None) => return,
        };
        // Whoever asked may have gone.
        let _ = self.reply.send(answer);
    }
}
