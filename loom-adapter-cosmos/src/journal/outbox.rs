//! Which messages of a partition are still to be carried, told by those that are not.

use std::ops::RangeInclusive;

use loom_core::Epoch;
use loom_ports::Delivered;
use serde::{Deserialize, Serialize};

use super::place::Place;

/// The most ranges that are kept. Each is some thirty bytes of a document that every write replaces.
const RANGES_MAX: usize = 128;

/// The places of a partition's outbox of which nothing is to be carried any more, as few ranges
/// as they are: what was delivered, and the places that were never taken.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub(super) struct Outbox {
    /// The last place that was taken.
    last: Option<u128>,
    /// In order, and no two of them touch.
    forgotten: Vec<(u128, u128)>,
}

/// In hexadecimal digits: the last place; of each range the first place, and how far it goes on.
#[derive(Deserialize, Serialize)]
struct Stored {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    forgotten: Vec<String>,
}

impl Outbox {
    /// A turn took these places.
    pub(super) fn take(&mut self, places: impl IntoIterator<Item = Place>) {
        for Place(place) in places {
            match self.last {
                // Numbers rise. If one did not, its message must not be taken for delivered.
                Some(last) if place <= last => self.remember(place),
                Some(last) if place - last == 1 => self.last = Some(place),
                last => {
                    if let Some(before) = place.checked_sub(1) {
                        self.forget(last.map_or(0, |last| last + 1), before);
                    }
                    self.last = Some(place);
                }
            }
        }
    }

    /// These were delivered. Says whether anything changed.
    pub(super) fn deliver(&mut self, delivered: &[Delivered]) -> bool {
        let before = self.forgotten.clone();
        for Delivered { epoch, n } in delivered {
            let Place(place) = Place::new(*epoch, *n);
            if self.last.is_some_and(|last| place <= last) {
                self.forget(place, place);
            }
        }
        while self.forgotten.len() > RANGES_MAX {
            // To forget less is to carry more again, and the first range is what is never looked at.
            let shortest = (1..self.forgotten.len()).min_by_key(|at| {
                let (first, last) = self.forgotten[*at];
                last - first
            });
            self.forgotten.remove(shortest.unwrap_or(0));
        }
        before != self.forgotten
    }

    /// Whether nothing of what a tenure sent under these numbers is to be carried any more.
    pub(super) fn has_forgotten(
        &self,
        epoch: Epoch,
        numbers: impl IntoIterator<Item = u64>,
    ) -> bool {
        let forgotten = |n| {
            let Place(place) = Place::new(epoch, n);
            self.forgotten.iter().any(|(first, last)| (*first..=*last).contains(&place))
        };
        numbers.into_iter().all(forgotten)
    }

    /// The next places from `from` on of which something is to be carried, and none between them is
    /// not.
    pub(super) fn next(&self, from: Place) -> Option<RangeInclusive<Place>> {
        let end = self.last?;
        let mut begin = from.0;
        for (first, last) in &self.forgotten {
            if begin < *first {
                return Some(Place(begin)..=Place(first - 1));
            }
            if begin <= *last {
                begin = last.checked_add(1)?;
            }
        }
        (begin <= end).then_some(Place(begin)..=Place(end))
    }

    fn forget(&mut self, mut first: u128, mut last: u128) {
        self.forgotten.retain(|(begin, end)| {
            let touches = *begin <= last.saturating_add(1) && first <= end.saturating_add(1);
            if touches {
                (first, last) = (first.min(*begin), last.max(*end));
            }
            !touches
        });
        let at = self.forgotten.partition_point(|(begin, _)| *begin < first);
        self.forgotten.insert(at, (first, last));
    }

    fn remember(&mut self, place: u128) {
        let holds = |(first, last): &(u128, u128)| (*first..=*last).contains(&place);
        let Some(at) = self.forgotten.iter().position(holds) else { return };
        let (first, last) = self.forgotten.remove(at);
        if place < last {
            self.forgotten.insert(at, (place + 1, last));
        }
        if first < place {
            self.forgotten.insert(at, (first, place - 1));
        }
    }
}

impl From<Outbox> for Stored {
    fn from(outbox: Outbox) -> Self {
        let range = |(first, last): (u128, u128)| format!("{first:x}+{:x}", last - first);
        Self {
            last: outbox.last.map(|last| format!("{last:x}")),
            forgotten: outbox.forgotten.into_iter().map(range).collect(),
        }
    }
}

impl TryFrom<Stored> for Outbox {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let number = |digits: &str| u128::from_str_radix(digits, 16).ok();
        let range = |range: String| {
            let (first, further) = range.split_once('+')?;
            let first = number(first)?;
            Some((first, first.checked_add(number(further)?)?))
        };
        let forgotten: Option<_> = stored.forgotten.into_iter().map(range).collect();
        let last = stored.last.map(|last| number(&last).ok_or("a place was expected")).transpose();
        Ok(Self { last: last?, forgotten: forgotten.ok_or("ranges were expected")? })
    }
}

#[cfg(test)]
mod tests;
