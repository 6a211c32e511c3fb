//! Functions of text that count its units of UTF-16. Half a character, which a cut may leave,
//! becomes the replacement character.

use super::arguments::Arguments;
use super::{Answer, Function};
use crate::expression::{Evaluation, Fault};
use crate::value::{Value, fold};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::makes("chunk", (2, 2), chunk),
    Function::makes("indexOf", (2, 2), index_of),
    Function::makes("lastIndexOf", (2, 2), last_index_of),
    Function::makes("length", (1, 1), length),
    Function::makes("nthIndexOf", (3, 3), nth_index_of),
    Function::makes("slice", (2, 3), slice),
    Function::makes("substring", (2, 3), substring),
];

/// Text, cut by its units.
pub(super) struct Units<'a> {
    text: &'a str,
    /// Only for text in which a byte is not a unit.
    units: Option<Vec<u16>>,
}

impl<'a> Units<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let units = (!text.is_ascii()).then(|| text.encode_utf16().collect());
        Self { text, units }
    }

    pub(super) fn len(&self) -> usize {
        self.units.as_ref().map_or(self.text.len(), Vec::len)
    }

    pub(super) fn cut(&self, from: usize, to: usize) -> Value {
        match &self.units {
            None => self.text[from..to].into(),
            Some(units) => String::from_utf16_lossy(&units[from..to]).into(),
        }
    }
}

fn integer(index: usize) -> Value {
    Value::Integer(index.cast_signed() as i64)
}

fn chunk(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("chunk", values);
    let size = arguments.integer(1)?;
    let Some(size) = usize::try_from(size).ok().filter(|size| *size > 0) else {
        let why = "The chunk size must be a positive integer. The provided value is less than 1.";
        return Err(arguments.invalid(why));
    };
    match arguments.value(0) {
        Value::String(text) => {
            let units = Units::of(text);
            let count = units.len().div_ceil(size);
            evaluation.charge(count)?;
            let piece = |at: usize| {
                let from = at * size;
                units.cut(from, units.len().min(from.saturating_add(size)))
            };
            Ok((0..count).map(piece).collect())
        }
        Value::Array(array) => {
            evaluation.charge(array.len())?;
            Ok(array.chunks(size).map(|items| items.iter().cloned().collect()).collect())
        }
        _ => Err(arguments.wrong(0, "a string or an array")),
    }
}

/// The units of text whose cases are not told apart.
fn folded(text: &str) -> Vec<u16> {
    let mut units = Vec::with_capacity(text.len());
    for character in text.chars() {
        let upper = fold(character);
        let upper = if upper.len_utf16() == character.len_utf16() { upper } else { character };
        units.extend_from_slice(upper.encode_utf16(&mut [0; 2]));
    }
    units
}

/// Where `wanted` begins in `text`, overlaps included.
fn places<'a>(text: &'a [u16], wanted: &'a [u16]) -> impl DoubleEndedIterator<Item = usize> + 'a {
    let last = text.len().checked_sub(wanted.len());
    let starts = 0..last.map_or(0, |last| last + 1);
    starts.filter(move |at| text[*at..].starts_with(wanted))
}

/// The texts of a search, and the steps it may take counted.
fn search(
    evaluation: &mut Evaluation<'_>,
    arguments: &Arguments<'_>,
) -> Result<(Vec<u16>, Vec<u16>), Fault> {
    let (text, wanted) = (arguments.string(0)?, arguments.string(1)?);
    // Each place is looked at, and for a hostile text each unit at each place.
    evaluation.charge(text.len() / 16)?;
    Ok((folded(text), folded(wanted)))
}

fn index_of(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let (text, wanted) = search(evaluation, &Arguments::of("indexOf", values))?;
    Ok(places(&text, &wanted).next().map_or(Value::Integer(-1), integer))
}

fn last_index_of(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let (text, wanted) = search(evaluation, &Arguments::of("lastIndexOf", values))?;
    if wanted.is_empty() {
        return Ok(Value::Integer(match text.len() {
            0 => 0,
            length => length.cast_signed() as i64 - 1,
        }));
    }
    Ok(places(&text, &wanted).next_back().map_or(Value::Integer(-1), integer))
}

fn nth_index_of(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("nthIndexOf", values);
    let (text, wanted) = search(evaluation, &arguments)?;
    let occurrence = arguments.integer(2)?;
    let nth = usize::try_from(occurrence.unsigned_abs()).unwrap_or(usize::MAX);
    if nth == 0 {
        return Err(arguments.invalid("The occurrence must not be zero."));
    }
    if wanted.is_empty() {
        return Ok(Value::Integer(if text.is_empty() { -1 } else { 0 }));
    }
    let mut places = places(&text, &wanted);
    let found = if occurrence > 0 { places.nth(nth - 1) } else { places.nth_back(nth - 1) };
    Ok(found.map_or(Value::Integer(-1), integer))
}

fn length(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("length", values);
    match arguments.value(0) {
        Value::String(text) if text.is_ascii() => Ok(integer(text.len())),
        Value::String(text) => Ok(integer(text.encode_utf16().count())),
        Value::Array(array) => Ok(integer(array.len())),
        _ => Err(arguments.wrong(0, "an array or a string")),
    }
}

fn slice(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("slice", values);
    let units = Units::of(arguments.string(0)?);
    let length = units.len();
    let place = |index: i64| {
        let back =
            || length.saturating_sub(usize::try_from(index.unsigned_abs()).unwrap_or(length));
        usize::try_from(index).map_or_else(|_| back(), |index| index.min(length))
    };
    let from = place(arguments.integer(1)?);
    let to = if values.len() > 2 { place(arguments.integer(2)?) } else { length };
    Ok(units.cut(from, to.max(from)))
}

fn substring(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("substring", values);
    let units = Units::of(arguments.string(0)?);
    let from = usize::try_from(arguments.integer(1)?).ok().filter(|from| *from < units.len());
    let Some(from) = from else {
        return Err(Fault::new(
            "The template language function 'substring' parameter is out of range: 'start index' \
             must be non-negative integer and should be less than the length of the string. \
             Please see https://aka.ms/logicexpressions#substring for usage details.",
        ));
    };
    if values.len() < 3 {
        return Ok(units.cut(from, units.len()));
    }
    let length = usize::try_from(arguments.integer(2)?).ok();
    match length.and_then(|length| from.checked_add(length)).filter(|to| *to <= units.len()) {
        Some(to) => Ok(units.cut(from, to)),
        None => Err(Fault::new(
            "The template language function 'substring' parameters are out of range: 'start \
             index' and 'length' must be non-negative integers and their sum must be no larger \
             than the length of the string. Please see \
             https://aka.ms/logicexpressions#substring for usage details.",
        )),
    }
}
