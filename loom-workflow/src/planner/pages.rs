//! Answers in pages, which are asked for one after the other until there are elements enough.

use super::Answer;
use super::engine::Engine;
use crate::run::{Pages, Place, Status};
use crate::{Evaluated, Object, Value};

/// The member of a body with the elements of a page.
const ELEMENTS: &str = "value";
/// The members of a body with the address of the next page.
const LINKS: [&str; 2] = ["nextLink", "@odata.nextLink"];
/// What the address of a page says already.
const SAID_BY_LINKS: [&str; 3] = ["queries", "body", "path"];
/// What is for nobody but whom the workflow names.
const PERSONAL: [&str; 3] = ["authentication", "headers", "cookie"];

impl Engine<'_> {
    /// Asks for the page after this one if it is wanted; then the action has not ended.
    ///
    /// Each page is an attempt of its own, and is tried again by itself.
    pub(super) fn turn_page(&mut self, place: Place, answer: &Answer) -> bool {
        let Some(wanted) = self.action(place).page_items_min else { return false };
        let body = body_of(answer);
        let (Some(elements), Some(link)) =
            (body.property(ELEMENTS).as_array().cloned(), link_in(&body))
        else {
            return false;
        };
        let asked = self.node(place).sent().and_then(address_in);
        let Some(call) = self.node(place).call() else { return false };
        let asked = call.pages.as_ref().map(|pages| pages.next.clone()).or(asked);
        let next = resolved(asked.as_deref(), &link);
        let earlier = call.pages.as_ref().map_or(0, |pages| pages.elements.len());
        let is_enough = earlier + elements.len() >= wanted as usize;
        // One that leads to itself would be asked for ever.
        if is_enough || asked.as_deref() == Some(&*next) {
            return false;
        }
        let pages = call.pages.get_or_insert_default();
        pages.elements.extend(elements.iter().cloned());
        pages.next = next;
        call.failures = 0;
        call.poll = None;
        self.note_for_breaker(place, Status::Succeeded);
        if let Some(inputs) = self.sent_again(place) {
            self.call(place, inputs);
        }
        true
    }

    /// What asks for the page that is due, where the first one is not.
    pub(super) fn of_page(&mut self, place: Place, inputs: Evaluated) -> Evaluated {
        let pages = self.node(place).call().and_then(|call| call.pages.as_ref());
        let Some(next) = pages.map(|pages| pages.next.clone()) else { return inputs };
        Evaluated { value: asking_for(&next, &inputs.value), ..inputs }
    }

    /// The last page with the elements of all.
    pub(super) fn all_pages(&mut self, place: Place, answer: Answer) -> Answer {
        let pages = self.node(place).call().and_then(|call| call.pages.take());
        let Some(Pages { mut elements, .. }) = pages else { return answer };
        let mut body = body_of(&answer).as_object().cloned().unwrap_or_default();
        let last = body.get(ELEMENTS).and_then(Value::as_array);
        elements.extend(last.into_iter().flat_map(|last| last.iter().cloned()));
        body.insert(ELEMENTS, elements.into());
        let outputs = answer.outputs.as_ref().and_then(Value::as_object);
        let mut outputs = outputs.cloned().unwrap_or_default();
        outputs.insert("body", body.into());
        Answer { outputs: Some(outputs.into()), ..answer }
    }
}

fn body_of(answer: &Answer) -> Value {
    answer.outputs.as_ref().map(|outputs| outputs.property("body")).unwrap_or_default()
}

fn link_in(body: &Value) -> Option<String> {
    let links = LINKS.iter().map(|name| body.property(name));
    links.filter_map(|link| link.as_str().map(str::to_owned)).find(|link| !link.is_empty())
}

fn address_in(inputs: &Value) -> Option<String> {
    inputs.as_object()?.find("uri").map(|uri| uri.to_text().to_string())
}

/// What asks for a page at this address as what was sent has asked for the first one.
fn asking_for(next: &str, sent: &Value) -> Value {
    let mut inputs = sent.as_object().cloned().unwrap_or_default();
    // Whoever answers does not decide who else is told a password. Connections know by themselves
    // what is theirs.
    let is_elsewhere = address_in(sent).is_some_and(|uri| origin(&uri) != origin(next));
    let personal = if is_elsewhere { &PERSONAL[..] } else { &[] };
    for name in SAID_BY_LINKS.iter().chain(personal).chain(&["method", "uri"]) {
        remove(&mut inputs, name);
    }
    inputs.insert("method", Value::from("GET"));
    inputs.insert("uri", Value::from(next));
    inputs.into()
}

fn remove(object: &mut Object, name: &str) {
    if let Some(name) = object.find_key(name).cloned() {
        object.remove(&name);
    }
}

/// A link as it is meant on the page at `base`.
fn resolved(base: Option<&str>, link: &str) -> String {
    let Some(base) = base else { return link.to_owned() };
    let is_whole = origin(link).is_some();
    match origin(base) {
        Some(origin) if !is_whole && link.starts_with('/') => origin + link,
        Some(_) if !is_whole && link.starts_with('?') => {
            let end = base.find(['?', '#']).unwrap_or(base.len());
            format!("{}{link}", &base[..end])
        }
        _ => link.to_owned(),
    }
}

/// The scheme, host and port of an address; nothing if it does not begin with them.
fn origin(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    if !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    Some(format!("{scheme}://{}", &rest[..end]).to_ascii_lowercase())
}
