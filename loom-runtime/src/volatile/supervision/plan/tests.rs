use std::fmt::Write as _;
use std::time::Duration;

use expect_test::{Expect, expect};

use super::super::super::stop::StopReason;
use super::super::policy::{Backoff, Intensity, Restart, Strategy};
use super::{Action, Ending, Event, Plan, Rules, Terms};

mod world;

const RULES: Rules = Rules {
    strategy: Strategy::OneForOne,
    intensity: Intensity { restarts_max: 3, window: Duration::from_mins(1) },
    backoff: Backoff { first: Duration::from_millis(100), max: Duration::from_millis(250) },
};

/// `P`, `T`, `X`: a permanent, transient, temporary child, with a second to stop.
fn terms(children: &str) -> Vec<Terms> {
    let restart = |letter| match letter {
        'P' => Restart::Permanent,
        'T' => Restart::Transient,
        'X' => Restart::Temporary,
        other => panic!("no child is called {other}"),
    };
    let stop_within = Some(Duration::from_secs(1));
    let terms = |letter| Terms { restart: restart(letter), stop_within, over: false };
    children.chars().map(terms).collect()
}

/// `up0` started, `bad0` failed, `ok0` stopped, `+5` five milliseconds pass.
fn event(word: &str, now: &mut Duration) -> Event {
    let child = |digits: &str| digits.parse().expect("a child's number");
    if let Some(millis) = word.strip_prefix('+') {
        *now += Duration::from_millis(millis.parse().expect("milliseconds"));
        return Event::Elapsed;
    }
    match word {
        "begin" => Event::Begun,
        "stop" => Event::Stop,
        "pause" => Event::Pause,
        "kill" => Event::Kill,
        _ if word.starts_with("up") => Event::Started(child(&word[2..])),
        _ if word.starts_with("ok") => Event::Exited(child(&word[2..]), StopReason::Stopped),
        _ => Event::Exited(child(&word[3..]), StopReason::Failed("bad".into())),
    }
}

fn show(action: &Action) -> String {
    match action {
        Action::Start(child) => format!("start {child}"),
        Action::Stop(child) => format!("stop {child}"),
        Action::Pause(child) => format!("pause {child}"),
        Action::Kill(child) => format!("kill {child}"),
        Action::Ready => "ready".into(),
        Action::Release(child, reason) => format!("release {child} ({reason})"),
        Action::End(Ending::GaveUp { child, restarts, last }) => {
            format!("give up on {child} after {restarts} ({last})")
        }
        Action::End(ending) => format!("end {ending:?}").to_lowercase(),
    }
}

fn check(strategy: Strategy, children: &str, script: &str, expected: &Expect) {
    let mut plan = Plan::new(Rules { strategy, ..RULES }, terms(children));
    let mut now = Duration::ZERO;
    let mut shown = String::new();
    for word in script.split_whitespace() {
        let event = event(word, &mut now);
        let actions: Vec<_> = plan.step(event, now).iter().map(show).collect();
        let wake = plan.wake_at().filter(|due| *due > now);
        let wake = wake.map(|due| format!("wait {}", due.saturating_sub(now).as_millis()));
        let line: Vec<_> = actions.into_iter().chain(wake).collect();
        let line = if line.is_empty() { "nothing".into() } else { line.join(", ") };
        writeln!(shown, "{word} -> {line}").unwrap();
    }
    expected.assert_eq(&shown);
}

#[test]
fn children_start_one_after_the_other_and_stop_in_reverse() {
    check(
        Strategy::OneForOne,
        "PTX",
        "begin up0 up1 up2 stop ok2 ok1 ok0",
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> start 2
        up2 -> ready
        stop -> stop 2, wait 1000
        ok2 -> stop 1, wait 1000
        ok1 -> stop 0, wait 1000
        ok0 -> end stopped
    "]],
    );
}

