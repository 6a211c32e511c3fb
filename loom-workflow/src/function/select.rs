//! Functions that select with `JMESPath`, and one that insists.

use super::arguments::{Arguments, usage};
use super::{Answer, Function, MANY};
use crate::expression::{Evaluation, Fault};
use crate::selector::{Selector, from_variable};
use crate::value::{Object, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::makes("jmespath", (2, MANY), jmespath),
    Function::makes("jmespathTest", (2, MANY), jmespath_test),
    Function::makes("jmespathGroups", (2, 2), jmespath_groups),
    Function::asks("demand", (3, 3), demand),
];

/// `jmespath(selector, data)`, or `jmespath(selector, name, value, name, value, …)`, where a name
/// with a point in it is a member of a member.
fn jmespath(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    searched(evaluation, "jmespath", values)
}

/// As `jmespath`, and what is found must be true or false, or nothing, which is false.
fn jmespath_test(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    match searched(evaluation, "jmespathTest", values)? {
        Value::Bool(holds) => Ok(holds.into()),
        Value::Null => Ok(false.into()),
        other => Err(Fault::new(format!(
            "The selector '{}' finds a value of type '{}', and must find true or false.",
            values[0].to_text(),
            other.kind()
        ))),
    }
}

/// `jmespathGroups(array, selector)`: `[{key, items}]`, in the order in which the keys come.
fn jmespath_groups(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("jmespathGroups", values);
    let selector = compiled("jmespathGroups", arguments.string(1)?)?;
    let mut places = std::collections::BTreeMap::new();
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in arguments.array(0)? {
        let key = found(evaluation, "jmespathGroups", &selector, item)?;
        let place = *places.entry(key.to_json_text()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, items)) => items.push(item.clone()),
            None => groups.push((key, vec![item.clone()])),
        }
    }
    let groups = groups
        .into_iter()
        .map(|(key, items)| Value::from(Object::from([("key", key), ("items", items.into())])));
    Ok(groups.collect())
}

/// `demand(condition, message, value)`: the value, or the message as an error.
fn demand(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("demand", values);
    if arguments.boolean(0)? {
        return Ok(arguments.value(2).clone());
    }
    Err(Fault::new(arguments.string(1)?.to_string()))
}

fn searched(evaluation: &mut Evaluation<'_>, function: &'static str, values: &[Value]) -> Answer {
    let arguments = Arguments::of(function, values);
    let selector = compiled(function, arguments.string(0)?)?;
    let data = match values {
        [_, data] => data.clone(),
        [_, named @ ..] => {
            let mut data = Object::new();
            for (at, pair) in named.chunks(2).enumerate() {
                let [_, value] = pair else {
                    return Err(arguments.invalid("A name has no value."));
                };
                let name = arguments.string(at * 2 + 1)?;
                match name.split_once('.') {
                    None => data.insert(name.as_ref(), value.clone()),
                    Some((outer, inner)) => {
                        let members = data.remove(outer);
                        let members = members.as_ref().and_then(Value::as_object).cloned();
                        let mut members = members.unwrap_or_default();
                        members.insert(inner, value.clone());
                        data.insert(outer, members.into())
                    }
                };
            }
            data.into()
        }
        [] => Value::Null,
    };
    found(evaluation, function, &selector, &data)
}

fn compiled(function: &str, text: &str) -> Result<Selector, Fault> {
    Selector::compile(text).map_err(|error| failed(function, text, &error.message))
}

fn found(
    evaluation: &mut Evaluation<'_>,
    function: &str,
    selector: &Selector,
    data: &Value,
) -> Answer {
    let found = selector.search(data);
    let found = found.map_err(|error| failed(function, selector.text(), &error.message))?;
    from_variable(evaluation, &found)
}

fn failed(function: &str, selector: &str, message: &str) -> Fault {
    Fault::new(format!(
        "The template language function '{function}' cannot use the selector '{selector}': \
         {message} {}",
        usage(function)
    ))
}
