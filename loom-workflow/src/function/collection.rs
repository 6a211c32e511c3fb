//! Functions of arrays, objects, and of text as a collection of characters.

use std::cmp::Ordering;
use std::sync::Arc;

use super::arguments::{Arguments, usage, wrong};
use super::logical::order;
use super::units::Units;
use super::{Answer, Function, MANY};
use crate::expression::{Evaluation, Fault};
use crate::value::{Array, Object, Seen, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::makes("contains", (2, 2), contains),
    Function::makes("empty", (1, 1), empty),
    Function::asks("first", (1, 1), first),
    Function::asks("last", (1, 1), last),
    Function::makes("intersection", (2, MANY), intersection),
    Function::makes("union", (2, MANY), union),
    Function::makes("join", (2, 2), join),
    Function::makes("reverse", (1, 1), reverse),
    Function::makes("skip", (2, 2), skip),
    Function::makes("take", (2, 2), take),
    Function::makes("sort", (1, 2), sort),
];

fn contains(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("contains", values);
    let wanted = arguments.value(1);
    let found = match arguments.value(0) {
        Value::String(text) => text.contains(&**arguments.string(1)?),
        Value::Array(array) => {
            evaluation.charge(array.len())?;
            array.contains(wanted)
        }
        Value::Object(object) => {
            let Value::String(name) = wanted else {
                return Err(arguments.wrong(1, "a string"));
            };
            evaluation.charge(object.len() / 16)?;
            object.find_key(name).is_some()
        }
        _ => return Err(arguments.wrong(0, "a string, an array or an object")),
    };
    Ok(found.into())
}

fn empty(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("empty", values);
    Ok(Value::Bool(match arguments.value(0) {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(array) => array.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => return Err(arguments.wrong(0, "an array, an object or a string")),
    }))
}

fn first(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    end("first", values, |array| array.first(), |units| (0, 1.min(units)))
}

fn last(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    end("last", values, |array| array.last(), |units| (units.saturating_sub(1), units))
}

fn end(
    function: &'static str,
    values: &[Value],
    item: fn(&Array) -> Option<&Value>,
    cut: fn(usize) -> (usize, usize),
) -> Answer {
    let arguments = Arguments::of(function, values);
    match arguments.value(0) {
        Value::Array(array) => Ok(item(array).cloned().unwrap_or_default()),
        Value::String(text) => {
            let units = Units::of(text);
            let (from, to) = cut(units.len());
            Ok(units.cut(from, to))
        }
        _ => Err(arguments.wrong(0, "an array or a string")),
    }
}

/// The arguments, which must be all arrays or all objects.
enum Collections<'a> {
    Arrays(Vec<&'a Array>),
    Objects(Vec<&'a Object>),
}

fn collections<'a>(
    evaluation: &mut Evaluation<'_>,
    function: &'static str,
    values: &'a [Value],
) -> Result<Collections<'a>, Fault> {
    let counts = values.iter().map(|value| match value {
        Value::Array(array) => array.len(),
        Value::Object(object) => object.len(),
        _ => 0,
    });
    evaluation.charge(counts.sum())?;
    if let Some(arrays) = values.iter().map(Value::as_array).collect() {
        return Ok(Collections::Arrays(arrays));
    }
    if let Some(objects) = values.iter().map(Value::as_object).collect() {
        return Ok(Collections::Objects(objects));
    }
    let mut kinds: Vec<_> = Vec::new();
    for value in values {
        if !kinds.contains(&value.kind()) {
            kinds.push(value.kind());
        }
    }
    if let [kind] = kinds[..] {
        let wanted = "either an array or an object";
        return Err(wrong(function, MANY.into(), wanted, kind, values.len()));
    }
    Err(Fault::new(format!(
        "The template language function '{function}' expects parameters of same type, but found \
         '{}' distinct types. {}",
        kinds.join(","),
        usage(function)
    )))
}

