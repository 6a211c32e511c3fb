use std::fmt::Write as _;

use futures::FutureExt as _;

use super::*;

const LOOK_EVERY: Duration = Duration::from_mins(1);

/// What is known after each step of a story: the steps are a time in milliseconds, what is done,
/// and a queue.
fn check(story: &[(u64, &str, &str)], expected: &str) {
    let start = Instant::now();
    let mut known = Known::new(LOOK_EVERY);
    let queues = ["a", "b"].map(|name| QueueName::parse(name).expect("a valid name"));
    let mut told = String::new();
    for (at, what, queue) in story {
        let here = start + Duration::from_millis(*at);
        let now = Now { told: Timestamp::from_millis(*at), here };
        let name = QueueName::parse(queue).expect("a valid name");
        let due =
            |at| Due { told: Timestamp::from_millis(at), here: start + Duration::from_millis(at) };
        match what.split_once(' ') {
            None if *what == "look" => known.begin_look(&name, here),
            None if *what == "exhausted" => known.end_look(&name, None),
            None if *what == "ring" => known.ring(queue),
            None if *what == "hear" => known.hear(),
            Some(("due", at)) => known.end_look(&name, Some(due(at.parse().expect("a number")))),
            _ => {}
        }
        match known.ready(&queues, now) {
            Ok(pause) => writeln!(told, "{at} silent for {pause:?}"),
            Err(visible) => writeln!(told, "{at} {visible:?}"),
        }
        .expect("it is memory");
    }
    assert_eq!(told, expected);
}

#[test]
fn a_queue_has_something_until_it_was_looked_at() {
    check(
        &[(0, "look", "a"), (0, "look", "b"), (1, "ring", "a"), (2, "", "a"), (3, "look", "a")],
        "0 [\"b\"]\n0 silent for 60s\n1 [\"a\"]\n2 [\"a\"]\n3 silent for 59.997s\n",
    );
}

#[test]
fn a_ring_during_a_look_is_kept() {
    check(
        &[(0, "look", "b"), (0, "look", "a"), (1, "ring", "a"), (2, "exhausted", "a")],
        "0 [\"a\"]\n0 silent for 60s\n1 [\"a\"]\n2 [\"a\"]\n",
    );
}

#[test]
fn the_first_message_that_any_look_saw_hidden_ends_the_silence() {
    check(
        &[
            (0, "look", "b"),
            (0, "look", "a"),
            (0, "look", "a"),
            (0, "due 500", "a"),
            (0, "due 900", "a"),
            (499, "", "a"),
            (500, "", "a"),
            (501, "look", "a"),
        ],
        "0 [\"a\"]\n0 silent for 60s\n0 silent for 60s\n0 silent for 500ms\n0 silent for 500ms\n\
         499 silent for 1ms\n500 [\"a\"]\n501 silent for 59.499s\n",
    );
}

#[test]
fn what_was_not_looked_at_for_long_may_have_something() {
    check(
        &[
            (0, "look", "b"),
            (9, "look", "a"),
            (59_999, "", "a"),
            (60_000, "", "a"),
            (60_009, "", "a"),
        ],
        "0 [\"a\"]\n9 silent for 59.991s\n59999 silent for 1ms\n60000 [\"b\"]\n60009 [\"a\", \"b\"]\n",
    );
}

#[test]
fn what_was_not_heard_may_have_been_said() {
    check(
        &[(0, "look", "b"), (0, "look", "a"), (1, "hear", "a")],
        "0 [\"a\"]\n0 silent for 60s\n1 [\"a\", \"b\"]\n",
    );
}

#[test]
fn a_clock_that_is_set_back_delays_nothing() {
    let mut known = Known::new(LOOK_EVERY);
    let queues = [QueueName::parse("a").expect("a valid name")];
    let (noon, second) = (Timestamp::from_millis(43_200_000), Duration::from_secs(1));
    let here = Instant::now();
    known.begin_look(&queues[0], here);
    known
        .end_look(&queues[0], Some(Due { told: noon.saturating_add(second), here: here + second }));
    let later = Now { told: Timestamp::EPOCH, here: here + second };
    assert_eq!(known.ready(&queues, later), Err(queues.to_vec()));
}

#[test]
fn only_those_who_wait_for_a_queue_are_woken() {
    let mut known = Known::new(LOOK_EVERY);
    let queues = ["a", "b"].map(|name| QueueName::parse(name).expect("a valid name"));
    let wakes = queues.each_ref().map(|queue| {
        known.begin_look(queue, Instant::now());
        let wake = Arc::new(Notify::new());
        known.add_waiter(std::slice::from_ref(queue), &wake);
        wake
    });
    known.ring("a");
    let is_woken = |wake: &Arc<Notify>| wake.notified().now_or_never().is_some();
    assert_eq!(wakes.each_ref().map(is_woken), [true, false]);
}

#[test]
fn queues_are_forgotten_when_no_more_is_known_of_them_than_of_others() {
    let mut known = Known::new(LOOK_EVERY);
    let start = Instant::now();
    for n in 0..10_000_u32 {
        let queue = QueueName::parse(&format!("q-{n}")).expect("a valid name");
        known.begin_look(&queue, start + Duration::from_secs(1) * n);
    }
    assert!(known.queues.len() <= 2 * 61 + QUEUES_MIN, "{}", known.queues.len());
}
