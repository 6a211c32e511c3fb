//! Port: who runs the tasks of a host.

use std::fmt::Debug;
use std::pin::Pin;

/// A task: it ends by itself, or is dropped with whoever runs it.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs the tasks of a host, all of them: whoever implements this decides what runs next.
///
/// Outside simulations that is tokio.
pub trait Spawn: Debug + Send + Sync + 'static {
    /// Runs `task` beside the others, until it ends. Returns at once.
    fn spawn(&self, task: Task);
}

const _: fn(&dyn Spawn) = |_| {};
