use std::fmt::Write;
use std::time::Duration;

use expect_test::expect;

use super::*;

#[test]
fn a_timestamp_prints_as_rfc_3339() {
    let mut printed = String::new();
    for millis in [
        0,
        999,
        1_000,
        86_399_999,
        // 29 February of a leap year divisible by 400, and of one divisible by 4.
        951_782_400_000,
        1_709_164_800_000,
        1_709_251_199_999,
        1_709_251_200_000,
        // No 29 February in 2100.
        4_107_542_399_999,
        4_107_542_400_000,
        1_769_850_300_250,
        253_402_300_799_999,
        253_402_300_800_000,
        u64::MAX,
    ] {
        writeln!(printed, "{millis} {}", Timestamp::from_millis(millis)).unwrap();
    }

    expect![[r"
        0 1970-01-01T00:00:00.000Z
        999 1970-01-01T00:00:00.999Z
        1000 1970-01-01T00:00:01.000Z
        86399999 1970-01-01T23:59:59.999Z
        951782400000 2000-02-29T00:00:00.000Z
        1709164800000 2024-02-29T00:00:00.000Z
        1709251199999 2024-02-29T23:59:59.999Z
        1709251200000 2024-03-01T00:00:00.000Z
        4107542399999 2100-02-28T23:59:59.999Z
        4107542400000 2100-03-01T00:00:00.000Z
        1769850300250 2026-01-31T09:05:00.250Z
        253402300799999 9999-12-31T23:59:59.999Z
        253402300800000 10000-01-01T00:00:00.000Z
        18446744073709551615 584556019-04-03T14:25:51.615Z
    "]]
    .assert_eq(&printed);
}

/// Counts days one at a time, by the rule of the calendar and nothing else.
#[test]
fn dates_agree_with_counting_days_until_2400() {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let (mut year, mut month, mut day) = (1970, 1, 1);
    let mut days = 0;
    while year < 2400 {
        assert_eq!(civil_from_days(days), (year, month, day), "{days} days");
        let last = match month {
            2 if leap(year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        (year, month, day) = match (month, day) {
            (12, 31) => (year + 1, 1, 1),
            _ if day == last => (year, month + 1, 1),
            _ => (year, month, day + 1),
        };
        days += 1;
    }
}

#[test]
fn arithmetic_saturates_and_counts_whole_milliseconds() {
    let (ten, ms) = (Timestamp::from_millis(10), Duration::from_millis);
    assert_eq!(ten.saturating_add(ms(5)), Timestamp::from_millis(15));
    assert_eq!(ten.saturating_add(Duration::from_micros(1_999)), Timestamp::from_millis(11));
    assert_eq!(ten.saturating_add(Duration::MAX), Timestamp::MAX);
    assert_eq!(Timestamp::MAX.saturating_add(ms(1)), Timestamp::MAX);
    assert_eq!(ten.saturating_sub(ms(4)), Timestamp::from_millis(6));
    assert_eq!(ten.saturating_sub(ms(11)), Timestamp::EPOCH);
    assert_eq!(ten.since(Timestamp::from_millis(7)), ms(3));
    assert_eq!(ten.since(Timestamp::from_millis(12)), Duration::ZERO);
}

#[test]
fn a_timestamp_is_stored_as_a_number() {
    let stamp = Timestamp::from_millis(1_769_850_300_250);
    assert_eq!(serde_json::to_string(&stamp).unwrap(), "1769850300250");
    assert_eq!(serde_json::from_str::<Timestamp>("1769850300250").unwrap(), stamp);
}
