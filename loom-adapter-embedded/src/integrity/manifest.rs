//! The engine's lists of data files.
//!
//! `keyspaces/N/current` names the list, `vM`, and holds its checksum: the number M (8 bytes,
//! little-endian), XXH3-128 of the file (16 bytes), and the kind of checksum (a zero byte).

use std::fs;
use std::io;
use std::path::Path;

use twox_hash::XxHash3_128;

use super::Finding;

pub(super) fn check(keyspaces: &Path) -> Result<(), Finding> {
    let entries = match fs::read_dir(keyspaces) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        check_one(&entry?.path())?;
    }
    Ok(())
}

fn check_one(keyspace: &Path) -> Result<(), Finding> {
    let damage = |what: &str| {
        let name = keyspace.file_name().unwrap_or_default().to_string_lossy();
        Err(Finding::Damage(format!("engine/keyspaces/{name}/{what}")))
    };
    let current = match fs::read(keyspace.join("current")) {
        Ok(current) => current,
        // The engine takes that for a keyspace it has just begun to create, and deletes it.
        Err(error) if error.kind() == io::ErrorKind::NotFound && has_tables(keyspace)? => {
            return damage("current is missing");
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let Some((number, [checksum @ .., 0])) = current.split_first_chunk::<8>() else {
        return damage("current cannot be read");
    };
    let Ok(checksum) = <[u8; 16]>::try_from(checksum) else {
        return damage("current cannot be read");
    };
    let name = format!("v{}", u64::from_le_bytes(*number));
    let list = match fs::read(keyspace.join(&name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return damage(&format!("{name} is missing"));
        }
        list => list?,
    };
    if XxHash3_128::oneshot(&list) != u128::from_le_bytes(checksum) {
        return damage(&format!("{name} does not match its checksum"));
    }
    Ok(())
}

fn has_tables(keyspace: &Path) -> io::Result<bool> {
    match fs::read_dir(keyspace.join("tables")) {
        Ok(mut tables) => Ok(tables.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
