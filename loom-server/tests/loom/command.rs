//! Runs the command on a data directory of its own.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A directory for one test.
pub(crate) struct Place(TempDir);

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` after a signal.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// In a directory that is there already.
    pub(crate) fn within(dir: &Path) -> Self {
        Self(TempDir::new_in(dir).unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Writes a file, and returns its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The command, to be run on this place's data.
    pub(crate) fn loom<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loom"));
        command
            .args(args)
            .env_remove("RUST_LOG")
            .env("LOG_LEVEL", "off")
            .env("LOOM_DATA", self.data())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ended {
        wait(self.loom(args).spawn().unwrap())
    }

    /// Runs the messages in a file. Returns the summary.
    pub(crate) fn run_file(&self, file: &str) -> Value {
        let ended = self.run(["run", "--json", file]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.json()
    }

    pub(crate) fn run_stdin(&self, args: &[&str], input: &[u8]) -> Ended {
        let mut child = self.loom(args.iter().copied()).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that has seen enough does not read to the end.
        let _ = stdin.write_all(input);
        drop(stdin);
        wait(child)
    }

    /// The states of all actors of a kind.
    pub(crate) fn states(&self, kind: &str) -> BTreeMap<String, Value> {
        let ended = self.run(["actors", "states", "--json", "--kind", kind]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let line = |line: &str| {
            let mut listed: Value = serde_json::from_str(line).unwrap();
            (listed["actor"].as_str().unwrap().to_owned(), listed["state"].take())
        };
        ended.out.lines().map(line).collect()
    }

    /// Replays every actor. Returns how many there are.
    pub(crate) fn verify(&self) -> u64 {
        let ended = self.run(["journal", "verify", "--json"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.json()["actors"].as_u64().unwrap()
    }
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts how it ended, and what it said.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, said: &str) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.err.contains(said), "{said:?} is not in {self:?}");
    }
}

pub(crate) fn wait(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Sends a signal to a process.
pub(crate) fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
}
