//! Servers of our own, each in a thread with a runtime of its own.

use std::net::TcpListener;
use std::thread;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// A server that is running. Dropped, it ends.
#[derive(Debug)]
pub(super) struct Served {
    end: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// A port of this machine, taken: a free one if it is 0.
pub(super) fn listen(port: u16) -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    let port = listener.local_addr().expect("it is bound").port();
    listener.set_nonblocking(true).expect("a socket can be waited for");
    (listener, port)
}

impl Served {
    /// Serves until it is dropped.
    pub(super) fn start<F: Future>(
        listener: TcpListener,
        serve: impl FnOnce(tokio::net::TcpListener) -> F + Send + 'static,
    ) -> Self {
        let (end, ended) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime starts");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("it listens");
                tokio::select! {
                    _ = serve(listener) => {}
                    _ = ended => {}
                }
            });
            // What hangs is not waited for.
            runtime.shutdown_background();
        });
        Self { end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
