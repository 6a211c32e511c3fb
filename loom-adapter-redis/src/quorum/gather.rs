//! Asking all servers at once, without waiting for one that does not keep up.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use super::Quorum;
use super::node::Node;

/// How long to wait for the others once enough have answered. Who takes longer is not waited for
/// until it has answered something again.
const GRACE: Duration = Duration::from_millis(20);

impl Quorum {
    /// Asks the servers of these numbers, each in a task that goes on when nobody waits for it any
    /// more. What is `enough` is asked of the answers so far.
    pub(super) async fn ask<T, F>(
        &self,
        asked: impl IntoIterator<Item = usize>,
        question: impl Fn(usize, Arc<Node>) -> F,
        enough: impl Fn(&[(usize, T)]) -> bool,
    ) -> Vec<(usize, T)>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (said, mut answers) = unbounded_channel();
        let mut pending = BTreeSet::new();
        for number in asked {
            pending.insert(number);
            let answer = question(number, Arc::clone(&self.nodes[number]));
            let said = said.clone();
            tokio::spawn(async move {
                let answer = answer.await;
                let _ = said.send((number, answer));
            });
        }
        drop(said);
        self.gather(&mut answers, pending, enough).await
    }

    /// Waits for the answers of those `pending`.
    pub(super) async fn gather<T>(
        &self,
        said: &mut UnboundedReceiver<(usize, T)>,
        mut pending: BTreeSet<usize>,
        enough: impl Fn(&[(usize, T)]) -> bool,
    ) -> Vec<(usize, T)> {
        let mut answers = Vec::new();
        let mut grace = None;
        while !pending.is_empty() {
            let answer = if enough(&answers) {
                if pending.iter().all(|number| self.nodes[*number].lags()) {
                    break;
                }
                let until = *grace.get_or_insert_with(|| Instant::now() + GRACE);
                let Ok(answer) = timeout_at(until, said.recv()).await else {
                    for number in pending {
                        self.nodes[number].set_lags();
                    }
                    break;
                };
                answer
            } else {
                said.recv().await
            };
            let Some((number, answer)) = answer else { break };
            pending.remove(&number);
            answers.push((number, answer));
        }
        answers
    }
}
