//! Shows people how far a run is. Shows nothing if the standard error is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(200);

/// How far a run is.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    name: String,
}

impl Progress {
    /// Of an input of that name and size. `None` if the size is not known.
    pub(super) fn new(name: &str, bytes: Option<u64>) -> Self {
        let bar = match bytes {
            Some(bytes) => ProgressBar::new(bytes)
                .with_style(style("{elapsed_precise} [{wide_bar}] {percent:>3}% {msg} eta {eta}")),
            None => ProgressBar::new_spinner()
                .with_style(style("{elapsed_precise} {spinner} {bytes} {msg}")),
        };
        bar.enable_steady_tick(TICK);
        Self { bar, name: name.to_owned() }
    }

    /// The input was read up to this byte, and that many messages are done.
    pub(super) fn at(&self, position: u64, done: u64) {
        self.bar.set_position(position);
        if done.is_multiple_of(256) {
            self.bar.set_message(format!("{done} messages"));
        }
    }

    /// Prints something about a line.
    pub(super) fn say(&self, text: &str) {
        self.bar.suspend(|| {
            use std::io::Write as _;
            // Nobody is left to tell if this fails.
            let _ = writeln!(std::io::stderr(), "{}:{text}", self.name);
        });
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates above are valid")
}
