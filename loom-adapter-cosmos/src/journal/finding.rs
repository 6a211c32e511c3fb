//! What is found by looking through a partition: timers, messages, marks and actors.

use std::collections::HashMap;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use loom_core::{ActorId, Head, IdempotencyKey, Incarnation, PartitionId, Timestamp};
use loom_ports::{Cursor, Due, DueTimer, Handled, Page, Undelivered};

use super::known::Seen;
use super::place::{self, Place};
use super::turn::Written;
use super::{CosmosJournal, READ_AT_ONCE};
use crate::connection::Answer;
use crate::error::Failure;
use crate::items::{any_of, between};

/// More than all digits.
const END: &str = ":";
/// How many turns are read at once.
const FOUND_AT_ONCE: usize = 100;
/// How many turns are come across whose timers later turns have changed, before they are removed.
const PAST_MAX: usize = 32;
/// How many places may have been forgotten between two that one query looks for.
const SKIPPED_MAX: u128 = 64;

impl CosmosJournal {
    pub(super) async fn try_handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Answer<Option<Handled>> {
        let pk = place::partition_key(self.home(actor));
        // The last of its marks and the ends of its lives: what was marked before is over.
        let marks = [place::mark(actor, key), place::end_of_life(actor)];
        let query = any_of("mark", &marks)?;
        let last =
            self.items.query::<Written>("handled", Some(&pk), query, 1).await?.take(1).await?;
        match last.into_iter().next().filter(|last| last.is_marked(now)) {
            Some(last) => self.whole(last).await?.handled(now),
            None => Ok(None),
        }
    }

    pub(super) async fn try_due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Answer<Due> {
        let Some(seen) = self.look("due", partition).await? else { return Ok(Due::default()) };
        let pk = place::partition_key(partition);
        let query = between("due", ("", END), false)?;
        let at_once = limit.clamp(1, FOUND_AT_ONCE);
        let mut pages = self.items.query::<Written>("due", Some(&pk), query, at_once).await?;
        let (mut timers, mut past) = (Vec::<DueTimer>::new(), Vec::new());
        loop {
            let page = pages.next().await?;
            // No turn after these has a timer that is due earlier.
            let read_to = match page.as_ref().map(|page| page.last()) {
                None => Timestamp::MAX,
                Some(None) => continue,
                Some(Some(last)) => last.due_at().ok_or(Failure::Corrupt("timer"))?,
            };
            let is_last = page.is_none();
            let looks = page.unwrap_or_default().into_iter();
            let looks: Vec<_> =
                looks.map(|turn| self.with_presence(partition, &seen, turn)).collect();
            let looks = stream::iter(looks).buffered(READ_AT_ONCE);
            for (turn, is_present) in looks.try_collect::<Vec<_>>().await? {
                if is_present {
                    timers.extend(turn.due_timers()?);
                } else {
                    past.push(turn);
                }
            }
            timers.sort_by_key(|timer| timer.at);
            let count = timers.partition_point(|timer| timer.at <= until).min(limit);
            let next = timers.get(count).map(|timer| timer.at);
            if is_last || next.is_some_and(|next| next <= read_to) {
                timers.truncate(count);
                if past.len() >= PAST_MAX {
                    past.truncate(FOUND_AT_ONCE);
                    // The next sweep finds them too. No mark had expired by then.
                    let _ = self.tidy(partition, &seen, past, Timestamp::EPOCH).await;
                }
                return Ok(Due { timers, next });
            }
        }
    }

    /// The turn, and whether no later one has changed the timers.
    async fn with_presence(
        &self,
        partition: PartitionId,
        seen: &Seen,
        turn: Written,
    ) -> Answer<(Written, bool)> {
        let (actor, head) = turn.place()?;
        let end = self.end("due", partition, seen, &actor).await?;
        let is_of_this_life = end.head.incarnation == head.incarnation;
        Ok((turn, is_of_this_life && end.timers.place() == Some(head.seq)))
    }

