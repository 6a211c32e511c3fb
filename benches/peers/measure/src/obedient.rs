//! A process that runs a handler itself, when told to.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{ChildStdin, ChildStdout};
use std::time::Duration;

use serde::Deserialize;

/// What a load took.
#[derive(Deserialize)]
pub(crate) struct Load {
    pub(crate) handled: usize,
    pub(crate) wall_us: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
}

/// The process's end of the conversation.
pub(crate) struct Obedient {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Obedient {
    /// Waits until it is ready.
    pub(crate) fn new(input: ChildStdin, output: ChildStdout) -> Result<Self, String> {
        let mut obedient = Self { input, output: BufReader::new(output) };
        while obedient.line()? != "ready" {}
        Ok(obedient)
    }

    /// Has it run its handler for `time`, so many at once.
    pub(crate) fn load(&mut self, callers: usize, time: Duration) -> Result<Load, String> {
        let order = format!("{callers} {}\n", time.as_secs());
        self.input.write_all(order.as_bytes()).map_err(|error| error.to_string())?;
        // Some log on their standard output.
        let line = loop {
            let line = self.line()?;
            if line.starts_with('{') {
                break line;
            }
        };
        serde_json::from_str(&line).map_err(|error| format!("{line}: {error}"))
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(0) => Err("it ended".to_owned()),
            Ok(_) => Ok(line.trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}
