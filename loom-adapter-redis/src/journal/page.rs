//! Pages of what is sorted, from a cursor on that is where the next page begins.

use bytes::Bytes;
use loom_core::{ActorId, Epoch, Seq};
use loom_ports::{Cursor, Page, StoredRecord, Undelivered};

use crate::connection::Connection;
use crate::error::Failure;
use crate::page::members;
use crate::reply::{Parts, split_number, strange};

pub(super) async fn undelivered(
    connection: &Connection,
    key: &str,
    begin: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Undelivered>, Failure> {
    if begin.is_some_and(|cursor| cursor.0.len() != 16) {
        return Err(Failure::Invalid("the cursor is of another store"));
    }
    let begin = crate::key::from(begin.map(|cursor| &cursor.0[..]));
    let (found, next) = members(connection, key, &begin, limit).await?;
    let items = found.iter().map(entry).collect::<Result<_, _>>()?;
    let place = |member: Bytes| member.get(..16).map(|place| Cursor(member.slice_ref(place)));
    Ok(Page { items, next: next.and_then(place) })
}

fn entry(member: &Bytes) -> Result<Undelivered, Failure> {
    let (epoch, rest) = split_number(member)?;
    let (n, message) = split_number(rest)?;
    Ok(Undelivered { epoch: Epoch(epoch), n, bytes: member.slice_ref(message) })
}

pub(super) fn actors((found, next): (Vec<Bytes>, Option<Bytes>)) -> Result<Page<ActorId>, Failure> {
    let actor = |name: &Bytes| ActorId::parse(std::str::from_utf8(name).ok()?).ok();
    let actor = |name: &Bytes| actor(name).ok_or_else(|| strange("actor"));
    let items = found.iter().map(actor).collect::<Result<_, _>>()?;
    Ok(Page { items, next: next.map(Cursor) })
}

pub(super) fn records(mut answer: Parts) -> Result<Page<StoredRecord>, Failure> {
    let (mut seq, last) = (Seq(answer.number()?), Seq(answer.number()?));
    let (mut records, mut items) = (answer.parts()?, Vec::new());
    while !records.is_empty() {
        let record = records.bytes()?;
        if record.len() < 16 {
            return Err(strange("record"));
        }
        items.push(StoredRecord { seq, bytes: record.slice(16..) });
        seq = seq.next();
    }
    let next =
        (seq <= last && seq > Seq::EMPTY).then(|| Cursor(seq.0.to_be_bytes().to_vec().into()));
    Ok(Page { items, next })
}
