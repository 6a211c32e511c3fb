//! What one subject prints: every entrant of every piece of work.

use clap::Args;

use crate::line::{Came, Figures, Line, Role};

/// How a subject is measured.
#[derive(Args)]
pub(crate) struct Report {
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Only work whose name contains this.
    #[arg(long)]
    only: Option<String>,
}

impl Report {
    /// Whether that work is asked for.
    pub(crate) fn wants(&self, work: &str) -> bool {
        self.only.as_ref().is_none_or(|only| work.contains(only))
    }

    /// Prints one aligned table, or one JSON array.
    pub(crate) fn print(&self, lines: &[Line]) {
        if self.json {
            println!("{}", serde_json::to_string_pretty(lines).expect("lines are plain values"));
            return;
        }
        let columns = ["work", "by", "amount", "cpu us", "p50 us", "p99 us", "/ ours"];
        println!("{}", row(&columns, ""));
        let mut last = "";
        for line in lines {
            let work = if line.work == last { "" } else { &line.work };
            last = &line.work;
            match &line.came {
                Came::Measured(figures) => {
                    let ours = ours(lines, line, figures);
                    let ratio = ours.map(|ours| figures.amount / ours.amount);
                    let amount = figures.unit.show(figures.amount);
                    let cells = [
                        work,
                        &line.by,
                        &amount,
                        &shown(figures.cpu_us),
                        &shown(figures.p50_us),
                        &shown(figures.p99_us),
                        &shown(ratio),
                    ];
                    println!("{}", row(&cells, figures.note.as_deref().unwrap_or_default()));
                }
                Came::NotRun(reason) => {
                    println!("{}", row(&[work, &line.by, "not run", "", "", "", ""], reason));
                }
            }
        }
    }
}

/// Ours at the same work, in the same unit.
fn ours<'a>(lines: &'a [Line], line: &Line, figures: &Figures) -> Option<&'a Figures> {
    let mut ours = lines.iter().filter(|other| other.work == line.work && other.role == Role::Ours);
    ours.find_map(Line::figures).filter(|ours| ours.unit == figures.unit)
}

fn shown(amount: Option<f64>) -> String {
    amount.map_or(String::new(), |amount| format!("{amount:.2}"))
}

fn row(cells: &[&str; 7], note: &str) -> String {
    let [work, by, amount, cpu, p50, p99, ratio] = cells;
    let row =
        format!("{work:<40} {by:<26} {amount:>12} {cpu:>9} {p50:>9} {p99:>9} {ratio:>7}  {note}");
    row.trim_end().to_owned()
}
