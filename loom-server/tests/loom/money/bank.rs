//! Who pays whom how much, and what everybody must have in the end.

use std::io;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::mix::Mix;

pub(super) const WALLETS: usize = 100;
pub(super) const CALLERS: usize = 8;

/// The last wallets are full from the beginning and never pay, so that whatever is sent to them
/// comes back.
const FULL: usize = 4;
const FULL_CENTS: i64 = (1 << 53) - 1;
const OPENING_CENTS: i64 = 2_000;
const TRANSFER_CENTS_MAX: u64 = 1_000;

/// How long a caller goes on asking for one outcome.
const PATIENCE: Duration = Duration::from_mins(2);

/// How much is done.
pub(super) struct Size {
    pub(super) transfers: u32,
    pub(super) kills: u32,
    pub(super) seed: u64,
}

pub(super) struct Bank {
    seed: u64,
}

/// A transfer and its answer.
pub(super) struct Decided {
    pub(super) n: u64,
    pub(super) answer: Answer,
}

struct Transfer {
    from: usize,
    to: usize,
    cents: i64,
}

impl Size {
    /// Small, unless the environment says otherwise.
    pub(super) fn from_env() -> Self {
        fn number<T: std::str::FromStr>(name: &str, small: T) -> T {
            let Ok(given) = std::env::var(name) else { return small };
            given.parse().unwrap_or_else(|_| panic!("{name}={given} is not a number"))
        }
        Self {
            transfers: number("LOOM_MONEY_TRANSFERS", 2_000),
            kills: number("LOOM_MONEY_KILLS", 4),
            seed: number("LOOM_MONEY_SEED", 1),
        }
    }

    /// After how many decided transfers to kill the server.
    pub(super) fn moments(&self, chance: &mut Mix) -> Vec<u64> {
        let mut moments: Vec<_> =
            (0..self.kills).map(|_| chance.below(u64::from(self.transfers))).collect();
        moments.sort_unstable();
        moments
    }
}

impl Bank {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Asks for a transfer, once.
    pub(super) fn ask(&self, client: &mut Client, n: u64) -> io::Result<Answer> {
        let Transfer { from, to, cents } = self.transfer(n);
        let path = format!("/v1/actors/wallet/{from}/transfer");
        let args = json!({ "to": to.to_string(), "cents": cents });
        client.post(&path, &format!("transfer-{n}"), &args.to_string())
    }

    /// Asks for a transfer until it is decided.
    pub(super) fn insist(
        &self,
        client: &mut Client,
        n: u64,
        address: &RwLock<String>,
        retries: &AtomicU64,
    ) -> Answer {
        let since = Instant::now();
        loop {
            let asked = self.ask(client, n);
            match asked {
                Ok(answer) if answer.is_decision() => return answer,
                _ if since.elapsed() < PATIENCE => {}
                undecided => panic!("transfer {n} is not decided: {undecided:?}"),
            }
            retries.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(5));
            client.go_to(&address.read().unwrap());
        }
    }

    /// What each wallet holds once everything that was decided is done.
    pub(super) fn balances_after(&self, decided: &[Decided]) -> Vec<i64> {
        let mut balances: Vec<_> = opening().collect();
        for decided in decided.iter().filter(|it| it.is_accepted() && !self.is_refunded(it)) {
            let Transfer { from, to, cents } = self.transfer(decided.n);
            balances[from] -= cents;
            balances[to] += cents;
        }
        balances
    }

    /// Whether the money went to a wallet that could not take it, and so came back.
    pub(super) fn is_refunded(&self, decided: &Decided) -> bool {
        decided.is_accepted() && self.transfer(decided.n).to >= WALLETS - FULL
    }

    fn transfer(&self, n: u64) -> Transfer {
        let mut chance = Mix::nth(self.seed, n);
        let mut wallet = |count: usize| usize::try_from(chance.below(count as u64)).unwrap();
        let from = wallet(WALLETS - FULL);
        let to = (from + 1 + wallet(WALLETS - 1)) % WALLETS;
        let cents = 1 + i64::try_from(chance.below(TRANSFER_CENTS_MAX)).unwrap();
        Transfer { from, to, cents }
    }
}

/// Puts in each wallet what it holds at first.
pub(super) fn open_wallets(client: &mut Client) {
    for (wallet, cents) in opening().enumerate() {
        let path = format!("/v1/actors/wallet/{wallet}/deposit");
        let answer = client.post(&path, &format!("open-{wallet}"), &cents.to_string());
        assert_eq!(answer.unwrap().body, cents.to_string());
    }
}

/// All the money there is.
pub(super) fn cents() -> i64 {
    opening().sum()
}

fn opening() -> impl Iterator<Item = i64> {
    (0..WALLETS).map(|wallet| if wallet < WALLETS - FULL { OPENING_CENTS } else { FULL_CENTS })
}

impl Decided {
    /// Whether the money left the wallet. Asserts that the answer is one that can be.
    pub(super) fn is_accepted(&self) -> bool {
        let Answer { status, body, .. } = &self.answer;
        let said: Value = serde_json::from_str(body).unwrap();
        match status {
            200 => {
                assert!(said.as_i64().is_some_and(|rest| rest >= 0), "{body}");
                true
            }
            409 => {
                assert_eq!(said["error"]["error"], "insufficient_funds", "{body}");
                false
            }
            _ => panic!("transfer {}: {status} {body}", self.n),
        }
    }
}
