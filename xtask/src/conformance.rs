//! `cargo xtask conformance`: every suite on every adapter, and the matrix of what was shown.

mod adapters;
mod cells;
mod evidence;
mod guarantees;
mod matrix;
mod ports;
mod readiness;
mod reports;
mod runner;
mod way;

use std::error::Error;
use std::fs;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum as _};

use self::adapters::{ADAPTERS, Adapter};
use self::cells::{Shows, Suites, Test};
use self::evidence::{Evidence, Group, groups};
use self::ports::{PORTS, Port};
use self::runner::Runner;
use self::way::Way;
use crate::outcome::{Findings, Outcome};

/// What is run, and what is told of it.
#[derive(Args)]
pub(crate) struct Options {
    /// How backends are had
    #[arg(long, value_delimiter = ',', value_name = "WAYS", default_value = "processes")]
    place: Vec<Way>,
    /// The suite of this port only
    #[arg(long, value_parser = PossibleValuesParser::new(PORTS.iter().map(|port| port.name)))]
    port: Option<String>,
    /// These adapters only
    #[arg(long, value_delimiter = ',', value_name = "ADAPTERS", value_parser = PossibleValuesParser::new(ADAPTERS.iter().map(|adapter| adapter.name)))]
    adapter: Vec<String>,
    /// Write the evidence to target/conformance, as JSON
    #[arg(long)]
    report: bool,
    /// Write docs/readiness.md, of this run and of the last reports of what is not run now
    #[arg(long)]
    write: bool,
    /// Run nothing, but look at the last reports
    #[arg(long, conflicts_with = "place")]
    reported: bool,
}

pub(crate) fn run(options: &Options) -> Outcome {
    match evidence(options) {
        Ok((evidence, findings))
            if findings.is_empty() && !evidence.iter().any(Evidence::has_run) =>
        {
            let why = evidence.first().and_then(Evidence::why_not).unwrap_or("no such cell");
            Outcome::NotRun(why.to_owned())
        }
        Ok((_, findings)) => Outcome::of(Ok(findings)),
        Err(error) => Outcome::of(Err(error)),
    }
}

/// The suites that take minutes at most, on servers in containers, where an engine answers or can
/// be started: one of each kind, but Cosmos DB, which is the same program there as in a process.
pub(crate) fn in_containers() -> Outcome {
    let place = vec![Way::Containers];
    let adapter = ["redis standalone", "azure-blob", "key-vault"].map(str::to_owned).into();
    run(&Options { place, port: None, adapter, report: false, write: false, reported: false })
}

/// Whether `docs/readiness.md` names the cells and the cases that there are.
pub(crate) fn check() -> Outcome {
    let Ok(document) = fs::read_to_string(readiness::DOCUMENT) else {
        let (document, command) = (readiness::DOCUMENT, readiness::COMMAND);
        return Outcome::NotRun(format!("{document} is not there; {command} makes it"));
    };
    let findings = || -> Findings {
        let groups = groups(Runner::installed().list()?, &Suites::read()?);
        Ok(readiness::check(&document, &groups))
    };
    Outcome::of(findings())
}

/// What was shown, and what is wrong with it.
fn evidence(options: &Options) -> Result<(Vec<Evidence>, Vec<String>), Box<dyn Error>> {
    let (runner, suites) = (Runner::installed(), Suites::read()?);
    let tests = runner.list()?;
    let (mut evidence, mut findings) = (Vec::new(), Vec::new());
    let place = if options.reported { &[][..] } else { &options.place };
    for way in place {
        println!("\n==== {}", way.name());
        match way.run(options.chosen(groups(tests.clone(), &suites)), runner) {
            Ok(found) => evidence.push(found),
            Err(error) => findings.push(format!("{}: {error}", way.name())),
        }
    }
    if options.report || options.write {
        for evidence in &evidence {
            println!("{}", reports::write(evidence)?.display());
        }
    }
    if options.reported {
        let read = |way: &Way| reports::read(*way, options.chosen(groups(tests.clone(), &suites)));
        evidence = Way::value_variants().iter().map(read).collect();
    }
    println!();
    for evidence in &evidence {
        println!("{}", matrix::matrix(evidence));
    }
    if options.write {
        let read = |way: &Way| reports::read(*way, groups(tests.clone(), &suites));
        let all: Vec<_> = Way::value_variants().iter().map(read).collect();
        readiness::write(&all, &told(&tests, runner)?)?;
    }
    findings.extend(evidence.iter().flat_map(Evidence::failures));
    Ok((evidence, findings))
}

/// What the journals say of themselves, asked of those that are started as processes.
fn told(tests: &[Test], runner: Runner) -> Result<Vec<guarantees::Guarantee>, Box<dyn Error>> {
    let tests = guarantees::tests(tests);
    Ok(guarantees::told(&runner.printed(&tests)?))
}

impl Options {
    fn chosen(&self, mut groups: Vec<Group>) -> Vec<Group> {
        let port = self.port.as_deref().and_then(Port::named);
        let adapters: Vec<_> =
            self.adapter.iter().filter_map(|name| Adapter::named(name)).collect();
        let is_chosen = |on: &Adapter| adapters.is_empty() || adapters.contains(&on);
        let is_of = |shows| match shows {
            Shows::Case(of, on) => port.is_none_or(|port| port == of) && is_chosen(on),
            Shows::Beyond(on) => port.is_none() && is_chosen(on),
            Shows::Caught(of) => adapters.is_empty() && port.is_none_or(|port| port == of),
        };
        groups.retain(|group| is_of(group.shows));
        groups
    }
}
