//! Each of three hosts that share a Redis is restarted in turn, under load.
//!
//! `cargo xtask many rolling` runs the same for longer.

use std::thread;
use std::time::{Duration, Instant};

use super::{ANSWER_WITHIN, HOSTS, check};
use crate::bank::{self, Bank, Decided};
use crate::client::Client;
use crate::hosts::Hosts;
use crate::load::{self, Load, Pace};
use crate::settled;
use crate::size::number;

/// Callers rest, so that what is measured is how long moves take and not how many there can be.
const REST: Duration = Duration::from_millis(10);

/// A time with a restart in it, or without.
struct Stretch {
    from: Instant,
    to: Instant,
}

#[test]
fn a_rolling_restart_fails_no_call_that_is_asked_again() {
    let rounds: u32 = number("LOOM_ROLLING_ROUNDS", 1);
    let calm = Duration::from_millis(number("LOOM_ROLLING_CALM_MS", 500));
    let bank = Bank::new(number("LOOM_ROLLING_SEED", 1));
    let mut hosts = Hosts::start(HOSTS);
    bank::open_wallets(&mut Client::new(&hosts.addresses()[0]));

    let pace = Pace { moves_max: u64::MAX, rest: REST, answer_within: ANSWER_WITHIN };
    let load = Load::new(&bank, hosts.addresses(), pace);
    let mut restarts = Vec::new();
    let decided = thread::scope(|scope| {
        let callers = load.start(scope);
        let _ended = EndOnPanic(&load);
        for host in (0..rounds).flat_map(|_| 0..HOSTS) {
            thread::sleep(calm);
            restarts.push(restart(&mut hosts, host, &load));
        }
        thread::sleep(calm);
        load.end();
        load::join(callers)
    });
    check(&mut hosts, &bank, &decided);

    let (during, outside): (Vec<_>, Vec<_>) =
        decided.iter().partition(|it| restarts.iter().any(|restart| restart.has(it)));
    println!("\n{:<18} {:>7} {:>9} {:>9} {:>9}   ms", "moves", "count", "p50", "p99", "max");
    println!("{:<18} {}", "during restarts", quantiles(&during));
    println!("{:<18} {}", "outside of them", quantiles(&outside));
    let took = restarts.iter().map(|it| (it.to - it.from).as_secs_f64());
    println!("restarts took {:.3} s at most", took.fold(0.0, f64::max));
    println!("asked again after {:?}", load.again());
    println!("rolling: {} restarts; {}", restarts.len(), settled::summary(&bank, &decided));
}

/// Has a host end, starts the next, and waits until it has its share.
fn restart(hosts: &mut Hosts, host: usize, load: &Load<'_>) -> Stretch {
    let from = Instant::now();
    let ended = hosts.terminate(host);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    load.go_to(host, hosts.come_back(host));
    Stretch { from, to: hosts.settle() }
}

impl Stretch {
    /// Whether a move took some of its time in it.
    fn has(&self, decided: &Decided) -> bool {
        decided.since < self.to && decided.since + decided.took > self.from
    }
}

fn quantiles(decided: &[&Decided]) -> String {
    let mut took: Vec<_> = decided.iter().map(|it| it.took).collect();
    took.sort_unstable();
    let nth =
        |percent: usize| took.get((took.len() * percent / 100).min(took.len().saturating_sub(1)));
    let told = |percent| nth(percent).map_or(f64::NAN, |took| took.as_secs_f64() * 1_000.0);
    format!("{:>7} {:>9.1} {:>9.1} {:>9.1}", took.len(), told(50), told(99), told(100))
}

/// Callers do not go on after the test has failed.
struct EndOnPanic<'a>(&'a Load<'a>);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.abandon();
        }
    }
}
