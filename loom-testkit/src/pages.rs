//! Reading a long answer to its end.

use std::fmt::Debug;

use loom_ports::{Cursor, Page, PortError};

/// More pages than any case has items: an answer this long goes round in circles.
const PAGES_MAX: usize = 10_000;

/// All items, read in pages of `limit`.
pub(crate) async fn all<T: Debug>(
    limit: usize,
    page: impl AsyncFn(Option<&Cursor>) -> Result<Page<T>, PortError>,
) -> Vec<T> {
    let mut items = Vec::new();
    let mut from: Option<Cursor> = None;
    for _ in 0..PAGES_MAX {
        let page = page(from.as_ref()).await.unwrap();
        assert!(page.items.len() <= limit, "more than {limit}: {page:?}");
        items.extend(page.items);
        let Some(next) = page.next else { return items };
        from = Some(next);
    }
    panic!("the pages do not end")
}
