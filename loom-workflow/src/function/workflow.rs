//! Functions that ask for what is around the expression.

use std::sync::Arc;

use super::arguments::Arguments;
use super::{Answer, Function};
use crate::expression::{Evaluation, Fault, Reading};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::asks("actions", (1, 1), actions),
    Function::asks("outputs", (1, 1), outputs),
    Function::asks("body", (1, 1), body),
    Function::asks("actionOutputs", (1, 1), action_outputs),
    Function::asks("actionBody", (1, 1), action_body),
    Function::asks("action", (0, 0), action),
    Function::asks("trigger", (0, 0), trigger),
    Function::asks("triggerOutputs", (0, 0), trigger_outputs),
    Function::asks("triggerBody", (0, 0), trigger_body),
    Function::asks("parameters", (1, 1), parameters),
    Function::asks("variables", (1, 1), variables),
    Function::asks("item", (0, 0), item),
    Function::asks("items", (1, 1), items),
    Function::asks("iterationIndexes", (1, 1), iteration_indexes),
    Function::asks("result", (1, 1), result),
    Function::asks("workflow", (0, 0), workflow),
    Function::asks("listCallbackUrl", (0, 0), list_callback_url),
    Function::asks("appsetting", (1, 1), appsetting),
    Function::asks("secret", (1, 1), secret),
];

/// What the scope has answered, or the fault that it has nothing.
fn found(
    evaluation: &mut Evaluation<'_>,
    reading: Option<Reading>,
    why: impl FnOnce() -> String,
) -> Answer {
    match reading {
        Some(reading) => Ok(evaluation.read(reading)),
        None => Err(Fault::new(why())),
    }
}

fn name<'a>(function: &'static str, values: &'a [Value]) -> Result<&'a Arc<str>, Fault> {
    Arguments::of(function, values).string(0)
}

pub(super) fn no_action(name: &str) -> String {
    format!("The action '{name}' is not defined in the template, or it has not been executed.")
}

fn actions(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let name = name("actions", values)?;
    found(evaluation, evaluation.scope().action(name), || no_action(name))
}

fn outputs(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    outputs_of(evaluation, name("outputs", values)?)
}

fn action_outputs(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    outputs_of(evaluation, name("actionOutputs", values)?)
}

fn body(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    body_of(evaluation, name("body", values)?)
}

fn action_body(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    body_of(evaluation, name("actionBody", values)?)
}

fn outputs_of(evaluation: &mut Evaluation<'_>, name: &str) -> Answer {
    found(evaluation, evaluation.scope().action_outputs(name), || no_action(name))
}

/// The body among the outputs of an action. Null if it has none.
pub(super) fn body_of(evaluation: &mut Evaluation<'_>, name: &str) -> Answer {
    outputs_of(evaluation, name).map(|outputs| outputs.property("body"))
}

fn action(evaluation: &mut Evaluation<'_>, _: &[Value]) -> Answer {
    let why = "The template language function 'action' cannot be used here: there is no action \
               around the expression.";
    found(evaluation, evaluation.scope().current_action(), || why.to_owned())
}

fn no_trigger() -> String {
    "The template language function 'trigger' cannot be used here: there is no trigger.".to_owned()
}

fn trigger(evaluation: &mut Evaluation<'_>, _: &[Value]) -> Answer {
    found(evaluation, evaluation.scope().trigger(), no_trigger)
}

fn trigger_outputs(evaluation: &mut Evaluation<'_>, _: &[Value]) -> Answer {
    found(evaluation, evaluation.scope().trigger_outputs(), no_trigger)
}

/// The body among the outputs of the trigger. Null if it has none.
pub(super) fn trigger_body(evaluation: &mut Evaluation<'_>, _: &[Value]) -> Answer {
    trigger_outputs(evaluation, &[]).map(|outputs| outputs.property("body"))
}

fn parameters(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let name = name("parameters", values)?;
    found(evaluation, evaluation.scope().parameter(name), || {
        format!("The workflow parameter '{name}' is not found.")
    })
}

fn variables(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let name = name("variables", values)?;
    found(evaluation, evaluation.scope().variable(name), || {
        format!("The variable '{name}' is not initialized.")
    })
}

fn item(evaluation: &mut Evaluation<'_>, _: &[Value]) -> Answer {
    let why = "The template language function 'item' cannot be used here: there is no loop around \
               the expression.";
    found(evaluation, evaluation.scope().item(), || why.to_owned())
}

fn no_loop(function: &str, name: &str) -> String {
    format!(
        "The template language function '{function}' must be inside of the loop '{name}' which it \
         names."
    )
}

fn items(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let name = name("items", values)?;
    found(evaluation, evaluation.scope().items(name), || no_loop("items", name))
}

fn iteration_indexes(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let name = name("iterationIndexes", values)?;
    let index = evaluation.scope().iteration_index(name);
    let index = index.map(Value::Integer).map(Reading::from);
    found(evaluation, index, || no_loop("iterationIndexes", name))
}

fn result(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let name = name("result", values)?;
    found(evaluation, evaluation.scope().result(name), || {
        format!("The container '{name}' is not defined in the template, or it has not finished.")
    })
}

fn workflow(evaluation: &mut Evaluation<'_>, _: &[Value]) -> Answer {
    let workflow = evaluation.scope().workflow().map(Reading::from);
    found(evaluation, workflow, || "There is no workflow around the expression.".to_owned())
}

fn list_callback_url(evaluation: &mut Evaluation<'_>, _: &[Value]) -> Answer {
    let why = "The template language function 'listCallbackUrl' cannot be used here: nothing waits \
               for a callback.";
    found(evaluation, evaluation.scope().callback_url(), || why.to_owned())
}

fn appsetting(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let name = name("appsetting", values)?;
    let setting = evaluation.scope().app_setting(name).unwrap_or_default();
    Ok(evaluation.read(setting))
}

fn secret(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let name = name("secret", values)?;
    let secret = evaluation.scope().secret(name).map(|it| Reading::secure(it.value));
    found(evaluation, secret, || format!("The secret '{name}' is not found."))
}
