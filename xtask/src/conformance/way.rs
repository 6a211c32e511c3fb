//! The three ways of getting a backend.

use std::env;
use std::error::Error;
use std::process::Command;

use clap::ValueEnum;

use super::adapters::Needs;
use super::cells::Shows;
use super::evidence::{Evidence, Group, Tally};
use super::runner::Runner;
use crate::backends::engine::{self, Engine};
use crate::backends::{Place, Servers};

/// What all variables begin with that tell tests of servers.
const PREFIX: &str = "LOOM_TEST_";

/// A way of getting the servers that tests share.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Way {
    /// They are started as processes, or within the test
    Processes,
    /// They are started in containers
    Containers,
    /// Variables of the environment say where they are
    Address,
}

impl Way {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Processes => "processes",
            Self::Containers => "containers",
            Self::Address => "address",
        }
    }

    /// Runs what can be run this way.
    pub(super) fn run(
        self,
        groups: Vec<Group>,
        runner: Runner,
    ) -> Result<Evidence, Box<dyn Error>> {
        match self {
            Self::Processes => self.run_on(&Servers::start(&Place::Processes)?, groups, runner),
            Self::Containers => {
                let answered = Engine::find().is_some();
                let evidence = match Place::containers() {
                    Ok(place) => Servers::start(&place)
                        .and_then(|servers| self.run_on(&servers, groups, runner)),
                    Err(error) => Ok(self.nothing(groups, &error.to_string())),
                };
                if !answered {
                    engine::stop()?;
                }
                evidence
            }
            Self::Address => {
                let set = |name: &str| env::var_os(name).is_some();
                let servers = env::vars().filter(|(name, _)| name.starts_with(PREFIX));
                let servers = servers.map(|(name, _)| name).collect();
                self.run_with(servers, &set, groups, runner, &|_| {})
            }
        }
    }

    fn run_on(
        self,
        servers: &Servers,
        groups: Vec<Group>,
        runner: Runner,
    ) -> Result<Evidence, Box<dyn Error>> {
        let set = |name: &str| servers.told(name).is_some();
        // Addresses that are in the environment are those of another way.
        let prepare = |command: &mut Command| {
            for (name, _) in env::vars_os() {
                if name.to_string_lossy().starts_with(PREFIX) {
                    command.env_remove(name);
                }
            }
            command.envs(servers.all());
        };
        self.run_with(servers.origins(), &set, groups, runner, &prepare)
    }

    fn run_with(
        self,
        servers: Vec<String>,
        is_set: &dyn Fn(&str) -> bool,
        groups: Vec<Group>,
        runner: Runner,
        prepare: &dyn Fn(&mut Command),
    ) -> Result<Evidence, Box<dyn Error>> {
        let why_not: Vec<_> =
            groups.iter().map(|group| self.why_not(group.shows, is_set)).collect();
        let run = groups.iter().zip(&why_not).filter(|(_, why)| why.is_none());
        let run: Vec<_> = run.flat_map(|(group, _)| &group.tests).collect();
        let report = if run.is_empty() { <_>::default() } else { runner.run(&run, prepare)? };
        let tallied = groups.into_iter().zip(why_not).map(|(group, why)| {
            let tally = why.map_or_else(|| Tally::of(&group.tests, &report), Tally::NotRun);
            (group, tally)
        });
        Ok(Evidence { way: self, servers, groups: tallied.collect() })
    }

    fn nothing(self, groups: Vec<Group>, why: &str) -> Evidence {
        let groups = groups.into_iter().map(|group| (group, Tally::NotRun(why.to_owned())));
        Evidence { way: self, servers: Vec::new(), groups: groups.collect() }
    }

    /// Why this way shows nothing of it.
    fn why_not(self, shows: Shows, is_set: &dyn Fn(&str) -> bool) -> Option<String> {
        let adapter = match shows {
            Shows::Case(_, adapter) => adapter,
            _ if self == Self::Processes => return None,
            Shows::Beyond(_) => return Some("starts and ends servers of its own".to_owned()),
            Shows::Caught(_) => return Some("needs no server".to_owned()),
        };
        let Needs::Server { variables, within } = adapter.needs else {
            let why = match adapter.needs {
                Needs::Own => "starts and ends servers of its own",
                _ => "needs no server",
            };
            return (self != Self::Processes).then(|| why.to_owned());
        };
        if variables.iter().any(|name| is_set(name)) || self == Self::Processes && within {
            return None;
        }
        Some(match self {
            Self::Processes => "not installed".to_owned(),
            Self::Containers => "no image".to_owned(),
            Self::Address => format!("{} is not set", variables.join(" or ")),
        })
    }
}

#[cfg(test)]
mod tests;
