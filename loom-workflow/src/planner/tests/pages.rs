use super::{definition, place, started, turn};
use crate::Value;
use crate::definition::Definition;
use crate::planner::{Advance, Answer, CallCommand, Command, Event};
use crate::run::{Run, Status};

/// An action that asks for pages until there are so many elements.
fn paged(inputs: &str, items_min: u32) -> Definition {
    definition(&format!(
        "{{A: {{type: 'Http', inputs: {{method: 'POST', {inputs}}}, runtimeConfiguration: \
         {{paginationPolicy: {{minimumItemCount: {items_min}}}}}}}}}"
    ))
}

fn json(text: &str) -> Value {
    Value::from_json_text(text).unwrap()
}

fn call(step: &Advance) -> &CallCommand {
    let [Command::Call(call)] = &step.commands[..] else { panic!("{step:?}") };
    call
}

/// What follows from an answer with this body, after the run was written and read.
fn answered(definition: &Definition, run: &mut Run, attempt: u32, outputs: &str) -> Advance {
    *run = serde_json::from_str(&serde_json::to_string(run).unwrap()).unwrap();
    let answer = Answer::outputs(json(outputs));
    turn(definition, run, Event::Answered { place: place(definition, "A"), attempt, answer })
}

fn page(elements: &str, link: &str) -> String {
    format!("{{statusCode: 200, body: {{value: {elements}{link}}}}}")
}

/// How an action that has ended stands.
fn ended(step: &Advance) -> (Status, Value) {
    let record = &step.records[0].record;
    (record.status, record.outputs.clone().unwrap_or_default().property("body"))
}

#[test]
fn pages_are_asked_for_one_by_one_until_there_are_enough_elements() {
    let definition =
        paged("uri: 'https://a.test/x?top=2', queries: {q: 1}, body: 'b', headers: {H: 'h'}", 5);
    let mut run = started(&definition, Value::Null, true);
    let step = turn(&definition, &mut run, Event::Continued);
    assert_eq!(call(&step).attempt, 1);
    let step =
        answered(&definition, &mut run, 1, &page("[1, 2]", ", nextLink: 'https://a.test/x?p=2'"));
    let second = json("{headers: {H: 'h'}, method: 'GET', uri: 'https://a.test/x?p=2'}");
    assert_eq!((call(&step).attempt, &call(&step).inputs), (2, &second));

    // The page is tried again by itself, and what came before it is not lost.
    let step = answered(&definition, &mut run, 2, "{statusCode: 503}");
    let [Command::StartTimer { id, .. }] = step.commands[..] else { panic!("{step:?}") };
    let step = turn(&definition, &mut run, Event::TimerFired(id));
    assert_eq!((call(&step).attempt, &call(&step).inputs), (3, &second));

    let step = answered(
        &definition,
        &mut run,
        3,
        &page("[3, 4]", ", '@odata.nextLink': 'https://a.test/x?p=3'"),
    );
    assert_eq!(call(&step).inputs.property("uri"), Value::from("https://a.test/x?p=3"));
    let step =
        answered(&definition, &mut run, 4, &page("[5, 6]", ", nextLink: 'https://a.test/x?p=4'"));
    let all = json("{value: [1, 2, 3, 4, 5, 6], nextLink: 'https://a.test/x?p=4'}");
    assert_eq!(ended(&step), (Status::Succeeded, all));
}

#[test]
fn the_last_page_ends_it_whatever_was_wanted() {
    let rows = [
        (page("[1]", ""), "{value: [0, 1]}"),
        (page("[]", ", nextLink: ''"), "{value: [0], nextLink: ''}"),
        (page("[1]", ", nextLink: null"), "{value: [0, 1], nextLink: null}"),
        // It leads to itself.
        (
            page("[1]", ", nextLink: 'https://a.test/2'"),
            "{value: [0, 1], nextLink: 'https://a.test/2'}",
        ),
        ("{statusCode: 200, body: {other: 1}}".to_owned(), "{other: 1, value: [0]}"),
        ("{statusCode: 204}".to_owned(), "{value: [0]}"),
    ];
    for (last, body) in rows {
        let definition = paged("uri: 'https://a.test/1'", 100);
        let mut run = started(&definition, Value::Null, true);
        let _ = turn(&definition, &mut run, Event::Continued);
        let _ = answered(&definition, &mut run, 1, &page("[0]", ", nextLink: 'https://a.test/2'"));
        let step = answered(&definition, &mut run, 2, &last);
        assert_eq!(ended(&step), (Status::Succeeded, json(body)), "{last}");
    }
}

#[test]
fn a_page_that_fails_fails_the_action() {
    let definition = paged("uri: 'https://a.test/1'", 100);
    let mut run = started(&definition, Value::Null, true);
    let _ = turn(&definition, &mut run, Event::Continued);
    let _ = answered(&definition, &mut run, 1, &page("[0]", ", nextLink: 'https://a.test/2'"));
    let step = answered(&definition, &mut run, 2, "{statusCode: 404, body: 'gone'}");
    assert_eq!(ended(&step), (Status::Failed, Value::from("gone")));
}

#[test]
fn what_proves_who_asks_goes_to_nobody_else() {
    let proof = "headers: {H: 'h'}, authentication: {type: 'Raw', value: 'v'}";
    let rows = [
        ("https://A.test/2", "https://A.test/2", true),
        ("/2?p=1", "https://a.test/2?p=1", true),
        ("?p=1", "https://a.test/1?p=1", true),
        ("http://a.test/2", "http://a.test/2", false),
        ("https://a.test:444/2", "https://a.test:444/2", false),
        ("https://a.test@b.test/2", "https://a.test@b.test/2", false),
        ("https://a.test.b.test", "https://a.test.b.test", false),
        ("https://a.test\\\\.b.test", "https://a.test\\.b.test", false),
    ];
    for (link, uri, is_told) in rows {
        let definition = paged(&format!("uri: 'https://a.test/1?top=1', {proof}"), 2);
        let mut run = started(&definition, Value::Null, true);
        let _ = turn(&definition, &mut run, Event::Continued);
        let step =
            answered(&definition, &mut run, 1, &page("[0]", &format!(", nextLink: '{link}'")));
        let proof = if is_told { format!(", {proof}") } else { String::new() };
        let uri = uri.replace('\\', "\\\\");
        let expected = json(&format!("{{method: 'GET', uri: '{uri}'{proof}}}"));
        assert_eq!(call(&step).inputs, expected, "{link}");
    }
}

#[test]
fn one_page_is_enough_where_nothing_is_said_of_more() {
    let definition =
        definition("{A: {type: 'Http', inputs: {method: 'GET', uri: 'https://a.test'}}}");
    let mut run = started(&definition, Value::Null, true);
    let _ = turn(&definition, &mut run, Event::Continued);
    let step = answered(&definition, &mut run, 1, &page("[0]", ", nextLink: 'https://a.test/2'"));
    assert_eq!(
        ended(&step),
        (Status::Succeeded, json("{value: [0], nextLink: 'https://a.test/2'}"))
    );
}
