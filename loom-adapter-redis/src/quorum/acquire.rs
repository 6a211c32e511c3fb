//! Taking a name on a majority of the servers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use loom_core::{LockName, Timestamp};
use loom_ports::{Acquire, Lease};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::Instant;

use super::Quorum;
use super::mend::unique;
use super::node::Node;
use super::settle::{How, settle};
use crate::clock::{duration, millis, timestamp};
use crate::error::Failure;
use crate::reply::strange;
use crate::script::Script;
use crate::settings::TimeSource;

static TAKE: Script = Script::new(concat!(
    include_str!("../clock.lua"),
    include_str!("record.lua"),
    include_str!("take.lua")
));
static CONFIRM: Script = Script::new(concat!(
    include_str!("../clock.lua"),
    include_str!("record.lua"),
    include_str!("confirm.lua")
));

/// How long a server waits for the confirmation of what was taken.
const TAKE_MILLIS: u64 = 2_000;
const PAUSE_MIN_MICROS: u64 = 500;
const PAUSE_MAX_MICROS: u64 = 64_000;

/// What a server says of a proposal.
enum Taken {
    Granted {
        generation: String,
        token: u64,
    },
    Busy(Timestamp),
    /// Somebody else is at the same point.
    Contended(Timestamp),
    Forgot,
}

/// What becomes of a proposal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Open,
    Confirm(u64),
    /// A majority has confirmed.
    Keep(u64),
}

/// What came of one proposal.
enum Round {
    Held(u64),
    /// Others have it, until then as far as is known.
    Busy(Timestamp),
    /// Nobody may have it: several are at it at once, or servers were mended.
    Contended(Option<Timestamp>),
    /// Servers have forgotten what they knew, and without them there is no majority.
    Forgot(Failure),
    Failed(Failure),
}

/// A proposal as one server is asked for it.
#[derive(Clone)]
struct Proposal {
    id: Arc<str>,
    name: LockName,
    now: Timestamp,
    time: TimeSource,
    ttl_millis: u64,
}

