//! A process that ends with the test that started it, however that ends.

use std::io::{self, BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Runs a program until its own standard input ends, and kills it then: when this process drops
/// its end, and when it dies in whatever way. The first line says the program's id. There is never
/// a second, but the output ends with the program, which has it open too.
const KEEPER: &str = "\"$@\" 3>&1 >\"$LOOM_LOG\" 2>&1 & echo $!; exec >/dev/null; cat; \
                      kill -9 $! 2>/dev/null; wait $! 2>/dev/null";

/// A running program.
#[derive(Debug)]
pub(super) struct Process {
    keeper: Child,
    output: ChildStdout,
    pid: u32,
}

impl Process {
    /// Starts a program whose output goes to the file `log`.
    pub(super) fn start(program: &str, arguments: &[String], log: &Path) -> Self {
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh", program])
            .args(arguments)
            .env("LOOM_LOG", log)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let mut output = BufReader::new(keeper.stdout.take().expect("it is piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("the shell says what it started");
        let pid = line.trim().parse().expect("it says a process id");
        Self { keeper, output: output.into_inner(), pid }
    }

    /// Asks it to end, and waits until it has.
    pub(super) fn end(&mut self) {
        self.signal("TERM");
        io::copy(&mut self.output, &mut io::sink()).expect("its output ends");
    }

    /// Sends a signal, named as `kill` does: `KILL`, `STOP`, `CONT`.
    pub(super) fn signal(&self, name: &str) {
        let pid = self.pid.to_string();
        let _ = Command::new("kill").args([&format!("-{name}"), &pid]).status();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// A port that nobody listens on.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    listener.local_addr().expect("it is bound").port()
}

#[cfg(test)]
mod tests;