#[test]
fn a_failure_restarts_after_a_wait_that_doubles_up_to_the_maximum() {
    let script = "begin up0 up1 bad0 +99 +1 up0 bad0 +200 up0 bad0 +250 up0";
    check(
        Strategy::OneForOne,
        "PP",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> ready
        bad0 -> wait 100
        +99 -> wait 1
        +1 -> start 0
        up0 -> nothing
        bad0 -> wait 200
        +200 -> start 0
        up0 -> nothing
        bad0 -> wait 250
        +250 -> start 0
        up0 -> nothing
    "]],
    );
}

#[test]
fn the_wait_is_short_again_after_a_window_without_failure() {
    let script = "begin up0 bad0 +100 up0 bad0 +200 up0 +60001 bad0";
    check(
        Strategy::OneForOne,
        "P",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> ready
        bad0 -> wait 100
        +100 -> start 0
        up0 -> nothing
        bad0 -> wait 200
        +200 -> start 0
        up0 -> nothing
        +60001 -> nothing
        bad0 -> wait 100
    "]],
    );
}

#[test]
fn children_wait_each_for_themselves() {
    let script = "begin up0 up1 bad0 +100 up0 bad0 +50 bad1 +100 up1 +50 up0";
    check(
        Strategy::OneForOne,
        "PP",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> ready
        bad0 -> wait 100
        +100 -> start 0
        up0 -> nothing
        bad0 -> wait 200
        +50 -> wait 150
        bad1 -> wait 100
        +100 -> start 1
        up1 -> wait 50
        +50 -> start 0
        up0 -> nothing
    "]],
    );
}

#[test]
fn one_restart_too_many_within_the_window_ends_all_of_it() {
    let script = "begin up0 up1 bad1 +100 up1 bad1 +200 up1 bad1 +250 up1 bad1 ok0";
    check(
        Strategy::OneForOne,
        "PP",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> ready
        bad1 -> wait 100
        +100 -> start 1
        up1 -> nothing
        bad1 -> wait 200
        +200 -> start 1
        up1 -> nothing
        bad1 -> wait 250
        +250 -> start 1
        up1 -> nothing
        bad1 -> pause 0, wait 1000
        ok0 -> give up on 1 after 3 (failed: bad)
    "]],
    );
}

#[test]
fn restarts_that_are_long_ago_do_not_count() {
    let script = "begin up0 bad0 +100 up0 bad0 +200 up0 +60001 bad0 +100 up0 bad0 +200 up0";
    check(
        Strategy::OneForOne,
        "P",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> ready
        bad0 -> wait 100
        +100 -> start 0
        up0 -> nothing
        bad0 -> wait 200
        +200 -> start 0
        up0 -> nothing
        +60001 -> nothing
        bad0 -> wait 100
        +100 -> start 0
        up0 -> nothing
        bad0 -> wait 200
        +200 -> start 0
        up0 -> nothing
    "]],
    );
}

#[test]
fn a_normal_end_restarts_only_a_permanent_child() {
    let script = "begin up0 up1 up2 ok0 ok1 ok2 +100 up0";
    check(
        Strategy::OneForOne,
        "PTX",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> start 2
        up2 -> ready
        ok0 -> wait 100
        ok1 -> release 1 (stopped), wait 100
        ok2 -> release 2 (stopped), wait 100
        +100 -> start 0
        up0 -> nothing
    "]],
    );
}

#[test]
fn a_failure_restarts_all_but_a_temporary_child() {
    let script = "begin up0 up1 up2 bad2 bad1 +100 up1";
    check(
        Strategy::OneForOne,
        "PTX",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> start 2
        up2 -> ready
        bad2 -> release 2 (failed: bad)
        bad1 -> wait 100
        +100 -> start 1
        up1 -> nothing
    "]],
    );
}

#[test]
fn one_for_all_pauses_the_others_in_reverse_and_starts_all_in_order() {
    let script = "begin up0 up1 up2 bad1 ok2 ok0 +100 up0 up1 up2";
    check(
        Strategy::OneForAll,
        "PPP",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> start 2
        up2 -> ready
        bad1 -> pause 2, wait 1000
        ok2 -> pause 0, wait 1000
        ok0 -> wait 100
        +100 -> start 0
        up0 -> start 1
        up1 -> start 2
        up2 -> nothing
    "]],
    );
}

