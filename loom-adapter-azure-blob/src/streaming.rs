//! Values that come part by part.
//!
//! They are sent in blocks, which nobody sees, and become a value with the request that names them,
//! under its condition. A block of memory is all that is needed. Whoever stores a value of the
//! name meanwhile discards the blocks; then nothing is stored.

use azure_core::Uuid;
use bytes::{Bytes, BytesMut};
use loom_ports::{BlobName, BlobSource, PortError};
use sha2::{Digest as _, Sha256};

use crate::attempts::Answer;
use crate::connection::Connection;
use crate::content::Content;
use crate::error::Failure;
use crate::put::Body;

/// A value that is no larger is sent whole.
const BLOCK_BYTES: usize = 8 << 20;
/// Azure takes no more.
const BLOCKS_MAX: usize = 50_000;

/// The blocks of one put.
struct Blocks<'a> {
    connection: &'a Connection,
    name: &'a BlobName,
    /// Tells them from those of others.
    put: Uuid,
    ids: Vec<Vec<u8>>,
}

/// Sends all blocks of a value but one that is its only one.
pub(crate) async fn stage(
    connection: &Connection,
    name: &BlobName,
    source: &mut dyn BlobSource,
) -> Result<(Body, Content), PortError> {
    let (mut hash, mut size, mut rest) = (Sha256::new(), 0, BytesMut::new());
    let mut blocks = Blocks { connection, name, put: Uuid::new_v4(), ids: Vec::new() };
    while let Some(part) = source.next().await? {
        hash.update(&part);
        size += part.len() as u64;
        rest.extend_from_slice(&part);
        while rest.len() > BLOCK_BYTES {
            let block = rest.split_to(BLOCK_BYTES).freeze();
            blocks.send(block).await.map_err(|failure| failure.at("put_parts"))?;
        }
    }
    let content = Content::of_digest(&hash.finalize());
    if blocks.ids.is_empty() {
        return Ok((Body::Whole(rest.freeze()), content));
    }
    blocks.send(rest.freeze()).await.map_err(|failure| failure.at("put_parts"))?;
    Ok((Body::Blocks(blocks.ids, size), content))
}

impl Blocks<'_> {
    /// Harmless to repeat: a block that arrives twice is one block.
    async fn send(&mut self, bytes: Bytes) -> Answer<()> {
        if self.ids.len() == BLOCKS_MAX {
            return Err(Failure::Unsupported("Azure takes values of 50,000 blocks at most"));
        }
        let id = format!("{}-{:05}", self.put.simple(), self.ids.len()).into_bytes();
        let send = || self.connection.stage(self.name, &id, bytes.clone());
        self.connection.attempts().read(send).await?;
        self.ids.push(id);
        Ok(())
    }
}
