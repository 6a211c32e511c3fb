//! Several documents of one partition: read by name, in the order of what is indexed, and written
//! together.

use std::fmt;
use std::num::NonZero;
use std::pin::Pin;

use azure_core::http::Etag;
use azure_data_cosmos::clients::ContainerClient;
use azure_data_cosmos::feed::QueryPageIterator;
use azure_data_cosmos::options::{
    BatchDeleteOptions, BatchReplaceOptions, ItemWriteOptions, MaxItemCountHint, Precondition,
    QueryOptions,
};
use azure_data_cosmos::{FeedScope, Query, TransactionalBatch};
use futures::StreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::charges::Charges;
use crate::connection::{Answer, Patience};
use crate::error::Failure;

/// The most operations of a batch, and the most bytes with some room for what goes round them. The
/// service takes two megabytes.
pub(crate) const BATCH_OPERATIONS_MAX: usize = 100;
pub(crate) const BATCH_BYTES_MAX: usize = 1_900_000;

/// A container of several documents in each partition. What is asked of it is counted by purpose.
pub(crate) struct Items {
    container: ContainerClient,
    patience: Patience,
    charges: Charges,
}

/// What became of a batch.
#[must_use]
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Batched {
    /// All of it was carried out. The versions of what it wrote, in order.
    Done(Vec<Option<Etag>>),
    /// Nothing was, since an operation failed with this status. But the client may have sent the
    /// batch before.
    Refused(u16),
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
        let found = match self.patience.with(read).await {
            Ok(found) => found,
            Err(failure) if failure.is_missing_item() => return Ok(None),
            Err(failure) => return Err(failure),
        };
        self.charges.add(purpose, 1, found.headers());
        let version = found.headers().etag().cloned().ok_or(Failure::Corrupt("version"))?;
        let document = found.into_model().map_err(|_| Failure::Corrupt("document"))?;
        Ok(Some((document, version)))
    }

    /// Writes a document over the one of this version, or over any.
    pub(crate) async fn put<T: Serialize>(
        &self,
        purpose: &'static str,
        partition: &str,
        (id, document): (&str, T),
        version: Option<Etag>,
    ) -> Answer<Etag> {
        let partition = partition.to_owned();
        let written = if let Some(version) = version {
            let guard = Precondition::if_match(version);
            let options = ItemWriteOptions::default().with_precondition(guard);
            let replace = self.container.replace_item(partition, id, document, Some(options));
            self.patience.with(replace).await?
        } else {
            let upsert = self.container.upsert_item(partition, id, document, None);
            self.patience.with(upsert).await?
        };
        self.charges.add(purpose, 1, written.headers());
        written.headers().etag().cloned().ok_or(Failure::Corrupt("version"))
    }

    /// Writes all of a batch or nothing.
    pub(crate) async fn write(
        &self,
        purpose: &'static str,
        operations: usize,
        batch: TransactionalBatch,
    ) -> Answer<Batched> {
        let execute = self.container.execute_transactional_batch(batch, None);
        let answer = self.patience.with(execute).await?;
        self.charges.add(purpose, operations, answer.headers());
        let results = answer.into_model().map_err(|_| Failure::Corrupt("outcome of a batch"))?;
        let results = results.results();
        // Those that failed with 424 failed because of another.
        let refused =
            results.iter().find(|result| !result.is_success() && result.status_code() != 424);
        match refused {
            Some(refused) => Ok(Batched::Refused(refused.status_code())),
            None if results.len() == operations => Ok(Batched::Done(
                results.iter().map(|result| result.etag().map(Etag::from)).collect(),
            )),
            None => Err(Failure::Corrupt("outcome of every operation")),
        }
    }

    /// The documents that a query finds in a partition, `at_once` of them in each page.
    pub(crate) async fn query<T: DeserializeOwned + Send + 'static>(
        &self,
        purpose: &'static str,
        partition: &str,
        query: Query,
        at_once: usize,
    ) -> Answer<Pages<'_, T>> {
        let hint = u32::try_from(at_once).ok().and_then(NonZero::new);
        let hint = hint.map_or(MaxItemCountHint::ServerDecides, MaxItemCountHint::Limit);
        let options = QueryOptions::default().with_max_item_count(hint);
        let within = FeedScope::partition(partition.to_owned());
        let found = self.container.query_items::<T>(query, within, Some(options));
        let pages = Box::pin(self.patience.with(found).await?.into_pages());
        Ok(Pages { items: self, purpose, rest: pages })
    }
}

impl<T: DeserializeOwned + Send + 'static> Pages<'_, T> {
    /// The next documents, `None` at the end. A page may be empty.
    pub(crate) async fn next(&mut self) -> Answer<Option<Vec<T>>> {
        let next = async { self.rest.next().await.transpose() };
        let Some(page) = self.items.patience.with(next).await? else { return Ok(None) };
        self.items.charges.add(self.purpose, 1, page.headers());
        Ok(Some(page.into_items()))
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
