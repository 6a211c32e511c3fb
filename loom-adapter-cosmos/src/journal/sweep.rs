//! Removing what nobody needs any more: marks that have expired, timers that later turns have changed, and
//! turns that were trimmed, once what they sent was delivered.
//!
//! Documents are looked for where something may have ended: by the end of their marks, by their
//! timers, and behind those turns that left something behind. What holds for a document that is
//! to go holds for ever, so that nothing has to be held fast meanwhile.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use azure_core::http::Etag;
use azure_data_cosmos::{Query, TransactionalBatch};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use loom_core::{ActorId, Head, PartitionId, Seq, Timestamp};
use loom_ports::Cursor;

use super::document::Swept;
use super::end::End;
use super::known::Seen;
use super::place::{self, digits, number};
use super::turn::Written;
use super::{CosmosJournal, READ_AT_ONCE};
use crate::connection::Answer;
use crate::error::Failure;
use crate::items::{
    BATCH_BYTES_MAX, BATCH_OPERATIONS_MAX, Batched, Over, between, delete_if_same, if_same,
};

/// How many documents are looked at in one go.
const SWEPT_MAX: usize = 100;
/// How many turns that left something behind, and how many pages of what is behind each of them.
const CUTS_MAX: usize = 20;
const PAGES_MAX: usize = 50;
/// More than all digits.
const END: &str = ":";

/// What a sweep looks for, and where it goes on.
enum Stage {
    Marks,
    Timers(String),
    Cuts(Option<String>),
}

/// What becomes of a document.
enum Rest {
    All,
    Less(Box<Written>),
    Nothing,
}

impl CosmosJournal {
    pub(super) async fn try_sweep(
        &self,
        partition: PartitionId,
        now: Timestamp,
        from: Option<&Cursor>,
    ) -> Answer<Option<Cursor>> {
        let Some(seen) = self.look("sweep", partition).await? else { return Ok(None) };
        let pk = place::partition_key(partition);
        let until = digits(now.as_millis().saturating_add(1));
        let mut stage = Stage::parse(from)?;
        loop {
            let next = match &stage {
                Stage::Marks => {
                    let page = self.page(&pk, between("expires", ("", &until), false)?).await?;
                    let (is_full, held) =
                        (page.len() == SWEPT_MAX, self.held(&pk, &page, now).await?);
                    let page = page.into_iter().filter(|turn| !is_held(turn, &held)).collect();
                    let tidied = self.tidy(partition, &seen, page, now).await?;
                    // What was tidied is not found again.
                    if is_full && tidied > 0 { Stage::Marks } else { Stage::Timers(String::new()) }
                }
                Stage::Timers(from) => {
                    let page = self.page(&pk, between("due", (from, &until), false)?).await?;
                    let last = page.last().and_then(|last| last.due.as_deref()).and_then(number);
                    let is_full = page.len() == SWEPT_MAX;
                    self.tidy(partition, &seen, page, now).await?;
                    match last.filter(|_| is_full) {
                        Some(last) => Stage::Timers(digits(last + 1)),
                        None => Stage::Cuts(None),
                    }
                }
                Stage::Cuts(from) => {
                    match self.sweep_cuts(partition, &seen, from.as_deref(), now).await? {
                        Some(next) => Stage::Cuts(Some(next)),
                        None => return Ok(None),
                    }
                }
            };
            let goes_on = std::mem::discriminant(&next) == std::mem::discriminant(&stage);
            if goes_on {
                return Ok(Some(next.cursor()));
            }
            stage = next;
        }
    }

    async fn page(&self, pk: &str, query: Query) -> Answer<Vec<Written>> {
        self.items.query("sweep", Some(pk), query, SWEPT_MAX).await?.take(SWEPT_MAX).await
    }

