//! `loom run`: drives the messages in a file through a host.

mod drive;
mod latency;
mod line;
mod occurrences;
mod progress;
mod reader;
mod settle;
mod summary;

use std::fs::File;
use std::io::{self, BufReader, Read, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use loom_runtime::{Settings, Stopped};

use crate::cli::Run;
use crate::deployment::Deployment;
use crate::exit::{Exit, Stop};
use crate::signals::Signals;
use crate::workflow::WorkflowSettings;
use crate::{hosting, stores};

use drive::{Drive, End};
use progress::Progress;
use reader::Reader;

/// Runs the command.
pub(crate) async fn run(run: Run) -> Result<Exit, Stop> {
    let (input, bytes) = open(&run.file)?;
    let store = stores::embedded(&run.store.data.dir, run.store.durability.into());
    let opened = Deployment::on(store).open().await?;
    let mut signals = Signals::take()?;
    writeln!(io::stderr(), "{}", opened.authority)?;
    let defaults = Settings::default();
    let settings = Settings {
        partitions: hosting::partitions(&opened.stores).await?,
        key_window: Duration::from_hours(24) * u32::from(run.key_window),
        mailbox_max: defaults.mailbox_max.max(run.in_flight),
        ..defaults
    };
    let payload_bytes_max = settings.payload_bytes_max;
    let host = hosting::start(&opened, settings, WorkflowSettings::default()).await?;

    let began = Instant::now();
    let reader = Reader { batch: run.batch.clone(), payload_bytes_max };
    let progress = Progress::new(&name(&run.file), bytes);
    let mut drive = Drive::new(&host, run.in_flight, run.keep_going, &progress);
    let end = drive.run(reader.start(input), &mut signals).await;
    let mut summary = drive.into_summary();
    if let End::AllRead = end {
        settle::outboxes(&host, &mut signals).await;
    }
    summary.elapsed = began.elapsed();
    progress.finish();
    // A store that has stopped lets nothing end, and the next start takes it up.
    if !matches!(end, End::Broken(_))
        && host.stop(hosting::STOP_LIMIT).await == Stopped::LimitReached
    {
        tracing::warn!("not everything has ended; the next start takes it up");
    }
    summary.print(run.json)?;
    match end {
        End::Broken(stop) => Err(stop),
        End::Interrupted => Ok(Exit::Interrupted),
        End::AllRead | End::Malformed => Ok(summary.exit()),
    }
}

fn open(file: &Path) -> Result<(Box<dyn Read + Send>, Option<u64>), Stop> {
    if file.as_os_str() == "-" {
        return Ok((Box::new(io::stdin()), None));
    }
    let not_found = |error| Stop::new(Exit::NotFound, format!("{}: {error}", file.display()));
    let opened = File::open(file).map_err(not_found)?;
    let metadata = opened.metadata().map_err(not_found)?;
    if metadata.is_dir() {
        return Err(not_found(io::ErrorKind::IsADirectory.into()));
    }
    let bytes = metadata.is_file().then_some(metadata.len());
    Ok((Box::new(BufReader::new(opened)), bytes))
}

/// The name of the input, for people.
fn name(file: &Path) -> String {
    if file.as_os_str() == "-" { "stdin".to_owned() } else { file.display().to_string() }
}
