//! What must hold once every caller has its answer.

use std::thread;
use std::time::{Duration, Instant};

use crate::bank::{self, Bank, Decided, Ruling, TELLERS, WALLETS};
use crate::client::Client;
use crate::command::Place;
use crate::http_server::Server;
use crate::load;

/// After this long, what has not come to be so never will.
const SETTLED_WITHIN: Duration = Duration::from_mins(3);

/// Waits until nothing moves any more. Asserts that every wallet holds what the answers say, that
/// every answer is remembered, that no message died, that every journal replays to its state, and
/// that a restart changes nothing of it.
///
/// `others` is how many actors there are besides wallets and tellers. Returns how long was waited.
pub(crate) fn check(
    place: &Place,
    server: Server,
    bank: &Bank,
    decided: &[Decided],
    others: u64,
) -> Duration {
    let expected = bank.balances_after(decided);
    let waited = wait_for_balances(server.address(), &expected);
    load::ask_again(bank, &[server.address().to_owned()], decided);
    assert_eq!(bank::balances(&mut Client::new(server.address())), expected);
    assert_eq!(server.terminate().code, Some(0));
    // Whatever the next start takes up changes nothing either.
    let server = Server::start(place);
    assert_eq!(bank::balances(&mut Client::new(server.address())), expected);
    assert_eq!(server.terminate().code, Some(0));

    assert!(expected.iter().all(|cents| *cents >= 0), "{expected:?}");
    assert_eq!(expected.iter().sum::<i64>(), bank.cents_after(decided));
    let letters = place.run(["dead-letters", "list", "--json"]);
    assert_eq!((letters.code, letters.out.as_str()), (Some(0), ""));
    assert_eq!(place.verify(), WALLETS as u64 + TELLERS + others);
    waited
}

/// How it all ended, in numbers.
pub(crate) fn summary(bank: &Bank, decided: &[Decided]) -> String {
    let [moved, refused, returned] = [Ruling::Moved, Ruling::Refused, Ruling::Returned]
        .map(|ruling| bank.count(decided, ruling));
    let retries: u64 = decided.iter().map(|it| u64::from(it.asked - 1)).sum();
    let replayed = decided.iter().filter(|it| it.answer.replayed).count();
    let slowest = decided.iter().map(|it| it.took).max().unwrap_or_default();
    format!(
        "{} moves: {moved} made, {refused} refused, {returned} given back; {retries} requests \
         sent again, {replayed} of them handled before; slowest {:.2} s; all {} keys asked again \
         in the end",
        decided.len(),
        slowest.as_secs_f64(),
        decided.len(),
    )
}

/// Waits for what comes to be so by itself, and asserts that it does.
pub(crate) fn wait_for(is_so: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < SETTLED_WITHIN, "it never comes to be so");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until every wallet holds what it must, and asserts that it comes to that.
pub(crate) fn wait_for_balances(address: &str, expected: &[i64]) -> Duration {
    let (since, mut client) = (Instant::now(), Client::new(address));
    loop {
        let found = bank::balances(&mut client);
        if found == expected {
            return since.elapsed();
        }
        let wrong = || found.iter().zip(expected).enumerate().filter(|(_, (is, must))| is != must);
        let settled = since.elapsed() > SETTLED_WITHIN;
        assert!(!settled, "wallet, held, expected: {:?}", wrong().collect::<Vec<_>>());
        thread::sleep(Duration::from_millis(20));
    }
}
