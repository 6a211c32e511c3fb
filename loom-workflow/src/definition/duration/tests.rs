use super::parse_duration;

#[test]
fn durations_are_read_in_the_form_of_iso_8601_alone() {
    let rows = [
        ("PT1H30M", Some(5_400_000)),
        ("P1D", Some(86_400_000)),
        ("PT0.5S", Some(500)),
        ("P2W", Some(1_209_600_000)),
        ("P1Y2M3DT4H5M6S", Some(36_993_906_000)),
        ("pt5s", Some(5_000)),
        ("PT0S", Some(0)),
        ("", None),
        ("P", None),
        ("PT", None),
        ("P1DT", None),
        ("PT1", None),
        ("PT1D", None),
        ("PT1S1H", None),
        ("-PT1S", None),
        ("PT-1S", None),
        ("PT1..5S", None),
        ("1 hour", None),
        ("P20000Y", None),
        ("PT999999999999999999999999H", None),
    ];
    for (text, millis) in rows {
        assert_eq!(parse_duration(text).map(|it| it.as_millis()), millis, "{text}");
    }
}
