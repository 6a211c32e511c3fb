use loom_ports::{ROW_KEY_BYTES_MAX, RowKey};

use super::{DIGITS, decode, encode};

/// Every length up to nine, with the bytes at which digits change.
fn keys() -> Vec<Vec<u8>> {
    let mut keys = vec![Vec::new()];
    let bytes = [0, 1, 3, 4, 15, 16, 63, 64, 127, 128, 254, 255];
    for length in 1..=9_usize {
        for first in bytes {
            for last in bytes {
                let mut key = vec![first; length];
                key[length - 1] = last;
                keys.push(key);
            }
        }
    }
    keys
}

#[test]
fn keys_keep_their_order_and_come_back() {
    let mut keys = keys();
    keys.sort();
    keys.dedup();
    assert!(DIGITS.is_sorted());
    let encoded: Vec<_> = keys.iter().map(|key| encode(&RowKey::from_bytes(key))).collect();
    assert!(encoded.is_sorted(), "{encoded:?}");
    for (key, encoded) in keys.iter().zip(&encoded) {
        assert_eq!(decode(encoded), Some(RowKey::from_bytes(key)), "{encoded}");
    }
}

#[test]
fn the_longest_key_fits_an_id() {
    for byte in [0, b'a', 255] {
        let key = RowKey::from_bytes(&[byte; ROW_KEY_BYTES_MAX]);
        let encoded = encode(&key);
        assert!(encoded.len() <= 1_023, "{}", encoded.len());
        assert_eq!(decode(&encoded), Some(key));
    }
}

#[test]
fn what_is_no_row_is_no_key() {
    for id in ["edition", "", "r!", "rab c", "ré"] {
        assert_eq!(decode(id), None, "{id}");
    }
}
