//! `loom journal`: what actors did, and whether it leads to what they are.

mod fold;
mod verify;

use std::io::{self, Write as _};
use std::sync::Arc;

use loom_core::{ActorId, Payload, Record, Seq};
use loom_ports::{JournalStore, Page};
use serde::Serialize;
use serde_json::value::RawValue;

pub(crate) use fold::fold;

use crate::cli::{Journal, Place};
use crate::exit::{Exit, Stop};
use crate::record_view::{RecordView, json};
use crate::stores;

/// How many records are read at a time.
const PAGE: usize = 256;

/// Runs the command.
pub(crate) async fn run(command: Journal) -> Result<Exit, Stop> {
    match command {
        Journal::Show { place, actor, from, limit, json } => {
            let (journal, actor) = open(&place, &actor).await?;
            show(&*journal, &actor, Seq(from), limit.unwrap_or(u64::MAX), json).await
        }
        Journal::State { place, actor, at, json } => {
            let (journal, actor) = open(&place, &actor).await?;
            state(&*journal, &actor, at.map(Seq), json).await
        }
        Journal::Verify { place, json } => verify::verify(&stores::look(&place).await?, json).await,
    }
}

async fn open(place: &Place, actor: &str) -> Result<(Arc<dyn JournalStore>, ActorId), Stop> {
    let actor = ActorId::parse(actor).map_err(|error| Stop::new(Exit::BadInput, error))?;
    Ok((stores::look(place).await?.stores.journal, actor))
}

/// Records of an actor, oldest first, and where to read on.
pub(crate) async fn page(
    journal: &dyn JournalStore,
    actor: &ActorId,
    from: Seq,
    limit: usize,
) -> Result<(Vec<Record>, Option<Seq>), Stop> {
    let Page { items, next } = journal.read(actor, from, limit).await?;
    let mut records = Vec::with_capacity(items.len());
    for stored in items {
        let record = Record::decode(&stored.bytes).map_err(|error| {
            Stop::new(Exit::Disk, format!("record {} of {actor}: {error}", stored.seq))
        })?;
        records.push(record);
    }
    let next = next.and(records.last().map(|record| record.head.seq.next()));
    Ok((records, next))
}

async fn show(
    journal: &dyn JournalStore,
    actor: &ActorId,
    from: Seq,
    limit: u64,
    as_json: bool,
) -> Result<Exit, Stop> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    let (mut from, mut left) = (Some(from), limit);
    let mut shown = 0_u64;
    while let Some(seq) = from.filter(|_| left > 0) {
        let count = usize::try_from(left).unwrap_or(PAGE).min(PAGE);
        let (records, next) = page(journal, actor, seq, count).await?;
        for record in &records {
            let view = RecordView::from(record);
            if as_json {
                writeln!(stdout, "{}", serde_json::to_string(&view)?)?;
            } else {
                writeln!(stdout, "{view}")?;
            }
        }
        shown += records.len() as u64;
        left = left.saturating_sub(records.len() as u64);
        from = next;
    }
    stdout.flush()?;
    if shown == 0 && limit > 0 {
        return Err(no_records(journal, actor).await?);
    }
    Ok(Exit::Done)
}

async fn no_records(journal: &dyn JournalStore, actor: &ActorId) -> Result<Stop, Stop> {
    let (first, _) = page(journal, actor, Seq::EMPTY, 1).await?;
    let why = if first.is_empty() {
        format!("{actor} has no journal")
    } else {
        format!("the journal of {actor} has no record there")
    };
    Ok(Stop::new(Exit::NotFound, why))
}

/// A state, and the record that led to it.
#[derive(Serialize)]
struct StateView {
    actor: ActorId,
    seq: u64,
    incarnation: u64,
    at: String,
    version: u32,
    state_hash: String,
    state: Box<RawValue>,
}

async fn state(
    journal: &dyn JournalStore,
    actor: &ActorId,
    at: Option<Seq>,
    as_json: bool,
) -> Result<Exit, Stop> {
    let folded = fold(journal, actor, at).await?;
    let state = json(&Payload(folded.kernel.state().clone()));
    let mut stdout = io::stdout().lock();
    if !as_json {
        writeln!(stdout, "{state}")?;
        return Ok(Exit::Done);
    }
    let head = folded.kernel.head();
    let view = StateView {
        actor: actor.clone(),
        seq: head.seq.0,
        incarnation: head.incarnation.0,
        at: folded.at.to_string(),
        version: folded.kernel.state_version(),
        state_hash: format!("{:016x}", folded.state_hash),
        state,
    };
    writeln!(stdout, "{}", serde_json::to_string(&view)?)?;
    Ok(Exit::Done)
}
