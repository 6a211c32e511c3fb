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
    decoded(bytes).map_err(|valid| {
        Stop::new(Exit::BadInput, format!("{}: byte {valid} is not UTF-8", path.display()))
    })
}

/// The text that the mark in front of it says: programs of Windows write UTF-16, or UTF-8 with a
/// mark. Without one it is UTF-8; the error is where it is not.
fn decoded(bytes: Vec<u8>) -> Result<String, usize> {
    let units: fn([u8; 2]) -> u16 = match bytes.get(..2) {
        Some(b"\xff\xfe") => u16::from_le_bytes,
        Some(b"\xfe\xff") => u16::from_be_bytes,
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes);
            return String::from_utf8(bytes).map_err(|error| error.utf8_error().valid_up_to());
        }
    };
    let pairs = bytes[2..].chunks_exact(2).map(|pair| units([pair[0], pair[1]]));
    Ok(char::decode_utf16(pairs).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}
