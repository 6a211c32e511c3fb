//! Defaults of parameters that are expressions.

use super::Turn;
use super::view::View;
use crate::definition::{Definition, Parameter};
use crate::run::{ErrorInfo, Run};
use crate::{Budget, EvaluationError, Object, Subject, Template};

/// Evaluates the defaults of the parameters that have no value yet, each after those that it
/// names.
pub(super) fn fill_in(
    definition: &Definition,
    run: &mut Run,
    turn: &Turn<'_>,
) -> Result<(), ErrorInfo> {
    let formulas = definition.parameters.iter();
    let formulas = formulas.filter_map(|it| it.formula.as_ref().map(|formula| (it, formula)));
    let mut left: Vec<(&Parameter, &Template)> =
        formulas.filter(|(it, _)| !has(run, &it.name)).collect();
    while !left.is_empty() {
        let is_ready = |(_, formula): &(&Parameter, &Template)| {
            let names = formula.references().into_iter();
            let names = names.filter(|it| it.subject == Subject::Parameter);
            let mut names = names.filter_map(|it| it.name);
            !names.any(|name| left.iter().any(|(it, _)| it.name.eq_ignore_ascii_case(&name)))
        };
        let Some(next) = left.iter().position(is_ready) else {
            return Err(failed(left[0].0, "it is made of itself"));
        };
        let (parameter, formula) = left.remove(next);
        let view = View::new(definition, run, turn, None, None);
        let evaluated = formula.evaluate_within(&view, &Budget::DEFAULT);
        run.next_chance = view.chance();
        let evaluated = evaluated.map_err(|error| failed(parameter, &error.message))?;
        if evaluated.secure && !parameter.kind.is_secure() {
            let detail = "it is made of what is never shown, and must be of a secure type";
            return Err(failed(parameter, detail));
        }
        if let Some(problem) = parameter.refuses(&evaluated.value) {
            return Err(failed(parameter, &problem.to_string()));
        }
        let mut values = run.parameters.as_object().cloned().unwrap_or_else(Object::new);
        values.insert(parameter.name.as_str(), evaluated.value);
        run.parameters = values.into();
    }
    Ok(())
}

fn has(run: &Run, name: &str) -> bool {
    run.parameters.as_object().is_some_and(|values| values.find(name).is_some())
}

fn failed(parameter: &Parameter, detail: &str) -> ErrorInfo {
    let message = format!(
        "Unable to process template language expressions for parameter '{}' at line '0' and column '0': '{detail}'.",
        parameter.name
    );
    ErrorInfo { code: EvaluationError::CODE.to_owned(), message }
}
