use expect_test::{Expect, expect};

use super::super::goals::{GOALS, subjects};
use super::super::line::Unit;
use super::super::peers;
use super::*;

fn line(work: &str, by: &str, role: Role, amount: f64, unit: Unit) -> Line {
    let figures = Figures { amount, unit, cpu_us: None, p50_us: None, p99_us: None, note: None };
    Line { work: work.to_owned(), by: by.to_owned(), role, came: Came::Measured(figures) }
}

fn goal(work: &str) -> Goal {
    *GOALS.iter().find(|goal| goal.work == work).unwrap()
}

fn check(work: &str, lines: &[Line], failed: &[(&str, String)], expected: &Expect) {
    expected.assert_eq(&Table::of(&[goal(work)], lines, failed).to_string());
}

#[test]
fn ours_stands_beside_the_best_peer_and_its_targets() {
    let tell = |by, role, amount| line("tell, one actor", by, role, amount, Unit::Nanos);
    let lines = [
        tell("loom", Role::Ours, 120.0),
        tell("tokio", Role::Limit, 114.0),
        tell("kameo", Role::Peer, 573.0),
        tell("ractor", Role::Peer, 300.0),
        tell("actix", Role::OneThreadPeer, 90.0),
        line("spawn", "loom", Role::Ours, 1.0, Unit::Nanos),
    ];
    check(
        "tell, one actor",
        &lines,
        &[],
        &expect![[r"
        work            | ours   | cpu us | p50 us | p99 us | best peer   | ahead | limit        | target: verdict
        tell, one actor | 120 ns | -      | -      | -      | actix 90 ns | 0.75x | tokio 114 ns | 150 ns: met; 3x threaded peers: missed by 1.20x
    "]],
    );
}

#[test]
fn what_was_not_measured_is_there_with_its_reason() {
    let work = "durable 10-step handler, 64 at once";
    let given = peers::parse(
        r#"[
            {"work": "durable 10-step handler, 64 at once", "peer": "restate", "per_second": null,
             "note": "not run: no network"},
            {"work": "durable 10-step handler, 64 at once", "peer": "durare", "per_second": 400,
             "cpu_us": 3600, "note": "on SQLite"}
        ]"#,
    );
    check(
        work,
        &given.unwrap(),
        &[("steps", "exit status: 101".to_owned())],
        &expect![[r"
        work                                | ours    | cpu us | p50 us | p99 us | best peer    | ahead | limit | target: verdict
        durable 10-step handler, 64 at once | not run | -      | -      | -      | durare 400/s | -     | -     | 10x peers: not run; 200 us cpu: not run

        durable 10-step handler, 64 at once: restate: not run: no network
        durable 10-step handler, 64 at once: loom: not run: the subject steps failed: exit status: 101
        durable 10-step handler, 64 at once: dbos: not run: `--peers FILE` gave no figures for it
        durable 10-step handler, 64 at once: workerd: not run: `--peers FILE` gave no figures for it
        durable 10-step handler, 64 at once: duroxide: not run: `--peers FILE` gave no figures for it"]],
    );
    check(
        "spawn",
        &[],
        &[],
        &expect![[r"
        work  | ours    | cpu us | p50 us | p99 us | best peer | ahead | limit | target: verdict
        spawn | not run | -      | -      | -      | not run   | -     | -     | 800 ns: not run

        spawn: loom: not run: the subject volatile did not measure it"]],
    );
}

#[test]
fn peers_that_ran_elsewhere_are_held_against_ours_of_the_same_run() {
    let work = "durable 10-step handler, 64 at once";
    let given = peers::parse(
        r#"[
            {"work": "durable 10-step handler, 64 at once", "peer": "loom", "per_second": 4400},
            {"work": "durable 10-step handler, 64 at once", "peer": "durare", "per_second": 400}
        ]"#,
    );
    let mut lines = given.unwrap();
    lines.push(line(work, "loom", Role::Ours, 3_000.0, Unit::PerSecond));
    let table = Table::of(&[goal(work)], &lines, &[]);
    assert_eq!(table.rows[0].best_peer.as_ref().unwrap().ours_ahead, Some(11.0));
    assert_eq!(table.rows[0].targets[0].verdict, Verdict::MetBesideSome);
    assert_eq!(table.rows[0].targets[1].verdict, Verdict::Open);
}

#[test]
fn figures_for_unknown_work_are_refused() {
    let unknown = peers::parse(r#"[{"work": "juggling", "peer": "clown", "per_second": 3}]"#);
    assert_eq!(unknown.unwrap_err().to_string(), "no work of the table is called \"juggling\"");
}

#[test]
fn each_subject_runs_once_and_each_work_is_there_once() {
    let mut once = subjects(GOALS);
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), subjects(GOALS).len());
    let mut works: Vec<_> = GOALS.iter().map(|goal| goal.work).collect();
    works.sort_unstable();
    works.dedup();
    assert_eq!(works.len(), GOALS.len());
}