    /// Earlier turns with the same marks, which end later: they would be taken for the last.
    async fn held(&self, pk: &str, page: &[Written], now: Timestamp) -> Answer<Vec<Written>> {
        let marks: Vec<_> = page.iter().filter_map(|turn| turn.mark.clone()).collect();
        if marks.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<_> = (0..marks.len()).map(|at| format!("@t{at}")).collect();
        let mut query = Query::from(format!(
            "SELECT * FROM c WHERE c.mark IN ({}) AND c.expires > @now",
            names.join(", ")
        ));
        for (name, mark) in names.into_iter().zip(marks) {
            query = query.with_parameter(name, mark)?;
        }
        self.page(pk, query.with_parameter("@now", digits(now.as_millis()))?).await
    }

    /// Looks behind turns that left something behind. Returns where to go on.
    async fn sweep_cuts(
        &self,
        partition: PartitionId,
        seen: &Seen,
        from: Option<&str>,
        now: Timestamp,
    ) -> Answer<Option<String>> {
        let pk = place::partition_key(partition);
        let swept = self.items.read::<Swept>("sweep", &pk, place::SWEPT).await?;
        let swept = swept.map(|(swept, _)| swept.until).unwrap_or_default();
        let begin = from.unwrap_or(&swept);
        let query = between("cut", (begin, END), false)?;
        let cuts = self.items.query::<Written>("sweep", Some(&pk), query, CUTS_MAX).await?;
        let cuts = cuts.take(CUTS_MAX).await?;
        let mut lasts = HashMap::new();
        for cut in &cuts {
            let (actor, head) = cut.place()?;
            lasts.insert(actor, head);
        }
        let mut is_done = begin == swept;
        for (actor, head) in lasts {
            is_done &= self.sweep_before(partition, seen, &actor, head, now).await?;
        }
        let last = cuts.last().and_then(|last| last.cut.as_deref()).and_then(number);
        let Some(next) = last.map(|last| digits(last + 1)) else { return Ok(None) };
        if is_done {
            let swept = Swept { id: place::SWEPT.into(), pk: pk.clone(), until: next.clone() };
            self.items.put("sweep", &pk, (place::SWEPT, swept), Over::Anything).await?;
        }
        Ok((cuts.len() == CUTS_MAX).then_some(next))
    }

    /// Whether nothing before this turn has to be looked at again on account of it.
    async fn sweep_before(
        &self,
        partition: PartitionId,
        seen: &Seen,
        actor: &ActorId,
        head: Head,
        now: Timestamp,
    ) -> Answer<bool> {
        let (pk, (from, _)) = (place::partition_key(partition), place::turns_of(actor));
        let query = between("id", (&from, &place::turn(actor, head)), false)?;
        let mut pages = self.items.query::<Written>("sweep", Some(&pk), query, SWEPT_MAX).await?;
        let mut is_done = true;
        for _ in 0..PAGES_MAX {
            let Some(page) = pages.next().await? else { return Ok(is_done) };
            for turn in &page {
                is_done &= is_sent(turn, seen)?;
            }
            self.tidy(partition, seen, page, now).await?;
        }
        Ok(false)
    }

    /// Removes of these documents what is over. Returns of how many.
    pub(super) async fn tidy(
        &self,
        partition: PartitionId,
        seen: &Seen,
        turns: Vec<Written>,
        now: Timestamp,
    ) -> Answer<usize> {
        let mut actors = HashSet::new();
        for turn in &turns {
            actors.insert(turn.place()?.0);
        }
        let ends = actors.into_iter().map(async |actor| {
            let end = self.end("sweep", partition, seen, &actor).await?;
            Ok::<_, Failure>((actor, end))
        });
        let ends: Vec<_> = ends.collect();
        let ends: HashMap<ActorId, Arc<End>> =
            stream::iter(ends).buffer_unordered(READ_AT_ONCE).try_collect().await?;
        let mut rests = Vec::new();
        for turn in turns {
            let (actor, head) = turn.place()?;
            match rest(&turn, head, &ends[&actor], is_sent(&turn, seen)?, now) {
                Rest::All => {}
                rest => rests.push((turn, rest)),
            }
        }
        let count = rests.len();
        let mut rests = rests.into_iter().peekable();
        while rests.peek().is_some() {
            self.write_rests(partition, &mut rests).await?;
        }
        Ok(count)
    }

