//! Callers that move money, each until every answer is known.

use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::bank::{Bank, Decided};
use crate::client::Client;

const CALLERS: usize = 8;

/// How long a caller goes on asking for one outcome.
const PATIENCE: Duration = Duration::from_mins(6);

/// What all callers share.
pub(crate) struct Load<'a> {
    pub(crate) bank: &'a Bank,
    /// Where the server is now.
    address: RwLock<String>,
    pace: Pace,
    next: AtomicU64,
    done: AtomicU64,
    slowest_ms: AtomicU64,
    ending: AtomicBool,
    abandoned: AtomicBool,
}

/// How callers go about it.
pub(crate) struct Pace {
    /// The most moves of all callers.
    pub(crate) moves_max: u64,
    /// How long a caller rests between two moves.
    pub(crate) rest: Duration,
    /// How long an answer is waited for before the move is asked for again.
    pub(crate) answer_within: Duration,
}

pub(crate) type Caller<'scope> = ScopedJoinHandle<'scope, Vec<Decided>>;

impl<'a> Load<'a> {
    pub(crate) fn new(bank: &'a Bank, address: &str, pace: Pace) -> Self {
        let address = RwLock::new(address.to_owned());
        let (next, done, slowest_ms, ending, abandoned) = Default::default();
        Self { bank, address, pace, next, done, slowest_ms, ending, abandoned }
    }

    pub(crate) fn start<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
    ) -> Vec<Caller<'scope>> {
        (0..CALLERS).map(|_| scope.spawn(|| self.call())).collect()
    }

    /// The server has another address now.
    pub(crate) fn go_to(&self, address: &str) {
        address.clone_into(&mut self.address.write().unwrap());
    }

    /// Callers end what they have begun, and begin no more.
    pub(crate) fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Callers end at once, because the test has failed and no answer will come.
    pub(crate) fn abandon(&self) {
        self.end();
        self.abandoned.store(true, Ordering::Relaxed);
    }

    /// How many moves are decided.
    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// The longest that a move took, from when it was first asked for.
    pub(crate) fn slowest(&self) -> Duration {
        Duration::from_millis(self.slowest_ms.load(Ordering::Relaxed))
    }

    fn call(&self) -> Vec<Decided> {
        let address = self.address.read().unwrap().clone();
        let mut client = Client::new(&address).within(self.pace.answer_within);
        let mut decided = Vec::new();
        while !self.ending.load(Ordering::Relaxed) {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            if n >= self.pace.moves_max {
                break;
            }
            decided.push(self.insist(&mut client, n));
            self.done.fetch_add(1, Ordering::Relaxed);
            thread::sleep(self.pace.rest);
        }
        decided
    }

    /// Asks for a move until it is decided.
    fn insist(&self, client: &mut Client, n: u64) -> Decided {
        let (since, mut asked) = (Instant::now(), 1);
        loop {
            match self.bank.ask(client, n) {
                Ok(answer) if answer.is_decision() => {
                    let took = u64::try_from(since.elapsed().as_millis()).unwrap();
                    self.slowest_ms.fetch_max(took, Ordering::Relaxed);
                    return Decided { n, asked, answer };
                }
                _ if since.elapsed() < PATIENCE && !self.abandoned.load(Ordering::Relaxed) => {}
                undecided => panic!("move {n} is not decided: {undecided:?}"),
            }
            asked += 1;
            thread::sleep(Duration::from_millis(5));
            client.go_to(&self.address.read().unwrap());
        }
    }
}

/// All that was decided, in order. Asserts that no number is missing.
pub(crate) fn join(callers: Vec<Caller<'_>>) -> Vec<Decided> {
    let decided = callers.into_iter().flat_map(|caller| caller.join().unwrap());
    let mut decided: Vec<_> = decided.collect();
    decided.sort_unstable_by_key(|decided| decided.n);
    assert!(decided.iter().map(|it| it.n).eq(0..decided.len() as u64));
    decided
}

/// Asks for everything again. Asserts that the answers are the same, and that nothing was done.
pub(crate) fn ask_again(bank: &Bank, address: &str, decided: &[Decided]) {
    let ask = |decided: &[Decided]| {
        let mut client = Client::new(address);
        for Decided { n, answer, .. } in decided {
            let again = bank.ask(&mut client, *n).unwrap();
            assert!(again.replayed, "move {n} was handled again: {again:?}");
            assert!(again.says_the_same(answer), "move {n}: {again:?}, and before {answer:?}");
        }
    };
    thread::scope(|scope| {
        for part in decided.chunks(decided.len().div_ceil(CALLERS).max(1)) {
            scope.spawn(move || ask(part));
        }
    });
}
