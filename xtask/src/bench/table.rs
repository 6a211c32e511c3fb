//! One row for each piece of work: ours, the best peer, the limits, the targets.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use super::goals::{Goal, Target};
use super::line::{Came, Figures, Line, Role};

/// All that is known, by piece of work.
#[derive(Serialize)]
pub(super) struct Table {
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    work: &'static str,
    /// `None` when it was not run.
    ours: Option<Figures>,
    best_peer: Option<Beside>,
    peers: Vec<Beside>,
    limits: Vec<Beside>,
    /// Ours, looked at more closely.
    asides: Vec<Beside>,
    targets: Vec<Judged>,
    not_run: Vec<NotRun>,
}

/// Somebody's figures, beside ours.
#[derive(Clone, Serialize)]
struct Beside {
    by: String,
    figures: Figures,
    /// How many times better ours is; below 1, worse. Of the run that both were in.
    ours_ahead: Option<f64>,
    #[serde(skip)]
    role: Role,
}

#[derive(Serialize)]
struct Judged {
    target: String,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Met,
    /// It is met beside the peers that were run, and not all were.
    MetBesideSome,
    /// So many times too slow, too large or too few.
    MissedBy(f64),
    /// Something that it is held against was not run.
    Open,
}

#[derive(Serialize)]
struct NotRun {
    by: String,
    reason: String,
}

impl Table {
    /// Has a row for every goal, whatever was measured. `failed` says which subjects broke off,
    /// and why.
    pub(super) fn of(goals: &[Goal], lines: &[Line], failed: &[(&str, String)]) -> Self {
        Self { rows: goals.iter().map(|goal| Row::of(goal, lines, failed)).collect() }
    }
}

impl Row {
    fn of(goal: &Goal, lines: &[Line], failed: &[(&str, String)]) -> Self {
        let is_of = |line: &&Line| {
            line.work == goal.work || line.role == Role::PeerElsewhere && line.work == goal.like
        };
        let lines: Vec<&Line> = lines.iter().filter(is_of).collect();
        let figures_of =
            |role| lines.iter().find(|line| line.role == role).and_then(|line| line.figures());
        let ours = figures_of(Role::Ours);
        let elsewhere = figures_of(Role::OursElsewhere).or(ours);
        let beside = |roles: &[Role]| -> Vec<Beside> {
            let measured = lines.iter().filter(|line| roles.contains(&line.role));
            let beside = measured.filter_map(|line| {
                let figures = line.figures()?.clone();
                let ours = if line.role == Role::PeerElsewhere { elsewhere } else { ours };
                let ours_ahead = ours.and_then(|ours| ours.ahead_of(&figures));
                Some(Beside { by: line.by.clone(), figures, ours_ahead, role: line.role })
            });
            beside.collect()
        };
        let peers = beside(&[Role::Peer, Role::OneThreadPeer, Role::PeerElsewhere]);
        let mut row = Self {
            work: goal.work,
            ours: ours.cloned(),
            best_peer: best(peers.iter()).cloned(),
            peers,
            limits: beside(&[Role::Limit]),
            asides: beside(&[Role::Aside, Role::OursElsewhere]),
            targets: Vec::new(),
            not_run: not_run(goal, &lines, failed),
        };
        let judge =
            |target: &Target| Judged { target: shown(*target), verdict: row.judge(*target) };
        row.targets = goal.targets.iter().map(judge).collect();
        row
    }

    fn judge(&self, target: Target) -> Verdict {
        let ahead = match target {
            Target::Amount(amount, unit) => {
                self.ours.as_ref().map(|ours| unit.ahead(ours.amount, amount))
            }
            Target::CpuMicros(cpu_us) => {
                self.ours.as_ref().and_then(|ours| ours.cpu_us).map(|ours| cpu_us / ours)
            }
            Target::AheadOfPeers(times) => self.ahead_of(times, |_| true),
            Target::AheadOfThreads(times) => {
                self.ahead_of(times, |peer| peer.role != Role::OneThreadPeer)
            }
        };
        let beside_peers = matches!(target, Target::AheadOfPeers(_) | Target::AheadOfThreads(_));
        match ahead {
            Some(ahead) if ahead >= 1.0 && beside_peers && !self.not_run.is_empty() => {
                Verdict::MetBesideSome
            }
            Some(ahead) if ahead >= 1.0 => Verdict::Met,
            Some(ahead) => Verdict::MissedBy(1.0 / ahead),
            None => Verdict::Open,
        }
    }

    /// How much of being so many times ahead of these peers was reached.
    fn ahead_of(&self, times: f64, counts: impl Fn(&Beside) -> bool) -> Option<f64> {
        let best = best(self.peers.iter().filter(|peer| counts(peer)))?;
        best.ours_ahead.map(|ahead| ahead / times)
    }
}

/// Whom ours is least ahead of.
fn best<'a>(peers: impl Iterator<Item = &'a Beside>) -> Option<&'a Beside> {
    let ahead = |peer: &Beside| peer.ours_ahead.unwrap_or(f64::INFINITY);
    peers.min_by(|one, other| ahead(one).total_cmp(&ahead(other)))
}