fn intersection(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    match collections(evaluation, "intersection", values)? {
        Collections::Arrays(arrays) => {
            let others: Vec<_> =
                arrays[1..].iter().map(|array| array.iter().collect::<Seen<'_>>()).collect();
            let mut seen = Seen::default();
            let common = arrays[0].iter().filter(|item| others.iter().all(|it| it.has(item)));
            Ok(common.filter(|item| seen.add(item)).cloned().collect())
        }
        Collections::Objects(objects) => {
            let everywhere = |(name, value): &(&Arc<str>, &Value)| {
                objects[1..].iter().all(|other| other.get(name) == Some(value))
            };
            let common = objects[0].iter().filter(everywhere);
            let common = common.map(|(name, value)| (Arc::clone(name), value.clone()));
            Ok(common.collect::<Object>().into())
        }
    }
}

fn union(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    match collections(evaluation, "union", values)? {
        Collections::Arrays(arrays) => {
            let mut seen = Seen::default();
            let all = arrays.into_iter().flatten();
            Ok(all.filter(|item| seen.add(item)).cloned().collect())
        }
        Collections::Objects(objects) => {
            let all = objects.into_iter().flat_map(Object::iter);
            let all = all.map(|(name, value)| (Arc::clone(name), value.clone()));
            Ok(all.collect::<Object>().into())
        }
    }
}

fn join(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("join", values);
    let (array, separator) = (arguments.array(0)?, arguments.string(1)?);
    evaluation.charge(array.len())?;
    let separators = (array.len() as u64).saturating_mul(separator.len() as u64);
    evaluation.fits(arguments.value(0).written_bytes().saturating_add(separators))?;
    let mut text = String::new();
    for (at, item) in array.iter().enumerate() {
        if at > 0 {
            text.push_str(separator);
        }
        item.write_text(&mut text);
    }
    Ok(text.into())
}

fn reverse(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let array = Arguments::of("reverse", values).array(0)?;
    evaluation.charge(array.len())?;
    Ok(array.iter().rev().cloned().collect())
}

fn skip(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    part(evaluation, "skip", values, |count, length| (count, length))
}

fn take(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    part(evaluation, "take", values, |count, _| (0, count))
}

/// What is between two places that depend on a count, which is not larger than the length.
fn part(
    evaluation: &mut Evaluation<'_>,
    function: &'static str,
    values: &[Value],
    places: fn(usize, usize) -> (usize, usize),
) -> Answer {
    let arguments = Arguments::of(function, values);
    let count = arguments.integer(1)?;
    let Ok(count) = usize::try_from(count) else {
        return Err(arguments.invalid("The count must not be negative."));
    };
    match arguments.value(0) {
        Value::Array(array) => {
            let (from, to) = places(count.min(array.len()), array.len());
            evaluation.charge(to - from)?;
            Ok(array[from..to].iter().cloned().collect())
        }
        Value::String(text) => {
            let units = Units::of(text);
            let (from, to) = places(count.min(units.len()), units.len());
            Ok(units.cut(from, to))
        }
        _ => Err(arguments.wrong(0, "an array or a string")),
    }
}

fn sort(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("sort", values);
    let array = arguments.array(0)?;
    let by = arguments.optional_string(1)?;
    // Each element is compared some times with others.
    evaluation.charge(array.len().saturating_mul(8))?;
    let key = |item: &Value| match by {
        None => Ok(item.clone()),
        Some(name) => match item {
            Value::Object(object) => Ok(object.find(name).cloned().unwrap_or_default()),
            _ => Err(arguments.invalid("An element is no object.")),
        },
    };
    let keyed: Result<Vec<_>, Fault> = array.iter().map(|item| Ok((key(item)?, item))).collect();
    let mut keyed = keyed?;
    let mut unordered = None;
    keyed.sort_by(|(left, _), (right, _)| {
        order_of_all(left, right).unwrap_or_else(|| {
            unordered = Some((left.kind(), right.kind()));
            Ordering::Equal
        })
    });
    if let Some((left, right)) = unordered {
        let why = format!("Values of type '{left}' and '{right}' cannot be compared.");
        return Err(arguments.invalid(&why));
    }
    Ok(keyed.into_iter().map(|(_, item)| item.clone()).collect())
}

/// Nothing comes first, false before true, and else what `less` says.
fn order_of_all(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Null, _) => Some(Ordering::Less),
        (_, Value::Null) => Some(Ordering::Greater),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::String(left), Value::String(right)) => {
            // Texts that differ only in case have an order too, so that it is the same each time.
            order(&Value::String(Arc::clone(left)), &Value::String(Arc::clone(right)))
        }
        _ => order(left, right),
    }
}
