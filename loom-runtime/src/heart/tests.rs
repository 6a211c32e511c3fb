use loom_adapter_memory::MemoryStores;
use loom_ports::Clock as _;
use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::{Host, Settings, SystemClock};

/// A host on a runtime of its own, and what is told when the thread of its heart ends.
fn beating() -> (Host, Runtime, oneshot::Receiver<()>) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let host = runtime.block_on(async {
        let settings = Settings { lease: Duration::from_secs(1), ..Settings::default() };
        Host::builder(MemoryStores::default()).settings(settings).start().await.unwrap()
    });
    let ended = host.shared.heart.ended.lock().unwrap().take();
    (host, runtime, ended.expect("it beats on a thread of its own"))
}

/// Whether it ends at last.
fn ends(ended: oneshot::Receiver<()>) -> bool {
    loom_testkit::run(async {
        let limit = SystemClock.now().saturating_add(Duration::from_mins(1));
        tokio::select! {
            _ = ended => true,
            () = SystemClock.sleep_until(limit) => false,
        }
    })
}

#[test]
fn a_heart_beats_while_its_host_lives() {
    let (host, runtime, mut ended) = beating();
    let limit = SystemClock.now().saturating_add(Duration::from_secs(2));
    runtime.block_on(SystemClock.sleep_until(limit));
    assert_eq!(ended.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    drop(host);
}

#[test]
fn a_heart_ends_with_the_runtime_of_its_host() {
    for is_awaited in [true, false] {
        let (_host, runtime, ended) = beating();
        if is_awaited {
            drop(runtime);
        } else {
            runtime.shutdown_background();
        }
        assert!(ends(ended), "{is_awaited}");
    }
}

#[test]
fn a_heart_ends_with_its_host() {
    let (host, _runtime, ended) = beating();
    drop(host);
    assert!(ends(ended));
}
