//! The keys with which the keys of secrets are encrypted.

use loom_core::WrappingKeyId;
use loom_ports::Secret;

use super::mistake::Code;
use super::secret::Given;
use super::shape::SecretsTable;
use super::source::Source;
use crate::small::{Wrapping, WrappingKeys};

const KEY_BYTES: usize = 32;
const FORM: &str = "a line for each key is needed, with its id and its 64 hexadecimal digits, the \
                    one that encrypts from now on first: `openssl rand -hex 32` makes one";

/// What encrypts, if the file has anything.
pub(super) fn read(source: &mut Source<'_>) -> Option<Wrapping> {
    if !source.has("secrets") {
        return None;
    }
    let table: SecretsTable = source.table("secrets")?;
    let given = Given::new(table.keys, table.keys_env, table.keys_file);
    if let Some(key) = table.vault_key {
        if !source.has("key_vault") {
            let what = "the file has no table [key_vault]; add it";
            source.tell("secrets.vault_key", Code::Together, what);
        }
        if given.is_some() {
            let what = "keys are named too; remove one of them";
            source.tell("secrets.vault_key", Code::Together, what);
        }
        return Some(Wrapping::Vault(key));
    }
    if !given.is_some() {
        let what = "it is missing; name keys with keys_env or keys_file, or one of the vault with \
                    vault_key";
        source.tell("secrets.keys", Code::Missing, what);
    }
    let text = Secret::new(given.read(source, "secrets.keys")?);
    let keys: Option<Vec<_>> = text
        .expose()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (id, digits) = line.split_once(char::is_whitespace)?;
            Some((WrappingKeyId::parse(id).ok()?, key(digits.trim())?))
        })
        .collect();
    let keys = keys.and_then(WrappingKeys::new);
    if keys.is_none() {
        source.tell("secrets.keys", Code::Wrong, FORM);
    }
    keys.map(Wrapping::Keys)
}

fn key(digits: &str) -> Option<Secret<[u8; KEY_BYTES]>> {
    if digits.len() != 2 * KEY_BYTES || !digits.is_ascii() {
        return None;
    }
    let mut key = [0; KEY_BYTES];
    for (byte, at) in key.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&digits[at..at + 2], 16).ok()?;
    }
    Some(Secret::new(key))
}
