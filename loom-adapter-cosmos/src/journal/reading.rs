//! What is read of a partition: its tenure, its journals, and where they end.

use std::collections::BTreeMap;
use std::sync::Arc;

use loom_core::{ActorId, CommitId, Head, MessageId, PartitionId, Seq};
use loom_ports::{Cursor, Fenced, Load, Loaded, Page, Resolution, StoredRecord, Tenure};

use super::CosmosJournal;
use super::document::{Attempts, Held};
use super::end::End;
use super::known::Seen;
use super::place;
use super::turn::Written;
use super::write::new_id;
use crate::connection::Answer;
use crate::documents::RACES_MAX;
use crate::error::Failure;
use crate::items::{Over, between};

/// How many turns a load reads at once.
const LOADED_AT_ONCE: usize = 32;
/// How many messages are known to have been tried. There is one at a time, as a rule.
const CAUSES_MAX: usize = 32;

impl CosmosJournal {
    /// Reads the tenure of a partition, `None` if it was never claimed.
    pub(super) async fn look(
        &self,
        purpose: &'static str,
        partition: PartitionId,
    ) -> Answer<Option<Arc<Seen>>> {
        let known = self.known(partition);
        let before = known.seen();
        let pk = place::partition_key(partition);
        let Some((held, version)) = self.items.read::<Held>(purpose, &pk, place::TENURE).await?
        else {
            return Ok(None);
        };
        let seen = Arc::new(Seen { version, held });
        known.read(before.as_ref(), seen.clone());
        Ok(Some(seen))
    }

    /// As [`look`](Self::look), for the owner.
    async fn look_as_owner(
        &self,
        purpose: &'static str,
        tenure: &Tenure,
    ) -> Answer<Result<Arc<Seen>, Fenced>> {
        match self.look(purpose, tenure.partition).await? {
            Some(seen) => Ok(seen.check(tenure.epoch)?.map(|()| seen)),
            None => Ok(Err(Fenced { epoch: loom_core::Epoch::default() })),
        }
    }

    /// Where a journal ends while the partition is as it was seen.
    pub(super) async fn end(
        &self,
        purpose: &'static str,
        partition: PartitionId,
        seen: &Seen,
        actor: &ActorId,
    ) -> Answer<Arc<End>> {
        let known = self.known(partition);
        if let Some(end) = known.end(&seen.version, actor) {
            return Ok(end);
        }
        let end = Arc::new(self.read_end(purpose, partition, actor).await?);
        known.remember(&seen.version, actor, end.clone());
        Ok(end)
    }

    /// Where a journal ends.
    pub(super) async fn read_end(
        &self,
        purpose: &'static str,
        partition: PartitionId,
        actor: &ActorId,
    ) -> Answer<End> {
        let last = self.last_turn(purpose, partition, actor).await?;
        last.map_or_else(|| Ok(End::empty(Head::default())), |last| last.end())
    }

    async fn last_turn(
        &self,
        purpose: &'static str,
        partition: PartitionId,
        actor: &ActorId,
    ) -> Answer<Option<Written>> {
        let (from, end) = place::turns_of(actor);
        let pk = place::partition_key(partition);
        let last = between("id", (&from, &end), true)?;
        let last = self.items.query::<Written>(purpose, Some(&pk), last, 1).await?.take(1).await?;
        Ok(last.into_iter().next())
    }

    /// Which commit wrote the turn that led to this head.
    pub(super) async fn commit_at(
        &self,
        purpose: &'static str,
        partition: PartitionId,
        actor: &ActorId,
        head: Head,
    ) -> Answer<Option<CommitId>> {
        let (pk, name) = (place::partition_key(partition), place::turn(actor, head));
        let found = self.items.read::<Written>(purpose, &pk, &name).await?;
        found.map(|(found, _)| found.commit()).transpose()
    }

    pub(super) async fn try_load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Answer<Load> {
        for _ in 0..RACES_MAX {
            let seen = match self.look_as_owner("load", tenure).await? {
                Ok(seen) => seen,
                Err(fenced) => return Ok(Load::Fenced(fenced)),
            };
            let Some((end, turns)) = self.turns_from_snapshot(tenure.partition, actor).await?
            else {
                continue;
            };
            self.known(tenure.partition).remember(&seen.version, actor, Arc::new(end.clone()));
            let attempts = match cause {
                None => 0,
                Some(cause) => match self.note(tenure.partition, actor, end.head, cause).await? {
                    Some(attempts) => attempts,
                    None => continue,
                },
            };
            let records = self.records(turns).await?;
            return Ok(Load::Loaded(Loaded { head: end.head, records, attempts }));
        }
        Err(Failure::Contended)
    }

