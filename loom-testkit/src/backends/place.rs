//! Where servers of tests run.

use std::env;
use std::fmt;
use std::path::Path;

#[cfg(feature = "containers")]
use super::container::Container;
use super::engine::{self, Program};
use super::process::Process;

const BACKENDS: &str = "LOOM_TEST_BACKENDS";

/// Where servers that tests share are started.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// As processes.
    Process,
    /// In containers, on the network of this machine.
    Container,
}

/// A server that runs, and ends with the test that started it.
#[derive(Debug)]
pub(super) enum Running {
    Process(Process),
    #[cfg(feature = "containers")]
    Container {
        _container: Container,
    },
}

impl Place {
    /// What `LOOM_TEST_BACKENDS` asks for: `containers` or `processes`. Where it asks for nothing,
    /// containers if this build knows them and an engine answers; else processes.
    #[must_use]
    pub fn chosen() -> Self {
        let asked = env::var(BACKENDS).ok();
        match asked.as_deref() {
            Some("processes") => Self::Process,
            Some("containers") => match engine::answers() {
                _ if cfg!(not(feature = "containers")) => panic!(
                    "{BACKENDS}=containers, and these tests were built without the feature \
                     `containers` of loom-testkit; `cargo xtask backends up --containers` starts \
                     containers that every build uses"
                ),
                Ok(()) => Self::Container,
                Err(why) => panic!("{BACKENDS}=containers, and no engine answers: {why}"),
            },
            Some(other) => panic!("{BACKENDS}={other}: it is containers or processes"),
            None if cfg!(feature = "containers") && engine::answers().is_ok() => Self::Container,
            None => Self::Process,
        }
    }

    /// Starts a program that writes to `dir` alone, and its output to the file `log` there.
    pub(super) fn start(
        self,
        of: Program,
        program: &str,
        arguments: &[String],
        dir: &Path,
        log: &Path,
    ) -> Running {
        match self {
            Self::Process => Running::Process(Process::start(program, arguments, log)),
            #[cfg(feature = "containers")]
            Self::Container => Running::Container {
                _container: Container::start(of, program, arguments, dir, log),
            },
            #[cfg(not(feature = "containers"))]
            Self::Container => {
                unreachable!("{of:?} in {} is not chosen by this build", dir.display())
            }
        }
    }
}

/// Whether the environment says where.
pub(super) fn is_asked_for() -> bool {
    env::var_os(BACKENDS).is_some()
}

impl Running {
    /// Asks it to end, and waits until it has.
    pub(super) fn end(&mut self) {
        match self {
            Self::Process(process) => process.end(),
            #[cfg(feature = "containers")]
            Self::Container { .. } => panic!("whoever ends a server so starts a process"),
        }
    }

    pub(super) fn signal(&self, name: &str) {
        match self {
            Self::Process(process) => process.signal(name),
            #[cfg(feature = "containers")]
            Self::Container { .. } => panic!("whoever sends SIG{name} starts a process"),
        }
    }
}

impl Place {
    /// What a server there is, for people.
    pub(super) fn of(self, program: Program) -> String {
        match self {
            Self::Process => self.to_string(),
            Self::Container => {
                format!("containers of the image {}", program.image().unwrap_or_default())
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process => f.write_str("processes of this machine"),
            Self::Container => f.write_str("containers"),
        }
    }
}
