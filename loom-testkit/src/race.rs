//! Calls that are made at once.

use tokio::task::JoinSet;

/// Makes `n` calls at once and returns their answers in the order of their ends.
pub(crate) async fn race<T, R>(n: usize, call: impl Fn(usize) -> R) -> Vec<T>
where
    T: Send + 'static,
    R: Future<Output = T> + Send + 'static,
{
    (0..n).map(call).collect::<JoinSet<_>>().join_all().await
}
