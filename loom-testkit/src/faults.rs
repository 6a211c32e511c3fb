//! Stores that misbehave on purpose, as networks do.

mod blob;
mod carrier;
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

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use loom_ports::{ErrorKind, PortError};

pub use blob::FaultyBlob;
pub use carrier::{Carrier, Passage, Trouble};
pub use config::FaultyConfig;
pub use coordination::FaultyCoordination;
pub use definition::FaultyDefinitions;
pub use graph::FaultyGraphs;
pub use idempotency::FaultyIdempotency;
pub use journal::FaultyJournal;
pub use lock::FaultyLocks;
pub use queue::FaultyQueue;
pub use registry::FaultyRegistry;
pub use row::FaultyRows;
pub use secret::FaultySecrets;
pub use state::FaultyState;
pub use trace::FaultyTraces;

/// What goes wrong with one call. Every network failure is one of these.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Fault {
    /// The request never arrived, and the caller can tell.
    Refused,
    /// The request never arrived, and the caller cannot tell.
    RequestLost,
    /// The request took effect, but the answer never came back.
    ReplyLost,
    /// The request arrived twice. The caller sees the second answer.
    Repeated,
}

impl Fault {
    /// Every fault, for a case that must be true whatever goes wrong.
    pub const ALL: [Self; 4] = [Self::Refused, Self::RequestLost, Self::ReplyLost, Self::Repeated];
}

/// Decides which calls go wrong, and how.
pub struct FaultPlan(Way);

enum Way {
    Chosen(Mutex<Choose>),
    Carried(Arc<dyn Carrier>),
}

type Choose = Box<dyn FnMut(&'static str) -> Option<Fault> + Send>;

impl FaultPlan {
    /// Fails the next calls in this order, then none.
    #[must_use]
    pub fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        let mut faults: VecDeque<_> = faults.into_iter().collect();
        Self::chosen(move |_| faults.pop_front())
    }

    /// Asks `choose` at each call, naming the trait's method.
    pub fn chosen(choose: impl FnMut(&'static str) -> Option<Fault> + Send + 'static) -> Self {
        Self(Way::Chosen(Mutex::new(Box::new(choose))))
    }

    /// Has the calls carried by a network that takes its time.
    pub fn carried(carrier: Arc<dyn Carrier>) -> Self {
        Self(Way::Carried(carrier))
    }

    /// Makes the request as planned.
    ///
    /// # Errors
    ///
    /// Returns the planned failure, or that of the request.
    pub async fn call<T, R>(
        &self,
        operation: &'static str,
        request: impl Fn() -> R + Send + Sync + 'static,
    ) -> Result<T, PortError>
    where
        T: Send + 'static,
        R: Future<Output = Result<T, PortError>> + Send,
    {
        match &self.0 {
            Way::Carried(carrier) => carrier::carry(carrier, operation, request).await,
            Way::Chosen(choose) => {
                let fault = (choose.lock().unwrap_or_else(PoisonError::into_inner))(operation);
                faulty(fault, operation, request).await
            }
        }
    }

    /// Whether a network carries the calls.
    pub(crate) fn is_carried(&self) -> bool {
        matches!(self.0, Way::Carried(_))
    }

    /// Whether a read that may be old is answered as it was the last time.
    pub(crate) fn is_stale(&self, operation: &'static str) -> bool {
        match &self.0 {
            Way::Carried(carrier) => carrier.is_stale(operation),
            Way::Chosen(_) => false,
        }
    }
}

async fn faulty<T, R>(
    fault: Option<Fault>,
    operation: &'static str,
    request: impl Fn() -> R,
) -> Result<T, PortError>
where
    R: Future<Output = Result<T, PortError>>,
{
    match fault {
        None => request().await,
        Some(Fault::Refused) => Err(PortError::new(ErrorKind::Unavailable, operation)),
        Some(Fault::RequestLost) => Err(PortError::new(ErrorKind::Indeterminate, operation)),
        Some(Fault::ReplyLost) => {
            request().await?;
            Err(PortError::new(ErrorKind::Indeterminate, operation))
        }
        Some(Fault::Repeated) => {
            request().await?;
            request().await
        }
    }
}

impl fmt::Debug for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultPlan").finish_non_exhaustive()
    }
}

/// Sends a call of a port on its way: by reference (`&`), by value (`val`) or as an option of a
/// reference (`opt`), as the port takes its arguments. The request owns them, since it may
/// arrive after its caller has gone.
macro_rules! carried {
    ($self:ident.$operation:ident($($kind:tt $arg:ident),*)) => {{
        let inner = std::sync::Arc::clone(&$self.inner);
        $(let $arg = carried!(@own $kind $arg);)*
        $self.plan.call(stringify!($operation), move || {
            let inner = std::sync::Arc::clone(&inner);
            $(let $arg = carried!(@copy $kind $arg);)*
            async move { inner.$operation($(carried!(@give $kind $arg)),*).await }
        }).await
    }};
    (@own & $arg:ident) => { $arg.to_owned() };
    (@own val $arg:ident) => { $arg };
    (@own opt $arg:ident) => { $arg.cloned() };
    (@copy $kind:tt $arg:ident) => { Clone::clone(&$arg) };
    (@give & $arg:ident) => { &$arg };
    (@give val $arg:ident) => { $arg };
    (@give opt $arg:ident) => { $arg.as_ref() };
}
use carried;
