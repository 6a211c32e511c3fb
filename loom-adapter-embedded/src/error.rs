//! What failures of the engine and of the file system mean. The only place that decides it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use fjall::LsmError;
use loom_ports::{ErrorKind, PortError};

/// Why a directory could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Only one process may use a directory, and only once.
    #[error("directory {dir} is in use by process {pid}")]
    InUse {
        /// The directory.
        dir: PathBuf,
        /// The process, or `unknown`.
        pid: String,
    },
    /// The directory was written by a newer version of this program.
    #[error(
        "directory {dir} has format version {found}, and this program knows none above \
         {supported}; use a newer program"
    )]
    NewerFormat {
        /// The directory.
        dir: PathBuf,
        /// Its format version.
        found: u32,
        /// The greatest format version that can be opened.
        supported: u32,
    },
    /// The directory holds something else.
    #[error("directory {dir} holds {found}, which is not Loom's; choose another directory")]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// A file in it.
        found: String,
    },
    /// What was stored cannot all be read back. Nothing was changed.
    #[error("directory {dir} is damaged: {what}")]
    Damaged {
        /// The directory.
        dir: PathBuf,
        /// What is wrong, and with which file.
        what: String,
    },
    /// The file system failed.
    #[error("directory {dir} cannot be opened: {source}")]
    Io {
        /// The directory.
        dir: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// A request that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("the storage engine failed: {0}")]
    Engine(#[from] fjall::Error),
    #[error("a stored {0} cannot be decoded")]
    Row(&'static str),
    #[error("the stored value {name} is damaged")]
    Blob { name: String },
    #[error("a file failed: {0}")]
    File(#[from] io::Error),
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    Refused(Stopped),
    #[error("{0}")]
    Unknown(Stopped),
}

/// Why a store takes no more requests until it is opened again.
#[derive(Clone, Debug)]
pub(crate) struct Stopped {
    full: bool,
    cause: String,
}

impl Stopped {
    /// What is left to say after a write or a sync has failed.
    pub(crate) fn after(error: &fjall::Error) -> Self {
        let io = io_error(error);
        let full = io.is_some_and(is_full);
        let cause = io.map_or_else(|| error.to_string(), io::Error::to_string);
        Self { full, cause }
    }

    pub(crate) fn background(probe: io::Result<()>) -> Self {
        let cause = "the storage engine failed in the background".into();
        match probe {
            Err(error) if is_full(&error) => Self { full: true, cause: error.to_string() },
            Err(error) => Self { full: false, cause: error.to_string() },
            Ok(()) => Self { full: false, cause },
        }
    }

    pub(crate) fn panicked() -> Self {
        Self { full: false, cause: "the thread that writes has panicked".into() }
    }

    #[cfg(any(test, feature = "simulation"))]
    pub(crate) fn closed() -> Self {
        Self { full: false, cause: "it was closed".into() }
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { full, cause } = self;
        let advice = if *full { "free some space and open" } else { "open" };
        write!(f, "the store has stopped: {cause}; {advice} it again")
    }
}

impl Broken {
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Engine(error) => engine_kind(error),
            Self::Row(_) | Self::Blob { .. } => ErrorKind::Corrupt,
            Self::File(error) if is_full(error) => ErrorKind::Full,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Refused(Stopped { full: true, .. }) => ErrorKind::Full,
            Self::File(_) | Self::Refused(_) => ErrorKind::Unavailable,
            Self::Unknown(_) => ErrorKind::Indeterminate,
        }
    }

    pub(crate) fn at(self, operation: &'static str) -> PortError {
        PortError::new(self.kind(), operation).with_source(self)
    }
}

/// What it means that the engine could not read. Failed writes stop the store.
fn engine_kind(error: &fjall::Error) -> ErrorKind {
    match io_error(error) {
        Some(error) if is_cut_short(error) => ErrorKind::Corrupt,
        Some(_) => ErrorKind::Unavailable,
        None => match error {
            fjall::Error::Poisoned | fjall::Error::Locked => ErrorKind::Unavailable,
            _ => ErrorKind::Corrupt,
        },
    }
}

pub(crate) fn open_error(dir: PathBuf, error: fjall::Error) -> OpenError {
    let is_damage = io_error(&error).is_none_or(is_cut_short);
    match error {
        fjall::Error::Io(source) | fjall::Error::Storage(LsmError::Io(source)) if !is_damage => {
            OpenError::Io { dir, source }
        }
        error => OpenError::Damaged { dir, what: error.to_string() },
    }
}

pub(crate) fn is_poisoned(error: &fjall::Error) -> bool {
    matches!(error, fjall::Error::Poisoned)
}

fn io_error(error: &fjall::Error) -> Option<&io::Error> {
    match error {
        fjall::Error::Io(error) | fjall::Error::Storage(LsmError::Io(error)) => Some(error),
        _ => None,
    }
}

// The engine opens only files that it wrote, so one that is missing or too short is damage.
fn is_cut_short(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | NotFound | InvalidData)
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
