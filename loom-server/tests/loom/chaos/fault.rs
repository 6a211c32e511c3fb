//! What goes wrong.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use loom_runtime::Settings;

use super::disk::Disk;
use super::machine::Machine;
use super::world::World;
use crate::mix::Mix;

/// What goes wrong.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Fault {
    /// `kill -9`, sometimes again while the next server recovers.
    Kill,
    /// The process stands still for longer than its lease.
    Stop,
    /// The disk is full for a while.
    FullDisk,
    /// Every sync takes long for a while.
    SlowDisk,
    /// The clock is set by minutes, forward or backward, and stays so until the next time.
    ClockJump,
}

/// How far the clock is from the true time at most.
const CLOCK_OFF_MAX: Duration = Duration::from_mins(2);
/// How long a server may take to notice that its disk is full or is not any more.
const NOTICED_WITHIN: Duration = Duration::from_secs(3);

impl Fault {
    pub(super) const ALL: [Self; 5] =
        [Self::Kill, Self::Stop, Self::FullDisk, Self::SlowDisk, Self::ClockJump];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill -9",
            Self::Stop => "SIGSTOP",
            Self::FullDisk => "full disk",
            Self::SlowDisk => "slow disk",
            Self::ClockJump => "clock jump",
        }
    }

    /// Every fault that can be had, once each.
    pub(super) fn all_in_any_order(chance: &mut Mix, machine: &Machine) -> Vec<Self> {
        let mut left: Vec<_> =
            Self::ALL.into_iter().filter(|it| machine.lacks(*it).is_none()).collect();
        let mut order = Vec::new();
        while !left.is_empty() {
            order.push(left.swap_remove(below(chance, left.len())));
        }
        order
    }

    /// One that can be had. Most often the one that takes least time.
    pub(super) fn any(chance: &mut Mix, machine: &Machine) -> Self {
        let bag = [&[Self::Kill; 4][..], &Self::ALL, &[Self::FullDisk, Self::ClockJump]].concat();
        let bag: Vec<_> = bag.into_iter().filter(|it| machine.lacks(*it).is_none()).collect();
        bag[below(chance, bag.len())]
    }
}

/// Lets a fault happen, and waits until the server does its work again.
pub(super) fn happen(fault: Fault, world: &mut World<'_>, chance: &mut Mix) {
    match fault {
        Fault::Kill => kill(world, chance),
        Fault::Stop => stop(world, chance),
        Fault::FullDisk => fill_disk(world, chance),
        Fault::SlowDisk => slow_disk(world, chance),
        Fault::ClockJump => set_clock(world, chance),
    }
}

fn kill(world: &mut World<'_>, chance: &mut Mix) {
    world.say(format_args!("kill -9"));
    world.kill();
    while chance.below(4) == 0 {
        let after = millis(chance, 0..200);
        world.say(format_args!("  and the next one after {after:?}"));
        world.kill_in_recovery(after);
    }
    let since = Instant::now();
    world.start().unwrap();
    world.happened(Fault::Kill, true);
    world.serves_again(Fault::Kill, since);
}

fn stop(world: &mut World<'_>, chance: &mut Mix) {
    let lasts = Settings::default().lease + millis(chance, 500..2_000);
    world.say(format_args!("SIGSTOP for {lasts:?}"));
    let pid = world.server().pid();
    world.server().signal("-STOP");
    let since = Instant::now();
    // Who stands still still owns the directory.
    let said = format!("is in use by process {pid}");
    world.place.run(["journal", "verify"]).failed(69, &said);
    thread::sleep(lasts.saturating_sub(since.elapsed()));
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    world.happened(Fault::Stop, stat.contains(") T "));
    if chance.below(4) == 0 {
        return kill(world, chance);
    }
    world.server().signal("-CONT");
    world.serves_again(Fault::Stop, Instant::now());
}

fn fill_disk(world: &mut World<'_>, chance: &mut Mix) {
    let machine = world.machine;
    let disk = machine.disk.as_ref().expect("chosen because there is one");
    world.say(format_args!("the disk is full"));
    disk.fill(world.server());
    let since = Instant::now();
    let mut felt = false;
    while !felt && since.elapsed() < NOTICED_WITHIN {
        felt = world.complains_of("store is full");
    }
    thread::sleep(millis(chance, 0..3_000));
    if disk.outlives_a_server() && chance.below(2) == 0 {
        world.kill();
        match world.start() {
            Ok(()) => world.say(format_args!("  killed, and started on the full disk")),
            Err(ended) => {
                // What `loom --help` says of a disk that is full.
                assert_eq!(ended.code, Some(74), "{ended:?}");
                felt = true;
                world.say(format_args!("  killed, and not started on the full disk"));
            }
        }
    }
    world.happened(Fault::FullDisk, felt);
    free_disk(disk, world, chance);
}

/// Frees the disk. A server that has stopped for want of space is started again.
fn free_disk(disk: &Disk, world: &mut World<'_>, chance: &mut Mix) {
    disk.free(world.running());
    let mut since = Instant::now();
    let stopped = world.running().is_some() && !world.serves_within(NOTICED_WITHIN);
    if stopped {
        world.say(format_args!("  it needs to be started again"));
        world.end(chance.below(2) == 0);
    }
    if world.running().is_none() {
        since = Instant::now();
        world.start().unwrap();
    }
    world.serves_again(Fault::FullDisk, since);
}

fn slow_disk(world: &mut World<'_>, chance: &mut Mix) {
    let machine = world.machine;
    let knobs = machine.knobs.as_ref().expect("chosen because there are some");
    let delay = millis(chance, 5..500);
    world.say(format_args!("every sync takes {delay:?} longer"));
    let (_, before) = knobs.felt();
    knobs.slow_disk(delay);
    thread::sleep(millis(chance, 1_000..5_000));
    if chance.below(2) == 0 {
        kill(world, chance);
        thread::sleep(millis(chance, 0..2_000));
    }
    world.happened(Fault::SlowDisk, knobs.felt().1 > before);
    knobs.slow_disk(Duration::ZERO);
    world.serves_again(Fault::SlowDisk, Instant::now());
}

fn set_clock(world: &mut World<'_>, chance: &mut Mix) {
    let machine = world.machine;
    let knobs = machine.knobs.as_ref().expect("chosen because there are some");
    let off_max = CLOCK_OFF_MAX.as_secs();
    let offset_s = chance.below(2 * off_max + 1).cast_signed() - off_max.cast_signed();
    world.say(format_args!("the clock is set to {offset_s:+} s"));
    let (before, _) = knobs.felt();
    knobs.set_clock(offset_s);
    let since = Instant::now();
    world.serves_again(Fault::ClockJump, since);
    thread::sleep(millis(chance, 500..3_000));
    world.happened(Fault::ClockJump, offset_s == 0 || knobs.felt().0 > before);
    if chance.below(2) == 0 {
        kill(world, chance);
    }
}

fn millis(chance: &mut Mix, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(range.start + chance.below(range.end - range.start))
}

fn below(chance: &mut Mix, count: usize) -> usize {
    usize::try_from(chance.below(count as u64)).unwrap()
}