    async fn write_rests(
        &self,
        partition: PartitionId,
        rests: &mut std::iter::Peekable<impl Iterator<Item = (Written, Rest)>>,
    ) -> Answer<()> {
        let mut batch = TransactionalBatch::new(place::partition_key(partition));
        let (mut operations, mut bytes, mut gone) = (0, 0, Vec::new());
        while let Some((turn, rest)) = rests.next_if(|(turn, _)| {
            operations < BATCH_OPERATIONS_MAX
                && (operations == 0 || bytes + turn.bytes() <= BATCH_BYTES_MAX)
        }) {
            operations += 1;
            bytes += turn.bytes();
            let (id, version) = (turn.id.clone(), Etag::from(turn.version.as_str()));
            match rest {
                Rest::Less(less) => {
                    if less.payload.is_none() {
                        gone.push(turn);
                    }
                    batch = batch.replace_item(id, less, Some(if_same(&version)))?;
                }
                Rest::All | Rest::Nothing => {
                    gone.push(turn);
                    batch = batch.delete_item(id, Some(delete_if_same(&version)));
                }
            }
        }
        // If others have tidied meanwhile, what is left is found again.
        let written = self.items.write("sweep", operations, batch).await?;
        if matches!(written, Batched::Done(_)) {
            for turn in &gone {
                self.drop_payload(turn).await;
            }
        }
        Ok(())
    }
}

fn is_held(turn: &Written, held: &[Written]) -> bool {
    held.iter().any(|other| other.mark == turn.mark && other.id < turn.id)
}

fn is_sent(turn: &Written, seen: &Seen) -> Answer<bool> {
    let sent = turn.sent()?;
    Ok(sent.iter().all(|entry| seen.held.outbox.has_forgotten(entry.epoch, [entry.n])))
}

fn rest(turn: &Written, head: Head, end: &End, is_sent: bool, now: Timestamp) -> Rest {
    let is_of_this_life = head.incarnation == end.head.incarnation;
    let is_marked = is_of_this_life && (turn.is_marked(now) || head.seq == Seq::EMPTY);
    let is_timed = is_of_this_life && end.timers.place() == Some(head.seq);
    let is_trimmed = !is_of_this_life || head.seq < end.first;
    let is_over = is_trimmed && is_sent && !is_timed && !is_marked;
    if is_over && !(is_of_this_life && turn.born.is_some()) {
        return Rest::Nothing;
    }
    let mut less = if is_over { turn.stub() } else { turn.clone() };
    if !is_marked {
        (less.mark, less.expires, less.handled) = (None, None, None);
    }
    if !is_timed {
        (less.timers, less.due) = (Vec::new(), None);
    }
    if less == *turn { Rest::All } else { Rest::Less(Box::new(less)) }
}

impl Stage {
    fn parse(cursor: Option<&Cursor>) -> Answer<Self> {
        let Some(cursor) = cursor else { return Ok(Self::Marks) };
        let text = std::str::from_utf8(&cursor.0).unwrap_or_default();
        match text.split_at_checked(1) {
            Some(("m", "")) => Ok(Self::Marks),
            Some(("t", from)) => Ok(Self::Timers(from.to_owned())),
            Some(("c", from)) => Ok(Self::Cuts(Some(from.to_owned()))),
            _ => Err(Failure::Invalid("the cursor is of another store")),
        }
    }

    fn cursor(&self) -> Cursor {
        let text = match self {
            Self::Marks => "m".to_owned(),
            Self::Timers(from) => format!("t{from}"),
            Self::Cuts(from) => format!("c{}", from.as_deref().unwrap_or_default()),
        };
        Cursor(text.into())
    }
}
