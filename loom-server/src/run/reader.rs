//! Reads lines on a thread of its own, a bounded way ahead, and never more than one at a time.

use std::io::{self, BufRead, BufReader, Read};
use std::thread;

use tokio::sync::mpsc;

use super::line::{BadLine, Line};
use super::occurrences::Occurrences;

/// How many lines are read ahead.
const AHEAD: usize = 1024;
/// What a line may be longer than its arguments: the rest of a message, with every character
/// escaped.
const FRAME_BYTES_MAX: usize = 16 << 10;

/// How lines are read.
#[derive(Debug)]
pub(super) struct Reader {
    /// See [`Occurrences`].
    pub(super) batch: String,
    /// The largest arguments of a message.
    pub(super) payload_bytes_max: usize,
}

/// What was read.
#[derive(Debug)]
pub(super) enum Read1 {
    /// A message, and how many bytes of the input end with it.
    Line(Line, u64),
    /// A line that is no message.
    Bad(BadLine),
    /// The input could not be read any further.
    Broken(io::Error),
}

impl Reader {
    /// Starts to read. The thread ends when nobody receives any more.
    pub(super) fn start(self, input: Box<dyn Read + Send>) -> mpsc::Receiver<Read1> {
        let (to, lines) = mpsc::channel(AHEAD);
        thread::spawn(move || {
            let mut source = Source::new(self, BufReader::new(input));
            while let Some(read) = source.next() {
                if to.blocking_send(read).is_err() {
                    return;
                }
            }
        });
        lines
    }
}

struct Source<R> {
    input: R,
    line_bytes_max: usize,
    occurrences: Occurrences,
    buffer: Vec<u8>,
    number: u64,
    position: u64,
    ended: bool,
}

impl<R: BufRead> Source<R> {
    fn new(reader: Reader, input: R) -> Self {
        Self {
            input,
            line_bytes_max: reader.payload_bytes_max + FRAME_BYTES_MAX,
            occurrences: Occurrences::of(reader.batch),
            buffer: Vec::new(),
            number: 0,
            position: 0,
            ended: false,
        }
    }

    /// The next line that is not empty.
    fn next(&mut self) -> Option<Read1> {
        loop {
            if self.ended {
                return None;
            }
            let read = match self.read_line() {
                Ok(0) => return None,
                Ok(read) => read,
                Err(error) => {
                    self.ended = true;
                    return Some(Read1::Broken(error));
                }
            };
            self.number += 1;
            self.position += read;
            if self.number == 1 && self.buffer.starts_with(b"\xef\xbb\xbf") {
                self.buffer.drain(..3);
            }
            if read > self.line_bytes_max as u64 {
                let why = format!(
                    "the line is {read} bytes long, and a message can have {}",
                    self.line_bytes_max
                );
                let column = self.line_bytes_max;
                return Some(Read1::Bad(BadLine { number: self.number, column, why }));
            }
            if self.buffer.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            return Some(match Line::parse(self.number, &self.buffer) {
                Ok(mut line) => {
                    if line.key.is_none() {
                        line.key = Some(self.occurrences.key(&line));
                    }
                    Read1::Line(line, self.position)
                }
                Err(bad) => Read1::Bad(bad),
            });
        }
    }

    /// Reads a line without its end into the buffer, or the beginning of one that is too long.
    /// Returns how long it is with its end.
    fn read_line(&mut self) -> io::Result<u64> {
        self.buffer.clear();
        let max = self.line_bytes_max as u64;
        let mut read = (&mut self.input).take(max + 1).read_until(b'\n', &mut self.buffer)? as u64;
        if read > max && self.buffer.last() != Some(&b'\n') {
            read += self.skip_line()?;
        }
        while let Some(b'\n' | b'\r') = self.buffer.last() {
            self.buffer.pop();
        }
        Ok(read)
    }

    fn skip_line(&mut self) -> io::Result<u64> {
        let mut skipped = 0;
        loop {
            let available = self.input.fill_buf()?;
            let end = available.iter().position(|byte| *byte == b'\n');
            let (count, done) = match end {
                Some(end) => (end + 1, true),
                None => (available.len(), available.is_empty()),
            };
            self.input.consume(count);
            skipped += count as u64;
            if done {
                return Ok(skipped);
            }
        }
    }
}

#[cfg(test)]
mod tests;
