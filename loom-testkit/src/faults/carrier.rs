//! A network between a process and its stores, in which requests outlive their callers.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use loom_ports::{ErrorKind, PortError, Task};
use tokio::sync::oneshot;

use super::{Fault, faulty};

/// Carries requests from one process to the stores.
///
/// A request is on its way by itself: it arrives although the process that sent it has died or
/// stands still meanwhile, as it does in a real network.
pub trait Carrier: Debug + Send + Sync + 'static {
    /// What happens to the next request.
    fn passage(&self, operation: &'static str) -> Passage;

    /// Takes a request on its way, which is a task of nobody's process.
    fn send(&self, request: Task);

    /// Lets time pass.
    fn pass(&self, time: Duration) -> Task;

    /// Whether anything gets through right now.
    fn is_open(&self) -> bool;

    /// Which stores it leads to now. A request that set out to others reaches nothing.
    fn era(&self) -> u64;

    /// Whether a read that may be old is to be.
    fn is_stale(&self, operation: &'static str) -> bool;
}

/// What happens to one request on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Passage {
    /// How long the request takes.
    pub there: Duration,
    /// What goes wrong.
    pub trouble: Trouble,
    /// How long the answer takes.
    pub back: Duration,
}

/// What goes wrong with a request that takes its time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// One of the faults of any network.
    Fault(Fault),
    /// The store asks for fewer requests.
    Throttled(Duration),
    /// The caller gives it up, and it arrives that much later.
    Late(Duration),
}

pub(super) async fn carry<T, R>(
    carrier: &Arc<dyn Carrier>,
    operation: &'static str,
    request: impl Fn() -> R + Send + Sync + 'static,
) -> Result<T, PortError>
where
    T: Send + 'static,
    R: Future<Output = Result<T, PortError>> + Send,
{
    let (tell, answer) = oneshot::channel();
    let passage = carrier.passage(operation);
    let (network, era) = (Arc::clone(carrier), carrier.era());
    carrier.send(Box::pin(async move {
        let unknown = || Err(PortError::new(ErrorKind::Indeterminate, operation));
        network.pass(passage.there).await;
        let fault = match passage.trouble {
            Trouble::None => None,
            Trouble::Fault(fault) => Some(fault),
            Trouble::Throttled(after) => {
                let refused = PortError::new(ErrorKind::Throttled { after }, operation);
                drop(tell.send(Err(refused)));
                return;
            }
            Trouble::Late(by) => {
                drop(tell.send(unknown()));
                network.pass(by).await;
                if network.era() == era {
                    let _ = request().await;
                }
                return;
            }
        };
        let arrives = network.is_open() && network.era() == era;
        let answer = if arrives { faulty(fault, operation, request).await } else { unknown() };
        network.pass(passage.back).await;
        let answer = if network.is_open() { answer } else { unknown() };
        let _ = tell.send(answer);
    }));
    answer.await.unwrap_or_else(|_| Err(PortError::new(ErrorKind::Indeterminate, operation)))
}
