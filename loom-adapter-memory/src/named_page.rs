//! Pages of what is sorted by name.

use std::ops::Bound;

use bytes::Bytes;
use loom_ports::{Cursor, ErrorKind, Page, PortError};

/// The names from which a page is taken: from the cursor's, or from `first` without one.
pub(crate) fn names<'a>(
    from: Option<&'a Cursor>,
    first: &'a str,
    operation: &'static str,
) -> Result<(Bound<&'a str>, Bound<&'a str>), PortError> {
    let invalid = |error| PortError::new(ErrorKind::Invalid, operation).with_source(error);
    let start = match from {
        Some(Cursor(name)) => std::str::from_utf8(name).map_err(invalid)?,
        None => first,
    };
    Ok((Bound::Included(start), Bound::Unbounded))
}

/// The first `limit` of `rest`, and the name of the one after them.
///
/// A name rather than a number, so that what is written or removed between two pages shifts
/// nothing.
pub(crate) fn page<'a, T: Clone + 'a>(
    mut rest: impl Iterator<Item = (&'a str, &'a T)>,
    limit: usize,
) -> Page<T> {
    let items = rest.by_ref().take(limit).map(|(_, item)| item.clone()).collect();
    let next = rest.next().map(|(name, _)| Cursor(Bytes::copy_from_slice(name.as_bytes())));
    Page { items, next }
}
