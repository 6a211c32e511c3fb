//! One run, and the search for the smallest that fails.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::Sim;
use super::audit::Audit;
use super::cluster::Hosts;
use super::executor::text;
use super::faults::IncidentKind;
use super::plan::Plan;
use super::planted::Plot;
use super::scene::Scene;
use super::violation::{Promise, Violation};
use super::world::World;

pub(super) type Scenario<'a> = &'a dyn Fn(Scene) -> BoxFuture<'static, ()>;

/// A run in which every promise was kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// The same for two runs only if they are the same, step by step.
    pub hash: u64,
    /// How often a task went on.
    pub steps: u64,
    /// How long it took, in the time of the simulation.
    pub elapsed: Duration,
    /// How many calls of stores went wrong.
    pub troubles: u64,
    /// What happened to hosts and stores.
    pub incidents: Vec<IncidentKind>,
}

/// A run that broke a promise, as small as could be found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What was broken.
    pub violation: Violation,
    /// How many runs were made to make it small.
    pub runs: u32,
    plan: Plan,
    trace: Vec<(Duration, String)>,
}

struct Run {
    report: Report,
    violation: Option<Violation>,
    troubles: u64,
    rounds: u64,
    trace: Vec<(Duration, String)>,
}

pub(super) fn run(sim: &Sim, scenario: Scenario<'_>) -> Result<Report, Box<Failure>> {
    let plan = sim.plan();
    let run = run_once(sim, &plan, scenario, false);
    match run.violation.clone() {
        None => Ok(run.report),
        Some(violation) => Err(Box::new(shrink(sim, plan, scenario, run, &violation))),
    }
}

fn run_once(sim: &Sim, plan: &Plan, scenario: Scenario<'_>, is_traced: bool) -> Run {
    let world = World::new(sim.seed, is_traced, plan.troubles_max);
    let deploy = (Arc::clone(&sim.deploy), sim.settings.clone());
    let (backend, wrap) = ((sim.backend)(), sim.wrapping());
    let audit = Audit::new(&world, sim.laws.clone());
    let plot = Plot::new(sim.planted, &world, sim.settings.partitions);
    let judged = (Arc::clone(&audit), plot);
    let hosts = Hosts::new(&world, plan, &sim.faults, deploy, backend, wrap, judged);
    let scene = Scene::new(&hosts, plan.rounds_max);
    let is_over = Arc::new(AtomicBool::new(false));
    let failed = Arc::new(Mutex::new(None));
    {
        let (is_over, failed) = (Arc::clone(&is_over), Arc::clone(&failed));
        let (told, scene) = (scenario(scene.clone()), scene.clone());
        world.spawn(async move {
            let scenario = async {
                told.await;
                scene.settle().await;
                audit.finish().await;
            };
            if let Err(panic) = AssertUnwindSafe(scenario).catch_unwind().await {
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(text(&*panic));
            }
            is_over.store(true, Ordering::Relaxed);
        });
    }
    world.run(|| is_over.load(Ordering::Relaxed));
    if let Some(what) = failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
        world.violate(Promise::Scenario, what);
    }
    let report = Report {
        seed: sim.seed,
        hash: world.hash(),
        steps: world.steps(),
        elapsed: world.elapsed(),
        troubles: world.troubles(),
        incidents: hosts.happened(),
    };
    let run = Run {
        report,
        violation: world.violation(),
        troubles: world.troubles(),
        rounds: scene.rounds_asked(),
        trace: world.take_trace(),
    };
    hosts.end();
    world.executor.end();
    run
}

/// Makes a failing run smaller as long as the same promise is broken.
fn shrink(
    sim: &Sim,
    mut plan: Plan,
    scenario: Scenario<'_>,
    mut run: Run,
    violation: &Violation,
) -> Failure {
    let mut runs = 1;
    'smaller: while runs < sim.runs_max {
        for smaller in plan.smaller(run.troubles, run.rounds) {
            runs += 1;
            let tried = run_once(sim, &smaller, scenario, false);
            if tried.violation.as_ref().is_some_and(|v| v.promise == violation.promise) {
                (plan, run) = (smaller, tried);
                continue 'smaller;
            }
            if runs >= sim.runs_max {
                break;
            }
        }
        break;
    }
    let told = run_once(sim, &plan, scenario, true);
    let violation = told.violation.unwrap_or_else(|| Violation {
        promise: Promise::Runs,
        what: format!("seed {} does not fail every time it is run", sim.seed),
        at: told.report.elapsed,
    });
    Failure { seed: sim.seed, violation, runs, plan, trace: told.trace }
}

impl Failure {
    /// How many things happened in the smallest run, as far as they are told.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.trace.len()
    }
}

/// The last of what happened; with `{:#}`, all of it.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LINES_MAX: usize = 80;
        let Self { seed, violation, runs, plan, trace } = self;
        writeln!(f, "seed {seed}: {violation}")?;
        let Plan { hosts, incidents, troubles_max, rounds_max } = plan;
        let max = |max: &u64| if *max == u64::MAX { "any".to_owned() } else { max.to_string() };
        writeln!(
            f,
            "smallest of {runs} runs: {hosts} hosts, {} incidents, {} faults of the network, {} rounds",
            incidents.len(),
            max(troubles_max),
            max(rounds_max),
        )?;
        let lines_max = if f.alternate() { usize::MAX } else { LINES_MAX };
        let skipped = trace.len().saturating_sub(lines_max);
        if skipped > 0 {
            writeln!(f, "  ... {skipped} lines before")?;
        }
        for (at, what) in &trace[skipped..] {
            writeln!(f, "  {:>10.3}s {what}", at.as_secs_f64())?;
        }
        Ok(())
    }
}
