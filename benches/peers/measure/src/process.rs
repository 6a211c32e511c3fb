//! A process of a peer, with all that it starts.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::param::clock_ticks_per_second;
use rustix::process::{Pid, Signal, kill_process};

/// How long it may take to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// Stopped with all that it started when it is dropped.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

/// What `/proc` says of one process.
struct Stat {
    pid: u32,
    parent: u32,
    /// When it started, in ticks since the machine did.
    started: u64,
    /// Of all its threads, and of the children that it has buried.
    ticks: u64,
}

impl Process {
    /// Starts it with nothing to read, and what it says in a file in `directory`.
    pub(crate) fn start(command: &mut Command, directory: &Path) -> Result<Self, String> {
        let (log, file) = log(command, directory)?;
        let output = file.try_clone().map_err(|error| error.to_string())?;
        let started = command.stdin(Stdio::null()).stdout(output).stderr(file).spawn();
        Ok(Self { child: started.map_err(|error| because(command, &error))?, log })
    }

    /// Starts it with pipes to its input and from its output.
    pub(crate) fn start_piped(
        command: &mut Command,
        directory: &Path,
    ) -> Result<(Self, ChildStdin, ChildStdout), String> {
        let (log, file) = log(command, directory)?;
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(file).spawn();
        let mut child = started.map_err(|error| because(command, &error))?;
        let input = child.stdin.take().expect("its input is ours");
        let output = child.stdout.take().expect("its output is ours");
        Ok((Self { child, log }, input, output))
    }

    /// Processor time of it and of all that it started.
    pub(crate) fn cpu(&self) -> Duration {
        let ticks: u64 = family(self.child.id()).iter().map(|stat| stat.ticks).sum();
        Duration::from_millis(ticks * 1000 / clock_ticks_per_second())
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The last line it wrote that says something.
    fn last_words(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let said = log.lines().rev().map(str::trim).find(|line| !line.is_empty());
        said.unwrap_or("without a word").to_owned()
    }
}

/// The error, with the last words of a process that ended by itself, if one did.
pub(crate) fn died_of(processes: &mut [Process], error: &str) -> String {
    let dead = processes.iter_mut().find_map(|it| it.has_ended().then(|| it.last_words()));
    dead.map_or(error.to_owned(), |words| format!("{error}: {words}"))
}

impl Drop for Process {
    fn drop(&mut self) {
        let members = family(self.child.id());
        // Asked first, because it is the one to bury its children.
        signal(self.child.id(), Signal::INT);
        let asked = Instant::now();
        while !self.has_ended() && asked.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(10));
        }
        for member in members {
            // Another process may have its number by now.
            if Stat::of(member.pid).is_some_and(|stat| stat.started == member.started) {
                signal(member.pid, Signal::KILL);
            }
        }
        // It was waited for above, unless it had to be killed.
        let _ = self.child.wait();
    }
}

/// Nothing happens when it has ended.
fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

fn log(command: &Command, directory: &Path) -> Result<(PathBuf, File), String> {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default();
    let log = directory.join(name).with_extension("log");
    let file = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    Ok((log, file))
}

fn because(command: &Command, error: &std::io::Error) -> String {
    format!("{}: {error}", command.get_program().display())
}

/// The process, its children, their children, and so on.
fn family(ancestor: u32) -> Vec<Stat> {
    let mut others: Vec<_> = fs::read_dir("/proc")
        .expect("a Linux machine")
        .filter_map(|entry| Stat::of(entry.ok()?.file_name().to_str()?.parse().ok()?))
        .collect();
    let mut members: Vec<Stat> = Vec::new();
    loop {
        let belongs = |stat: &mut Stat| {
            stat.pid == ancestor || members.iter().any(|member| member.pid == stat.parent)
        };
        let found: Vec<_> = others.extract_if(.., belongs).collect();
        if found.is_empty() {
            return members;
        }
        members.extend(found);
    }
}

impl Stat {
    /// Nothing, when it has ended.
    fn of(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, in parentheses, may hold anything.
        let (_, fields) = text.rsplit_once(") ")?;
        let fields: Vec<u64> =
            fields.split(' ').map(|field| field.parse().unwrap_or_default()).collect();
        let parent = u32::try_from(*fields.get(1)?).ok()?;
        let (started, ticks) = (*fields.get(19)?, fields.get(11..15)?.iter().sum());
        Some(Self { pid, parent, started, ticks })
    }
}
