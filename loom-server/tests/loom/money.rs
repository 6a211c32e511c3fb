//! Money between wallets, by callers over HTTP, while the server is killed again and again.
//!
//! `cargo xtask money` runs the same with more of everything.

use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command::{Place, wait};
use crate::http_server::Server;
use bank::{Bank, CALLERS, Decided, Size, WALLETS};
use client::Client;
use mix::Mix;

mod bank;
mod client;
mod mix;

/// After this long, a saga that has not ended never will.
const SETTLED_WITHIN: Duration = Duration::from_mins(1);

/// Decided transfers of which one is asked about again in the end.
const ASKED_AGAIN_OF: usize = 16;

#[test]
fn each_transfer_is_applied_once_whatever_dies() {
    let size = Size::from_env();
    let place = Place::new();
    let bank = Bank::new(size.seed);
    let server = Server::start(&place);
    bank::open_wallets(&mut Client::new(server.address()));

    let started = Instant::now();
    let (server, decided, retries) = transfer_and_kill(&place, server, &bank, &size);
    let seconds = started.elapsed().as_secs_f64();
    let replayed = decided.iter().filter(|decided| decided.answer.replayed).count();

    let mut client = Client::new(server.address());
    for Decided { n, answer } in decided.iter().step_by(ASKED_AGAIN_OF) {
        let again = bank.ask(&mut client, *n).unwrap();
        assert!(again.replayed, "transfer {n} was handled again: {again:?}");
        assert!(again.says_the_same(answer), "transfer {n}: {again:?}, and before {answer:?}");
    }
    let expected = bank.balances_after(&decided);
    wait_for_balances(&server, &expected);
    assert_eq!(server.terminate().code, Some(0));
    // Whatever the next start takes up changes nothing either.
    let server = Server::start(&place);
    assert_eq!(balances(&server), expected);
    drop(server);

    assert!(expected.iter().all(|cents| *cents >= 0), "{expected:?}");
    assert_eq!(expected.iter().sum::<i64>(), bank::cents());
    let letters = place.run(["dead-letters", "list", "--json"]);
    assert_eq!((letters.code, letters.out.as_str()), (Some(0), ""));
    assert_eq!(place.verify(), WALLETS as u64);

    let accepted = decided.iter().filter(|decided| decided.is_accepted()).count();
    let Size { transfers, kills, seed } = size;
    println!(
        "money: {transfers} transfers, {accepted} accepted, {} refused, {} of the accepted \
         refunded; {kills} kills, {retries} requests sent again, {replayed} of them handled \
         before, {} keys repeated; seed {seed}, {seconds:.1} s, {:.0} transfers/s",
        decided.len() - accepted,
        decided.iter().filter(|decided| bank.is_refunded(decided)).count(),
        decided.len().div_ceil(ASKED_AGAIN_OF),
        f64::from(transfers) / seconds,
    );
}

/// Has every transfer decided, and kills the server meanwhile. Returns the last server, what was
/// decided, and how many requests had to be sent again.
fn transfer_and_kill(
    place: &Place,
    server: Server,
    bank: &Bank,
    size: &Size,
) -> (Server, Vec<Decided>, u64) {
    let address = RwLock::new(server.address().to_owned());
    let (next, done, retries) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let decide = || {
        let (mut client, mut decided) = (Client::new(&address.read().unwrap()), Vec::new());
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= u64::from(size.transfers) {
                return decided;
            }
            let answer = bank.insist(&mut client, n, &address, &retries);
            decided.push(Decided { n, answer });
            done.fetch_add(1, Ordering::Relaxed);
        }
    };
    let (server, mut decided) = thread::scope(|scope| {
        let mut server = server;
        let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(decide)).collect();
        let mut chance = Mix::new(size.seed);
        for moment in size.moments(&mut chance) {
            while done.load(Ordering::Relaxed) < moment
                && !callers.iter().any(ScopedJoinHandle::is_finished)
            {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(chance.below(20)));
            drop(server);
            if chance.below(4) == 0 {
                kill_in_recovery(place, Duration::from_millis(chance.below(100)));
            }
            server = Server::start(place);
            server.address().clone_into(&mut address.write().unwrap());
        }
        let decided = callers.into_iter().flat_map(|caller| caller.join().unwrap());
        (server, decided.collect::<Vec<_>>())
    });
    decided.sort_unstable_by_key(|decided| decided.n);
    assert_eq!(decided.len() as u64, u64::from(size.transfers));
    (server, decided, retries.into_inner())
}

/// Starts a server, and kills it before or soon after it can be reached.
fn kill_in_recovery(place: &Place, after: Duration) {
    let mut child = place.loom(["dev", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    thread::sleep(after);
    child.kill().unwrap();
    wait(child);
}

fn wait_for_balances(server: &Server, expected: &[i64]) {
    let since = Instant::now();
    while balances(server) != expected && since.elapsed() < SETTLED_WITHIN {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(balances(server), expected);
}

fn balances(server: &Server) -> Vec<i64> {
    let mut client = Client::new(server.address());
    let cents = |wallet| {
        let state = client.get(&format!("/v1/actors/wallet/{wallet}/state")).unwrap();
        let state: Value = serde_json::from_str(&state.body).unwrap();
        state["cents"].as_i64().unwrap()
    };
    (0..WALLETS).map(cents).collect()
}
