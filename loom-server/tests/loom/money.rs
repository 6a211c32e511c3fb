//! Money between wallets, by callers over HTTP, while the server is killed again and again.
//!
//! `cargo xtask money` runs the same with more of everything, `cargo xtask chaos` with more kinds
//! of faults.

use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::bank::{self, Bank, Decided};
use crate::client::Client;
use crate::command::{Place, wait};
use crate::http_server::Server;
use crate::load::{self, Load, Pace};
use crate::mix::Mix;
use crate::settled;
use crate::size::number;

/// How much is done.
struct Size {
    moves: u64,
    kills: u32,
    seed: u64,
}

#[test]
fn each_transfer_is_applied_once_whatever_dies() {
    let size = Size {
        moves: number("LOOM_MONEY_TRANSFERS", 2_000),
        kills: number("LOOM_MONEY_KILLS", 4),
        seed: number("LOOM_MONEY_SEED", 1),
    };
    let place = Place::new();
    let bank = Bank::new(size.seed);
    let server = Server::start(&place);
    bank::open_wallets(&mut Client::new(server.address()));

    let started = Instant::now();
    let (server, decided) = move_and_kill(&place, server, &bank, &size);
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(decided.len() as u64, size.moves);
    settled::check(&place, server, &bank, &decided, 0);

    let Size { kills, seed, .. } = size;
    let summary = settled::summary(&bank, &decided);
    println!("money: {summary}; {kills} kills, seed {seed}, {seconds:.1} s");
}

/// Has every move decided, and kills the server meanwhile. Returns the last server, and what was
/// decided.
fn move_and_kill(
    place: &Place,
    server: Server,
    bank: &Bank,
    size: &Size,
) -> (Server, Vec<Decided>) {
    let (rest, answer_within) = (Duration::ZERO, Duration::from_mins(1));
    let restless = Pace { moves_max: size.moves, rest, answer_within };
    let load = Load::new(bank, vec![server.address().to_owned()], restless);
    thread::scope(|scope| {
        let (mut server, callers) = (server, load.start(scope));
        let mut chance = Mix::new(size.seed);
        for moment in size.moments(&mut chance) {
            while load.done() < moment && !callers.iter().any(ScopedJoinHandle::is_finished) {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(chance.below(20)));
            drop(server);
            if chance.below(4) == 0 {
                kill_in_recovery(place, Duration::from_millis(chance.below(100)));
            }
            server = Server::start(place);
            load.go_to(0, server.address());
        }
        (server, load::join(callers))
    })
}

/// Starts a server, and kills it before or soon after it can be reached.
fn kill_in_recovery(place: &Place, after: Duration) {
    let mut child = place.loom(["dev", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    thread::sleep(after);
    child.kill().unwrap();
    wait(child);
}

impl Size {
    /// After how many decided moves to kill the server.
    fn moments(&self, chance: &mut Mix) -> Vec<u64> {
        let mut moments: Vec<_> = (0..self.kills).map(|_| chance.below(self.moves)).collect();
        moments.sort_unstable();
        moments
    }
}
