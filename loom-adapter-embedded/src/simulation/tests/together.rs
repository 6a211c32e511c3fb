//! Groups of requests, without a loss.

use std::path::Path;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::{fs, mem};

use bytes::Bytes;
use loom_ports::{
    ErrorKind, RowChange, RowExpected, RowKey, RowWrite, RowWritten, Space, Spawn as _, StateStore,
};
use loom_rows::SmallStores as _;
use tempfile::TempDir;

use super::executor::{Executor, SlowDisk};
use super::life::memory_dir;
use super::witness;
use crate::simulation::SimulatedStores;
use crate::{Options, Stats};

type Answers = Arc<Mutex<Vec<Result<u64, ErrorKind>>>>;

struct Scene {
    executor: Executor,
    disk: Arc<SlowDisk>,
    simulated: SimulatedStores,
    answers: Answers,
    dir: TempDir,
}

impl Scene {
    fn new(seed: u64) -> Self {
        let (executor, dir) = (Executor::new(seed), memory_dir());
        let disk = SlowDisk::new(seed, u32::MAX);
        let tasks = Arc::new(executor.tasks());
        let simulated =
            SimulatedStores::open(dir.path().join("0"), Options::default(), tasks, disk.clone())
                .unwrap();
        Self { executor, disk, simulated, answers: Answers::default(), dir }
    }

    /// Saves a state beside all others.
    fn save(&self, id: u64) {
        self.executor.tasks().spawn(Box::pin(save(
            self.simulated.stores().state(),
            id,
            Arc::clone(&self.answers),
        )));
    }

    fn finish(&mut self) -> Vec<Result<u64, ErrorKind>> {
        while self.executor.step() {}
        mem::take(&mut self.answers.lock().unwrap())
    }

    fn stats(&self) -> Stats {
        self.simulated.stores().stats()
    }
}

async fn save(states: Arc<dyn StateStore>, id: u64, answers: Answers) {
    let answer = states.save_if_newer(&witness::state(id)).await;
    let answer = answer.map(|_| id).map_err(|error| error.kind());
    answers.lock().unwrap().push(answer);
}

#[test]
fn what_arrives_while_the_disk_is_waited_for_shares_the_next_sync() {
    let mut scene = Scene::new(1);
    (0..40).for_each(|id| scene.save(id));
    let mut answers = scene.finish();
    answers.sort_by_key(|answer| *answer.as_ref().unwrap());
    assert_eq!(answers, (0..40).map(Ok).collect::<Vec<_>>());
    let Stats { requests, groups, syncs } = scene.stats();
    assert_eq!((requests, groups), (40, syncs));
    assert!(syncs < 20, "{syncs}");
}

#[test]
fn reads_wait_for_no_disk_and_see_what_cannot_be_lost() {
    let unsynced: usize = (0..10).map(read_while_the_disk_is_waited_for).sum();
    assert!(unsynced > 20, "{unsynced}");
}

/// Says how many steps the disk was waited for.
fn read_while_the_disk_is_waited_for(seed: u64) -> usize {
    let mut scene = Scene::new(seed);
    let states = scene.simulated.stores().state();
    let actor = witness::state(0).actor;
    let is_read = || {
        let load = pin!(states.load(&actor));
        match load.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(found) => found.unwrap().is_some(),
            Poll::Pending => panic!("it waits"),
        }
    };
    scene.save(0);
    let mut unsynced = 0;
    while scene.executor.step() {
        let Stats { requests, syncs, .. } = scene.stats();
        let is_answered = !scene.answers.lock().unwrap().is_empty();
        assert!(syncs == 1 || !is_read(), "it is read before it is durable");
        assert!(is_read() || !is_answered, "it is answered and not read");
        unsynced += usize::from(requests > syncs);
    }
    unsynced
}

#[test]
fn a_revision_is_another_one_once_rows_have_changed() {
    let mut scene = Scene::new(7);
    let rows = scene.simulated.stores().rows();
    let revision = || rows.revision().expect("nobody else writes to a directory");
    let put = |key: u8, expected: Option<&'static [u8]>| {
        let (rows, key) = (Arc::clone(&rows), RowKey::of(key));
        let tag = expected.map(Bytes::from_static);
        let expected = vec![RowExpected { key: key.clone(), tag }];
        let changes = vec![RowChange::Put(key, Bytes::from_static(b"1"))];
        async move {
            let write = RowWrite { expected, changes };
            rows.write(&Space::named("test"), write).await.unwrap()
        }
    };
    let before = revision();
    assert_eq!(scene.executor.run(put(1, None)), RowWritten::Done);
    let after = revision();
    assert_ne!(after, before);
    assert_eq!(scene.executor.run(put(1, None)), RowWritten::Conflict);
    assert_eq!(revision(), after);
    assert_eq!(scene.executor.run(put(1, Some(b"1"))), RowWritten::Done);
    assert_ne!(revision(), after);
}

#[test]
fn nothing_is_answered_once_the_disk_has_failed() {
    let mut scene = Scene::new(2);
    scene.save(0);
    assert_eq!(scene.finish(), [Ok(0)]);

    scene.disk.fails_after.store(0, Ordering::SeqCst);
    scene.save(1);
    assert_eq!(scene.finish(), [Err(ErrorKind::Indeterminate)]);

    scene.disk.fails_after.store(u32::MAX, Ordering::SeqCst);
    scene.save(2);
    assert_eq!(scene.finish(), [Err(ErrorKind::Unavailable)]);
}

#[test]
fn after_the_loss_of_power_everything_is_refused() {
    let mut scene = Scene::new(3);
    scene.save(0);
    let next = scene.dir.path().join("1");
    let _ = scene.simulated.lose_power(&next, &mut |_| 0).unwrap();
    scene.save(1);
    assert_eq!(scene.finish(), [Err(ErrorKind::Unavailable); 2]);
}

#[test]
fn nobody_waits_for_a_task_that_was_dropped() {
    let mut scene = Scene::new(4);
    scene.save(0);
    // The request, and then the task that carries it out, up to where it waits for the disk.
    while scene.stats().requests == 0 {
        scene.executor.step();
    }
    scene.executor.kill();
    scene.save(1);
    assert_eq!(scene.finish(), [Err(ErrorKind::Unavailable)]);
}

#[test]
fn the_same_requests_write_the_same_bytes() {
    let written = || {
        let mut scene = Scene::new(5);
        (0..20).for_each(|id| scene.save(id));
        let answers = scene.finish();
        let dir = scene.dir.path().join("1");
        let _ = scene.simulated.lose_power(&dir, &mut |_| 0).unwrap();
        (answers, journal(&dir))
    };
    let (answers, bytes) = written();
    assert!(bytes.len() > 1000);
    assert!(written() == (answers, bytes));
}

fn journal(dir: &Path) -> Vec<u8> {
    fs::read(dir.join("engine/0.jnl")).unwrap()
}
