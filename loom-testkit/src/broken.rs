//! Stores with planted defects. A suite is worth what it catches.
//!
//! Each store wraps the memory adapter and behaves, but for at most one defect, which the test
//! plants in its own thread before a fixture is opened there. Unlike the memory adapter they can
//! be opened again and be out of reach, so that those cases run too.

/// The fixture of a port whose defects may also show in a restart and out of reach.
macro_rules! broken_fixture {
    ($fixture:ident, $port:ident over $memory:ident, $faulty:ident) => {
        type Broken = super::Broken<dyn $port, Defect, Mutex<Memory>>;

        thread_local! {
            static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
        }

        struct Fixture(Arc<Broken>);

        impl $fixture for Fixture {
            async fn open() -> Self {
                Self(Arc::new(Broken::new(Arc::new($memory::default()), PLANTED.get())))
            }

            fn store(&self) -> Arc<dyn $port> {
                self.0.clone()
            }

            async fn reopen(self) -> Option<Self> {
                let forgets = self.0.has(Defect::ForgetsOnRestart);
                if forgets { Some(Self::open().await) } else { Some(self) }
            }

            async fn unreachable(&self) -> Option<Arc<dyn $port>> {
                let nowhere = $faulty::new(self.0.inner.clone(), out_of_reach());
                Some(Arc::new(Broken::new(Arc::new(nowhere), PLANTED.get())))
            }
        }
    };
}

mod blob;
mod config;
mod coordination;
mod definition;
mod graph;
mod idempotency;
mod journal;
mod lock;
mod queue;
mod registry;
mod row;
mod secret;
mod state;
mod trace;

use std::cell::Cell;
use std::fmt::Debug;
use std::sync::Arc;
use std::thread::LocalKey;

use loom_ports::{Cursor, ErrorKind, Page, PortError};

use crate::faults::{Fault, FaultPlan};
use crate::{Case, failures};

/// A store with at most one defect.
#[derive(Debug)]
struct Broken<P: ?Sized, D, M = ()> {
    inner: Arc<P>,
    defect: Option<D>,
    /// What the defect needs to know of earlier calls.
    memory: M,
}

impl<P: ?Sized, D: PartialEq, M: Default> Broken<P, D, M> {
    fn new(inner: Arc<P>, defect: Option<D>) -> Self {
        Self { inner, defect, memory: M::default() }
    }

    fn has(&self, defect: D) -> bool {
        self.defect == Some(defect)
    }
}

/// Runs all cases against the store without a defect, and then, with each of `defects`, the
/// case beside it, which must fail.
fn assert_caught<D: Copy + Debug>(
    planted: &'static LocalKey<Cell<Option<D>>>,
    cases: &[Case],
    defects: &[(D, &str)],
) {
    planted.set(None);
    assert_eq!(failures(cases), [""; 0], "without a defect");
    for (defect, name) in defects {
        planted.set(Some(*defect));
        let case: Vec<_> = cases.iter().filter(|case| case.name == *name).copied().collect();
        assert_eq!(failures(&case), [*name], "with {defect:?}");
    }
}

/// No call arrives.
fn out_of_reach() -> FaultPlan {
    FaultPlan::chosen(|_| Some(Fault::Refused))
}

/// As a driver that takes every error for an empty answer.
fn or_empty<T: Default>(answer: Result<T, PortError>) -> Result<T, PortError> {
    match answer {
        Err(error) if error.kind() == ErrorKind::Unavailable => Ok(T::default()),
        answer => answer,
    }
}

/// A page whose cursor is a number of items, as that of `LIMIT … OFFSET` is.
fn counted_page<T: Clone>(all: &[T], from: Option<&Cursor>, limit: usize) -> Page<T> {
    let start = from.map_or(0, |Cursor(count)| count.len()).min(all.len());
    let end = start.saturating_add(limit).min(all.len());
    let next = (end < all.len()).then(|| Cursor(vec![0; end].into()));
    Page { items: all[start..end].to_vec(), next }
}