impl Quorum {
    pub(super) async fn acquire(
        self: &Arc<Self>,
        name: &LockName,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Acquire, Failure> {
        let started = Instant::now();
        let mut pause = PAUSE_MIN_MICROS;
        loop {
            let proposal = Proposal {
                id: unique().into(),
                name: name.clone(),
                now: self.later(now, started),
                time: self.time,
                ttl_millis: self.kept_millis(ttl),
            };
            let round = self.propose(proposal, started, ttl).await;
            let is_last = started.elapsed() >= self.refusal_timeout;
            match round {
                Round::Held(token) => {
                    let until = now.saturating_add(ttl);
                    return Ok(Acquire::Held(Lease { name: name.clone(), token, until }));
                }
                Round::Busy(until) => return Ok(Acquire::Busy { until }),
                Round::Contended(Some(until)) if is_last => return Ok(Acquire::Busy { until }),
                Round::Contended(None) if is_last => {
                    return Err(self.no_majority(0, &[], true));
                }
                Round::Failed(failure) => return Err(failure),
                Round::Forgot(failure) if is_last => return Err(failure),
                Round::Forgot(_) => {
                    self.mend().await?;
                }
                Round::Contended(_) => {}
            }
            let micros = rand::random_range(0..pause);
            tokio::time::sleep(Duration::from_micros(micros)).await;
            pause = (pause * 2).min(PAUSE_MAX_MICROS);
        }
    }

    /// The caller's time, that much later. Tests stop it.
    fn later(&self, now: Timestamp, since: Instant) -> Timestamp {
        match self.time {
            TimeSource::Server => now.saturating_add(since.elapsed()),
            TimeSource::Caller => now,
        }
    }

    /// How long a server keeps a lease: longer than its holder, whose clock may be slower.
    pub(super) fn kept_millis(&self, ttl: Duration) -> u64 {
        match self.time {
            TimeSource::Server => {
                duration(ttl.saturating_add(ttl / 100 + Duration::from_millis(2)))
            }
            TimeSource::Caller => duration(ttl),
        }
    }

    async fn propose(
        self: &Arc<Self>,
        proposal: Proposal,
        started: Instant,
        ttl: Duration,
    ) -> Round {
        let (verdict, told) = watch::channel(Verdict::Open);
        let (say_taken, mut takes) = unbounded_channel();
        let (say_confirmed, mut confirmations) = unbounded_channel();
        let (say_done, done) = unbounded_channel();
        for (number, node) in self.nodes.iter().enumerate() {
            let errand = Errand {
                number,
                node: Arc::clone(node),
                proposal: proposal.clone(),
                verdict: told.clone(),
                done: say_done.clone(),
            };
            tokio::spawn(errand.run(say_taken.clone(), say_confirmed.clone()));
        }
        drop((say_taken, say_confirmed, say_done, told));

        let all = (0..self.nodes.len()).collect();
        let majority = self.majority();
        let takes = self.gather(&mut takes, all, |takes| is_decided(takes, majority)).await;
        let forgot = takes.iter().any(|(_, take)| matches!(take, Ok(Taken::Forgot)));
        let mut tokens = Vec::new();
        let mut grants = BTreeSet::new();
        for (number, take) in &takes {
            if let Ok(Taken::Granted { token, .. }) = take {
                tokens.push(*token);
                grants.insert(*number);
            }
        }
        if grants.len() < majority {
            drop(verdict);
            undone(done, grants.len()).await;
            return self.refused(takes);
        }
        let token = tokens.into_iter().max().unwrap_or_default();
        verdict.send_replace(Verdict::Confirm(token));
        let count = |confirmed: &[(usize, Result<bool, Failure>)]| {
            confirmed.iter().filter(|(_, confirmed)| matches!(confirmed, Ok(true))).count()
        };
        let confirmed = self
            // A server that took the name too late to be among the grants is not asked for.
            .gather(&mut confirmations, grants.clone(), |confirmed| count(confirmed) >= majority)
            .await;
        let counted = confirmed
            .iter()
            .filter(|(number, confirmed)| grants.contains(number) && matches!(confirmed, Ok(true)))
            .count();
        let is_over = self.time == TimeSource::Server && started.elapsed() >= ttl;
        if counted >= majority && !is_over {
            verdict.send_replace(Verdict::Keep(token));
            if forgot {
                let quorum = Arc::clone(self);
                tokio::spawn(async move { quorum.mend().await });
            }
            return Round::Held(token);
        }
        drop(verdict);
        undone(done, grants.len()).await;
        let failures: Vec<_> =
            confirmed.into_iter().filter_map(|(_, confirmed)| confirmed.err()).collect();
        if failures.is_empty() && !is_over {
            return Round::Contended(None);
        }
        Round::Failed(self.no_majority(counted, &failures, true))
    }

    /// What it means that fewer than a majority granted a proposal.
    fn refused(&self, takes: Vec<(usize, Result<Taken, Failure>)>) -> Round {
        let (mut granted, mut contended, mut forgot) = (0, 0, 0);
        let (mut ends, mut failures) = (Vec::new(), Vec::new());
        for (_, take) in takes {
            match take {
                Ok(Taken::Granted { .. }) => granted += 1,
                Ok(Taken::Busy(until)) => ends.push(until),
                Ok(Taken::Contended(until)) => {
                    contended += 1;
                    ends.push(until);
                }
                Ok(Taken::Forgot) => forgot += 1,
                Err(failure) => failures.push(failure),
            }
        }
        let majority = self.majority();
        let answered = granted + ends.len();
        if answered < majority {
            let failure = self.no_majority(answered, &failures, false);
            let enough_with_them = answered + forgot >= majority;
            return if enough_with_them { Round::Forgot(failure) } else { Round::Failed(failure) };
        }
        ends.sort_unstable();
        // When so many have ended, a majority is free.
        let until = ends[(majority - granted - 1).min(ends.len() - 1)];
        if granted + contended < majority {
            Round::Busy(until)
        } else {
            Round::Contended(Some(until))
        }
    }
}

/// Whether a majority has granted it, or refused it for others.
fn is_decided(takes: &[(usize, Result<Taken, Failure>)], majority: usize) -> bool {
    let (mut granted, mut refused) = (0, 0);
    for (_, take) in takes {
        match take {
            Ok(Taken::Granted { .. }) => granted += 1,
            Ok(Taken::Busy(_) | Taken::Contended(_)) => refused += 1,
            Ok(Taken::Forgot) | Err(_) => {}
        }
    }
    granted >= majority || refused >= majority
}

/// What is done for a proposal at one server, whoever still waits for it.
struct Errand {
    number: usize,
    node: Arc<Node>,
    proposal: Proposal,
    verdict: watch::Receiver<Verdict>,
    done: UnboundedSender<usize>,
}

impl Errand {
    async fn run(
        mut self,
        takes: UnboundedSender<(usize, Result<Taken, Failure>)>,
        confirmations: UnboundedSender<(usize, Result<bool, Failure>)>,
    ) {
        let take = take(&self.node, &self.proposal).await;
        let generation = match &take {
            Ok(Taken::Granted { generation, .. }) => Some(generation.clone()),
            _ => None,
        };
        let may_be_taken = take.is_err();
        let _ = takes.send((self.number, take));
        drop(takes);
        if generation.is_none() && !may_be_taken {
            return;
        }
        let first = self.verdict_other_than(&[Verdict::Open]).await;
        if let (Some(Verdict::Confirm(token) | Verdict::Keep(token)), Some(generation)) =
            (first, generation)
        {
            let confirmed = confirm(&self.node, &self.proposal, &generation, token).await;
            let _ = confirmations.send((self.number, confirmed));
            drop(confirmations);
            let open = [Verdict::Open, Verdict::Confirm(token)];
            if self.verdict_other_than(&open).await == Some(Verdict::Keep(token)) {
                return;
            }
        }
        let Proposal { id, name, now, time, .. } = &self.proposal;
        let _ = settle(&self.node, name, How::Undo(id), *now, *time).await;
        let _ = self.done.send(self.number);
    }

