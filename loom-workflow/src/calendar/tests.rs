use proptest::prelude::*;

use super::*;
use crate::value::Value;

proptest! {
    #[test]
    fn a_stamp_is_its_parts(ticks in 0..=Moment::MAX.ticks()) {
        let stamp = Stamp::new(ticks, Kind::Utc).unwrap();
        prop_assert_eq!(stamp.parts().ticks(), Some(ticks));
        let text = format(stamp, "o", Culture::INVARIANT).unwrap();
        prop_assert_eq!(parse(&text, Culture::INVARIANT, Moment::UNIX_EPOCH), Some(stamp), "{}", text);
        prop_assert_eq!(parse_exact(&text, "o", Culture::INVARIANT), Some(stamp));
    }

    #[test]
    fn no_text_is_taken_for_a_date_by_accident(text in "\\PC{0,30}") {
        let _ = parse(&text, Culture::EN_US, Moment::UNIX_EPOCH);
        let _ = parse_exact("2018-03-15T10:20:30", &text, Culture::EN_US);
        let _ = parse_span(&text);
        let stamp = Stamp::utc(Moment::UNIX_EPOCH);
        let _ = format(stamp, &text, Culture::EN_US);
        let _ = format_number(&Value::Float(-1234.5), &text, Culture::EN_US);
    }

    #[test]
    fn patterns_of_numbers_fill_any_number(
        pattern in "[0#,.;%E+\\-'x\\\\]{0,12}",
        number in any::<f64>(),
    ) {
        let _ = format_number(&Value::Float(number), &pattern, Culture::EN_US);
    }

    #[test]
    fn spans_are_read_as_they_are_written(ticks in -1_000_000_000_000_000_i64..1_000_000_000_000_000) {
        prop_assert_eq!(parse_span(&span_text(ticks)), Some(ticks));
    }
}

#[test]
fn every_zone_of_windows_is_known() {
    let table: std::collections::BTreeMap<String, String> =
        serde_json::from_str(include_str!("windows-zones.json")).unwrap();
    assert_eq!(table.len(), 142);
    for (windows, iana) in table {
        assert!(zone(&windows).is_some(), "{windows}");
        assert!(zone(&iana.to_uppercase()).is_some(), "{iana}");
    }
    for kept in ["Kamchatka Standard Time", "mid-atlantic standard time"] {
        assert!(zone(kept).is_some(), "{kept}");
    }
    assert!(zone("Nowhere").is_none());
    assert!(is_utc(&zone("utc").unwrap()) && is_utc(&zone("Etc/UTC").unwrap()));
    assert!(!is_utc(&zone("Europe/London").unwrap()));
}

#[test]
fn moments_are_milliseconds_since_1970() {
    let moment = Moment::from_unix_millis(1_600_000_000_123);
    assert_eq!(moment.unix_millis(), 1_600_000_000_123);
    let text = format(Stamp::utc(moment), "o", Culture::INVARIANT);
    assert_eq!(text.as_deref(), Some("2020-09-13T12:26:40.1230000Z"));
    assert_eq!(Moment::from_unix_millis(u64::MAX), Moment::MAX);
}
