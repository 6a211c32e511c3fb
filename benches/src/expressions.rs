//! An expression of the workflow language, read once and evaluated often, on one thread.

mod around;

use clap::Args;
use loom_workflow::Template;
use serde::Deserialize;

use self::around::Around;
use crate::cost::{Cost, Stopwatch};
use crate::line::{Line, Role, Unit};
use crate::node::NodeProgram;
use crate::report::Report;
use crate::rounds::{Entrant, compete};

const WORK: &str = "expression, compiled once";
const EXPRESSION: &str =
    "@concat(toUpper(triggerBody()?['name']), '-', string(add(variables('n'), 1)))";
const NAME: &str = "Ada Lovelace";
const NUMBER: i64 = 41;
const VALUE: &str = "ADA LOVELACE-42";

/// Evaluations in a round.
const OURS: u32 = 1_000_000;
const OF_THE_PEER: u32 = 20_000;

/// How the subject is measured.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    report: Report,
    /// Rounds that count.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) {
    let mut lines = Vec::new();
    if options.report.wants(WORK) {
        let peer = NodeProgram::install("adaptive");
        let mut entrants = vec![Entrant::new("loom", Role::Ours, evaluate)];
        match &peer {
            Ok(peer) => {
                let run = || evaluate_adaptive(peer);
                entrants.push(Entrant::new("adaptive-expressions", Role::Peer, run));
            }
            Err(reason) => {
                lines.push(Line::not_run(WORK, "adaptive-expressions", Role::Peer, reason));
            }
        }
        lines.splice(..0, compete(WORK, Unit::PerSecond, options.rounds, &entrants));
    }
    options.report.print(&lines);
}

fn evaluate() -> Cost {
    let template = Template::compile(&EXPRESSION.into()).expect("it is an expression");
    let around = Around::new(NAME, NUMBER);
    let watch = Stopwatch::start();
    for _ in 0..OURS {
        let value = template.evaluate(&around).expect("it has a value");
        assert_eq!(value.as_str(), Some(VALUE));
    }
    watch.stop(OURS)
}

#[derive(Deserialize)]
struct Took {
    value: String,
    seconds: f64,
    cpu_us: f64,
}

fn evaluate_adaptive(peer: &NodeProgram) -> Cost {
    let (number, evaluations) = (NUMBER.to_string(), OF_THE_PEER.to_string());
    let took: Took = peer.run(&[NAME, &number, &evaluations]);
    assert_eq!(took.value, VALUE);
    let each = f64::from(OF_THE_PEER);
    Cost { wall_ns: took.seconds * 1e9 / each, cpu_ns: took.cpu_us * 1e3 / each, waits: None }
}
