//! How the process ends: numbers that scripts can rely on, after `sysexits.h`.

use std::fmt::{self, Display};
use std::io;
use std::process::ExitCode;

use loom_adapter_embedded::OpenError;
use loom_adapter_redis::OpenError as RedisError;
use loom_ports::{ErrorKind, PortError};
use loom_runtime::StartError;

/// What every `--help` says about them.
pub(crate) const HELP: &str = "\
Exit codes:
    0  done
    1  done, but something was rejected, failed or did not agree; it was printed
   64  the command line is wrong
   65  the input is wrong: a line that is not a message, an actor that cannot exist
   66  there is no such file, directory, cluster, actor or dead letter
   69  the data directory is in use by another process, or the address is
   74  the disk failed, is full, or holds something damaged
   75  not all of it could be done now; run the command again
   78  the configuration is wrong; the data directory was written by a newer loom, or is not
       loom's; Redis refuses us, or would lose what it must keep; the cluster has another number
       of partitions
  130  interrupted by SIGINT or SIGTERM; what had begun was finished

Environment:
  LOOM_DATA  the default of --data, LOOM_DURABILITY of --durability, LOOM_REDIS_URL of --redis
  LOOM_*     settings of `loom serve`; see `loom serve --help`
  LOG_LEVEL  what is logged to stderr: error, warn, info, debug, or as RUST_LOG
  NO_COLOR   no colours";

/// How the process ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// Done, but not all of it well.
    WorkFailed,
    /// The command line is wrong.
    Usage,
    /// The input is wrong.
    BadInput,
    /// What was named does not exist.
    NotFound,
    /// Something else uses what is needed.
    InUse,
    /// The disk failed, or holds something damaged.
    Disk,
    /// It may go better another time.
    TryAgain,
    /// The data directory is for another program.
    WrongDirectory,
    /// The configuration is wrong.
    Misconfigured,
    /// A signal ended it.
    Interrupted,
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::WorkFailed => 1,
            Self::Usage => 64,
            Self::BadInput => 65,
            Self::NotFound => 66,
            Self::InUse => 69,
            Self::Disk => 74,
            Self::TryAgain => 75,
            Self::WrongDirectory | Self::Misconfigured => 78,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Why a command could not go on, and how the process ends because of it.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) exit: Exit,
    pub(crate) why: String,
}

impl Stop {
    pub(crate) fn new(exit: Exit, why: impl Display) -> Self {
        Self { exit, why: why.to_string() }
    }
}

impl Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl From<OpenError> for Stop {
    fn from(error: OpenError) -> Self {
        let exit = match &error {
            OpenError::InUse { .. } => Exit::InUse,
            OpenError::NewerFormat { .. } | OpenError::Foreign { .. } => Exit::WrongDirectory,
            _ => Exit::Disk,
        };
        Self::new(exit, error)
    }
}

impl From<RedisError> for Stop {
    fn from(error: RedisError) -> Self {
        let exit = match &error {
            RedisError::Setting(_) => Exit::Usage,
            RedisError::Unreachable(_) => Exit::TryAgain,
            RedisError::NoCluster { .. } => Exit::NotFound,
            _ => Exit::WrongDirectory,
        };
        Self::new(exit, error)
    }
}

impl From<PortError> for Stop {
    fn from(error: PortError) -> Self {
        let exit = match error.kind() {
            ErrorKind::Throttled { .. } => Exit::TryAgain,
            _ => Exit::Disk,
        };
        Self::new(exit, error)
    }
}

impl From<StartError> for Stop {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Store(error) => error.into(),
            error @ StartError::Partitions { .. } => Self::new(Exit::Misconfigured, error),
            error => Self::new(Exit::Usage, error),
        }
    }
}

/// Output that nobody reads any more, as after `| head`, is no failure of the command.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { exit: Exit::Done, why: String::new() },
            _ => Self::new(Exit::Disk, error),
        }
    }
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        io::Error::from(error).into()
    }
}
