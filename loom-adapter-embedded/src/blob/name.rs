//! Which names have which content.

use bytes::Bytes;
use loom_ports::{BlobHead, BlobName, Cursor, Page, PutCondition, PutOutcome};
use serde::{Deserialize, Serialize};

use super::content::Etag;
use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::reader::Reader;
use crate::row;
use crate::view::View;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct BlobRow {
    pub(super) etag: Etag,
    pub(super) size: u64,
}

/// Names the content, if the condition holds. Returns the etag of what was named before.
pub(super) fn set(
    view: &mut View<'_>,
    name: &BlobName,
    condition: PutCondition,
    etag: Etag,
    size: u64,
    sums: Vec<u8>,
) -> Result<(PutOutcome, Option<Etag>), Broken> {
    let before = stored(view, name)?;
    let holds = match condition {
        PutCondition::Always => true,
        PutCondition::IfAbsent => before.is_none(),
        PutCondition::IfMatch(etag) => before.as_ref().is_some_and(|row| row.etag.is(&etag)),
    };
    if !holds {
        let there = before.map(|row| head(name.clone(), &row));
        return Ok((PutOutcome::Refused(there), None));
    }
    let row = BlobRow { etag, size };
    let stored = PutOutcome::Stored(head(name.clone(), &row));
    if before.as_ref().is_some_and(|before| before.etag == row.etag) {
        return Ok((stored, None));
    }
    view.insert(content_key(&row.etag), sums);
    view.insert(use_key(&row.etag).text(name.as_str()), []);
    view.insert(key(name), row::encode(&row));
    if let Some(before) = &before {
        unuse(view, name, &before.etag)?;
    }
    Ok((stored, before.map(|before| before.etag)))
}

/// Notes that `name` has this content no longer.
pub(super) fn unuse(view: &mut View<'_>, name: &BlobName, etag: &Etag) -> Result<(), Broken> {
    let uses = use_key(etag);
    view.remove(uses.clone().text(name.as_str()));
    if view.rows_of(&uses, 1)?.is_empty() {
        view.remove(content_key(etag));
    }
    Ok(())
}

/// Whether a name has this content.
pub(super) fn is_used(rows: &Reader<'_>, etag: &Etag) -> Result<bool, Broken> {
    rows.rows_of(&use_key(etag)).next().transpose().map(|row| row.is_some())
}

pub(super) fn list(
    rows: &Reader<'_>,
    prefix: &str,
    from: Option<&Cursor>,
    limit: usize,
) -> Result<Page<BlobHead>, Broken> {
    let prefix = Key::of(Table::Blob).raw(prefix.as_bytes());
    let start = match from {
        Some(Cursor(from)) => Key::of(Table::Blob).raw(from),
        None => prefix.clone(),
    };
    if !start.as_ref().starts_with(prefix.as_ref()) {
        return Err(Broken::Invalid("the cursor is of another list".into()));
    }
    let mut page = Page::default();
    for row in rows.scan(start.as_ref(), &prefix.end()) {
        let (key, raw) = row?;
        if page.items.len() == limit {
            page.next = Some(Cursor(Bytes::copy_from_slice(&key[1..])));
            break;
        }
        let name = BlobName::parse(Parts::of(&key).text()?);
        page.items.push(head(name.map_err(|_| Broken::Row("blob name"))?, &decode(&raw)?));
    }
    Ok(page)
}

pub(super) fn find(rows: &Reader<'_>, name: &BlobName) -> Result<Option<BlobRow>, Broken> {
    rows.get(&key(name))?.map(|raw| decode(&raw)).transpose()
}

pub(super) fn stored(view: &View<'_>, name: &BlobName) -> Result<Option<BlobRow>, Broken> {
    view.get(&key(name))?.map(|raw| decode(&raw)).transpose()
}

pub(super) fn head(name: BlobName, row: &BlobRow) -> BlobHead {
    BlobHead { name, size: row.size, etag: row.etag.to_string() }
}

fn decode(raw: &[u8]) -> Result<BlobRow, Broken> {
    row::decode("blob", raw)
}

pub(super) fn key(name: &BlobName) -> Key {
    Key::of(Table::Blob).text(name.as_str())
}

pub(super) fn content_key(etag: &Etag) -> Key {
    Key::of(Table::BlobContent).text(etag.as_str())
}

fn use_key(etag: &Etag) -> Key {
    Key::of(Table::BlobUse).text(etag.as_str())
}
