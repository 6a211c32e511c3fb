//! Callers that move money, each until every answer is known.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::bank::{Bank, Decided};
use crate::client::{Answer, Client};

const CALLERS: usize = 8;

/// How long a caller goes on asking for one outcome.
const PATIENCE: Duration = Duration::from_mins(6);

/// What all callers share.
pub(crate) struct Load<'a> {
    pub(crate) bank: &'a Bank,
    /// Where each host is now. Any of them takes any move.
    addresses: RwLock<Vec<String>>,
    pace: Pace,
    next: AtomicU64,
    done: AtomicU64,
    /// How often a move was asked for again, and why.
    again: Mutex<BTreeMap<String, u64>>,
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
    pub(crate) fn new(bank: &'a Bank, addresses: Vec<String>, pace: Pace) -> Self {
        let addresses = RwLock::new(addresses);
        let (next, done, again, ending, abandoned) = Default::default();
        Self { bank, addresses, pace, next, done, again, ending, abandoned }
    }

    pub(crate) fn start<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
    ) -> Vec<Caller<'scope>> {
        (0..CALLERS).map(|_| scope.spawn(|| self.call())).collect()
    }

    /// A host has another address now.
    pub(crate) fn go_to(&self, host: usize, address: &str) {
        address.clone_into(&mut self.addresses.write().unwrap()[host]);
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

    /// How often a move was asked for again, and why.
    pub(crate) fn again(&self) -> BTreeMap<String, u64> {
        self.again.lock().unwrap().clone()
    }

    fn call(&self) -> Vec<Decided> {
        let client = |address: &String| Client::new(address).within(self.pace.answer_within);
        let mut clients: Vec<_> = self.addresses.read().unwrap().iter().map(client).collect();
        let mut decided = Vec::new();
        while !self.ending.load(Ordering::Relaxed) {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            if n >= self.pace.moves_max {
                break;
            }
            decided.push(self.insist(&mut clients, n));
            self.done.fetch_add(1, Ordering::Relaxed);
            thread::sleep(self.pace.rest);
        }
        decided
    }

    /// Asks for a move until it is decided, at one host after the other.
    fn insist(&self, clients: &mut [Client], n: u64) -> Decided {
        let (since, mut asked) = (Instant::now(), 1);
        let first = usize::try_from(n).unwrap() % clients.len();
        let mut hosts = (0..clients.len()).cycle().skip(first);
        loop {
            let host = hosts.next().expect("it goes round in circles");
            clients[host].go_to(&self.addresses.read().unwrap()[host]);
            let why = match self.bank.ask(&mut clients[host], n) {
                Ok(answer) if answer.is_decision() => {
                    return Decided { n, asked, since, took: since.elapsed(), answer };
                }
                undecided => why_undecided(&undecided),
            };
            let goes_on = since.elapsed() < PATIENCE && !self.abandoned.load(Ordering::Relaxed);
            assert!(goes_on, "move {n} is not decided: {why}");
            *self.again.lock().unwrap().entry(why).or_default() += 1;
            asked += 1;
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn why_undecided(asked: &io::Result<Answer>) -> String {
    match asked {
        Ok(answer) => answer.status.to_string(),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => "no answer".to_owned(),
        Err(error) => error.kind().to_string(),
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
pub(crate) fn ask_again(bank: &Bank, addresses: &[String], decided: &[Decided]) {
    let ask = |address: &str, decided: &[Decided]| {
        let mut client = Client::new(address);
        for Decided { n, answer, .. } in decided {
            let again = bank.ask(&mut client, *n).unwrap();
            assert!(again.replayed, "move {n} was handled again: {again:?}");
            assert!(again.says_the_same(answer), "move {n}: {again:?}, and before {answer:?}");
        }
    };
    let parts = decided.chunks(decided.len().div_ceil(CALLERS).max(1));
    thread::scope(|scope| {
        for (part, address) in parts.zip(addresses.iter().cycle()) {
            scope.spawn(move || ask(address, part));
        }
    });
}
