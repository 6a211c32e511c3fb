//! A network that does to each request what a test says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loom_ports::{Clock, JournalStore, MessageQueue, Stores, Task};
use loom_testkit::clock::TokioClock;
use loom_testkit::faults::{
    Carrier, Fault, FaultPlan, FaultyJournal, FaultyQueue, Passage, Trouble,
};

use crate::kit::Kit;

/// What happens to a request, named with how often it was made.
pub(crate) enum Happens {
    Nothing,
    Slow(u64),
    Goes(Fault),
}

type Rule = Box<dyn FnMut(&'static str, u32) -> Happens + Send>;

struct Script {
    clock: TokioClock,
    inner: Mutex<(BTreeMap<&'static str, u32>, Rule)>,
}

/// The stores of a kit behind a network that follows `rule`.
pub(crate) fn scripted(
    kit: &Kit,
    rule: impl FnMut(&'static str, u32) -> Happens + Send + 'static,
) -> Stores {
    let inner = Mutex::new((BTreeMap::new(), Box::new(rule) as Rule));
    let script: Arc<dyn Carrier> = Arc::new(Script { clock: kit.clock, inner });
    let plan = || FaultPlan::carried(Arc::clone(&script));
    let stores: Stores = kit.stores.clone().into();
    let journal: Arc<dyn JournalStore> = Arc::new(FaultyJournal::new(stores.journal, plan()));
    let queue: Arc<dyn MessageQueue> = Arc::new(FaultyQueue::new(stores.queue, plan()));
    Stores { journal, queue, ..stores }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").finish_non_exhaustive()
    }
}

impl Carrier for Script {
    fn passage(&self, operation: &'static str) -> Passage {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (counts, rule) = &mut *inner;
        let count = counts.entry(operation).or_default();
        *count += 1;
        let (ms, trouble) = match rule(operation, *count) {
            Happens::Nothing => (0, Trouble::None),
            Happens::Slow(ms) => (ms, Trouble::None),
            Happens::Goes(fault) => (0, Trouble::Fault(fault)),
        };
        Passage { there: Duration::from_millis(ms), trouble, back: Duration::ZERO }
    }

    fn send(&self, request: Task) {
        drop(tokio::spawn(request));
    }

    fn pass(&self, time: Duration) -> Task {
        let clock = self.clock;
        Box::pin(async move { clock.sleep_until(clock.now().saturating_add(time)).await })
    }

    fn era(&self) -> u64 {
        0
    }

    fn is_open(&self) -> bool {
        true
    }

    fn is_stale(&self, _operation: &'static str) -> bool {
        false
    }
}
