use proptest::prelude::*;

use super::*;
use crate::property::holds_for;

/// Ids as they come: from all characters, and from those that the encoding treats differently.
fn ids() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,20}", "[a-c=3dA-C{}/é]{0,12}"]
}

#[test]
fn an_id_encodes_to_the_same_string_forever() {
    for (id, encoded) in [
        ("", ""),
        ("wallet", "wallet"),
        ("a-z_09", "a-z_09"),
        ("wallet/alice", "wallet=2falice"),
        ("Alice@Example.com", "=41lice=40=45xample=2ecom"),
        ("a=b", "a=3db"),
        ("{slot}", "=7bslot=7d"),
        (r"\?#% ", "=5c=3f=23=25=20"),
        ("é", "=c3=a9"),
        ("..", "=2e=2e"),
        ("\0\u{7f}", "=00=7f"),
    ] {
        assert_eq!(encode(id), encoded);
        assert_eq!(decode(encoded).as_deref(), Ok(id));
    }
}

#[test]
fn only_the_one_encoding_of_an_id_is_accepted() {
    use DecodeError::{Escape, Forbidden, Needless, NotUtf8};
    for (encoded, error) in [
        ("aB", Forbidden(1)),
        ("a/b", Forbidden(1)),
        ("a.b", Forbidden(1)),
        ("é", Forbidden(0)),
        ("a=2F", Escape(1)),
        ("=", Escape(0)),
        ("ab=2", Escape(2)),
        ("==3d", Escape(0)),
        ("=é", Escape(0)),
        ("=61", Needless(0)),
        ("x=2d", Needless(1)),
        ("=c3", NotUtf8),
        ("=ff", NotUtf8),
        ("=c0=af", NotUtf8),
    ] {
        assert_eq!(decode(encoded), Err(error), "{encoded}");
    }
}

#[test]
fn segments_do_not_split_an_escape() {
    for (id, max, segments) in [
        ("", 3, &[][..]),
        ("abc", 3, &["abc"]),
        ("abcd", 3, &["abc", "d"]),
        ("ab/d", 3, &["ab", "=2f", "d"]),
        ("ab/d", 4, &["ab", "=2fd"]),
        ("ab/d", 5, &["ab=2f", "d"]),
        ("éa", 3, &["=c3", "=a9", "a"]),
    ] {
        assert_eq!(encode_segments(id, max), segments);
        assert_eq!(decode_segments(segments).as_deref(), Ok(id));
    }
}

#[test]
fn segments_that_no_id_has_are_refused() {
    for (segments, error) in [
        (&["a", ""][..], DecodeError::EmptySegment),
        (&[""], DecodeError::EmptySegment),
        (&["a=", "2f"], DecodeError::Escape(1)),
        (&["=2", "f"], DecodeError::Escape(0)),
        (&["a", "B"], DecodeError::Forbidden(0)),
        (&["=c3"], DecodeError::NotUtf8),
    ] {
        assert_eq!(decode_segments(segments), Err(error), "{segments:?}");
    }
}

#[test]
#[should_panic(expected = "a segment of 2 bytes")]
fn a_segment_has_to_hold_an_escape() {
    let _ = encode_segments("a", 2);
}

#[test]
fn every_id_comes_back_and_suits_every_backend() {
    holds_for(&(ids(), 3..20_usize), |(id, max)| {
        let encoded = encode(&id);
        prop_assert!(encoded.bytes().all(|byte| is_kept(byte) || byte == b'='));
        prop_assert!(encoded.len() <= 3 * id.len());
        let segments = encode_segments(&id, max);
        prop_assert!(segments.iter().all(|segment| (1..=max).contains(&segment.len())));
        prop_assert_eq!(segments.concat(), encoded.as_str());
        prop_assert_eq!(decode_segments(&segments), Ok(id.clone()));
        prop_assert_eq!(decode(&encoded), Ok(id));
        Ok(())
    });
}

#[test]
fn different_ids_differ_also_where_case_is_ignored() {
    holds_for(&(ids(), ids()), |(a, b)| {
        prop_assert_eq!(a == b, encode(&a).eq_ignore_ascii_case(&encode(&b)));
        Ok(())
    });
}

#[test]
fn whatever_decodes_is_what_would_be_encoded() {
    holds_for(&"[a-f0-9=A_é]{0,9}", |encoded| {
        if let Ok(id) = decode(&encoded) {
            prop_assert_eq!(encode(&id), encoded);
        }
        Ok(())
    });
}

#[test]
fn plain_lower_case_keeps_its_order() {
    holds_for(&("[a-z0-9_-]{0,8}", "[a-z0-9_-]{0,8}"), |(a, b)| {
        prop_assert_eq!(a.cmp(&b), encode(&a).cmp(&encode(&b)));
        Ok(())
    });
}
