//! Messages that cannot be handled: set aside whole, told of, and handled when they are replayed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use loom_core::{Body, FailureCode, Method};
use loom_runtime::{CallError, Context, Host, HostBuilder, KeptDeadLetter, actor};
use loom_testkit::sim::Scene;
use serde::{Deserialize, Serialize};

use crate::outside;
use crate::scenario::{Check, PAYLOAD_BYTES_MAX, Scenario};

pub(crate) const SCENARIO: Scenario =
    Scenario { name: "poison", deploy, play: |scene| Box::pin(play(scene)) };

const MINES: u64 = 2;
/// Of the stores that are simulated.
const TURN_BYTES_MAX: usize = 8 << 20;

#[derive(Debug, Default, Deserialize, Serialize)]
struct Mine {
    /// How often each request was carried out.
    done: BTreeMap<u64, u32>,
}

#[actor(kind = "mine", crate = loom_runtime)]
impl Mine {
    async fn dig(&mut self, _cx: &mut Context<'_>, number: u64) {
        *self.done.entry(number).or_default() += 1;
    }

    /// Panics as long as bombs go off.
    async fn bomb(&mut self, cx: &mut Context<'_>, number: u64) {
        self.dig(cx, number).await;
        assert!(!outside::is_armed(), "bomb {number}");
    }

    /// Panics the first time.
    async fn fuse(&mut self, cx: &mut Context<'_>, number: u64) {
        self.dig(cx, number).await;
        assert!(outside::tries(&format!("fuse {number}")) > 1, "fuse {number}");
    }

    /// Sends to where nobody is.
    async fn shout(&mut self, cx: &mut Context<'_>, number: u64) -> Result<(), String> {
        self.dig(cx, number).await;
        cx.send("nobody/1", "listen", &number)?;
        Ok(cx.send("mine/0", "listen", &number)?)
    }

    /// Sends more than a store takes in one turn.
    async fn swell(&mut self, cx: &mut Context<'_>, number: u64) -> Result<(), String> {
        self.dig(cx, number).await;
        Ok(cx.send("mine/0", "dig", &"x".repeat(TURN_BYTES_MAX))?)
    }
}

fn deploy(host: HostBuilder, _version: u32) -> HostBuilder {
    host.actor::<Mine>()
}

/// What was asked for, by number.
#[derive(Default)]
struct Asked {
    /// Done at once.
    done: BTreeSet<u64>,
    /// Done when their dead letters are replayed.
    bombs: BTreeSet<u64>,
    /// Never done, each by two dead letters.
    shouts: BTreeSet<u64>,
}

async fn play(scene: Scene) -> Check {
    let callers = (0..2).map(|caller| scene.beside(self::caller(scene.clone(), caller * 1_000)));
    let mut all = Asked::default();
    for Asked { done, bombs, shouts } in join_all(callers.collect::<Vec<_>>()).await {
        all.done.extend(done);
        all.bombs.extend(bombs);
        all.shouts.extend(shouts);
    }
    Box::pin(check(scene, all))
}

async fn caller(scene: Scene, first: u64) -> Asked {
    let mut asked = Asked::default();
    for number in first..first + scene.rounds(6) {
        let id = format!("mine/{}", scene.below(MINES));
        match scene.below(25) {
            0..=7 => {
                let done = scene.call::<()>(&id, "dig", &number).await;
                assert_eq!(done, Ok(()), "{id} can dig");
                asked.done.insert(number);
            }
            8..=11 => {
                scene.send(&id, "fuse", &number).await.expect("it is accepted");
                asked.done.insert(number);
            }
            12..=14 => {
                scene.send(&id, "bomb", &number).await.expect("it is accepted");
                asked.bombs.insert(number);
            }
            15..=17 => {
                let done = scene.call::<()>(&id, "bomb", &number).await;
                assert_eq!(code(&done), Some(FailureCode::Dead), "bomb {number}: {done:?}");
                asked.bombs.insert(number);
            }
            18..=21 => {
                let done = scene.call::<()>(&id, "shout", &number).await;
                assert_eq!(done, Ok(()), "{id} can shout");
                asked.done.insert(number);
                asked.shouts.insert(number);
            }
            22 | 23 => {
                let large = "x".repeat(PAYLOAD_BYTES_MAX);
                let done = scene.call::<()>(&id, "dig", &large).await;
                assert_eq!(code(&done), Some(FailureCode::TooLarge), "{number}: {done:?}");
            }
            _ => {
                let done = scene.call::<()>(&id, "swell", &number).await;
                assert_eq!(code(&done), Some(FailureCode::TooLarge), "swell {number}: {done:?}");
            }
        }
        scene.sleep(Duration::from_millis(scene.below(1_500))).await;
    }
    asked
}

fn code(done: &Result<(), CallError>) -> Option<FailureCode> {
    match done {
        Err(CallError::Failed(failure)) => Some(failure.code),
        _ => None,
    }
}

async fn check(scene: Scene, asked: Asked) {
    assert_done(&scene, &asked.done).await;
    let host = scene.host().expect("hosts run once faults have ended");
    let letters = dead_letters(&host).await;
    let (mut bombs, mut shouts) = (Vec::new(), Vec::new());
    for letter in &letters {
        let (method, number) = what(letter);
        let all = if method.as_str() == "bomb" { &mut bombs } else { &mut shouts };
        all.push(number);
        let message = letter.message.as_ref().expect("it can be read");
        assert_eq!(message.id, letter.id, "a dead letter has the id of its message");
        assert_eq!(message.cause.is_some(), method.as_str() == "listen", "{message:?}");
    }
    bombs.sort_unstable();
    shouts.sort_unstable();
    assert_eq!(bombs, asked.bombs.iter().copied().collect::<Vec<_>>(), "dead bombs");
    let twice = asked.shouts.iter().flat_map(|number| [*number; 2]).collect::<Vec<_>>();
    assert_eq!(shouts, twice, "dead shouts");

    outside::disarm();
    for letter in letters.iter().filter(|letter| what(letter).0.as_str() == "bomb") {
        for is_there in [true, false] {
            let replayed = host.replay_dead_letter(letter).await;
            assert_eq!(replayed.ok(), Some(is_there), "the replay of {}", letter.id);
        }
    }
    scene.settle().await;
    assert_done(&scene, &asked.done.union(&asked.bombs).copied().collect()).await;
}

async fn assert_done(scene: &Scene, expected: &BTreeSet<u64>) {
    let mut done = BTreeMap::new();
    for number in 0..MINES {
        let mine: Mine = scene.state(&format!("mine/{number}")).await.unwrap_or_default();
        for (number, times) in mine.done {
            *done.entry(number).or_insert(0) += times;
        }
    }
    let once = expected.iter().map(|number| (*number, 1)).collect();
    assert_eq!(done, once, "each is done once");
}

async fn dead_letters(host: &Host) -> Vec<KeptDeadLetter> {
    let mut letters = Vec::new();
    for partition in host.partitions() {
        let page = host.dead_letters(partition, None, 1_000).await.expect("the stores answer");
        letters.extend(page.items);
    }
    letters
}

/// Which handler it is for, and the number it was given.
fn what(letter: &KeptDeadLetter) -> (Method, u64) {
    match letter.message.as_ref().map(|message| &message.body) {
        Some(Body::Invoke { method, args, .. }) => {
            (method.clone(), args.parse().expect("a number"))
        }
        other => panic!("this is no request: {other:?}"),
    }
}
