//! Messages that were given up: `loom dead-letters`, and how they are shown and found.

use std::io::{self, Write as _};

use loom_core::{ActorId, Body, PartitionCount, PartitionId, Payload};
use loom_ports::{Clock as _, Cursor, Stores};
use loom_runtime::{KeptDeadLetter, SystemClock};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cli::DeadLetters;
use crate::exit::{Exit, Stop};
use crate::record_view::json;
use crate::{hosting, stores};

const PAGE: usize = 256;

/// Runs the command.
pub(crate) async fn run(command: DeadLetters) -> Result<Exit, Stop> {
    let place = match &command {
        DeadLetters::List { place, .. } | DeadLetters::Replay { place, .. } => place,
    };
    let stores = stores::look(place).await?.stores;
    let letters = Letters::of(&stores, hosting::partitions(&stores).await?);
    match command {
        DeadLetters::List { json, .. } => list(&letters, json).await,
        DeadLetters::Replay { id, json, .. } => replay(&letters, &id, json).await,
    }
}

async fn list(letters: &Letters, as_json: bool) -> Result<Exit, Stop> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    let mut from = Some(Place::default());
    while let Some(place) = from {
        let (page, next) = letters.page(place, PAGE).await?;
        for letter in &page {
            let view = DeadLetterView::from(letter);
            if as_json {
                writeln!(stdout, "{}", serde_json::to_string(&view)?)?;
            } else {
                let DeadLetterView { id, died_at, to, reason, attempts, .. } = view;
                let to = to.map_or("?", ActorId::as_str);
                writeln!(stdout, "{id}\t{died_at}\t{to}\t{attempts} attempts\t{reason}")?;
            }
        }
        from = next;
    }
    stdout.flush()?;
    Ok(Exit::Done)
}

async fn replay(letters: &Letters, id: &str, as_json: bool) -> Result<Exit, Stop> {
    let missing = || Stop::new(Exit::NotFound, format!("there is no dead letter {id}"));
    let letter = letters.find(id).await?.ok_or_else(missing)?;
    if !letters.kept.replay(&letter, SystemClock.now()).await? {
        return Err(missing());
    }
    let mut stdout = io::stdout().lock();
    if as_json {
        writeln!(stdout, "{}", serde_json::json!({ "id": id, "replayed": true }))?;
    } else {
        writeln!(stdout, "{id} is in its queue again")?;
    }
    Ok(Exit::Done)
}

/// Where a page of the dead letters of all partitions begins.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Place {
    partition: u16,
    cursor: Option<Cursor>,
}

/// The dead letters of all partitions.
#[derive(Clone, Debug)]
pub(crate) struct Letters {
    kept: loom_runtime::DeadLetters,
    partitions: PartitionCount,
}

impl Letters {
    pub(crate) fn of(stores: &Stores, partitions: PartitionCount) -> Self {
        Self { kept: loom_runtime::DeadLetters::of(stores), partitions }
    }

    /// Dead letters, oldest first within each partition, and where to go on.
    pub(crate) async fn page(
        &self,
        mut place: Place,
        limit: usize,
    ) -> Result<(Vec<KeptDeadLetter>, Option<Place>), Stop> {
        let mut letters = Vec::new();
        while place.partition < self.partitions.get() {
            if letters.len() >= limit {
                return Ok((letters, Some(place)));
            }
            let (partition, left) = (PartitionId(place.partition), limit - letters.len());
            let found = self.kept.page(partition, place.cursor.as_ref(), left).await?;
            letters.extend(found.items);
            place = match found.next {
                Some(cursor) => Place { cursor: Some(cursor), ..place },
                None => Place { partition: place.partition + 1, cursor: None },
            };
        }
        Ok((letters, None))
    }

    /// The dead letter of that id.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<KeptDeadLetter>, Stop> {
        let mut from = Some(Place::default());
        while let Some(place) = from {
            let (letters, next) = self.page(place, PAGE).await?;
            if let Some(letter) = letters.into_iter().find(|letter| letter.id.as_str() == id) {
                return Ok(Some(letter));
            }
            from = next;
        }
        Ok(None)
    }
}

/// Written as the partition, and the adapter's cursor in hexadecimal digits.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.partition)?;
        let Some(Cursor(bytes)) = &self.cursor else { return Ok(()) };
        f.write_str("-")?;
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for Place {
    type Err = &'static str;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "not a cursor that a page of dead letters ended with";
        let (partition, cursor) = match raw.split_once('-') {
            Some((partition, digits)) => (partition, Some(digits)),
            None => (raw, None),
        };
        let partition = partition.parse().map_err(|_| WRONG)?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let unhex = |pair: &[u8]| match *pair {
            [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
            _ => None,
        };
        let cursor = cursor.map(|digits| {
            let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(unhex).collect();
            bytes.map(|bytes| Cursor(bytes.into())).ok_or(WRONG)
        });
        Ok(Self { partition, cursor: cursor.transpose()? })
    }
}

/// A dead letter, as it is shown.
#[derive(Serialize)]
pub(crate) struct DeadLetterView<'a> {
    id: &'a str,
    died_at: String,
    reason: &'a str,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a ActorId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<&'a str>,
}

impl<'a> From<&'a KeptDeadLetter> for DeadLetterView<'a> {
    fn from(letter: &'a KeptDeadLetter) -> Self {
        let KeptDeadLetter { message, id, reason, attempts, died_at, .. } = letter;
        let (method, event, args): (_, _, Option<&Payload>) = match message
            .as_ref()
            .map(|message| &message.body)
        {
            Some(Body::Invoke { method, args, .. }) => (Some(method.as_str()), None, Some(args)),
            Some(Body::Event { name, payload }) => (None, Some(name.as_str()), Some(payload)),
            Some(Body::Fire { run: Some(run), .. }) => {
                (Some(run.method.as_str()), None, Some(&run.args))
            }
            _ => (None, None, None),
        };
        let cause = message.as_ref().and_then(|message| message.cause.as_ref());
        Self {
            id: id.as_str(),
            died_at: died_at.to_string(),
            reason,
            attempts: *attempts,
            to: message.as_ref().map(|message| &message.to),
            method,
            event,
            args: args.map(json),
            correlation: cause.map(|cause| cause.correlation.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use loom_ports::Cursor;

    use super::Place;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let cursors = [None, Some(Cursor(vec![].into())), Some(Cursor(vec![0, 45, 255].into()))];
        for cursor in cursors {
            let place = Place { partition: 255, cursor };
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for wrong in ["", "-", "x", "1-0", "1-0g", "1-\u{e9}", "70000", "1--1", "1-+1"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
