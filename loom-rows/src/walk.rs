//! Long walks along rows that lead to others.

use bytes::Bytes;
use loom_core::Timestamp;
use loom_ports::{Cursor, Row, RowKey, RowPart, RowRange, Space};

use crate::desk::{Broken, Desk};

/// How many rows are read in one round trip.
const READ_AT_ONCE: usize = 50;
/// How many rows one call looks at.
const LOOKED_AT_MAX: usize = 500;

/// Whether to go on.
pub(crate) enum Walk {
    On,
    Enough,
}

/// Of two times the later comes first.
pub(crate) fn later_first(at: Timestamp) -> u64 {
    u64::MAX - at.as_millis()
}

/// Where a walk along the rows of `prefix` begins.
pub(crate) fn begin(
    prefix: &RowKey,
    from: RowKey,
    to: RowKey,
    cursor: Option<&Cursor>,
) -> Result<RowRange, Broken> {
    let from = match cursor {
        Some(Cursor(cursor)) if cursor.starts_with(prefix.as_bytes()) => RowKey::from_bytes(cursor),
        Some(_) => return Err(Broken::Invalid("the cursor is of another question".into())),
        None => from,
    };
    Ok(RowRange { from, to, limit: READ_AT_ONCE, backwards: false })
}

impl Desk {
    /// Hands over the rows that those of a range lead to, until `take` has enough or many were
    /// looked at. Returns where the rest begins.
    pub(crate) async fn walk(
        &self,
        space: &Space,
        mut range: RowRange,
        lead: impl Fn(&RowKey) -> Result<RowKey, Broken> + Send + Sync,
        mut take: impl FnMut(&Row) -> Result<Walk, Broken> + Send,
    ) -> Result<Option<Cursor>, Broken> {
        let mut looked_at = 0;
        while looked_at < LOOKED_AT_MAX {
            let found = self.range(space, range.clone()).await?;
            let parts = found.rows.iter().map(|row| lead(&row.key).map(RowPart::Row));
            let parts = parts.collect::<Result<Vec<_>, _>>()?;
            let rows = self.read(space, &parts, Timestamp::EPOCH).await?.parts;
            for (n, row) in rows.iter().enumerate() {
                looked_at += 1;
                // One that is not there was removed since it was found.
                let Some(row) = row.rows.first() else { continue };
                if let Walk::Enough = take(row)? {
                    let is_last = n + 1 == rows.len() && !found.more;
                    return Ok((!is_last).then(|| after(&found.rows[n].key)));
                }
            }
            match found.rows.last() {
                Some(last) if found.more => range.from = last.key.next(),
                _ => return Ok(None),
            }
        }
        Ok(Some(Cursor(Bytes::copy_from_slice(range.from.as_bytes()))))
    }
}

fn after(key: &RowKey) -> Cursor {
    Cursor(Bytes::copy_from_slice(key.next().as_bytes()))
}
