//! Functions of XML.

use super::Answer;
use super::arguments::{Arguments, usage};
use crate::expression::{Evaluation, Fault};
use crate::value::{Envelope, Value};
use crate::xml::{self, XPathValue};

fn no_xml(arguments: &Arguments<'_>, why: &str) -> Fault {
    let function = arguments.function;
    Fault::new(format!(
        "The template language function '{function}' parameter is not valid. The provided value \
         cannot be converted to XML: '{why}'. {}",
        usage(function)
    ))
}

pub(super) fn xml(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("xml", values);
    let value = arguments.value(0);
    evaluation.charge(usize::try_from(value.written_bytes() / 16).unwrap_or(usize::MAX))?;
    if let Some(envelope) = Envelope::of(value) {
        // Taken as it is, whatever it is.
        return Ok(Envelope { media_type: Envelope::XML.to_owned(), ..envelope }.into());
    }
    let document = match value {
        Value::String(text) => xml::read(text),
        Value::Object(object) => xml::from_json(object),
        _ => return Err(arguments.wrong(0, "a string or an object")),
    };
    let document = document.map_err(|why| no_xml(&arguments, &why))?;
    Ok(Envelope::xml(document.to_text()).into())
}

pub(super) fn xpath(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("xpath", values);
    let envelope = Envelope::of(arguments.value(0)).filter(Envelope::is_xml);
    let envelope = envelope.ok_or_else(|| arguments.wrong(0, "an XML"))?;
    let path = arguments.string(1)?;
    let document = xml::read_content(&envelope).map_err(|why| no_xml(&arguments, &why))?;
    evaluation.charge(document.steps())?;
    let found = xml::xpath(&document, path, &mut |steps| evaluation.charge(steps))?;
    let found = found.map_err(|why| {
        arguments.invalid(&format!("The path '{path}' is not a valid XPath expression: {why}"))
    })?;
    Ok(match found {
        XPathValue::Number(number) => Value::Float(number),
        XPathValue::Text(text) => text.into(),
        XPathValue::Bool(value) => value.into(),
        XPathValue::Nodes(nodes) => {
            let mut items = Vec::with_capacity(nodes.len());
            let mut bytes = 0;
            for node in nodes {
                let item = match document.fragment(node) {
                    Some(fragment) => Envelope::xml(fragment).into(),
                    None => Value::from(document.string_value(node)),
                };
                bytes += item.written_bytes();
                evaluation.fits(bytes)?;
                items.push(item);
            }
            items.into()
        }
    })
}

pub(super) fn encode_value(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let text = Arguments::of("encodeXmlValue", values).string(0)?;
    Ok(xml::escaped(text).into())
}

pub(super) fn decode_value(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("decodeXmlValue", values);
    let text = arguments.string(0)?;
    let plain = xml::unescaped(text);
    plain.map(Value::from).map_err(|why| arguments.invalid(&why))
}

pub(super) fn encode_name(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let text = Arguments::of("encodeXmlName", values).string(0)?;
    Ok(xml::encoded_name(text).into())
}

pub(super) fn decode_name(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let text = Arguments::of("decodeXmlName", values).string(0)?;
    Ok(xml::decoded_name(text).into())
}
