//! Values as the vault is told them: texts as they are, for those who look at them with the tools
//! of Azure, and bytes in base64.

use azure_core::base64;
use loom_ports::Secret;

use crate::attempts::Answer;
use crate::error::Failure;

/// Stands before base64, since the vault takes no empty value.
const PREFIX: &str = "base64:";

/// A value as it is sent, and whether it is encoded.
pub(crate) fn encode(value: &Secret<Vec<u8>>) -> (Secret<String>, bool) {
    let is_plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    match std::str::from_utf8(value.expose()) {
        Ok(text) if !text.is_empty() && text.chars().all(is_plain) => {
            (Secret::new(text.to_owned()), false)
        }
        _ => {
            let encoded = Secret::new(base64::encode(value.expose()));
            (Secret::new(format!("{PREFIX}{}", encoded.expose())), true)
        }
    }
}

pub(crate) fn decode(text: String, is_encoded: bool) -> Answer<Secret<Vec<u8>>> {
    if !is_encoded {
        return Ok(Secret::new(text.into_bytes()));
    }
    let text = Secret::new(text);
    let encoded = text.expose().strip_prefix(PREFIX).ok_or(Failure::Corrupt("value"))?;
    let value = base64::decode(encoded).map_err(|_| Failure::Corrupt("value"))?;
    Ok(Secret::new(value))
}

#[cfg(test)]
mod tests;
