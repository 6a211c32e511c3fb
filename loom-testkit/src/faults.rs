//! Stores that misbehave on purpose, as networks do.

mod blob;
mod coordination;
mod idempotency;
mod journal;
mod lock;
mod queue;
mod state;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use loom_ports::{ErrorKind, PortError};

pub use blob::FaultyBlob;
pub use coordination::FaultyCoordination;
pub use idempotency::FaultyIdempotency;
pub use journal::FaultyJournal;
pub use lock::FaultyLocks;
pub use queue::FaultyQueue;
pub use state::FaultyState;

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
pub struct FaultPlan(Mutex<Choose>);

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
        Self(Mutex::new(Box::new(choose)))
    }

    /// Makes the request as planned.
    ///
    /// # Errors
    ///
    /// Returns the planned failure, or that of the request.
    pub async fn call<T, R>(
        &self,
        operation: &'static str,
        request: impl Fn() -> R,
    ) -> Result<T, PortError>
    where
        R: Future<Output = Result<T, PortError>>,
    {
        let fault = (self.0.lock().unwrap_or_else(PoisonError::into_inner))(operation);
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
}

impl fmt::Debug for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultPlan").finish_non_exhaustive()
    }
}