    /// The next verdict, or nothing if there will be none: whoever asked has gone.
    async fn verdict_other_than(&mut self, known: &[Verdict]) -> Option<Verdict> {
        self.verdict.wait_for(|verdict| !known.contains(verdict)).await.ok().map(|it| *it)
    }
}

/// Waits until servers that answered a moment ago have undone it.
async fn undone(mut done: UnboundedReceiver<usize>, count: usize) {
    for _ in 0..count {
        let undone = tokio::time::timeout(Duration::from_millis(100), done.recv()).await;
        if !matches!(undone, Ok(Some(_))) {
            break;
        }
    }
}

async fn take(node: &Node, proposal: &Proposal) -> Result<Taken, Failure> {
    let mut answer = node
        .call(&TAKE, |call| {
            call.arg(millis(proposal.now))
                .arg(proposal.time.name())
                .arg(proposal.name.as_str())
                .arg(&*proposal.id)
                .arg(TAKE_MILLIS)
        })
        .await?;
    Ok(match answer.text()?.as_str() {
        "taken" => Taken::Granted { generation: answer.text()?, token: answer.number()? },
        "busy" => Taken::Busy(timestamp(answer.number()?)),
        "contended" => Taken::Contended(timestamp(answer.number()?)),
        "forgot" => Taken::Forgot,
        _ => return Err(strange("take")),
    })
}

async fn confirm(
    node: &Node,
    proposal: &Proposal,
    generation: &str,
    token: u64,
) -> Result<bool, Failure> {
    let mut answer = node
        .call(&CONFIRM, |call| {
            call.arg(millis(proposal.now))
                .arg(proposal.time.name())
                .arg(proposal.name.as_str())
                .arg(&*proposal.id)
                .arg(generation)
                .arg(token)
                .arg(proposal.ttl_millis)
        })
        .await?;
    Ok(answer.text()? == "held")
}
