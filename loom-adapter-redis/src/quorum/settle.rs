//! Renewing and releasing what a majority of the servers holds.

use std::sync::Arc;
use std::time::Duration;

use loom_core::{LockName, Timestamp};
use loom_ports::{Lease, Renew};

use super::Quorum;
use super::node::Node;
use crate::clock::millis;
use crate::error::Failure;
use crate::reply::strange;
use crate::script::Script;
use crate::settings::TimeSource;

static SETTLE: Script = Script::new(concat!(
    include_str!("../clock.lua"),
    include_str!("record.lua"),
    include_str!("settle.lua")
));

/// What is to become of a lease, or of what a proposal took.
pub(super) enum How<'a> {
    Renew { token: u64, ttl_millis: u64 },
    Release { token: u64 },
    Undo(&'a str),
}

/// What a server says of a lease.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Settled {
    Held,
    Lost,
    Released,
    Forgot,
}

impl Quorum {
    pub(super) async fn renew(
        self: &Arc<Self>,
        lease: &Lease,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Renew, Failure> {
        let ttl_millis = self.kept_millis(ttl);
        let mut answers = self.renew_once(lease, ttl_millis, now).await;
        let forgot = answers.iter().any(|(_, answer)| matches!(answer, Ok(Settled::Forgot)));
        if count(&answers, Settled::Held) < self.majority() && forgot {
            // A server that is told of the lease by the others can renew it.
            self.mend().await?;
            answers = self.renew_once(lease, ttl_millis, now).await;
        }
        let held = count(&answers, Settled::Held);
        if held >= self.majority() {
            let until = now.saturating_add(ttl);
            return Ok(Renew::Held(Lease { until, ..lease.clone() }));
        }
        if self.nodes.len() - count(&answers, Settled::Lost) < self.majority() {
            return Ok(Renew::Lost);
        }
        Err(self.no_majority(held, &failures(answers), held > 0))
    }

    async fn renew_once(&self, lease: &Lease, ttl_millis: u64, now: Timestamp) -> Answers {
        let (majority, lost_at) = (self.majority(), self.nodes.len() - self.majority() + 1);
        let (name, token, time) = (lease.name.clone(), lease.token, self.time);
        let question = |_, node: Arc<Node>| {
            let name = name.clone();
            async move { settle(&node, &name, How::Renew { token, ttl_millis }, now, time).await }
        };
        let enough = |answers: &[_]| {
            count(answers, Settled::Held) >= majority || count(answers, Settled::Lost) >= lost_at
        };
        self.ask(0..self.nodes.len(), question, enough).await
    }

    pub(super) async fn release(self: &Arc<Self>, lease: &Lease) -> Result<(), Failure> {
        let mut answers = self.release_once(lease).await;
        let forgot = answers.iter().any(|(_, answer)| matches!(answer, Ok(Settled::Forgot)));
        // Somebody may just now be telling it that the lease is held.
        if forgot && (self.mend().await.is_ok() || freed(&answers) < self.majority()) {
            answers = self.release_once(lease).await;
        }
        let did = freed(&answers);
        if did >= self.majority() {
            return Ok(());
        }
        let released = count(&answers, Settled::Released) > 0;
        Err(self.no_majority(did, &failures(answers), released))
    }

    async fn release_once(&self, lease: &Lease) -> Answers {
        let (name, token, time) = (lease.name.clone(), lease.token, self.time);
        let question = |_, node: Arc<Node>| {
            let name = name.clone();
            async move { settle(&node, &name, How::Release { token }, Timestamp::EPOCH, time).await }
        };
        let majority = self.majority();
        self.ask(0..self.nodes.len(), question, |answers| freed(answers) >= majority).await
    }
}

type Answers = Vec<(usize, Result<Settled, Failure>)>;

fn count(answers: &[(usize, Result<Settled, Failure>)], which: Settled) -> usize {
    answers.iter().filter(|(_, answer)| matches!(answer, Ok(said) if *said == which)).count()
}

fn freed(answers: &[(usize, Result<Settled, Failure>)]) -> usize {
    count(answers, Settled::Released) + count(answers, Settled::Lost)
}

fn failures(answers: Answers) -> Vec<Failure> {
    answers.into_iter().filter_map(|(_, answer)| answer.err()).collect()
}

pub(super) async fn settle(
    node: &Node,
    name: &LockName,
    how: How<'_>,
    now: Timestamp,
    time: TimeSource,
) -> Result<Settled, Failure> {
    let mut answer = node
        .call(&SETTLE, |call| {
            let call = call.arg(millis(now)).arg(time.name()).arg(name.as_str());
            match how {
                How::Renew { token, ttl_millis } => call.arg("renew").arg(token).arg(ttl_millis),
                How::Release { token } => call.arg("release").arg(token),
                How::Undo(proposal) => call.arg("undo").arg(proposal),
            }
        })
        .await?;
    Ok(match answer.text()?.as_str() {
        "held" => Settled::Held,
        "lost" => Settled::Lost,
        "released" => Settled::Released,
        "forgot" => Settled::Forgot,
        _ => return Err(strange("settlement")),
    })
}
