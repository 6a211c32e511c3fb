//! Drives lines through a host, in their order, a bounded number at a time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use loom_core::{HostId, LockName};
use loom_ports::PortError;
use loom_runtime::{CallError, Host, Reply};
use tokio::sync::mpsc;

use super::line::Line;
use super::progress::Progress;
use super::reader::Read1;
use super::summary::Summary;
use crate::exit::{Exit, Stop};
use crate::signals::Signals;

/// How many lines that ended badly are printed.
const SAID_MAX: u64 = 20;
/// How often lines whose outcome is not known are sent again without any progress.
const STUMBLES_MAX: u32 = 6;
const PAUSE: Duration = Duration::from_millis(50);
/// How long nothing may happen before the store is asked whether it still can.
const QUIET_MAX: Duration = Duration::from_secs(1);

/// Why a drive ended.
#[derive(Debug)]
pub(super) enum End {
    /// There are no more lines.
    AllRead,
    /// There may be more lines, but one is no message.
    Malformed,
    /// A signal came.
    Interrupted,
    /// The input or the store failed.
    Broken(Stop),
}

/// Lines on their way.
pub(super) struct Drive<'a> {
    host: &'a Host,
    in_flight_max: usize,
    keep_going: bool,
    progress: &'a Progress,
    summary: Summary,
    /// To be submitted, in this order, before anything else is read.
    due: VecDeque<Line>,
    in_flight: FuturesUnordered<BoxFuture<'static, Done>>,
    /// Lines whose outcome is not known.
    stumbled: Vec<Line>,
    stumbles: u32,
    said: u64,
    position: u64,
}

/// A line whose answer is there.
struct Done {
    line: Line,
    answer: Result<Reply, CallError>,
    took: Duration,
}

impl<'a> Drive<'a> {
    pub(super) fn new(
        host: &'a Host,
        in_flight_max: usize,
        keep_going: bool,
        progress: &'a Progress,
    ) -> Self {
        Self {
            host,
            in_flight_max,
            keep_going,
            progress,
            summary: Summary::default(),
            due: VecDeque::new(),
            in_flight: FuturesUnordered::new(),
            stumbled: Vec::new(),
            stumbles: 0,
            said: 0,
            position: 0,
        }
    }

    pub(super) fn into_summary(self) -> Summary {
        self.summary
    }

    /// Takes lines until there are no more, and waits for all that were taken.
    pub(super) async fn run(
        &mut self,
        mut lines: mpsc::Receiver<Read1>,
        signals: &mut Signals,
    ) -> End {
        let mut end = None;
        loop {
            if let Err(stop) = self.recover(&mut end).await {
                return self.ended(End::Broken(stop));
            }
            self.submit_due();
            let room = self.in_flight.len() < self.in_flight_max;
            let reads = end.is_none() && room && self.due.is_empty() && self.stumbled.is_empty();
            let waits = !self.in_flight.is_empty();
            if !reads && !waits {
                match end {
                    Some(end) if self.due.is_empty() => return self.ended(end),
                    // A mailbox is filled by something else than these lines.
                    _ => tokio::time::sleep(PAUSE).await,
                }
                continue;
            }
            let quiet = tokio::time::sleep(QUIET_MAX);
            tokio::select! {
                biased;
                () = signals.next(), if !matches!(end, Some(End::Interrupted)) => {
                    self.due.clear();
                    end = Some(End::Interrupted);
                }
                Some(done) = self.in_flight.next(), if waits => self.settle(done),
                read = lines.recv(), if reads => end = self.take(read),
                // What waits for another actor is never told that the store has stopped.
                () = quiet, if waits => {
                    if let Err(error) = probe(self.host).await {
                        return self.ended(End::Broken(error.into()));
                    }
                }
            }
        }
    }

    /// Takes what was read. Returns why nothing more is to be read, if so.
    fn take(&mut self, read: Option<Read1>) -> Option<End> {
        match read {
            None => return Some(End::AllRead),
            Some(Read1::Line(line, position)) => {
                self.position = position;
                self.due.push_back(line);
            }
            Some(Read1::Bad(bad)) => {
                self.summary.malformed += 1;
                self.say(&bad.to_string());
                if !self.keep_going {
                    return Some(End::Malformed);
                }
            }
            Some(Read1::Broken(error)) => {
                let why = format!("the input cannot be read: {error}");
                return Some(End::Broken(Stop::new(Exit::Disk, why)));
            }
        }
        None
    }

    fn submit_due(&mut self) {
        while self.in_flight.len() < self.in_flight_max
            && let Some(line) = self.due.pop_front()
        {
            let Line { to, method, args, key, .. } = line.clone();
            let mut request = self.host.actor_ref(to).request_payload(method, args);
            if let Some(key) = key {
                request = request.key(key);
            }
            let began = Instant::now();
            match request.submit() {
                Ok(pending) => self.in_flight.push(Box::pin(async move {
                    let answer = pending.outcome().await;
                    Done { line, answer, took: began.elapsed() }
                })),
                Err(CallError::Overloaded(_)) => return self.due.push_front(line),
                Err(error) => self.settle(Done { line, answer: Err(error), took: began.elapsed() }),
            }
        }
    }

    fn settle(&mut self, Done { line, answer, took }: Done) {
        if let Err(CallError::Unavailable(_) | CallError::Unknown { .. }) = &answer {
            self.stumbled.push(line);
            return;
        }
        self.stumbles = 0;
        self.summary.latencies.add(took);
        if let Some(said) = self.summary.count(&answer) {
            self.say(&format!("{}: {} {}: {said}", line.number, line.to, line.method));
        }
        self.progress.at(self.position, self.summary.decided());
    }

    /// Sends lines whose outcome is not known again, once all others are done, under the same
    /// keys and in the same order.
    async fn recover(&mut self, end: &mut Option<End>) -> Result<(), Stop> {
        if self.stumbled.is_empty() || !self.in_flight.is_empty() {
            return Ok(());
        }
        probe(self.host).await?;
        self.stumbles += 1;
        if self.stumbles > STUMBLES_MAX {
            let why = "some messages could not be handled now; run the same command again";
            return Err(Stop::new(Exit::TryAgain, why));
        }
        if matches!(end, Some(End::Interrupted)) {
            self.leave_undecided();
            return Ok(());
        }
        tokio::time::sleep(PAUSE * (1 << self.stumbles)).await;
        self.stumbled.sort_by_key(|line| line.number);
        for line in std::mem::take(&mut self.stumbled).into_iter().rev() {
            self.due.push_front(line);
        }
        Ok(())
    }

    fn leave_undecided(&mut self) {
        self.summary.undecided += self.stumbled.len() as u64;
        self.stumbled.clear();
    }

    fn ended(&mut self, end: End) -> End {
        self.leave_undecided();
        self.summary.undecided += self.in_flight.len() as u64;
        if self.said > SAID_MAX {
            self.progress.say(&format!(" and {} more", self.said - SAID_MAX));
        }
        end
    }

    fn say(&mut self, text: &str) {
        self.said += 1;
        if self.said <= SAID_MAX {
            self.progress.say(text);
        }
    }
}

/// Finds out whether the store can still be written to, and why not.
async fn probe(host: &Host) -> Result<(), PortError> {
    let name = LockName::parse("loom-run").expect("a word and a dash are the name of a lock");
    let owner = HostId::parse("loom-run").expect("a word and a dash are a host id");
    let locks = &host.stores().locks;
    let _ = locks.acquire(&name, &owner, Duration::ZERO, host.now()).await?;
    Ok(())
}
