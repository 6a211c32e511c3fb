//! Pages of sorted members.

use bytes::Bytes;

use crate::connection::Connection;
use crate::error::Failure;
use crate::key::count;
use crate::reply::Parts;

/// The first `limit` members from a bound on, and the one after them.
pub(crate) async fn members(
    connection: &Connection,
    key: &str,
    begin: &[u8],
    limit: usize,
) -> Result<(Vec<Bytes>, Option<Bytes>), Failure> {
    let mut command = redis::cmd("ZRANGEBYLEX");
    command.arg(key).arg(begin).arg("+").arg("LIMIT").arg(0).arg(count(limit) + 1);
    let mut answer = Parts::of(connection.send(&command).await?)?;
    let mut members = Vec::new();
    while !answer.is_empty() {
        let member = answer.bytes()?;
        if members.len() == limit {
            return Ok((members, Some(member)));
        }
        members.push(member);
    }
    Ok((members, None))
}
