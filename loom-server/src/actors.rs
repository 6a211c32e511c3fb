//! `loom actors`: which actors there are, and their states.

use std::io::{self, Write};

use loom_core::{ActorId, Kind, Payload};
use loom_ports::JournalStore;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cli::Actors;
use crate::exit::{Exit, Stop};
use crate::record_view::json;
use crate::{hosting, journal, stores};

const PAGE: usize = 256;

#[derive(Serialize)]
struct Listed {
    actor: ActorId,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<Box<RawValue>>,
}

/// Runs the command.
pub(crate) async fn run(command: Actors) -> Result<Exit, Stop> {
    let (place, kind, as_json, with_state) = match command {
        Actors::List { place, kind, json } => (place, kind, json, false),
        Actors::States { place, kind, json } => (place, kind, json, true),
    };
    let kind = kind.map(|kind| Kind::parse(&kind)).transpose();
    let kind = kind.map_err(|error| Stop::new(Exit::BadInput, error))?;
    let stores = stores::look(&place).await?.stores;
    let (journal, partitions) = (&stores.journal, hosting::partitions(&stores).await?);
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    for partition in partitions.ids() {
        let mut from = None;
        loop {
            let page = journal.actors(partition, from.as_ref(), PAGE).await?;
            let wanted = |actor: &ActorId| kind.as_ref().is_none_or(|k| k.as_str() == actor.kind());
            for actor in page.items.into_iter().filter(wanted) {
                let listed = look(&**journal, actor, with_state).await?;
                listed.print(&mut stdout, as_json)?;
            }
            match page.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
    }
    stdout.flush()?;
    Ok(Exit::Done)
}

async fn look(
    journal: &dyn JournalStore,
    actor: ActorId,
    with_state: bool,
) -> Result<Listed, Stop> {
    if !with_state {
        return Ok(Listed { actor, seq: None, state: None });
    }
    let kernel = journal::fold(journal, &actor, None).await?.kernel;
    let state = json(&Payload(kernel.state().clone()));
    Ok(Listed { actor, seq: Some(kernel.head().seq.0), state: Some(state) })
}

impl Listed {
    fn print(&self, to: &mut impl Write, as_json: bool) -> Result<(), Stop> {
        match &self.state {
            _ if as_json => writeln!(to, "{}", serde_json::to_string(self)?)?,
            Some(state) => writeln!(to, "{}\t{state}", self.actor)?,
            None => writeln!(to, "{}", self.actor)?,
        }
        Ok(())
    }
}
