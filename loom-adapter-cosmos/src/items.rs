//! The documents of a container: read by name, in the order of what is indexed, and written alone
//! or together. All that is asked for documents is asked here, and counted.

use std::fmt;
use std::num::NonZero;
use std::pin::Pin;
use std::sync::Arc;

use azure_core::http::Etag;
use azure_data_cosmos::clients::ContainerClient;
use azure_data_cosmos::diagnostics::DiagnosticsContext;
use azure_data_cosmos::feed::{QueryFeedPage, QueryPageIterator};
use azure_data_cosmos::models::BatchResponse;
use azure_data_cosmos::options::{
    BatchDeleteOptions, BatchReplaceOptions, ItemWriteOptions, MaxItemCountHint, Precondition,
    QueryOptions,
};
use azure_data_cosmos::{CosmosError, FeedScope, Query, TransactionalBatch};
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::charges::Charges;
use crate::connection::{Answer, Patience};
use crate::error::Failure;

/// The most operations of a batch, and the most bytes with some room for what goes round them. The
/// service takes two megabytes.
pub(crate) const BATCH_OPERATIONS_MAX: usize = 100;
pub(crate) const BATCH_BYTES_MAX: usize = 1_900_000;

/// A container. What is asked of it is counted by purpose.
pub(crate) struct Items {
    container: ContainerClient,
    patience: Patience,
    charges: Charges,
}

/// What a document is written over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Over {
    /// Whatever is there.
    Anything,
    /// Nothing: there must be none of its name.
    Nothing,
    /// The one of this version.
    Version(Etag),
}

/// What became of a batch.
#[must_use]
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Batched {
    /// All of it was carried out. The version of what its first operation wrote.
    Done(Option<Etag>),
    /// Nothing was, since an operation failed with this status.
    Refused {
        status: u16,
        /// The client has not sent the batch before, which could then have been carried out.
        is_sent_once: bool,
    },
}

/// The pages of an answer.
pub(crate) struct Pages<'a, T: Send> {
    items: &'a Items,
    purpose: &'static str,
    rest: Pin<Box<QueryPageIterator<T>>>,
}

impl Items {
    pub(crate) fn new(container: ContainerClient, patience: Patience, charges: Charges) -> Self {
        Self { container, patience, charges }
    }

    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        purpose: &'static str,
        partition: &str,
        id: &str,
    ) -> Answer<Option<(T, Etag)>> {
        let read = self.container.read_item(partition.to_owned(), id, None);
        let found = match self.ask(purpose, 1, read, |found| Some(found.diagnostics())).await {
            Ok(found) => found,
            Err(failure) if failure.is_missing_item() => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let version = found.headers().etag().cloned().ok_or(Failure::Corrupt("version"))?;
        let document = found.into_model().map_err(|_| Failure::Corrupt("document"))?;
        Ok(Some((document, version)))
    }

    /// Writes a document. Returns its version.
    pub(crate) async fn put<T: Serialize + Send>(
        &self,
        purpose: &'static str,
        partition: &str,
        (id, document): (&str, T),
        over: Over,
    ) -> Answer<Etag> {
        let (container, partition) = (&self.container, partition.to_owned());
        let write = async move {
            match over {
                Over::Anything => container.upsert_item(partition, id, document, None).await,
                Over::Nothing => container.create_item(partition, id, document, None).await,
                Over::Version(version) => {
                    let guard = Precondition::if_match(version);
                    let options = ItemWriteOptions::default().with_precondition(guard);
                    container.replace_item(partition, id, document, Some(options)).await
                }
            }
        };
        let written = self.ask(purpose, 1, write, |written| Some(written.diagnostics())).await?;
        written.headers().etag().cloned().ok_or(Failure::Corrupt("version"))
    }

    /// Writes all of a batch of so many operations, or nothing.
    pub(crate) async fn write(
        &self,
        purpose: &'static str,
        operations: usize,
        batch: TransactionalBatch,
    ) -> Answer<Batched> {
        let execute = self.container.execute_transactional_batch(batch, None);
        let told = |answer: &BatchResponse| Some(answer.diagnostics());
        let answer = self.ask(purpose, operations, execute, told).await?;
        let is_sent_once = answer.diagnostics().request_count() == 1;
        let results = answer.into_model().map_err(|_| Failure::Corrupt("outcome of a batch"))?;
        let results = results.results();
        // Those that failed with 424 failed because of another.
        let mut failed = results.iter().filter(|result| !result.is_success());
        if let Some(refused) = failed.clone().find(|result| result.status_code() != 424) {
            return Ok(Batched::Refused { status: refused.status_code(), is_sent_once });
        }
        if results.len() != operations || failed.next().is_some() {
            return Err(Failure::Corrupt("outcome of every operation"));
        }
        Ok(Batched::Done(results.first().and_then(|first| first.etag()).map(Etag::from)))
    }

    /// The documents that a query finds in a partition, or else in all of them, `at_once` of them
    /// in each page.
    pub(crate) async fn query<T: DeserializeOwned + Send + 'static>(
        &self,
        purpose: &'static str,
        partition: Option<&str>,
        query: Query,
        at_once: usize,
    ) -> Answer<Pages<'_, T>> {
        let hint = u32::try_from(at_once).ok().and_then(NonZero::new);
        let hint = hint.map_or(MaxItemCountHint::ServerDecides, MaxItemCountHint::Limit);
        let options = QueryOptions::default().with_max_item_count(hint);
        let within = match partition {
            Some(partition) => FeedScope::partition(partition.to_owned()),
            None => FeedScope::full_container(),
        };
        let found = self.container.query_items::<T>(query, within, Some(options));
        // Documents are asked for with the first page.
        let pages = Box::pin(self.patience.with(found).await?.into_pages());
        Ok(Pages { items: self, purpose, rest: pages })
    }

    /// Waits for an answer, and counts what was sent for it. On the heap, since the futures of the
    /// client are large.
    fn ask<'a, T: 'a>(
        &'a self,
        purpose: &'static str,
        operations: usize,
        request: impl Future<Output = Result<T, CosmosError>> + Send + 'a,
        told: fn(&T) -> Option<Arc<DiagnosticsContext>>,
    ) -> BoxFuture<'a, Answer<T>> {
        let counted = async move {
            let answer = request.await;
            let sent = answer.as_ref().map_or_else(CosmosError::diagnostics, told);
            if let Some(sent) = sent {
                self.charges.add(purpose, operations, &sent);
            }
            answer
        };
        self.patience.with(counted).boxed()
    }
}

