//! Texts of definitions and cases.

use std::io::{self, Read};
use std::path::Path;

use loom_workflow::definition::DEFINITION_BYTES_MAX;

use crate::exit::{Exit, Stop};

/// The text of a file, or of the standard input for `-`. Not more of it is read than a
/// definition may have, so that the reader of definitions can say that it is too large.
pub(super) fn definition(path: &Path) -> Result<String, Stop> {
    text(path, u64::try_from(DEFINITION_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1))
}

/// The text of a file, or of the standard input for `-`.
pub(super) fn whole(path: &Path) -> Result<String, Stop> {
    text(path, u64::MAX)
}

fn text(path: &Path, bytes_max: u64) -> Result<String, Stop> {
    let read = |from: &mut dyn Read| {
        let mut bytes = Vec::new();
        from.take(bytes_max).read_to_end(&mut bytes).map(|_| bytes)
    };
    let bytes = if path == Path::new("-") {
        read(&mut io::stdin().lock())
    } else {
        std::fs::File::open(path).and_then(|mut file| read(&mut file))
    };
    let bytes = bytes.map_err(|error| {
        let exit = match error.kind() {
            io::ErrorKind::NotFound => Exit::NotFound,
            _ => Exit::Disk,
        };
        Stop::new(exit, format!("{}: {error}", path.display()))
    })?;
    // Editors of Windows put a mark in front.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes);
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        Stop::new(Exit::BadInput, format!("{}: byte {valid} is not UTF-8", path.display()))
    })
}
