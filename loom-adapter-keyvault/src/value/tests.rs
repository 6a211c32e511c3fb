use loom_ports::{SECRET_BYTES_MAX, Secret};

use super::{decode, encode};

#[test]
fn values_come_back_and_texts_stay_as_they_are() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let (large, large_text) = (vec![255; SECRET_BYTES_MAX], vec![b'a'; SECRET_BYTES_MAX]);
    for (value, is_plain) in [
        (&b"hunter2\r\n"[..], true),
        ("pässword 🧶".as_bytes(), true),
        (b"base64:aGk=", true),
        (&large_text, true),
        (b"", false),
        (b"\0", false),
        (&every_byte, false),
        (&large, false),
    ] {
        let (sent, is_encoded) = encode(&Secret::new(value.to_vec()));
        assert_eq!(is_encoded, !is_plain, "{value:?}");
        assert!((1..25 * 1024).contains(&sent.expose().len()));
        let back = decode(sent.expose().clone(), is_encoded).expect("it was encoded");
        assert!(back.expose() == value);
    }
    assert!(decode("hunter2".into(), true).is_err());
}
