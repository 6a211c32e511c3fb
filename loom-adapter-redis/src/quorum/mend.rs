//! Telling servers that have forgotten what the others remember.

use std::sync::Arc;
use std::time::Duration;

use loom_core::Timestamp;
use tokio::time::Instant;

use super::Quorum;
use super::memory::{Lease, Memory};
use super::node::Node;
use crate::clock::millis;
use crate::error::Failure;
use crate::reply::strange;
use crate::script::Script;
use crate::settings::TimeSource;

static ENLIST: Script = Script::new(include_str!("enlist.lua"));
static SURVEY: Script = Script::new(include_str!("survey.lua"));
static LEASES: Script = Script::new(concat!(
    include_str!("../clock.lua"),
    include_str!("record.lua"),
    include_str!("leases.lua")
));
static RESTORE: Script = Script::new(concat!(
    include_str!("../clock.lua"),
    include_str!("record.lua"),
    include_str!("restore.lua")
));

/// How many leases a server is told at once.
const LEASES_MAX: usize = 200;
const PAUSE_MAX_MICROS: u64 = 50_000;

/// Who is believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Believed {
    /// A majority of those that have forgotten nothing.
    Majority,
    /// All there are, with whatever they have: no majority has forgotten nothing.
    All,
}

/// A name that nobody else has.
pub(super) fn unique() -> String {
    format!("{:032x}", rand::random::<u128>())
}

impl Quorum {
    /// Tells all servers that have forgotten, also while other hosts do the same. Says how many
    /// take part then.
    pub(super) async fn mend(&self) -> Result<usize, Failure> {
        let _alone = self.mending.lock().await;
        let started = Instant::now();
        loop {
            if let Some(voting) = self.mend_once().await? {
                return Ok(voting);
            }
            if started.elapsed() >= self.refusal_timeout {
                return Err(self.no_majority(0, &[], false));
            }
            let micros = rand::random_range(0..PAUSE_MAX_MICROS);
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
    }

    /// Nothing, if another host or another loss came between.
    async fn mend_once(&self) -> Result<Option<usize>, Failure> {
        let (majority, nodes) = (self.majority(), self.nodes.len());
        let (ticket, time): (Arc<str>, _) = (unique().into(), self.time);
        let question = |_, node: Arc<Node>| {
            let ticket = Arc::clone(&ticket);
            async move { enlist(&node, &ticket).await }
        };
        let remembering = |said: &[(usize, Result<bool, Failure>)]| {
            said.iter().filter(|(_, said)| matches!(said, Ok(true))).count()
        };
        let said = self.ask(0..nodes, question, |said| remembering(said) >= majority).await;
        let (mut remember, mut forgot, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        for (number, said) in said {
            match said {
                Ok(true) => remember.push(number),
                Ok(false) => forgot.push(number),
                Err(failure) => failures.push(failure),
            }
        }
        let (believed, sources, needed) = if remember.len() >= majority {
            (Believed::Majority, remember.clone(), majority)
        } else if remember.len() + forgot.len() == nodes {
            (Believed::All, (0..nodes).collect(), nodes)
        } else {
            return Err(self.no_majority(remember.len(), &failures, false));
        };
        if forgot.is_empty() {
            return Ok(Some(remember.len()));
        }

        let question = |_, node: Arc<Node>| {
            let ticket = Arc::clone(&ticket);
            async move { recall(&node, &ticket, believed, time).await }
        };
        let told = |told: &[(usize, Result<Option<_>, Failure>)]| {
            told.iter().filter(|(_, told)| matches!(told, Ok(Some(_)))).count()
        };
        let told: Vec<_> = self
            .ask(sources, question, |answers| told(answers) >= needed)
            .await
            .into_iter()
            .filter_map(|(_, told)| told.ok().flatten())
            .collect();
        if told.len() < needed {
            return Ok(None);
        }
        let memory: Arc<_> = Memory::of(told, believed, nodes).into();

        let question = |_, node: Arc<Node>| {
            let (ticket, memory) = (Arc::clone(&ticket), Arc::clone(&memory));
            async move { restore(&node, &ticket, &memory, believed, time).await }
        };
        let restored = self.ask(forgot, question, |_| false).await;
        let restored = restored.iter().filter(|(_, said)| matches!(said, Ok(true))).count();
        let voting = remember.len() + restored;
        Ok((voting >= majority).then_some(voting))
    }
}

/// Whether a server remembers. If not, only the holder of the ticket can tell it, and only until
/// it forgets again.
async fn enlist(node: &Node, ticket: &str) -> Result<bool, Failure> {
    let mut answer = node.call(&ENLIST, |call| call.arg(ticket)).await?;
    Ok(answer.text()? == "remembers")
}

/// What a server knows, or nothing if it has forgotten meanwhile.
async fn recall(
    node: &Node,
    ticket: &str,
    believed: Believed,
    time: TimeSource,
) -> Result<Option<(u64, Vec<Lease>)>, Failure> {
    let which = if believed == Believed::Majority { "remembers" } else { "any" };
    let mut answer = node.call(&SURVEY, |call| call.arg(ticket).arg(which)).await?;
    if answer.text()? != "token" {
        return Ok(None);
    }
    let token = answer.number()?;
    let (mut leases, mut cursor) = (Vec::new(), "0".to_owned());
    loop {
        let page = node.call(&LEASES, |call| {
            call.arg(millis(Timestamp::EPOCH)).arg(time.name()).arg(which).arg(&cursor)
        });
        let mut page = page.await?;
        if page.text()? != "leases" {
            return Ok(None);
        }
        cursor = page.text()?;
        let mut parts = page.parts()?;
        while !parts.is_empty() {
            let (name, whose) = (parts.text()?, (parts.text()?, parts.number()?));
            let (released, until) = (parts.number()?, parts.number()?);
            leases.push(Lease { name, whose, released, until });
        }
        if cursor == "0" {
            return Ok(Some((token, leases)));
        }
    }
}

/// Tells a server. Says whether it still had the ticket, and takes part now.
async fn restore(
    node: &Node,
    ticket: &str,
    memory: &Memory,
    believed: Believed,
    time: TimeSource,
) -> Result<bool, Failure> {
    let tell = async |how: &str, leases: &[Lease]| {
        let mut answer = node
            .call(&RESTORE, |call| {
                let mut call = call
                    .arg(millis(Timestamp::EPOCH))
                    .arg(time.name())
                    .arg(ticket)
                    .arg(how)
                    .arg(memory.token);
                for lease in leases {
                    call.push(&lease.name);
                    call.push(&lease.whose.0);
                    call.push(lease.whose.1);
                    call.push(lease.released);
                    call.push(lease.until);
                }
                call
            })
            .await?;
        match answer.text()?.as_str() {
            "done" => Ok(true),
            "gone" => Ok(false),
            _ => Err(strange("restoration")),
        }
    };
    // What it has may be older than what the others tell; if they have forgotten too, it is all
    // there is.
    let first = if believed == Believed::Majority { "clear" } else { "add" };
    if !tell(first, &[]).await? {
        return Ok(false);
    }
    for leases in memory.leases.chunks(LEASES_MAX) {
        if !tell("add", leases).await? {
            return Ok(false);
        }
    }
    tell("finish", &[]).await
}
