//! Functions that move a date, or show it in another time zone.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::arguments::Arguments;
use super::date::{in_utc, out_of_range, stamp, written};
use super::{Answer, Function};
use crate::calendar::{Kind, Moment, Stamp, TICKS_PER_SECOND, Unit, is_utc, zone};
use crate::expression::{Evaluation, Fault};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::makes("addDays", (2, 3), add_days),
    Function::makes("addHours", (2, 3), add_hours),
    Function::makes("addMinutes", (2, 3), add_minutes),
    Function::makes("addSeconds", (2, 3), add_seconds),
    Function::makes("addToTime", (3, 4), add_to_time),
    Function::makes("subtractFromTime", (3, 4), subtract_from_time),
    Function::makes("getFutureTime", (2, 3), get_future_time),
    Function::makes("getPastTime", (2, 3), get_past_time),
    Function::makes("convertFromUtc", (2, 3), convert_from_utc),
    Function::makes("convertToUtc", (2, 3), convert_to_utc),
    Function::makes("convertTimeZone", (3, 4), convert_time_zone),
];

fn add_days(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    add(evaluation, &Arguments::of("addDays", values), "day")
}

fn add_hours(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    add(evaluation, &Arguments::of("addHours", values), "hour")
}

fn add_minutes(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    add(evaluation, &Arguments::of("addMinutes", values), "minute")
}

fn add_seconds(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    add(evaluation, &Arguments::of("addSeconds", values), "second")
}

fn add(evaluation: &Evaluation<'_>, arguments: &Arguments<'_>, unit: &str) -> Answer {
    let stamp = stamp(evaluation, arguments, 0)?;
    let unit = Unit::named(unit).expect("it is a unit of time");
    let later = stamp.plus(arguments.integer(1)?, unit);
    written(arguments, later.ok_or_else(|| out_of_range(arguments))?, 2)
}

fn add_to_time(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("addToTime", values);
    moved(&arguments, stamp(evaluation, &arguments, 0)?, 1, 1)
}

fn subtract_from_time(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("subtractFromTime", values);
    moved(&arguments, stamp(evaluation, &arguments, 0)?, 1, -1)
}

fn get_future_time(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let now = Stamp::utc(evaluation.scope().now());
    moved(&Arguments::of("getFutureTime", values), now, 0, 1)
}

fn get_past_time(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let now = Stamp::utc(evaluation.scope().now());
    moved(&Arguments::of("getPastTime", values), now, 0, -1)
}

/// A date, moved by the count at `at` of the unit behind it, in the format behind that.
fn moved(arguments: &Arguments<'_>, stamp: Stamp, at: usize, sign: i64) -> Answer {
    let (count, name) = (arguments.integer(at)?, arguments.string(at + 1)?);
    let Some(unit) = Unit::named(name) else {
        let function = arguments.function;
        return Err(Fault::new(format!(
            "In function '{function}', the value provided for the time unit \
             '{name}' was not valid."
        )));
    };
    let moved = count.checked_mul(sign).and_then(|count| stamp.plus(count, unit));
    written(arguments, moved.ok_or_else(|| out_of_range(arguments))?, at + 2)
}

/// The zone that is named by the argument at `at`.
fn zone_of(arguments: &Arguments<'_>, at: usize) -> Result<TimeZone, Fault> {
    let name = arguments.string(at)?;
    zone(name).ok_or_else(|| {
        let function = arguments.function;
        Fault::new(format!(
            "In function '{function}', the value provided for the time zone \
             id '{name}' was not valid."
        ))
    })
}

fn convert_from_utc(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("convertFromUtc", values);
    let (utc, zone) = (stamp(evaluation, &arguments, 0)?, zone_of(&arguments, 1)?);
    written(&arguments, shown_in(&arguments, utc.ticks, &zone)?, 2)
}

fn convert_to_utc(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("convertToUtc", values);
    let (stamp, zone) = (stamp(evaluation, &arguments, 0)?, zone_of(&arguments, 1)?);
    if stamp.kind == Kind::Utc && !is_utc(&zone) {
        let name = arguments.string(1)?;
        return Err(Fault::new(format!(
            "The template language function 'convertToUtc' expects its second parameter to be a \
             time zone matching the time zone indicated by the timestamp. The provided value \
             '{name}' does not match."
        )));
    }
    let utc = in_utc(utc_of(&arguments, stamp, &zone)?);
    written(&arguments, utc.ok_or_else(|| out_of_range(&arguments))?, 2)
}

fn convert_time_zone(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("convertTimeZone", values);
    let stamp = stamp(evaluation, &arguments, 0)?;
    let (from, to) = (zone_of(&arguments, 1)?, zone_of(&arguments, 2)?);
    let utc = utc_of(&arguments, stamp, &from)?;
    written(&arguments, shown_in(&arguments, utc, &to)?, 3)
}

/// The time on the wall of a zone.
fn shown_in(arguments: &Arguments<'_>, utc: i64, zone: &TimeZone) -> Result<Stamp, Fault> {
    if is_utc(zone) {
        return in_utc(utc).ok_or_else(|| out_of_range(arguments));
    }
    let seconds = (utc - Moment::UNIX_EPOCH.ticks()).div_euclid(TICKS_PER_SECOND);
    let offset = jiff::Timestamp::from_second(seconds).map(|at| zone.to_offset(at).seconds());
    let wall = offset.ok().map(|offset| utc + i64::from(offset) * TICKS_PER_SECOND);
    let shown = wall.and_then(|ticks| Stamp::new(ticks, Kind::Unspecified));
    shown.ok_or_else(|| out_of_range(arguments))
}

/// The ticks in UTC of a time on the wall of `zone`, unless it says itself what zone it is of.
fn utc_of(arguments: &Arguments<'_>, stamp: Stamp, zone: &TimeZone) -> Result<i64, Fault> {
    if stamp.kind != Kind::Unspecified {
        return Ok(stamp.ticks);
    }
    let offset = match civil(stamp).map(|wall| zone.to_ambiguous_timestamp(wall).offset()) {
        Some(AmbiguousOffset::Unambiguous { offset }) => offset,
        // The clock is put back: the standard time is meant.
        Some(AmbiguousOffset::Fold { after, .. }) => after,
        Some(AmbiguousOffset::Gap { .. }) => {
            let why = "The supplied time is skipped in that zone: the clock is put forward.";
            return Err(arguments.invalid(why));
        }
        None => return Err(out_of_range(arguments)),
    };
    Ok(stamp.ticks - i64::from(offset.seconds()) * TICKS_PER_SECOND)
}

fn civil(stamp: Stamp) -> Option<DateTime> {
    let parts = stamp.parts();
    let small = |part: i64| i8::try_from(part).ok();
    let year = i16::try_from(parts.year).ok()?;
    let (month, day) = (small(parts.month)?, small(parts.day)?);
    let (hour, minute, second) = (small(parts.hour)?, small(parts.minute)?, small(parts.second)?);
    DateTime::new(year, month, day, hour, minute, second, 0).ok()
}
