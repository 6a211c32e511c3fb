//! What a directory grows to while snapshots trim its journals.

use std::fs::DirEntry;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use super::population::{host, runtime, turns};

const ACTORS: u32 = 100;
const SAMPLES: u32 = 100;

/// What the files of a directory took, in bytes.
pub(super) struct Growth {
    pub(super) at_half: u64,
    pub(super) at_end: u64,
    pub(super) largest: u64,
    /// What this process wrote to the disk meanwhile.
    pub(super) written: u64,
}

/// Has `turns` handled, and looks at the directory after each hundredth of them.
pub(super) fn of(dir: &Path, turns_all: u32) -> Growth {
    let runtime = runtime();
    let before = written_bytes();
    let sizes = runtime.block_on(async {
        let host = host(dir, 1_000).await;
        let mut sizes = Vec::new();
        for _ in 0..SAMPLES {
            turns(&host, ACTORS, turns_all / SAMPLES).await;
            sizes.push(size(dir));
        }
        host.stop(Duration::from_secs(10)).await;
        sizes
    });
    Growth {
        at_half: sizes[sizes.len() / 2],
        at_end: size(dir),
        largest: sizes.iter().copied().max().unwrap_or_default(),
        written: written_bytes() - before,
    }
}

/// The bytes that the files of a directory take on the disk.
fn size(dir: &Path) -> u64 {
    // The engine removes files and directories meanwhile.
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    let bytes = |entry: DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.blocks() * 512,
        Err(_) => 0,
    };
    entries.flatten().map(bytes).sum()
}

fn written_bytes() -> u64 {
    let counters = std::fs::read_to_string("/proc/self/io").expect("a Linux machine");
    let line = counters.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.expect("a counter").parse().expect("a number")
}
