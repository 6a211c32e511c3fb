use loom_core::Timestamp;

use super::Recurrence;
use crate::Value;

fn at(text: &str) -> Timestamp {
    let millis = text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    Timestamp::from_millis(u64::try_from(millis).unwrap())
}

/// The points that follow each other after `after`.
fn points(recurrence: &str, saved: &str, after: &str, count: usize) -> Vec<String> {
    let (recurrence, problems) = Recurrence::read(&Value::from_json_text(recurrence).unwrap());
    assert_eq!(problems, []);
    let recurrence = recurrence.unwrap();
    let mut points = Vec::new();
    let mut now = at(after);
    while points.len() < count
        && let Some(due) = recurrence.next_due(at(saved), now)
    {
        assert!(due > now);
        now = due;
        points.push(due.to_string().replace(":00.000Z", "Z"));
    }
    points
}

#[test]
fn points_lie_where_the_reference_says() {
    let saved = "2026-03-01T10:07:00Z";
    let rows: &[(&str, &str, &[&str])] = &[
        // Without a start the first point is the moment of saving.
        (
            "{frequency: 'Hour', interval: 2}",
            "2026-03-01T10:06:59Z",
            &["2026-03-01T10:07Z", "2026-03-01T12:07Z"],
        ),
        // A start in the past gives the grid.
        (
            "{frequency: 'Minute', interval: 5, startTime: '2026-01-01T00:02:00Z'}",
            saved,
            &["2026-03-01T10:12Z", "2026-03-01T10:17Z"],
        ),
        (
            "{frequency: 'Day', interval: 3, startTime: '2026-02-27T09:00:00Z'}",
            saved,
            &["2026-03-02T09:00Z", "2026-03-05T09:00Z"],
        ),
        (
            "{frequency: 'Week', interval: 2, startTime: '2026-02-16T09:00:00Z'}",
            saved,
            &["2026-03-02T09:00Z", "2026-03-16T09:00Z"],
        ),
        (
            "{frequency: 'Month', interval: 1, startTime: '2026-01-31T09:00:00Z'}",
            "2026-02-01T00:00:00Z",
            &["2026-02-28T09:00Z", "2026-03-31T09:00Z", "2026-04-30T09:00Z"],
        ),
        // One in the future is the first point.
        (
            "{frequency: 'Day', interval: 1, startTime: '2026-04-01T00:00:00Z'}",
            saved,
            &["2026-04-01T00:00Z", "2026-04-02T00:00Z"],
        ),
        (
            "{frequency: 'Day', interval: 1, startTime: '2026-03-01T00:00:00Z', endTime: '2026-03-03T00:00:00Z'}",
            saved,
            &["2026-03-02T00:00Z", "2026-03-03T00:00Z"],
        ),
        // Schedules.
        (
            "{frequency: 'Day', interval: 1, schedule: {hours: [8, '17'], minutes: [0, 30]}}",
            saved,
            &["2026-03-01T17:00Z", "2026-03-01T17:30Z", "2026-03-02T08:00Z"],
        ),
        (
            "{frequency: 'Day', interval: 1, schedule: {hours: [11]}}",
            saved,
            &["2026-03-01T11:07Z", "2026-03-02T11:07Z"],
        ),
        (
            "{frequency: 'Week', interval: 1, schedule: {weekDays: ['Monday', 'Friday'], hours: [9], minutes: [0]}}",
            saved,
            &["2026-03-02T09:00Z", "2026-03-06T09:00Z", "2026-03-09T09:00Z"],
        ),
        (
            "{frequency: 'Week', interval: 2, startTime: '2026-03-02T00:00:00Z', schedule: {weekDays: ['Wednesday'], hours: [9], minutes: [0]}}",
            saved,
            &["2026-03-04T09:00Z", "2026-03-18T09:00Z"],
        ),
        (
            "{frequency: 'Month', interval: 1, schedule: {monthDays: [15, -1], hours: [0], minutes: [0]}}",
            saved,
            &["2026-03-15T00:00Z", "2026-03-31T00:00Z", "2026-04-15T00:00Z", "2026-04-30T00:00Z"],
        ),
        (
            "{frequency: 'Month', interval: 1, schedule: {monthlyOccurrences: [{day: 'Tuesday', occurrence: 2}, {day: 'Friday', occurrence: -1}], hours: [0], minutes: [0]}}",
            saved,
            &["2026-03-10T00:00Z", "2026-03-27T00:00Z", "2026-04-14T00:00Z", "2026-04-24T00:00Z"],
        ),
        // Never before the start.
        (
            "{frequency: 'Day', interval: 1, startTime: '2026-03-05T12:00:00Z', schedule: {hours: [8], minutes: [0]}}",
            saved,
            &["2026-03-06T08:00Z"],
        ),
        // A day that never comes.
        (
            "{frequency: 'Month', interval: 12, startTime: '2026-02-01T00:00:00Z', schedule: {monthDays: [30]}}",
            saved,
            &[],
        ),
    ];
    for (recurrence, after, expected) in rows {
        let count = expected.len().max(1);
        assert_eq!(points(recurrence, saved, after, count), *expected, "{recurrence}");
    }
}

