//! What a server is told by `xtask/chaos/shim.c`: what time it is, and how slow the disk.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The numbers that the shim reads, in their order in its file.
#[derive(Clone, Copy)]
enum Knob {
    ClockOffsetS,
    SyncDelayMs,
    ClocksRead,
    SyncsDelayed,
}

/// The knobs of every server that was started with them.
pub(super) struct Knobs {
    shim: PathBuf,
    path: PathBuf,
    file: File,
}

impl Knobs {
    /// Makes the file in a directory whose disk is never full.
    pub(super) fn new(shim: PathBuf, dir: &Path) -> Self {
        let path = dir.join("knobs");
        let open =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path);
        let knobs = Self { shim, path, file: open.unwrap() };
        for knob in [Knob::ClockOffsetS, Knob::SyncDelayMs, Knob::ClocksRead, Knob::SyncsDelayed] {
            knobs.turn(knob, 0);
        }
        knobs
    }

    /// Has a server listen to these knobs.
    pub(super) fn attach(&self, server: &mut Command) {
        server.env("LD_PRELOAD", &self.shim).env("LOOM_CHAOS_KNOBS", &self.path);
    }

    /// Sets the server's clock this far from the true time.
    pub(super) fn set_clock(&self, offset_s: i64) {
        self.turn(Knob::ClockOffsetS, offset_s);
    }

    /// Makes every sync wait this long.
    pub(super) fn slow_disk(&self, delay: Duration) {
        self.turn(Knob::SyncDelayMs, i64::try_from(delay.as_millis()).unwrap());
    }

    /// How often a wrong time was told, and how often a sync had to wait.
    pub(super) fn felt(&self) -> (i64, i64) {
        (self.read(Knob::ClocksRead), self.read(Knob::SyncsDelayed))
    }

    fn turn(&self, knob: Knob, to: i64) {
        self.file.write_all_at(&to.to_ne_bytes(), 8 * knob as u64).unwrap();
    }

    fn read(&self, knob: Knob) -> i64 {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, 8 * knob as u64).unwrap();
        i64::from_ne_bytes(bytes)
    }
}
