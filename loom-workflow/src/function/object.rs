//! Functions of properties, and of XML.

use std::sync::Arc;

use super::arguments::Arguments;
use super::{Answer, Function};
use crate::expression::Evaluation;
use crate::value::{Object, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::makes("addProperty", (3, 3), add_property),
    Function::makes("setProperty", (3, 3), set_property),
    Function::makes("removeProperty", (2, 2), remove_property),
    Function::makes("mergeObjects", (2, 2), merge_objects),
    Function::makes("xml", (1, 1), super::xml::xml),
    Function::makes("xpath", (2, 2), super::xml::xpath),
    Function::makes("encodeXmlValue", (1, 1), super::xml::encode_value),
    Function::makes("decodeXmlValue", (1, 1), super::xml::decode_value),
    Function::makes("encodeXmlName", (1, 1), super::xml::encode_name),
    Function::makes("decodeXmlName", (1, 1), super::xml::decode_name),
];

/// A copy of the object, and the name.
fn copied<'a>(
    evaluation: &mut Evaluation<'_>,
    arguments: &Arguments<'a>,
) -> Result<(Object, &'a Arc<str>), crate::expression::Fault> {
    let (object, name) = (arguments.object(0)?, arguments.string(1)?);
    evaluation.charge(object.len() / 4)?;
    Ok((object.clone(), name))
}

fn add_property(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("addProperty", values);
    let (mut object, name) = copied(evaluation, &arguments)?;
    if object.find_key(name).is_some() {
        let why = format!("The object already has a property '{name}'.");
        return Err(arguments.invalid(&why));
    }
    object.insert(Arc::clone(name), arguments.value(2).clone());
    Ok(object.into())
}

fn set_property(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("setProperty", values);
    let (mut object, name) = copied(evaluation, &arguments)?;
    let name = Arc::clone(object.find_key(name).unwrap_or(name));
    // What is replaced comes last, as in the service.
    object.remove(&name);
    object.insert(name, arguments.value(2).clone());
    Ok(object.into())
}

fn remove_property(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("removeProperty", values);
    let (mut object, name) = copied(evaluation, &arguments)?;
    if let Some(name) = object.find_key(name).map(Arc::clone) {
        object.remove(&name);
    }
    Ok(object.into())
}

fn merge_objects(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("mergeObjects", values);
    let (mut merged, other) = (arguments.object(0)?.clone(), arguments.object(1)?);
    evaluation.charge(merged.len() + other.len())?;
    for (name, value) in other.iter() {
        merged.insert(Arc::clone(name), value.clone());
    }
    Ok(merged.into())
}
