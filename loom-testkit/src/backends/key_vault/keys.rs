//! The wrapping keys of the vault, which never leave it.

use std::collections::BTreeMap;

use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use azure_core::base64;
use serde_json::{Value, json};

use super::serving::{Answer, Asked, refusal};

const NONCE_BYTES: usize = 12;

/// Instead of RSA keys, which only take longer: nobody outside can tell.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// The versions of each key, the last one last.
    known: BTreeMap<String, Vec<String>>,
    made: u64,
}

impl Keys {
    pub(super) fn rotate(&mut self, name: &str) {
        self.made += 1;
        let version = format!("{:032x}", self.made);
        self.known.entry(name.to_owned()).or_default().push(version);
    }

    pub(super) fn answer(&mut self, asked: &Asked<'_>) -> Answer {
        let (name, version) = match asked.path[..] {
            ["keys", name] => (name, ""),
            ["keys", name, version] | ["keys", name, version, _] => (name, version),
            _ => return refusal(400, "BadParameter", None),
        };
        let missing = || refusal(404, "KeyNotFound", None);
        let Some(versions) = self.known.get(name) else { return missing() };
        let version = match version {
            "" => versions.last(),
            version => versions.iter().find(|known| *known == version),
        };
        let Some(version) = version.cloned() else { return missing() };
        let kid = format!("{}/keys/{name}/{version}", asked.url);
        let given =
            asked.body["value"].as_str().and_then(|value| base64::decode_url_safe(value).ok());
        let done = match (asked.method, asked.path.last(), given) {
            ("GET", ..) => return (200, json!({ "key": { "kid": kid, "kty": "RSA" } })),
            ("POST", Some(&"wrapkey"), Some(key)) => Some(self.wrap(&kid, &key)),
            ("POST", Some(&"unwrapkey"), Some(wrapped)) => unwrap(&kid, &wrapped),
            _ => None,
        };
        match done {
            Some(value) if is_algorithm(&asked.body) => {
                (200, json!({ "kid": kid, "value": base64::encode_url_safe(value) }))
            }
            _ => refusal(400, "BadParameter", None),
        }
    }

    fn wrap(&mut self, kid: &str, key: &[u8]) -> Vec<u8> {
        self.made += 1;
        let mut nonce = [0; NONCE_BYTES];
        nonce[..8].copy_from_slice(&self.made.to_be_bytes());
        let wrapped = cipher(kid).encrypt(&nonce.into(), key).expect("a key is short");
        [&nonce[..], &wrapped].concat()
    }
}

fn unwrap(kid: &str, wrapped: &[u8]) -> Option<Vec<u8>> {
    let (nonce, wrapped) = wrapped.split_first_chunk::<NONCE_BYTES>()?;
    cipher(kid).decrypt(&(*nonce).into(), wrapped).ok()
}

/// A key for each version, which is its id: there is nothing here to be kept from anybody.
fn cipher(kid: &str) -> Aes256Gcm {
    let mut key = [0; 32];
    for (at, byte) in kid.bytes().enumerate() {
        key[at % 32] ^= byte.rotate_left(u32::try_from(at / 32).unwrap_or(0));
    }
    Aes256Gcm::new(&key.into())
}

fn is_algorithm(body: &Value) -> bool {
    body["alg"] == "RSA-OAEP-256"
}