impl<T: DeserializeOwned + Send + 'static> Pages<'_, T> {
    /// The next documents, `None` at the end. A page may be empty.
    pub(crate) async fn next(&mut self) -> Answer<Option<Vec<T>>> {
        let next = async { self.rest.next().await.transpose() };
        let told = |page: &Option<QueryFeedPage<T>>| Some(page.as_ref()?.diagnostics());
        let page = self.items.ask(self.purpose, 1, next, told).await?;
        Ok(page.map(QueryFeedPage::into_items))
    }

    /// The first documents, `limit` at most.
    pub(crate) async fn take(mut self, limit: usize) -> Answer<Vec<T>> {
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(page) = self.next().await?
        {
            found.extend(page);
        }
        found.truncate(limit);
        Ok(found)
    }
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}

/// The documents of which a property is from the first text on and less than the second, in its order or
/// the other way round.
pub(crate) fn between(
    property: &str,
    (from, end): (&str, &str),
    is_reversed: bool,
) -> Answer<Query> {
    let order = if is_reversed { "DESC" } else { "ASC" };
    let query = Query::from(format!(
        "SELECT * FROM c WHERE c.{property} >= @from AND c.{property} < @end \
         ORDER BY c.{property} {order}"
    ));
    Ok(query.with_parameter("@from", from)?.with_parameter("@end", end)?)
}

/// The documents of which a property is one of these texts, those whose names sort last first.
pub(crate) fn any_of(property: &str, texts: &[String]) -> Answer<Query> {
    let names: Vec<_> = (0..texts.len()).map(|at| format!("@t{at}")).collect();
    let mut query = Query::from(format!(
        "SELECT * FROM c WHERE c.{property} IN ({}) ORDER BY c.id DESC",
        names.join(", ")
    ));
    for (name, text) in names.into_iter().zip(texts) {
        query = query.with_parameter(name, text)?;
    }
    Ok(query)
}

/// Guards of operations of a batch.
pub(crate) fn if_same(version: &Etag) -> BatchReplaceOptions {
    BatchReplaceOptions::default().with_precondition(Precondition::if_match(version.clone()))
}

pub(crate) fn delete_if_same(version: &Etag) -> BatchDeleteOptions {
    BatchDeleteOptions::default().with_precondition(Precondition::if_match(version.clone()))
}
