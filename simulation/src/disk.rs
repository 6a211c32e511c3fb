//! The embedded stores, on a disk that loses what it had not synced.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use loom_adapter_embedded::Options;
use loom_adapter_embedded::simulation::{Disk, SimulatedStores};
use loom_ports::Stores;
use loom_testkit::sim::{Backend, Chance, TakeOver, World};
use tempfile::TempDir;

/// One directory after another: each is what a loss of power left of the one before.
#[derive(Debug)]
pub(crate) struct OnDisk {
    lives: TempDir,
    life: u32,
    open: Option<SimulatedStores>,
    is_failing: Arc<AtomicBool>,
}

impl OnDisk {
    pub(crate) fn new() -> Self {
        // Where the machine keeps files in memory, for what is synced there takes no time.
        let memory = Path::new("/dev/shm");
        let lives = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let lives = lives.expect("a temporary directory can be made");
        Self { lives, life: 0, open: None, is_failing: Arc::default() }
    }
}

impl Backend for OnDisk {
    fn open(&mut self, world: &Arc<World>) -> Stores {
        let disk = SimulatedDisk {
            world: Arc::clone(world),
            chance: Mutex::new(world.chance(&format!("disk {}", self.life))),
            is_failing: Arc::clone(&self.is_failing),
        };
        let dir = self.lives.path().join(self.life.to_string());
        let opened = SimulatedStores::open(dir, Options::default(), world.tasks(), Arc::new(disk));
        let opened = opened.expect("what a loss of power leaves can be opened");
        let stores = opened.stores().clone().into();
        self.open = Some(opened);
        stores
    }

    fn fail_disk(&mut self) {
        self.is_failing.store(true, Ordering::Relaxed);
    }

    fn lose_power(&mut self, world: &Arc<World>) {
        self.is_failing.store(false, Ordering::Relaxed);
        let Some(open) = self.open.take() else { return };
        self.life += 1;
        let mut chance = world.chance(&format!("power {}", self.life));
        let dir = self.lives.path().join(self.life.to_string());
        let loss = open.lose_power(dir, &mut |end| chance.below(end));
        let loss = loss.expect("what is left can be written elsewhere");
        world.tell(|| format!("power is lost: {loss:?}"));
    }

    fn copy(&mut self) -> Option<TakeOver> {
        None
    }
}

struct SimulatedDisk {
    world: Arc<World>,
    chance: Mutex<Chance>,
    is_failing: Arc<AtomicBool>,
}

#[async_trait]
impl Disk for SimulatedDisk {
    async fn sync(&self, _bytes: u64) -> io::Result<()> {
        let millis = self.chance.lock().unwrap_or_else(PoisonError::into_inner).below(6);
        self.world.sleep(Duration::from_millis(millis)).await;
        if self.is_failing.swap(false, Ordering::Relaxed) {
            self.world.tell(|| "the disk fails".to_owned());
            return Err(io::Error::other("the disk fails"));
        }
        Ok(())
    }
}

impl fmt::Debug for SimulatedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedDisk").finish_non_exhaustive()
    }
}
