//! Which test belongs to which cell of the matrix.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::adapters::{ADAPTERS, Adapter};
use super::ports::{PORTS, Port};

/// A test, as the runner names it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Test {
    pub(super) package: String,
    /// Of a target other than the library.
    pub(super) target: Option<String>,
    /// With its modules.
    pub(super) name: String,
}

/// What a test shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shows {
    /// A case of a suite, on an adapter.
    Case(&'static Port, &'static Adapter),
    /// What an adapter does beyond the suites: when its backend fails, at its start, in time.
    Beyond(&'static Adapter),
    /// A suite catches a store that is broken.
    Caught(&'static Port),
}

impl Shows {
    /// Its place in the matrix, row by row; what stands in no cell comes after.
    pub(super) fn place(self) -> (usize, usize) {
        let row = |port: &Port| PORTS.iter().position(|other| other == port).unwrap_or_default();
        match self {
            Self::Case(port, adapter) => (row(port), adapter.column()),
            Self::Beyond(adapter) => (PORTS.len(), adapter.column()),
            Self::Caught(port) => (row(port), ADAPTERS.len()),
        }
    }

    /// Port and adapter.
    pub(super) fn names(self) -> (Option<&'static str>, Option<&'static str>) {
        match self {
            Self::Case(port, adapter) => (Some(port.name), Some(adapter.name)),
            Self::Beyond(adapter) => (None, Some(adapter.name)),
            Self::Caught(port) => (Some(port.name), None),
        }
    }

    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Case(..) => "cases",
            Self::Beyond(_) => "faults",
            Self::Caught(_) => "broken stores",
        }
    }
}

/// The cases of each suite.
pub(super) struct Suites(BTreeMap<&'static str, BTreeSet<String>>);

impl Suites {
    pub(super) fn read() -> io::Result<Self> {
        let suite = |port: &Port| Ok((port.name, port.cases()?.into_iter().collect()));
        Ok(Self(PORTS.iter().map(suite).collect::<io::Result<_>>()?))
    }

    /// Nothing, of a test that is of no adapter and no suite.
    pub(super) fn shown_by(&self, test: &Test) -> Option<Shows> {
        let (modules, case) = test.name.rsplit_once("::").unwrap_or(("", &test.name));
        let path: Vec<_> = test.target.as_deref().into_iter().chain(modules.split("::")).collect();
        if case.ends_with("_caught") {
            let port = |port: &&Port| path.contains(&port.suite);
            return PORTS.iter().find(port).map(Shows::Caught);
        }
        let adapter = Adapter::of(&test.package, &path)?;
        let port = adapter.port(&path).filter(|port| {
            // A test of all cases that apply stands in a module of that name.
            path.last() == Some(&"suite") || self.0[port.name].contains(case)
        });
        match port {
            Some(port) => Some(Shows::Case(port, adapter)),
            None => test.target.is_some().then_some(Shows::Beyond(adapter)),
        }
    }
}

#[cfg(test)]
mod tests;
