//! Money between wallets on three hosts that share a Redis, while hosts, Redis and connections die.
//!
//! `cargo xtask many money` runs the same with more of everything.

use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use serde_json::Value;

use crate::bank::{self, Bank, Decided};
use crate::client::Client;
use crate::hosts::Hosts;
use crate::load::{self, Load, Pace};
use crate::mix::Mix;
use crate::settled;
use crate::size::number;
use crate::toll::Toll;
use fault::Fault;
use world::World;

mod fault;
mod pipeline;
mod rolling;
mod world;

const HOSTS: usize = 3;

/// Callers give up early, so that what they send again finds the first request still open.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

#[test]
fn each_transfer_is_applied_once_whatever_dies_among_hosts_on_a_redis() {
    let (moves, seed) = (number("LOOM_MANY_TRANSFERS", 300), number("LOOM_MANY_SEED", 1));
    let bank = Bank::new(seed);
    let mut hosts = Hosts::start(HOSTS);
    bank::open_wallets(&mut Client::new(&hosts.addresses()[0]));

    let mut toll = Toll::new();
    let decided = endure(&mut hosts, &bank, moves, &mut toll);
    assert_eq!(decided.len() as u64, moves);
    toll.say(format_args!("everything is decided"));
    // Said before the check, which the same would make fail.
    let forgotten = hosts.forgotten();
    for told in &forgotten {
        toll.say(format_args!("Redis has forgotten what it had acknowledged: {told}"));
    }
    let dead_letters = hosts.dead_letters(0);
    for letter in &dead_letters {
        toll.say(format_args!("a dead letter: {letter}"));
    }
    let waited = check(&mut hosts, &bank, &decided);
    println!("\n{}", toll.table(Fault::ALL, Fault::name, |_| "not asked for".to_owned()));
    let forgotten: u64 = forgotten.iter().filter_map(|told| told["found"].as_u64()).sum();
    println!("turns that Redis forgot: {forgotten}, dead letters: {}", dead_letters.len());
    println!(
        "many: {}; settled after {:.1} s; seed {seed}, {:.0} s",
        settled::summary(&bank, &decided),
        waited.as_secs_f64(),
        toll.since_start().as_secs_f64(),
    );
}

/// Has every move decided, and one fault after another happen meanwhile.
fn endure(hosts: &mut Hosts, bank: &Bank, moves: u64, toll: &mut Toll<Fault>) -> Vec<Decided> {
    let pace = Pace { moves_max: moves, rest: Duration::ZERO, answer_within: ANSWER_WITHIN };
    let load = Load::new(bank, hosts.addresses(), pace);
    let mut chance = Mix::new(bank.seed());
    let faults = Fault::plan(moves, &mut chance);
    let decided = thread::scope(|scope| {
        let callers = load.start(scope);
        let mut world = World { hosts, load: &load, toll, probes: 0 };
        for (moment, fault) in faults {
            while load.done() < moment && !callers.iter().any(ScopedJoinHandle::is_finished) {
                thread::sleep(Duration::from_millis(1));
            }
            fault::happen(fault, &mut world, &mut chance);
        }
        world.come_to_rest();
        load::join(callers)
    });
    let again = load.again().into_iter().map(|(why, times)| format!("{why}: {times}"));
    toll.say(format_args!("asked again after {}", again.collect::<Vec<_>>().join(", ")));
    decided
}

/// Asserts that every wallet holds what the answers say, that every answer is remembered, that no
/// message died, and that a restart of all hosts changes nothing of it. Returns how long was
/// waited until nothing moved any more.
fn check(hosts: &mut Hosts, bank: &Bank, decided: &[Decided]) -> Duration {
    let expected = bank.balances_after(decided);
    let addresses = hosts.addresses();
    let waited = settled::wait_for_balances(&addresses[0], &expected);
    load::ask_again(bank, &addresses, decided);
    for address in &addresses {
        assert_eq!(bank::balances(&mut Client::new(address)), expected);
    }
    for host in 0..hosts.count() {
        assert_eq!(hosts.dead_letters(host), [Value::Null; 0]);
        assert_eq!(hosts.terminate(host).code, Some(0));
    }
    // Whatever the next ones take up changes nothing either.
    for host in 0..hosts.count() {
        hosts.come_back(host);
    }
    hosts.settle();
    assert_eq!(bank::balances(&mut Client::new(&hosts.addresses()[0])), expected);
    assert!(expected.iter().all(|cents| *cents >= 0), "{expected:?}");
    assert_eq!(expected.iter().sum::<i64>(), bank.cents_after(decided));
    waited
}
