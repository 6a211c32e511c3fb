//! Functions of forms and of bodies that have parts.

use super::arguments::{Arguments, usage};
use super::workflow::{body_of, trigger_body};
use super::{Answer, Function};
use crate::expression::{Evaluation, Fault};
use crate::value::{Envelope, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::asks("formDataValue", (2, 2), form_data_value),
    Function::makes("formDataMultiValues", (2, 2), form_data_multi_values),
    Function::asks("multipartBody", (2, 2), multipart_body),
    Function::asks("triggerFormDataValue", (1, 1), trigger_form_data_value),
    Function::makes("triggerFormDataMultiValues", (1, 1), trigger_form_data_multi_values),
    Function::asks("triggerMultipartBody", (1, 1), trigger_multipart_body),
];

fn form_data_value(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("formDataValue", values);
    let body = body_of(evaluation, arguments.string(0)?)?;
    the_one(&arguments, fields(&arguments, &body, 1)?)
}

fn trigger_form_data_value(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("triggerFormDataValue", values);
    let body = trigger_body(evaluation, &[])?;
    the_one(&arguments, fields(&arguments, &body, 0)?)
}

fn form_data_multi_values(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("formDataMultiValues", values);
    let body = body_of(evaluation, arguments.string(0)?)?;
    fields(&arguments, &body, 1).map(Value::from)
}

fn trigger_form_data_multi_values(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("triggerFormDataMultiValues", values);
    let body = trigger_body(evaluation, &[])?;
    fields(&arguments, &body, 0).map(Value::from)
}

fn multipart_body(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("multipartBody", values);
    let body = body_of(evaluation, arguments.string(0)?)?;
    part(&arguments, &body, 1)
}

fn trigger_multipart_body(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let body = trigger_body(evaluation, &[])?;
    part(&Arguments::of("triggerMultipartBody", values), &body, 0)
}

fn the_one(arguments: &Arguments<'_>, mut fields: Vec<Value>) -> Answer {
    let count = fields.len();
    match (fields.pop(), count) {
        (Some(field), 1) => Ok(field),
        _ => Err(arguments
            .invalid(&format!("The form has '{count}' values of that name and not exactly one."))),
    }
}

/// The values of the fields whose name is the argument at `at`.
fn fields(arguments: &Arguments<'_>, body: &Value, at: usize) -> Result<Vec<Value>, Fault> {
    let name = arguments.string(at)?;
    if let Value::Array(fields) = body.property("$formdata") {
        let named = |field: &&Value| field.property("key").as_str() == Some(&**name);
        return Ok(fields.iter().filter(named).map(|field| field.property("value")).collect());
    }
    if let Value::Array(parts) = body.property("$multipart") {
        let named = |part: &&Value| part_name(part).as_deref() == Some(&**name);
        let text = |part: &Value| match part.property("body") {
            body if Envelope::of(&body).is_some() => Value::String(body.to_text()),
            body => body,
        };
        return Ok(parts.iter().filter(named).map(text).collect());
    }
    Err(no_form(arguments, body, "form data"))
}

/// The name in `Content-Disposition: form-data; name="…"`.
fn part_name(part: &Value) -> Option<String> {
    let disposition = part.property("headers").property("Content-Disposition");
    let mut parameters = disposition.as_str()?.split(';').map(str::trim);
    let name = parameters.find_map(|it| {
        let (name, value) = it.split_once('=')?;
        name.trim().eq_ignore_ascii_case("name").then_some(value)
    })?;
    Some(name.trim().trim_matches('"').to_owned())
}

fn part(arguments: &Arguments<'_>, body: &Value, at: usize) -> Answer {
    let index = arguments.integer(at)?;
    let Value::Array(parts) = body.property("$multipart") else {
        return Err(no_form(arguments, body, "multipart content"));
    };
    let part = usize::try_from(index).ok().and_then(|index| parts.get(index));
    part.map(|part| part.property("body")).ok_or_else(|| {
        let count = parts.len();
        arguments.invalid(&format!("The index '{index}' is outside of the '{count}' parts."))
    })
}

fn no_form(arguments: &Arguments<'_>, body: &Value, wanted: &str) -> Fault {
    let (function, kind) = (arguments.function, body.kind());
    Fault::new(format!(
        "The template language function '{function}' expects the body to be {wanted}. The body is \
         of type '{kind}'. {}",
        usage(function)
    ))
}
