//! What is outside of the cluster: a service that knows its requests by their keys, and things
//! that go wrong as often as they are meant to.
//!
//! Handlers reach it through this thread, which runs one simulation at a time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use loom_testkit::sim::{Chance, Promise, Scene, World};

thread_local! {
    static OUTSIDE: RefCell<Option<Outside>> = const { RefCell::new(None) };
}

struct Outside {
    world: Arc<World>,
    chance: Chance,
    /// By key: what was asked for, and the receipt that was given for it.
    done: BTreeMap<String, (String, u64)>,
    /// By what was asked for: under which key.
    keys: BTreeMap<String, String>,
    tries: BTreeMap<String, u32>,
    is_armed: bool,
    masons_draw: bool,
}

/// How a request of the service ends without a receipt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct NoAnswer;

/// A new world, in which nothing was asked for and every bomb is armed.
pub(crate) fn begin(scene: &Scene) {
    let world = Arc::clone(scene.world());
    let chance = world.chance("outside");
    let (done, keys, tries) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let outside = Outside { world, chance, done, keys, tries, is_armed: true, masons_draw: false };
    OUTSIDE.set(Some(outside));
}

/// Asks the service for something. It does it once for each key, and gives the same receipt to
/// all who ask under that key; its answer may be slow, or be lost.
pub(crate) async fn ask(key: &str, what: &str) -> Result<u64, NoAnswer> {
    let (world, there, back, fate) = with(|outside| {
        let mut time = || Duration::from_millis(outside.chance.below(200));
        let (there, back) = (time(), time());
        let fate = if outside.world.is_hostile() { outside.chance.below(8) } else { u64::MAX };
        (Arc::clone(&outside.world), there, back, fate)
    });
    world.sleep(there).await;
    if fate == 0 {
        return Err(NoAnswer);
    }
    let receipt = with(|outside| outside.take(key, what));
    world.sleep(back).await;
    match fate {
        1 => return Err(NoAnswer),
        2 => world.sleep(Duration::from_mins(1)).await,
        _ => {}
    }
    Ok(receipt)
}

/// Asks the service for something that is the same whenever it is asked for, under any key.
pub(crate) async fn ask_again(what: &str) -> Result<(), NoAnswer> {
    let (world, time, is_lost) = with(|outside| {
        let time = Duration::from_millis(outside.chance.below(400) + 1);
        (Arc::clone(&outside.world), time, outside.chance.one_in(8))
    });
    world.tell(|| format!("{what} is asked for"));
    world.sleep(time).await;
    if is_lost { Err(NoAnswer) } else { Ok(()) }
}

/// The receipt that was given for something.
pub(crate) fn receipt(what: &str) -> Option<u64> {
    with(|outside| Some(outside.done[outside.keys.get(what)?].1))
}

/// How often this was tried, this time included.
pub(crate) fn tries(what: &str) -> u32 {
    with(|outside| {
        let tries = outside.tries.entry(what.to_owned()).or_default();
        *tries += 1;
        *tries
    })
}

/// Whether bombs go off.
pub(crate) fn is_armed() -> bool {
    with(|outside| outside.is_armed)
}

/// From now on they do not.
pub(crate) fn disarm() {
    with(|outside| outside.is_armed = false);
}

/// Which of two versions of their code masons have: the newer draws.
pub(crate) fn masons_draw() -> bool {
    with(|outside| outside.masons_draw)
}

/// From now on they have the other one.
pub(crate) fn change_masons() {
    with(|outside| outside.masons_draw = !outside.masons_draw);
}

fn with<T>(look: impl FnOnce(&mut Outside) -> T) -> T {
    OUTSIDE.with_borrow_mut(|outside| look(outside.as_mut().expect("the world has begun")))
}

impl Outside {
    fn take(&mut self, key: &str, what: &str) -> u64 {
        let known = self.keys.entry(what.to_owned()).or_insert_with(|| key.to_owned());
        if known != key {
            let how = format!("{what:?} was asked for under two keys: {known} and {key}");
            self.world.violate(Promise::Number(8), how);
        }
        let next = self.done.len() as u64;
        let (of, receipt) =
            self.done.entry(key.to_owned()).or_insert_with(|| (what.to_owned(), next));
        if of != what {
            let how = format!("the key {key} is used for {of:?} and for {what:?}");
            self.world.violate(Promise::Number(8), how);
        }
        *receipt
    }
}
