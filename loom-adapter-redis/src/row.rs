//! [`RowStore`] over a hash of values and a sorted set of keys for each space.

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::Timestamp;
use loom_ports::{
    PortError, Row, RowChange, RowKey, RowPart, RowReading, RowStore, RowWrite, RowWritten, Rows,
    Space,
};

use crate::clock::{millis, timestamp};
use crate::connection::Connection;
use crate::error::Failure;
use crate::key::{Keys, count};
use crate::reply::{Parts, text};
use crate::script::Script;

static READ: Script = Script::new(concat!(include_str!("clock.lua"), include_str!("row/read.lua")));
static WRITE: Script = Script::new(include_str!("row/write.lua"));

/// How many rows of a range, and how many of their bytes, one read looks at.
const READ_MAX: usize = 500;
const READ_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Rows in Redis. A value is its own tag. The time is that of the server.
#[derive(Debug)]
pub(crate) struct RedisRows {
    connection: Arc<Connection>,
    keys: Keys,
}

impl RedisRows {
    pub(crate) fn new(connection: Arc<Connection>, keys: Keys) -> Self {
        Self { connection, keys }
    }

    async fn try_read(
        &self,
        space: &Space,
        parts: &[RowPart],
        now: Timestamp,
    ) -> Result<RowReading, Failure> {
        let mut call = READ
            .call(&self.keys.rows(space.as_str()))
            .arg(millis(now))
            .arg(self.connection.settings().time.name())
            .arg(READ_MAX)
            .arg(READ_BYTES_MAX);
        for part in parts {
            match part {
                RowPart::Row(key) => call = call.arg("row").arg(key.as_bytes()),
                RowPart::Range(range) => {
                    call = call.arg("range").arg(range.from.as_bytes()).arg(range.to.as_bytes());
                    call = call.arg(count(range.limit)).arg(u8::from(range.backwards));
                }
            }
        }
        let mut answer = Parts::of(self.connection.call(call).await?)?;
        let now = timestamp(answer.number()?);
        let mut parts = Vec::new();
        while !answer.is_empty() {
            parts.push(rows(answer.parts()?)?);
        }
        Ok(RowReading { parts, now })
    }

    async fn try_write(&self, space: &Space, write: RowWrite) -> Result<RowWritten, Failure> {
        if let Some(excess) = write.excess() {
            return Err(Failure::Invalid(excess));
        }
        let mut call = WRITE.call(&self.keys.rows(space.as_str())).arg(write.expected.len());
        for expected in &write.expected {
            let (is_there, tag) = match &expected.tag {
                Some(tag) => ("1", &tag[..]),
                None => ("", &b""[..]),
            };
            call = call.arg(expected.key.as_bytes()).arg(is_there).arg(tag);
        }
        for change in &write.changes {
            let key = change.key().as_bytes();
            call = match change {
                RowChange::Put(_, value) => call.arg("put").arg(key).arg(&value[..]),
                RowChange::Remove(_) => call.arg("remove").arg(key),
                RowChange::Add(_, n) => call.arg("add").arg(key).arg(*n),
            };
        }
        match text(self.connection.call_durably(call).await?)?.as_str() {
            "done" => Ok(RowWritten::Done),
            _ => Ok(RowWritten::Conflict),
        }
    }
}

#[async_trait]
impl RowStore for RedisRows {
    async fn read(
        &self,
        space: &Space,
        parts: &[RowPart],
        now: Timestamp,
    ) -> Result<RowReading, PortError> {
        self.try_read(space, parts, now).await.map_err(|error| error.at("read"))
    }

    async fn write(&self, space: &Space, write: RowWrite) -> Result<RowWritten, PortError> {
        self.try_write(space, write).await.map_err(|error| error.at("write"))
    }
}

fn rows(mut part: Parts) -> Result<Rows, Failure> {
    let more = !part.bytes()?.is_empty();
    let mut rows = Vec::new();
    while !part.is_empty() {
        let (key, value) = (RowKey::from_bytes(&part.bytes()?), part.bytes()?);
        rows.push(Row { key, tag: value.clone(), value });
    }
    Ok(Rows { rows, more })
}