#[test]
fn rest_for_one_leaves_the_earlier_ones_alone() {
    let script = "begin up0 up1 up2 bad1 ok2 +100 up1 up2";
    check(
        Strategy::RestForOne,
        "PPP",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> start 2
        up2 -> ready
        bad1 -> pause 2, wait 1000
        ok2 -> wait 100
        +100 -> start 1
        up1 -> start 2
        up2 -> nothing
    "]],
    );
}

#[test]
fn a_temporary_child_that_goes_with_the_others_does_not_come_back() {
    let script = "begin up0 up1 up2 bad0 ok2 ok1 +100 up0 up2";
    check(
        Strategy::OneForAll,
        "PXT",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> start 2
        up2 -> ready
        bad0 -> pause 2, wait 1000
        ok2 -> pause 1, wait 1000
        ok1 -> release 1 (stopped), wait 100
        +100 -> start 0
        up0 -> start 2
        up2 -> nothing
    "]],
    );
}

#[test]
fn a_failure_while_the_group_stops_is_part_of_the_same_restart() {
    let script = "begin up0 up1 up2 bad1 bad2 bad0 +100 up0 up1 up2";
    check(
        Strategy::OneForAll,
        "PPP",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> start 2
        up2 -> ready
        bad1 -> pause 2, wait 1000
        bad2 -> pause 0, wait 1000
        bad0 -> wait 100
        +100 -> start 0
        up0 -> start 1
        up1 -> start 2
        up2 -> nothing
    "]],
    );
}

#[test]
fn a_child_that_does_not_stop_in_time_is_killed() {
    let script = "begin up0 up1 stop +999 +1 bad1 ok0";
    check(
        Strategy::OneForOne,
        "PP",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> ready
        stop -> stop 1, wait 1000
        +999 -> wait 1
        +1 -> kill 1
        bad1 -> stop 0, wait 1000
        ok0 -> end stopped
    "]],
    );
}

#[test]
fn a_child_that_fails_to_start_is_started_again_before_the_next() {
    let script = "begin bad0 +100 up0 up1";
    check(
        Strategy::OneForOne,
        "PP",
        script,
        &expect![[r"
        begin -> start 0
        bad0 -> wait 100
        +100 -> start 0
        up0 -> start 1
        up1 -> ready
    "]],
    );
}

#[test]
fn a_pause_lets_children_keep_their_mailboxes() {
    check(
        Strategy::OneForOne,
        "PP",
        "begin up0 up1 pause ok1 ok0",
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> ready
        pause -> pause 1, wait 1000
        ok1 -> pause 0, wait 1000
        ok0 -> end paused
    "]],
    );
}

#[test]
fn a_stop_during_a_restart_starts_nobody() {
    let script = "begin up0 up1 bad0 stop ok1 +100";
    check(
        Strategy::OneForAll,
        "PP",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> ready
        bad0 -> pause 1, wait 1000
        stop -> wait 1000
        ok1 -> end stopped
        +100 -> nothing
    "]],
    );
}

#[test]
fn a_kill_takes_everyone_at_once() {
    let script = "begin up0 up1 up2 stop kill bad0 bad2 bad1";
    check(
        Strategy::OneForOne,
        "PPP",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> start 1
        up1 -> start 2
        up2 -> ready
        stop -> stop 2, wait 1000
        kill -> kill 0, kill 1, kill 2
        bad0 -> nothing
        bad2 -> nothing
        bad1 -> end killed
    "]],
    );
}

#[test]
fn late_news_change_nothing() {
    let script = "begin up0 stop up0 ok0 up0 +100 stop kill";
    check(
        Strategy::OneForOne,
        "P",
        script,
        &expect![[r"
        begin -> start 0
        up0 -> ready
        stop -> stop 0, wait 1000
        up0 -> wait 1000
        ok0 -> end stopped
        up0 -> nothing
        +100 -> nothing
        stop -> nothing
        kill -> nothing
    "]],
    );
}

#[test]
fn a_supervisor_without_children_is_ready_and_stops() {
    check(
        Strategy::OneForAll,
        "",
        "begin stop",
        &expect![[r"
        begin -> ready
        stop -> end stopped
    "]],
    );
}