    /// The turns since the last snapshot, and where they end. `None` if some were trimmed meanwhile.
    async fn turns_from_snapshot(
        &self,
        partition: PartitionId,
        actor: &ActorId,
    ) -> Answer<Option<(End, Vec<Written>)>> {
        let (from, end) = place::turns_of(actor);
        let pk = place::partition_key(partition);
        let query = between("id", (&from, &end), true)?;
        let mut pages =
            self.items.query::<Written>("load", Some(&pk), query, LOADED_AT_ONCE).await?;
        let (mut end, mut turns) = (None, Vec::<Written>::new());
        'pages: while let Some(page) = pages.next().await? {
            for turn in page {
                let (_, head) = turn.place()?;
                let last = match &end {
                    Some(end) => end,
                    None => end.insert(turn.end()?),
                };
                let expected = last.head.seq.0 - turns.len() as u64;
                if head != (Head { seq: Seq(expected), ..last.head }) {
                    return Ok(None);
                }
                if head.seq < last.load_from() {
                    break 'pages;
                }
                let is_first = head.seq == last.load_from();
                turns.push(turn);
                if is_first {
                    break 'pages;
                }
            }
        }
        turns.reverse();
        let end = end.unwrap_or_else(|| End::empty(Head::default()));
        let is_whole = turns.len() as u64 == (end.head.seq.0 + 1).saturating_sub(end.load_from().0);
        Ok(is_whole.then_some((end, turns)))
    }

    /// Notes that a message is about to be tried on this head, and says how often it was. `None` if others
    /// noted something meanwhile.
    async fn note(
        &self,
        partition: PartitionId,
        actor: &ActorId,
        head: Head,
        cause: &MessageId,
    ) -> Answer<Option<u32>> {
        let (pk, id) = (place::partition_key(partition), place::attempts(actor));
        let head = place::turn(actor, head);
        let found = self.items.read::<Attempts>("load", &pk, &id).await?;
        let (mut counts, over) = match found {
            // What was noted on another head ended with the commit that led on.
            Some((found, version)) if found.head == head => (found.counts, Over::Version(version)),
            Some((_, version)) => (BTreeMap::new(), Over::Version(version)),
            None => (BTreeMap::new(), Over::Anything),
        };
        let attempts = counts.get(cause.as_str()).copied().unwrap_or_default().saturating_add(1);
        if counts.len() >= CAUSES_MAX {
            counts.clear();
        }
        counts.insert(cause.as_str().to_owned(), attempts);
        let write = new_id();
        let noted = Attempts { id: id.clone(), pk: pk.clone(), write: write.clone(), head, counts };
        match self.items.put("load", &pk, (&id, noted), over).await {
            Ok(_) => Ok(Some(attempts)),
            Err(failure) if failure.is_lost_race() || failure.is_missing_item() => {
                // It may have been lost to itself.
                let found = self.items.read::<Attempts>("load", &pk, &id).await?;
                Ok(found.filter(|(found, _)| found.write == write).map(|_| attempts))
            }
            Err(failure) => Err(failure),
        }
    }

    pub(super) async fn try_resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Answer<Resolution> {
        let partition = tenure.partition;
        let seen = match self.look_as_owner("resolve", tenure).await? {
            Ok(seen) => seen,
            Err(fenced) => return Ok(Resolution::Fenced(fenced)),
        };
        let end = self.end("resolve", partition, &seen, actor).await?;
        let place = expected.next();
        let found = if place == end.head {
            Some(end.commit)
        } else if place < end.head && place.incarnation == end.head.incarnation {
            self.commit_at("resolve", partition, actor, place).await?
        } else {
            None
        };
        Ok(match found {
            Some(found) if found == commit => Resolution::Committed,
            // Neither a journal that is still short of the place, nor one that ends just
            // before it, rules out that the turn arrives.
            _ if expected >= end.head => Resolution::Absent,
            _ => Resolution::Superseded { head: end.head },
        })
    }

    pub(super) async fn try_read(
        &self,
        actor: &ActorId,
        from: Seq,
        limit: usize,
    ) -> Answer<Page<StoredRecord>> {
        let partition = self.home(actor);
        let end = self.read_end("read", partition, actor).await?;
        let first = Head { seq: from.max(end.first), ..end.head };
        if first.seq > end.head.seq || limit == 0 {
            return Ok(Page::default());
        }
        let pk = place::partition_key(partition);
        let after = place::turn(actor, end.head.next());
        let query = between("id", (&place::turn(actor, first), &after), false)?;
        let pages = self.items.query::<Written>("read", Some(&pk), query, limit).await?;
        let turns = pages.take(limit).await?;
        let last = turns.last().map(Written::place).transpose()?;
        let next =
            last.filter(|(_, last)| last.seq < end.head.seq).map(|(_, last)| last.next().seq);
        let items = self.records(turns).await?;
        Ok(Page { items, next: next.map(|next| Cursor(next.0.to_be_bytes().to_vec().into())) })
    }

    async fn records(&self, turns: Vec<Written>) -> Answer<Vec<StoredRecord>> {
        let mut records = Vec::with_capacity(turns.len());
        for turn in turns {
            records.push(self.whole(turn).await?.record()?);
        }
        Ok(records)
    }
}
