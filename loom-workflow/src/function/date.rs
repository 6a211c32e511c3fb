//! Functions that read and write dates.

use super::arguments::Arguments;
use super::string::culture;
use super::{Answer, Function};
use crate::calendar::{
    Culture, Kind, Stamp, Unit, format, format_span, parse, parse_exact, parse_span, span_text,
    start_of,
};
use crate::expression::{Evaluation, Fault};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::makes("utcNow", (0, 1), utc_now),
    Function::makes("dateDifference", (2, 2), date_difference),
    Function::makes("dayOfMonth", (1, 1), day_of_month),
    Function::makes("dayOfWeek", (1, 1), day_of_week),
    Function::makes("dayOfYear", (1, 1), day_of_year),
    Function::makes("formatDateTime", (1, 3), format_date_time),
    Function::makes("formatTimeSpan", (2, 3), format_time_span),
    Function::makes("parseDateTime", (1, 3), parse_date_time),
    Function::makes("startOfDay", (1, 2), start_of_day),
    Function::makes("startOfHour", (1, 2), start_of_hour),
    Function::makes("startOfMonth", (1, 2), start_of_month),
    Function::makes("ticks", (1, 1), ticks),
];

/// The date in the argument at `at`.
pub(super) fn stamp(
    evaluation: &Evaluation<'_>,
    arguments: &Arguments<'_>,
    at: usize,
) -> Result<Stamp, Fault> {
    let text = arguments.string(at)?;
    let now = evaluation.scope().now();
    parse(text, Culture::EN_US, now).ok_or_else(|| no_stamp(arguments, text))
}

fn no_stamp(arguments: &Arguments<'_>, text: &str) -> Fault {
    let function = arguments.function;
    Fault::new(format!(
        "In function '{function}', the value provided for date time string \
         '{text}' was not valid. The datetime string must match ISO 8601 format."
    ))
}

/// The date as text in the format that is the argument at `at`, or as `o` if there is none.
pub(super) fn written(arguments: &Arguments<'_>, stamp: Stamp, at: usize) -> Answer {
    written_in(arguments, stamp, at, Culture::EN_US)
}

fn written_in(
    arguments: &Arguments<'_>,
    stamp: Stamp,
    at: usize,
    culture: &'static Culture,
) -> Answer {
    let pattern = arguments.optional_string(at)?.unwrap_or("o");
    format(stamp, pattern, culture).map(Value::from).ok_or_else(|| {
        let function = arguments.function;
        Fault::new(format!(
            "In function '{function}', the format '{pattern}' is not valid. \
             The format must be a valid date time format."
        ))
    })
}

/// A date beyond the years 1 to 9999.
pub(super) fn out_of_range(arguments: &Arguments<'_>) -> Fault {
    arguments.invalid("The result is not a representable date.")
}

fn utc_now(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("utcNow", values);
    written(&arguments, Stamp::utc(evaluation.scope().now()), 0)
}

fn date_difference(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("dateDifference", values);
    let (from, to) = (stamp(evaluation, &arguments, 0)?, stamp(evaluation, &arguments, 1)?);
    Ok(span_text(to.ticks - from.ticks).into())
}

fn day_of_month(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(Value::Integer(stamp(evaluation, &Arguments::of("dayOfMonth", values), 0)?.parts().day))
}

fn day_of_week(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(Value::Integer(stamp(evaluation, &Arguments::of("dayOfWeek", values), 0)?.day_of_week()))
}

fn day_of_year(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(Value::Integer(stamp(evaluation, &Arguments::of("dayOfYear", values), 0)?.day_of_year()))
}

fn ticks(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(Value::Integer(stamp(evaluation, &Arguments::of("ticks", values), 0)?.ticks))
}

fn format_date_time(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("formatDateTime", values);
    let stamp = stamp(evaluation, &arguments, 0)?;
    let culture = culture(&arguments, 2)?.unwrap_or(Culture::EN_US);
    written_in(&arguments, stamp, 1, culture)
}

fn format_time_span(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("formatTimeSpan", values);
    let (text, pattern) = (arguments.string(0)?, arguments.string(1)?);
    let culture = culture(&arguments, 2)?.unwrap_or(Culture::EN_US);
    let span = parse_span(text);
    let span = span.ok_or_else(|| arguments.invalid(&format!("'{text}' is no time span.")))?;
    match format_span(span, pattern, culture.point) {
        Some(text) => Ok(text.into()),
        None => Err(arguments.invalid(&format!("The format '{pattern}' is not valid."))),
    }
}

fn parse_date_time(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("parseDateTime", values);
    let text = arguments.string(0)?;
    let culture = culture(&arguments, 1)?.unwrap_or(Culture::EN_US);
    let stamp = match arguments.optional_string(2)? {
        Some(pattern) => parse_exact(text.trim(), pattern, culture),
        None => parse(text, culture, evaluation.scope().now()),
    };
    let stamp = stamp.ok_or_else(|| no_stamp(&arguments, text))?;
    format(stamp, "o", culture).map(Value::from).ok_or_else(|| out_of_range(&arguments))
}

fn start_of_day(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    start(evaluation, "startOfDay", "day", values)
}

fn start_of_hour(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    start(evaluation, "startOfHour", "hour", values)
}

fn start_of_month(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    start(evaluation, "startOfMonth", "month", values)
}

fn start(
    evaluation: &Evaluation<'_>,
    function: &'static str,
    unit: &str,
    values: &[Value],
) -> Answer {
    let arguments = Arguments::of(function, values);
    let stamp = stamp(evaluation, &arguments, 0)?;
    let unit = Unit::named(unit).expect("it is a unit of time");
    written(&arguments, start_of(stamp, unit), 1)
}

/// What is known to be UTC, whatever the text said.
pub(super) fn in_utc(ticks: i64) -> Option<Stamp> {
    Stamp::new(ticks, Kind::Utc)
}
