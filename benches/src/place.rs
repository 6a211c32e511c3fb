//! Where on the disk to measure.

use std::path::PathBuf;

use clap::Args;
use tempfile::TempDir;

/// Where on the disk to measure.
#[derive(Args, Clone)]
pub(crate) struct Place {
    /// The directory to measure in: its disk is what counts. That for temporary files unless
    /// told otherwise.
    #[arg(long, value_name = "DIRECTORY")]
    dir: Option<PathBuf>,
}

impl Place {
    /// An empty directory there, gone when it is dropped.
    pub(crate) fn directory(&self) -> TempDir {
        let dir = self.dir.clone().unwrap_or_else(std::env::temp_dir);
        tempfile::tempdir_in(dir).expect("a directory to measure in")
    }
}
