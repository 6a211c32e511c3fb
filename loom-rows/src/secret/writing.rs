//! How secrets come, change and go.

use loom_core::{SecretName, Timestamp};
use loom_ports::{
    Cursor, Row, RowChange, RowExpected, RowKey, RowPart, SECRET_BYTES_MAX, SECRET_VERSIONS_MAX,
    SECRET_WRITES_KNOWN, Secret, SecretChange, SecretVersion, SecretWrite, SetSecret, Tally,
};

use super::seal::{Sealed, data_key};
use super::{HeadRow, RowSecrets, VERSION, VersionRow, head_key, version_key, versions};
use crate::desk::{Broken, Decision, contended, decode, expect, next, put, rest, within};

/// How often a version is encrypted anew because somebody else was faster.
const ATTEMPTS_MAX: usize = 200;
/// How many versions are removed at once.
const REMOVED_AT_ONCE: usize = 50;
/// How many versions one call wraps anew.
const ROTATED_AT_ONCE: usize = 20;

impl RowSecrets {
    pub(super) async fn add(
        &self,
        name: &SecretName,
        value: &Secret<Vec<u8>>,
        write: SecretWrite,
        now: Timestamp,
    ) -> Result<SetSecret, Broken> {
        within(value.expose(), SECRET_BYTES_MAX, "the secret")?;
        for _ in 0..ATTEMPTS_MAX {
            let stored = self.desk.row(&self.space, head_key(name)).await?;
            let head = stored.as_ref().map(|row| decode::<HeadRow>("secret", &row.value));
            let mut head = head.transpose()?.unwrap_or_else(HeadRow::new);
            let mut known = head.writes.iter();
            if let Some((_, version)) = known.find(|(known, _)| *known == write.0) {
                // Its first attempt may have been answered by nobody.
                let expected = expect(&[head_key(name)], &[stored]);
                if self.desk.write(&self.space, expected, Vec::new()).await? {
                    return Ok(SetSecret::Set(SecretVersion(*version)));
                }
                continue;
            }
            if head.deleted_at.is_some() {
                return Ok(SetSecret::Deleted);
            }
            head.count(write);
            let version = SecretVersion(head.current);
            let key = data_key(&*self.ids);
            let wrapped = self.keys.wrap(&key).await?;
            let sealed = Sealed::new(value, name, version, &key, wrapped, &*self.ids);
            let mut changes = vec![
                put(head_key(name), &head),
                put(version_key(name, version), &VersionRow { set_at: now, sealed }),
            ];
            if let Some(forgotten) = version.0.checked_sub(SECRET_VERSIONS_MAX) {
                changes.push(RowChange::Remove(version_key(name, SecretVersion(forgotten))));
            }
            let tag = stored.map(|row| row.tag);
            let expected = vec![RowExpected { key: head_key(name), tag }];
            if self.desk.write(&self.space, expected, changes).await? {
                return Ok(SetSecret::Set(version));
            }
        }
        Err(contended())
    }

    /// Deletes a secret, or, without a time, recovers it.
    pub(super) async fn hide(
        &self,
        name: &SecretName,
        deleted_at: Option<Timestamp>,
    ) -> Result<SecretChange, Broken> {
        let decide = |rows: &[Option<Row>], _| {
            let Some(head) = known(rows)? else {
                return Ok(Decision::nothing(SecretChange::Unknown));
            };
            if head.deleted_at.is_some() == deleted_at.is_some() {
                return Ok(Decision::nothing(SecretChange::Done));
            }
            let changes = vec![put(head_key(name), &HeadRow { deleted_at, ..head })];
            Ok(Decision { answer: SecretChange::Done, changes })
        };
        self.desk.decide(&self.space, &[head_key(name)], Timestamp::EPOCH, decide).await
    }

    pub(super) async fn remove(&self, name: &SecretName) -> Result<SecretChange, Broken> {
        // From here on it cannot be recovered, so that none is ever seen of which a part is gone.
        let decide = |rows: &[Option<Row>], _| {
            let Some(row) = &rows[0] else {
                return Ok(Decision::nothing(SecretChange::Unknown));
            };
            let head: HeadRow = decode("secret", &row.value)?;
            if head.deleted_at.is_none() {
                return Ok(Decision::nothing(SecretChange::Unknown));
            }
            let changes = vec![put(head_key(name), &HeadRow { purging: true, ..head })];
            Ok(Decision { answer: SecretChange::Done, changes })
        };
        let keys = [head_key(name)];
        let answer = self.desk.decide(&self.space, &keys, Timestamp::EPOCH, decide).await?;
        if answer == SecretChange::Unknown {
            return Ok(answer);
        }
        loop {
            let parts =
                [RowPart::Row(head_key(name)), RowPart::Range(versions(name, REMOVED_AT_ONCE))];
            let reading = self.desk.read(&self.space, &parts, Timestamp::EPOCH).await?;
            let [head, rows] = &reading.parts[..] else { return Err(Broken::Row("answer")) };
            let Some(head) = head.rows.first() else { return Ok(SecretChange::Done) };
            // Whoever came in between has purged it and set another of its name.
            if !decode::<HeadRow>("secret", &head.value)?.purging {
                return Ok(SecretChange::Done);
            }
            let mut changes: Vec<_> =
                rows.rows.iter().map(|row| RowChange::Remove(row.key.clone())).collect();
            if !rows.more {
                changes.push(RowChange::Remove(head_key(name)));
            }
            let expected = expect(&[head_key(name)], &[Some(head.clone())]);
            let _ = self.desk.write(&self.space, expected, changes).await?;
        }
    }

    pub(super) async fn wrap_anew(&self, from: Option<&Cursor>) -> Result<Tally<u64>, Broken> {
        let current = self.keys.current().await?;
        let all = RowKey::of(VERSION);
        let range = rest(&all, from, ROTATED_AT_ONCE)?;
        let found = self.desk.range(&self.space, range.clone()).await?;
        let mut sum = 0;
        for row in &found.rows {
            let VersionRow { set_at, sealed } = decode("secret", &row.value)?;
            let wrapped = sealed.key();
            if wrapped.by == current {
                continue;
            }
            let key = self.keys.unwrap(&wrapped).await?;
            let sealed = sealed.with_key(self.keys.wrap(&key).await?);
            let change = put(row.key.clone(), &VersionRow { set_at, sealed });
            let expected = expect(std::slice::from_ref(&row.key), &[Some(row.clone())]);
            // If it is not as it was, it is gone, or somebody else has wrapped it anew.
            sum += u64::from(self.desk.write(&self.space, expected, vec![change]).await?);
        }
        Ok(Tally { sum, next: next(&found, &range) })
    }
}

impl HeadRow {
    fn new() -> Self {
        Self { current: 0, deleted_at: None, purging: false, writes: Vec::new() }
    }

    fn count(&mut self, write: SecretWrite) {
        self.current += 1;
        self.writes.push((write.0, self.current));
        let excess = self.writes.len().saturating_sub(SECRET_WRITES_KNOWN);
        self.writes.drain(..excess);
    }
}

/// The secret, unless it goes.
fn known(rows: &[Option<Row>]) -> Result<Option<HeadRow>, Broken> {
    let head = rows[0].as_ref().map(|row| decode::<HeadRow>("secret", &row.value)).transpose()?;
    Ok(head.filter(|head| !head.purging))
}
