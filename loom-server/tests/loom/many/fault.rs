//! What goes wrong.

use std::thread;
use std::time::{Duration, Instant};

use loom_runtime::Settings;

use super::world::World;
use crate::mix::Mix;
use crate::size::number;

/// After this long, the others do not take what a host owns that stands still.
const TAKEN_WITHIN: Duration = Duration::from_mins(1);
/// How often all connections are cut in one storm.
const CUTS: u64 = 20;

/// What goes wrong.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Fault {
    KillHost,
    StopHost,
    KillRedis,
    CutConnections,
}

impl Fault {
    pub(super) const ALL: [Self; 4] =
        [Self::KillHost, Self::StopHost, Self::KillRedis, Self::CutConnections];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::KillHost => "kill -9 of a host",
            Self::StopHost => "SIGSTOP of a host",
            Self::KillRedis => "kill -9 of Redis",
            Self::CutConnections => "CLIENT KILL storm",
        }
    }

    /// How often it happens: once, unless the environment says otherwise.
    fn times(self) -> u32 {
        match self {
            Self::KillHost => number("LOOM_MANY_HOST_KILLS", 1),
            Self::StopHost => number("LOOM_MANY_STOPS", 1),
            Self::KillRedis => number("LOOM_MANY_REDIS_KILLS", 1),
            Self::CutConnections => number("LOOM_MANY_STORMS", 1),
        }
    }

    /// What happens after how many decided moves.
    pub(super) fn plan(moves: u64, chance: &mut Mix) -> Vec<(u64, Self)> {
        let all = Self::ALL.into_iter();
        let all = all.flat_map(|fault| (0..fault.times()).map(move |_| fault));
        let mut plan: Vec<_> = all.map(|fault| (chance.below(moves), fault)).collect();
        plan.sort_unstable();
        plan
    }
}

/// Lets a fault happen. Most often waits until the hosts do their work again.
pub(super) fn happen(fault: Fault, world: &mut World<'_>, chance: &mut Mix) {
    let since = match fault {
        Fault::KillHost => kill_host(world, chance),
        Fault::StopHost => stop_host(world, chance),
        Fault::KillRedis => kill_redis(world, chance),
        Fault::CutConnections => cut_connections(world, chance),
    };
    if chance.below(3) > 0 {
        world.works_again(fault, since);
    }
}

fn kill_host(world: &mut World<'_>, chance: &mut Mix) -> Instant {
    let host = any_host(world, chance);
    world.toll.say(format_args!("kill -9 of host {host}"));
    world.hosts.kill(host);
    let since = Instant::now();
    while chance.below(4) == 0 {
        let after = millis(chance, 0..200);
        world.toll.say(format_args!("  and of the next one after {after:?}"));
        world.hosts.kill_at_start(after);
    }
    thread::sleep(millis(chance, 0..3_000));
    world.come_back(host);
    world.toll.happened(Fault::KillHost, true);
    since
}

fn stop_host(world: &mut World<'_>, chance: &mut Mix) -> Instant {
    let host = any_host(world, chance);
    let lasts = Settings::default().lease + millis(chance, 500..2_000);
    world.toll.say(format_args!("SIGSTOP of host {host}"));
    world.hosts.server(host).signal("-STOP");
    let since = Instant::now();
    let others = || (0..world.hosts.count()).filter(|other| *other != host);
    let mut taken = false;
    while !taken && since.elapsed() < TAKEN_WITHIN || since.elapsed() < lasts {
        thread::sleep(Duration::from_millis(20));
        if !taken && world.hosts.own_all(others()) {
            taken = true;
            let after = since.elapsed().as_secs_f64();
            world.toll.say(format_args!("  the others own everything after {after:.3} s"));
        }
    }
    world.toll.happened(Fault::StopHost, taken);
    world.hosts.server(host).signal("-CONT");
    Instant::now()
}

fn kill_redis(world: &mut World<'_>, chance: &mut Mix) -> Instant {
    world.toll.say(format_args!("kill -9 of Redis"));
    let run_id = |world: &World<'_>| {
        let said = world.hosts.redis.command(&["info", "server"]);
        said.lines().find(|line| line.starts_with("run_id:")).map(str::to_owned)
    };
    let before = run_id(world);
    world.hosts.redis.signal("KILL");
    thread::sleep(millis(chance, 0..2_000));
    world.hosts.redis.restart();
    world.toll.happened(Fault::KillRedis, run_id(world) != before);
    Instant::now()
}

fn cut_connections(world: &mut World<'_>, chance: &mut Mix) -> Instant {
    let mut cut = 0;
    for _ in 0..CUTS {
        for kind in ["normal", "pubsub"] {
            let said = world.hosts.redis.command(&["client", "kill", "type", kind]);
            cut += said.trim().parse::<u64>().unwrap_or_else(|_| panic!("{said}"));
        }
        thread::sleep(millis(chance, 0..100));
    }
    world.toll.say(format_args!("CLIENT KILL cut {cut} connections"));
    world.toll.happened(Fault::CutConnections, cut > 0);
    Instant::now()
}

fn any_host(world: &World<'_>, chance: &mut Mix) -> usize {
    usize::try_from(chance.below(world.hosts.count() as u64)).unwrap()
}

fn millis(chance: &mut Mix, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(range.start + chance.below(range.end - range.start))
}