    pub(super) async fn try_undelivered(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Answer<Page<Undelivered>> {
        let foreign = Failure::Invalid("the cursor is of another store");
        let mut from = match from {
            None => Place(0),
            Some(cursor) => {
                Place(u128::from_be_bytes((&cursor.0[..]).try_into().map_err(|_| foreign)?))
            }
        };
        let Some(seen) = self.look("undelivered", partition).await? else {
            return Ok(Page::default());
        };
        let (pk, outbox) = (place::partition_key(partition), &seen.held.outbox);
        let mut items = Vec::new();
        while let Some(wanted) = outbox.next(from) {
            let (begin, mut end) = wanted.into_inner();
            while let Some(more) = end.0.checked_add(1).and_then(|next| outbox.next(Place(next)))
                && more.start().0 - end.0 <= SKIPPED_MAX
            {
                end = *more.end();
            }
            // A turn is found by the place of its last message.
            let bounds = (&*begin.digits(), END);
            let query = between("sent", bounds, false)?;
            let at_once = limit.clamp(1, FOUND_AT_ONCE);
            let mut pages =
                self.items.query::<Written>("undelivered", Some(&pk), query, at_once).await?;
            'pages: while let Some(page) = pages.next().await? {
                for turn in page {
                    // What was delivered may have been kept apart, and need not be there any more.
                    let mut numbers = turn.sent()?.into_iter();
                    let is_wanted =
                        numbers.any(|entry| !outbox.has_forgotten(entry.epoch, [entry.n]));
                    let turn = if is_wanted { self.whole(turn).await? } else { turn };
                    for entry in turn.sent()? {
                        let place = Place::new(entry.epoch, entry.n);
                        if place > end {
                            break 'pages;
                        }
                        if place < begin || outbox.has_forgotten(entry.epoch, [entry.n]) {
                            continue;
                        }
                        if items.len() == limit {
                            let next = Cursor(place.0.to_be_bytes().to_vec().into());
                            return Ok(Page { items, next: Some(next) });
                        }
                        items.push(entry);
                    }
                }
            }
            match end.0.checked_add(1) {
                Some(next) => from = Place(next),
                None => break,
            }
        }
        Ok(Page { items, next: None })
    }

    pub(super) async fn try_actors(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Answer<Page<ActorId>> {
        let foreign = || Failure::Invalid("the cursor is of another store");
        let from = from.map_or(Ok(""), |cursor| std::str::from_utf8(&cursor.0));
        let mut from = from.map_err(|_| foreign())?.to_owned();
        let pk = place::partition_key(partition);
        loop {
            let query = between("born", (&from, "g"), false)?;
            let at_once = limit.clamp(1, FOUND_AT_ONCE) + 1;
            let pages = self.items.query::<Written>("actors", Some(&pk), query, at_once).await?;
            let mut found = pages.take(at_once).await?;
            let next =
                found.drain((at_once - 1).min(found.len())..).next().and_then(|next| next.born);
            let born: Option<Vec<_>> =
                found.iter().map(|turn| place::parse_birth(turn.born.as_ref()?)).collect();
            let born = born.ok_or(Failure::Corrupt("birth"))?;
            let ended = self.ended(&pk, &born).await?;
            let lives = |(actor, life): &(ActorId, Incarnation)| {
                ended.get(actor).is_none_or(|next| next <= life)
            };
            let items: Vec<_> = born.into_iter().filter(lives).map(|(actor, _)| actor).collect();
            match next {
                Some(next) if items.is_empty() => from = next,
                next => return Ok(Page { items, next: next.map(|next| Cursor(next.into())) }),
            }
        }
    }

    /// The lives that began when others ended, of those actors that were ever deleted.
    async fn ended(
        &self,
        pk: &str,
        born: &[(ActorId, Incarnation)],
    ) -> Answer<HashMap<ActorId, Incarnation>> {
        let ends: Vec<_> = born.iter().map(|(actor, _)| place::end_of_life(actor)).collect();
        let mut last = HashMap::new();
        if ends.is_empty() {
            return Ok(last);
        }
        let mut pages = self
            .items
            .query::<Written>("actors", Some(pk), any_of("mark", &ends)?, FOUND_AT_ONCE)
            .await?;
        while let Some(page) = pages.next().await? {
            for turn in page {
                let (actor, Head { incarnation, .. }) = turn.place()?;
                last.entry(actor).or_insert(incarnation);
            }
        }
        Ok(last)
    }
}
