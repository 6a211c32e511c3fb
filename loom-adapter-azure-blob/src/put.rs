//! One put, to its end. What became of it is found out, never guessed.

use bytes::Bytes;
use loom_ports::{BlobName, ErrorKind, PutCondition, PutOutcome};

use crate::attempts::Answer;
use crate::connection::{Connection, Guard};
use crate::content::{Content, Found};
use crate::error::Failure;

/// What is put.
pub(crate) enum Body {
    /// A value in one request.
    Whole(Bytes),
    /// Blocks that were sent before, and the size of all together.
    Blocks(Vec<Vec<u8>>, u64),
}

/// A put whose attempts are under way.
pub(crate) struct Putting<'a> {
    connection: &'a Connection,
    name: &'a BlobName,
    body: Body,
    content: Content,
    /// An attempt may have stored the value: it was sent and not answered.
    in_doubt: bool,
}

impl<'a> Putting<'a> {
    pub(crate) fn new(
        connection: &'a Connection,
        name: &'a BlobName,
        body: Body,
        content: Content,
    ) -> Self {
        Self { connection, name, body, content, in_doubt: false }
    }

    pub(crate) async fn run(mut self, condition: PutCondition) -> Answer<PutOutcome> {
        let mut attempts = self.connection.attempts();
        loop {
            match self.attempt(&condition).await {
                Ok(Some(outcome)) => return Ok(outcome),
                // Somebody else wrote in between, and the condition may hold again.
                Ok(None) => attempts.wait(self.told(Failure::Overtaken)).await?,
                Err(Failure::Overtaken) => return Err(Failure::Overtaken),
                Err(failure) if failure.may_pass(condition != PutCondition::Always) => {
                    attempts.wait(self.told(failure)).await?;
                }
                Err(failure) => return Err(self.told(failure)),
            }
        }
    }

    /// `None` if nothing is known but that it is worth another attempt.
    async fn attempt(&mut self, condition: &PutCondition) -> Answer<Option<PutOutcome>> {
        let guard = match condition {
            PutCondition::Always => Guard::Anything,
            PutCondition::IfAbsent => Guard::Nothing,
            PutCondition::IfMatch(etag) => match self.find().await? {
                Some(found) if found.head.etag == *etag && !self.content.made(&found) => {
                    Guard::Version(found.version)
                }
                found => return self.judge(found).map(Some),
            },
        };
        match self.send(&guard).await {
            Ok(size) => Ok(Some(self.stored(size))),
            Err(failure) if failure.is_condition() => match (self.find().await?, condition) {
                (None, PutCondition::IfAbsent) if !self.in_doubt => Ok(None),
                (Some(found), PutCondition::IfMatch(etag))
                    if found.head.etag == *etag && !self.in_doubt =>
                {
                    Ok(None)
                }
                (found, _) => self.judge(found).map(Some),
            },
            Err(failure) if failure.kind() == ErrorKind::Indeterminate => {
                self.in_doubt = true;
                match self.find().await? {
                    Some(found) if self.content.made(&found) => {
                        Ok(Some(PutOutcome::Stored(found.head)))
                    }
                    _ => Err(failure),
                }
            }
            Err(failure) => Err(failure),
        }
    }

    /// Returns the size of what was stored.
    async fn send(&self, guard: &Guard) -> Answer<u64> {
        let (connection, name, content) = (self.connection, self.name, &self.content);
        match &self.body {
            Body::Whole(bytes) => {
                connection.put(name, bytes.clone(), content, guard).await?;
                Ok(bytes.len() as u64)
            }
            Body::Blocks(blocks, size) => {
                match connection.commit(name, blocks, content, guard).await {
                    Ok(()) => Ok(*size),
                    Err(failure) if failure.is_missing_block() => Err(Failure::BlocksLost),
                    Err(failure) => Err(failure),
                }
            }
        }
    }

    /// What it means that the condition does not hold.
    fn judge(&self, found: Option<Found>) -> Answer<PutOutcome> {
        match found {
            Some(found) if self.content.made(&found) => Ok(PutOutcome::Stored(found.head)),
            _ if self.in_doubt => Err(Failure::Overtaken),
            found => Ok(PutOutcome::Refused(found.map(|found| found.head))),
        }
    }

    /// Reads are sent again by themselves.
    async fn find(&self) -> Answer<Option<Found>> {
        let find = || self.connection.find(self.name);
        self.connection.attempts().read(find).await
    }

    fn stored(&self, size: u64) -> PutOutcome {
        let etag = self.content.etag.clone();
        PutOutcome::Stored(loom_ports::BlobHead { name: self.name.clone(), size, etag })
    }

    /// A failure after an attempt in doubt is one, too.
    fn told(&self, failure: Failure) -> Failure {
        match failure.kind() {
            ErrorKind::Indeterminate => failure,
            _ if self.in_doubt => Failure::NoAnswer(failure.to_string()),
            _ => failure,
        }
    }
}
