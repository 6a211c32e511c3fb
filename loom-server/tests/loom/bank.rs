//! Who pays whom how much and in which way, and what everybody must have in the end.

use std::io;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::mix::Mix;

pub(crate) const WALLETS: usize = 100;
pub(crate) const TELLERS: u64 = 16;

/// The last wallets are full from the beginning and never pay, so that whatever is sent to them
/// comes back.
const FULL: usize = 4;
const FULL_CENTS: i64 = (1 << 53) - 1;
const OPENING_CENTS: i64 = 2_000;
const MOVE_CENTS_MAX: u64 = 1_000;

/// Knows every move of money by its number.
pub(crate) struct Bank {
    seed: u64,
}

/// A move of money and its answer.
pub(crate) struct Decided {
    pub(crate) n: u64,
    /// How often it was asked for.
    pub(crate) asked: u32,
    /// When it was first asked for.
    pub(crate) since: Instant,
    /// How long it took from then on.
    pub(crate) took: Duration,
    pub(crate) answer: Answer,
}

/// What came of a move.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Ruling {
    /// The money is where it was to go.
    Moved,
    /// Nothing happened.
    Refused,
    /// The money left its wallet and is there again.
    Returned,
}

struct Move {
    way: Way,
    from: usize,
    to: usize,
    cents: i64,
}

/// The ways in which money moves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Way {
    /// From wallet to wallet by a message, and back by another.
    Message,
    /// By a teller that calls both wallets in turn.
    Saga,
    /// Into a wallet, from nowhere.
    Deposit,
}

impl Bank {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed }
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Asks for a move, once.
    pub(crate) fn ask(&self, client: &mut Client, n: u64) -> io::Result<Answer> {
        let Move { way, from, to, cents } = self.nth(n);
        let to_key = to.to_string();
        let (actor, method, args) = match way {
            Way::Message => {
                let args = json!({ "to": to_key, "cents": cents });
                (format!("wallet/{from}"), "transfer", args)
            }
            Way::Saga => {
                let args = json!({ "from": from.to_string(), "to": to_key, "cents": cents });
                (format!("teller/{}", n % TELLERS), "transfer", args)
            }
            Way::Deposit => (format!("wallet/{to}"), "deposit", json!(cents)),
        };
        client.post(&format!("/v1/actors/{actor}/{method}"), &format!("m-{n}"), &args.to_string())
    }

    /// What came of a move. Asserts that its answer is one that can be.
    pub(crate) fn ruling(&self, decided: &Decided) -> Ruling {
        let Move { way, to, .. } = self.nth(decided.n);
        let Answer { status, body, .. } = &decided.answer;
        let said: Value = serde_json::from_str(body).unwrap();
        let (error, to_full) = (said["error"]["error"].as_str(), to >= WALLETS - FULL);
        match (status, way, error) {
            (200, Way::Message, None) | (409, Way::Saga, Some("refunded")) if to_full => {
                Ruling::Returned
            }
            (200, _, None) if !to_full => Ruling::Moved,
            (409, Way::Message, Some("insufficient_funds")) | (409, Way::Saga, Some("refused")) => {
                Ruling::Refused
            }
            (409, Way::Deposit, Some("full")) if to_full => Ruling::Refused,
            _ => panic!("move {}, {way:?}: {status} {body}", decided.n),
        }
    }

    /// What each wallet holds once everything that was decided is done.
    pub(crate) fn balances_after(&self, decided: &[Decided]) -> Vec<i64> {
        let mut balances: Vec<_> = opening().collect();
        for decided in decided.iter().filter(|it| self.ruling(it) == Ruling::Moved) {
            let Move { way, from, to, cents } = self.nth(decided.n);
            if way != Way::Deposit {
                balances[from] -= cents;
            }
            balances[to] += cents;
        }
        balances
    }

    /// All the money there is once everything that was decided is done.
    pub(crate) fn cents_after(&self, decided: &[Decided]) -> i64 {
        let moved = decided.iter().filter(|it| self.ruling(it) == Ruling::Moved);
        let deposits = moved.map(|it| self.nth(it.n)).filter(|it| it.way == Way::Deposit);
        opening().sum::<i64>() + deposits.map(|it| it.cents).sum::<i64>()
    }

    /// How many moves ended so.
    pub(crate) fn count(&self, decided: &[Decided], ruling: Ruling) -> usize {
        decided.iter().filter(|it| self.ruling(it) == ruling).count()
    }

    fn nth(&self, n: u64) -> Move {
        let mut chance = Mix::nth(self.seed, n);
        let way = match chance.below(10) {
            0..5 => Way::Message,
            5..9 => Way::Saga,
            _ => Way::Deposit,
        };
        let mut wallet = |count: usize| usize::try_from(chance.below(count as u64)).unwrap();
        let from = wallet(WALLETS - FULL);
        let to = (from + 1 + wallet(WALLETS - 1)) % WALLETS;
        let cents = 1 + i64::try_from(chance.below(MOVE_CENTS_MAX)).unwrap();
        Move { way, from, to, cents }
    }
}

/// Puts in each wallet what it holds at first.
pub(crate) fn open_wallets(client: &mut Client) {
    for (wallet, cents) in opening().enumerate() {
        let path = format!("/v1/actors/wallet/{wallet}/deposit");
        let answer = client.post(&path, &format!("open-{wallet}"), &cents.to_string());
        assert_eq!(answer.unwrap().body, cents.to_string());
    }
}

/// What each wallet holds now.
pub(crate) fn balances(client: &mut Client) -> Vec<i64> {
    let cents = |wallet| {
        let state = client.get(&format!("/v1/actors/wallet/{wallet}/state")).unwrap();
        let state: Value = serde_json::from_str(&state.body).unwrap();
        state["cents"].as_i64().unwrap()
    };
    (0..WALLETS).map(cents).collect()
}

fn opening() -> impl Iterator<Item = i64> {
    (0..WALLETS).map(|wallet| if wallet < WALLETS - FULL { OPENING_CENTS } else { FULL_CENTS })
}
