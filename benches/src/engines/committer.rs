//! Group commit in front of an engine: one thread that writes.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use tokio::sync::oneshot;

use super::disk::Engine;
use crate::callers::{Callers, call};
use crate::cost::Cost;

/// A thread that writes all that was handed over since it last looked as one transaction, waits
/// for the disk, and answers.
#[derive(Clone)]
pub(crate) struct Committer {
    inbox: Sender<oneshot::Sender<()>>,
}

impl Committer {
    /// Starts the thread. It ends with the last sender.
    pub(crate) fn start(engine: impl Engine + Send + 'static) -> Self {
        let (inbox, requests) = channel();
        thread::spawn(move || write(engine, &requests));
        Self { inbox }
    }

    /// Has each of the callers wait until one more record is on the disk, again and again.
    pub(crate) async fn commit(&self, callers: Callers) -> Cost {
        let engine = self.clone();
        call(callers, move |_| engine.record()).await
    }

    fn record(&self) -> impl Future<Output = ()> + Send + use<> {
        let (reply, done) = oneshot::channel();
        self.inbox.send(reply).expect("the thread takes requests");
        async { done.await.expect("the record is written") }
    }
}

fn write(mut engine: impl Engine, requests: &Receiver<oneshot::Sender<()>>) {
    let mut next = 0;
    while let Ok(first) = requests.recv() {
        let group: Vec<_> = [first].into_iter().chain(requests.try_iter()).collect();
        let places = next..next + group.len() as u64;
        next = places.end;
        engine.write(places);
        for reply in group {
            // A caller that gave up no longer waits.
            let _ = reply.send(());
        }
    }
}