#[test]
fn the_clock_of_a_zone_is_kept_when_summer_begins_and_ends() {
    let berlin = "timeZone: 'W. Europe Standard Time'";
    let nine =
        format!("{{frequency: 'Day', interval: 1, startTime: '2026-03-27T09:00:00', {berlin}}}");
    assert_eq!(
        points(&nine, "2026-03-27T00:00:00Z", "2026-03-27T23:00:00Z", 3),
        ["2026-03-28T08:00Z", "2026-03-29T07:00Z", "2026-03-30T07:00Z"]
    );
    // 02:30 is left out on the 29th, and comes an hour later.
    let early = format!(
        "{{frequency: 'Day', interval: 1, {berlin}, schedule: {{hours: [2], minutes: [30]}}}}"
    );
    assert_eq!(
        points(&early, "2026-03-27T00:00:00Z", "2026-03-28T12:00:00Z", 2),
        ["2026-03-29T01:30Z", "2026-03-30T00:30Z"]
    );
    // It is there twice on 2026-10-25, and comes once.
    assert_eq!(
        points(&early, "2026-03-27T00:00:00Z", "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]
    );
    // Hours are hours, whatever the clock shows.
    let hours =
        format!("{{frequency: 'Hour', interval: 12, startTime: '2026-03-28T12:00:00', {berlin}}}");
    assert_eq!(
        points(&hours, "2026-03-27T00:00:00Z", "2026-03-28T12:00:00Z", 2),
        ["2026-03-28T23:00Z", "2026-03-29T11:00Z"]
    );
}

#[test]
fn windows_follow_each_other_without_a_gap() {
    let value = Value::from_json_text(
        "{frequency: 'Hour', interval: 1, startTime: '2026-03-01T00:00:00Z'}",
    )
    .unwrap();
    let recurrence = Recurrence::read(&value).0.unwrap();
    let saved = at("2026-03-01T00:00:00Z");
    let mut previous = None;
    for hour in 0..5_u64 {
        let (start, end) = recurrence.next_window(saved, previous).unwrap();
        assert_eq!(start.as_millis(), saved.as_millis() + hour * 3_600_000);
        assert_eq!(end.since(start).as_secs(), 3_600);
        previous = Some(end);
    }
}

#[test]
fn what_is_wrong_with_a_recurrence_is_told() {
    let rows: &[(&str, &[&str])] = &[
        ("{frequency: 'Year', interval: 1}", &["frequency"]),
        ("{frequency: 'Month', interval: 17}", &["interval"]),
        ("{frequency: 'Day', interval: 0}", &["interval"]),
        (
            "{frequency: 'Day', interval: 1, timeZone: 'Mars', startTime: 'soon'}",
            &["timeZone", "startTime"],
        ),
        (
            "{frequency: 'Week', interval: 1, schedule: {hours: [24], minutes: [60], weekDays: ['Moonday']}}",
            &["hours", "minutes", "weekDays"],
        ),
        ("{frequency: 'Day', interval: 1, schedule: {monthDays: [0]}}", &["monthDays", "schedule"]),
        // What is computed is known later.
        ("{frequency: 'Day', interval: 1, schedule: {hours: ['6', '@int(\\'7\\')']}}", &[]),
    ];
    for (recurrence, expected) in rows {
        let problems = Recurrence::read(&Value::from_json_text(recurrence).unwrap()).1;
        let members: Vec<_> = problems.iter().map(|it| it.member).collect();
        assert_eq!(members, *expected, "{recurrence}");
    }
}