fn not_run(goal: &Goal, lines: &[&Line], failed: &[(&str, String)]) -> Vec<NotRun> {
    let said = lines.iter().filter_map(|line| match &line.came {
        Came::NotRun(reason) => Some(NotRun { by: line.by.clone(), reason: reason.clone() }),
        Came::Measured(_) => None,
    });
    let mut not_run: Vec<_> = said.collect();
    if lines.iter().all(|line| line.role != Role::Ours) {
        let reason = match failed.iter().find(|(subject, _)| *subject == goal.subject) {
            Some((subject, error)) => format!("the subject {subject} failed: {error}"),
            None => format!("the subject {} did not measure it", goal.subject),
        };
        not_run.push(NotRun { by: "loom".to_owned(), reason });
    }
    for peer in goal.elsewhere {
        if !lines.iter().any(|line| line.by.starts_with(peer)) {
            let reason = "`--peers FILE` gave no figures for it";
            not_run.push(NotRun { by: (*peer).to_owned(), reason: reason.to_owned() });
        }
    }
    not_run
}

fn shown(target: Target) -> String {
    match target {
        Target::Amount(amount, unit) => unit.show(amount),
        Target::CpuMicros(cpu_us) => format!("{cpu_us} us cpu"),
        Target::AheadOfPeers(times) => format!("{times}x peers"),
        Target::AheadOfThreads(times) => format!("{times}x threaded peers"),
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEADINGS: [&str; 9] = [
            "work",
            "ours",
            "cpu us",
            "p50 us",
            "p99 us",
            "best peer",
            "ahead",
            "limit",
            "target: verdict",
        ];
        let rows: Vec<[String; 9]> = self.rows.iter().map(Row::cells).collect();
        let width = |column: usize| {
            let cells = rows.iter().map(|cells| cells[column].chars().count());
            cells.chain([HEADINGS[column].len()]).max().unwrap_or_default()
        };
        let widths: [usize; 9] = std::array::from_fn(width);
        let line = |cells: &[String; 9]| {
            let cells = cells.iter().zip(widths);
            let cells: Vec<_> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
            cells.join(" | ").trim_end().to_owned()
        };
        writeln!(f, "{}", line(&HEADINGS.map(str::to_owned)))?;
        for cells in &rows {
            writeln!(f, "{}", line(cells))?;
        }
        for row in &self.rows {
            row.remarks(f)?;
        }
        Ok(())
    }
}

impl Row {
    fn cells(&self) -> [String; 9] {
        let ours = self.ours.as_ref();
        let shown = |part: fn(&Figures) -> Option<f64>| {
            ours.and_then(part).map_or_else(|| "-".to_owned(), micros)
        };
        let peer = self.best_peer.as_ref();
        let limits =
            self.limits.iter().map(|limit| format!("{} {}", limit.by, limit.figures.show()));
        let dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        [
            self.work.to_owned(),
            ours.map_or_else(|| "not run".to_owned(), Figures::show),
            shown(|ours| ours.cpu_us),
            shown(|ours| ours.p50_us),
            shown(|ours| ours.p99_us),
            match peer {
                Some(peer) => format!("{} {}", peer.by, peer.figures.show()),
                None if self.not_run.is_empty() => "-".to_owned(),
                None => "not run".to_owned(),
            },
            peer.and_then(|peer| peer.ours_ahead)
                .map_or_else(|| "-".to_owned(), |ahead| format!("{ahead:.2}x")),
            dash(limits.collect::<Vec<_>>().join("; ")),
            dash(self.targets.iter().map(Judged::to_string).collect::<Vec<_>>().join("; ")),
        ]
    }

    /// What does not fit into a line.
    fn remarks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(note) = self.ours.as_ref().and_then(|ours| ours.note.as_ref()) {
            write!(f, "\n{}: {note}", self.work)?;
        }
        for aside in &self.asides {
            let cpu = aside.figures.cpu_us.map(|cpu| format!(", {} us cpu", micros(cpu)));
            let (amount, cpu) = (aside.figures.show(), cpu.unwrap_or_default());
            write!(f, "\n{}: {}: {amount}{cpu}", self.work, aside.by)?;
        }
        for NotRun { by, reason } in &self.not_run {
            write!(f, "\n{}: {by}: not run: {reason}", self.work)?;
        }
        Ok(())
    }
}

fn micros(amount: f64) -> String {
    let decimals = match amount {
        ..1.0 => 3,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{amount:.decimals$}")
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.verdict {
            Verdict::Met => write!(f, "{}: met", self.target),
            Verdict::MetBesideSome => {
                write!(f, "{}: met beside those that were run", self.target)
            }
            Verdict::MissedBy(times) => write!(f, "{}: missed by {times:.2}x", self.target),
            Verdict::Open => write!(f, "{}: not run", self.target),
        }
    }
}
