//! The directory itself: whose it is, who uses it, and in which format it was written.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::error::OpenError;
use crate::integrity;
use crate::watermark;

/// The format that this program writes.
const FORMAT_VERSION: u32 = 1;
/// Says which format the directory is in. Its first word never changes.
const FORMAT: &str = "FORMAT";
const FORMAT_WORD: &str = "loom-embedded";
/// Locked for as long as the directory is in use. Holds the id of the process.
const LOCK: &str = "LOCK";
/// A process that is being started holds a copy of all locks until it runs its own program, so
/// one that was just given up may seem to be held.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(10);
/// Holds the engine's files.
pub(crate) const ENGINE: &str = "engine";
/// Holds the engine's data files and lists of them.
pub(crate) const KEYSPACES: &str = "keyspaces";
/// Holds the contents of blobs.
pub(crate) const BLOBS: &str = "blobs";

/// A directory that nobody else uses for as long as this lives.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Takes the directory. Creates it if there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { dir: path.into(), source };
        create_durably(path).map_err(io)?;
        let lock = lock(path)?;
        match fs::read_to_string(path.join(FORMAT)) {
            Ok(format) => check_format(path, &format)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(path)?,
            Err(error) => return Err(io(error)),
        }
        let blobs = path.join(BLOBS);
        fs::create_dir_all(&blobs).map_err(io)?;
        sync(path).map_err(io)?;
        Ok(Self { path: path.into(), _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn engine(&self) -> PathBuf {
        self.path.join(ENGINE)
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.path.join(BLOBS)
    }

    /// Removes what is left of an engine whose creation was cut short, which it would refuse to
    /// open. It never held anything.
    pub(crate) fn discard_unfinished_engine(&self) -> io::Result<()> {
        if integrity::is_unfinished(&self.engine())? {
            fs::remove_dir_all(self.engine())?;
        }
        Ok(())
    }

    /// Makes the names of the engine's directories durable, and that of the watermark. The engine
    /// itself sees to all files but not to these; without them, synced files are lost.
    pub(crate) fn sync_names(&self) -> io::Result<()> {
        sync(&self.engine().join(KEYSPACES))?;
        sync(&self.engine())?;
        sync(&self.path)
    }
}

/// Creates a directory, and all above it that are missing.
fn create_durably(dir: &Path) -> io::Result<()> {
    let missing = dir.ancestors().take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists());
    let parents: Vec<_> = missing.filter_map(Path::parent).collect();
    fs::create_dir_all(dir)?;
    let here = Path::new(".");
    parents
        .into_iter()
        .try_for_each(|dir| sync(if dir.as_os_str().is_empty() { here } else { dir }))
}

/// Makes the names in a directory durable.
pub(crate) fn sync(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

fn lock(dir: &Path) -> Result<File, OpenError> {
    let io = |source| OpenError::Io { dir: dir.into(), source };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.join(LOCK))
        .map_err(io)?;
    let mut tries = LOCK_TRIES;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if tries > 0 => {
                tries -= 1;
                thread::sleep(LOCK_PAUSE);
            }
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // The holder may be about to write its id.
                let _ = file.read_to_string(&mut pid);
                let pid = if pid.trim().is_empty() { "unknown" } else { pid.trim() };
                return Err(OpenError::InUse { dir: dir.into(), pid: pid.into() });
            }
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
    }
    let pid = format!("{}\n", std::process::id());
    file.set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| file.write_all(pid.as_bytes()))
        .map_err(io)?;
    Ok(file)
}

fn check_format(dir: &Path, format: &str) -> Result<(), OpenError> {
    let version = match format.split_whitespace().collect::<Vec<_>>()[..] {
        [FORMAT_WORD, version, ..] => version.parse::<u32>().ok(),
        _ => None,
    };
    match version {
        Some(1..=FORMAT_VERSION) => Ok(()),
        Some(found) if found > FORMAT_VERSION => {
            Err(OpenError::NewerFormat { dir: dir.into(), found, supported: FORMAT_VERSION })
        }
        _ => {
            let what = format!("{FORMAT} does not name a format");
            Err(OpenError::Damaged { dir: dir.into(), what })
        }
    }
}

fn create(dir: &Path) -> Result<(), OpenError> {
    let io = |source| OpenError::Io { dir: dir.into(), source };
    if dir.join(ENGINE).exists() || dir.join(watermark::FILE).exists() {
        let what = format!("{FORMAT} is missing");
        return Err(OpenError::Damaged { dir: dir.into(), what });
    }
    let unfinished = format!("{FORMAT}.new");
    for entry in fs::read_dir(dir).map_err(io)? {
        let found = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
        if found != LOCK && found != unfinished {
            return Err(OpenError::Foreign { dir: dir.into(), found });
        }
    }
    let unfinished = dir.join(unfinished);
    File::create(&unfinished)
        .and_then(|mut file| {
            writeln!(file, "{FORMAT_WORD} {FORMAT_VERSION}")?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&unfinished, dir.join(FORMAT)))
        .and_then(|()| sync(dir))
        .map_err(io)
}
