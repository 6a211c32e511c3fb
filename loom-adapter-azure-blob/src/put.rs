//! One put, to its end. What became of it is found out, never guessed.

use loom_ports::{BlobName, ErrorKind, Put, PutCondition, PutOutcome};

use crate::attempts::Answer;
use crate::connection::{Connection, Guard};
use crate::content::{Content, Found};
use crate::error::Failure;

/// A put whose attempts are under way.
pub(crate) struct Putting<'a> {
    connection: &'a Connection,
    name: &'a BlobName,
    content: Content,
    /// An attempt may have stored the value: it was sent and not answered.
    in_doubt: bool,
}

impl<'a> Putting<'a> {
    pub(crate) fn new(connection: &'a Connection, name: &'a BlobName, put: &Put) -> Self {
        Self { connection, name, content: Content::of(&put.bytes), in_doubt: false }
    }

    pub(crate) async fn run(mut self, put: Put) -> Answer<PutOutcome> {
        let mut attempts = self.connection.attempts();
        loop {
            match self.attempt(&put).await {
                Ok(Some(outcome)) => return Ok(outcome),
                // Somebody else wrote in between, and the condition may hold again.
                Ok(None) => attempts.wait(self.told(Failure::Overtaken)).await?,
                Err(Failure::Overtaken) => return Err(Failure::Overtaken),
                Err(failure) if failure.may_pass(put.condition != PutCondition::Always) => {
                    attempts.wait(self.told(failure)).await?;
                }
                Err(failure) => return Err(self.told(failure)),
            }
        }
    }

    /// `None` if nothing is known but that it is worth another attempt.
    async fn attempt(&mut self, put: &Put) -> Answer<Option<PutOutcome>> {
        let guard = match &put.condition {
            PutCondition::Always => Guard::Anything,
            PutCondition::IfAbsent => Guard::Nothing,
            PutCondition::IfMatch(etag) => match self.find().await? {
                Some(found) if found.head.etag == *etag && !self.content.made(&found) => {
                    Guard::Version(found.version)
                }
                found => return self.judge(found).map(Some),
            },
        };
        let sent = self.connection.put(self.name, put.bytes.clone(), &self.content, &guard).await;
        match sent {
            Ok(()) => Ok(Some(self.stored(put.bytes.len() as u64))),
            Err(failure) if failure.is_condition() => match (self.find().await?, &put.condition) {
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
