//! From text to a definition, with everything that is wrong on the way.

mod actions;
mod calls;
mod containers;
mod data;
mod triggers;
mod wrapping;

use wrapping::{Unwrapped, Wrapped, unwrapped};

use super::reading::Owner;
use super::{
    Block, Definition, Kind, Node, Parameter, ParameterKind, Reading, TextPlace as Place,
    is_filled_in,
};
use crate::Template;
use crate::validation::{FindingCode as F, Scrutiny, Severity};

const TRIGGERS_MAX: usize = 10;
const PARAMETERS_MAX: usize = 500;
const OUTPUTS_MAX: usize = 10;
const NOT_A_DEFINITION: &str =
    "There is no workflow definition here: an object with 'triggers' or 'actions'.";

/// Reads a definition in any of its wrappings.
pub(crate) fn read<'a>(text: &'a str, scrutiny: &'a Scrutiny) -> Reading<'a> {
    let mut reading = Reading::new(text, scrutiny);
    let node = match Node::read(text) {
        Ok(node) => node,
        Err(error) => {
            let place = Place { at: error.at, ..Place::new() };
            reading.error(F::NotJson, &place, error.message);
            return reading;
        }
    };
    if crate::pipeline::is_pipeline(&node) {
        reading.pipeline(&node);
        return reading;
    }
    let Unwrapped { mut found, filled_in } = unwrapped(&node);
    // Beside what can be read it is no reason to refuse that.
    let severity = if found.is_empty() { Severity::Error } else { Severity::Lint };
    for (place, message) in &filled_in {
        reading.find(F::NotADefinition, severity, place, message.clone(), None);
    }
    let Some(last) = found.pop() else {
        if filled_in.is_empty() {
            let place = Place { at: node.at as usize, ..Place::new() };
            reading.error(F::NotADefinition, &place, NOT_A_DEFINITION);
        }
        return reading;
    };
    let asked = if scrutiny.strict { texts_that_ask(&node) } else { Vec::new() };
    for other in found {
        let mut beside = Reading::new(text, scrutiny);
        beside.texts_that_ask.clone_from(&asked);
        beside.wrapped(other);
        reading.findings.append(&mut beside.findings);
    }
    reading.texts_that_ask = asked;
    reading.wrapped(last);
    reading
}

/// All texts that may ask for a variable or a parameter, in lower case. Not all of them are
/// expressions that are read: a deployment may make one of several.
fn texts_that_ask(node: &Node) -> Vec<String> {
    match &node.kind {
        Kind::Scalar(_) => {
            let text = node.as_str().filter(|it| it.contains('@'));
            text.map(str::to_lowercase).into_iter().collect()
        }
        Kind::Array(items) => items.iter().flat_map(texts_that_ask).collect(),
        Kind::Object(members) => {
            members.iter().flat_map(|member| texts_that_ask(&member.value)).collect()
        }
    }
}

impl Reading<'_> {
    /// Reads the workflow that a pipeline becomes. What is found in that one is told where the
    /// pipeline begins, with the name of the stage.
    fn pipeline(&mut self, node: &Node) {
        let Some(workflow) = crate::pipeline::read(self, node) else { return };
        if self.findings.iter().any(|it| it.severity == Severity::Error) {
            return;
        }
        let workflow = workflow.to_string();
        let inner = read(&workflow, self.scrutiny);
        let errors = inner.findings.into_iter().filter(|it| it.severity == Severity::Error);
        for finding in errors {
            let stage = finding.action.map(|it| it.split('.').next().unwrap_or(&it).to_owned());
            let place = Place { action: stage, at: node.at as usize, ..Place::new() };
            self.find(finding.code, Severity::Error, &place, finding.message, finding.suggestion);
        }
        self.definition = inner.definition;
    }

    fn wrapped(&mut self, Wrapped { definition, place, given, is_standard }: Wrapped<'_>) {
        self.is_standard = is_standard;
        self.whole(&definition, &place, given);
    }

    fn whole(&mut self, node: &Node, place: &Place, given: Option<(&Node, Place)>) {
        self.members(node, place);
        if let Some(written) = node.get("staticResults")
            && let Some(results) = written.as_object()
        {
            let at = place.of(node, "staticResults");
            for result in results {
                self.static_status(&result.value, &at.of(written, &result.name));
            }
            let results = results.iter().map(|it| (it.name.clone(), it.value.clone()));
            self.static_results = results.collect();
        }
        let parameters = self.parameters(node, place, given);
        let triggers = self.triggers(node, place);
        // One may be deployed before its actions, and do nothing yet.
        let root = if let Some(actions) = node.get("actions").filter(|it| !it.is_null()) {
            self.block(actions, &place.of(node, "actions"), None, 1)
        } else {
            self.lint(F::Missing, place, "Without 'actions' a run does nothing.");
            Block::default()
        };
        let outputs = self.outputs(node, place);
        let answers_caller = self.answers_caller();
        let actions = std::mem::take(&mut self.actions);
        let by_name = Definition::names(&actions);
        let mut definition = Definition {
            parameters,
            triggers,
            outputs,
            root,
            actions,
            by_name,
            secrets: self.secrets(),
            answers_caller,
        };
        self.check(&mut definition);
        self.definition = Some(definition);
    }

    fn parameters(
        &mut self,
        node: &Node,
        place: &Place,
        given: Option<(&Node, Place)>,
    ) -> Vec<Parameter> {
        let (given, at_given) =
            given.map_or_else(|| (None, Place::new()), |(node, at)| (Some(node), at));
        let declared = node.get("parameters").filter(|it| !it.is_null());
        let place = place.of(node, "parameters");
        let members = declared.map(|node| self.members(node, &place)).unwrap_or_default();
        self.at_most(members.len(), PARAMETERS_MAX, &place, "parameters");
        let members = members.into_iter().take(PARAMETERS_MAX);
        let members = members.map(|member| (member, place.member(member)));
        // A Standard application declares them beside the definition, with their types.
        let beside = given.filter(|_| self.is_standard).and_then(Node::as_object);
        let beside = beside.unwrap_or_default().iter().filter(|member| {
            let is_declared = declared.is_some_and(|node| node.get(&member.name).is_some());
            member.value.get("type").is_some() && !is_declared
        });
        let beside = beside.map(|member| (member, at_given.member(member)));
        let mut read = Vec::new();
        for (member, place) in members.chain(beside) {
            self.object(&member.value, &place);
            let type_name = self.text(&member.value, &place, "type").unwrap_or_default();
            let kind = ParameterKind::named(&type_name);
            if kind.is_none() && !type_name.is_empty() && !is_filled_in(&type_name) {
                let known = ParameterKind::NAMES;
                let suggestion = self.guess(&type_name, known);
                let message = format!("'{type_name}' is not a type of parameters.");
                let place = place.of(&member.value, "type");
                self.find(F::WrongValue, Severity::Error, &place, message, suggestion);
            }
            let given = given.and_then(|given| given.get(&member.name)?.get("value"));
            let written = given.or_else(|| member.value.get("defaultValue"));
            let formula = written.and_then(|it| self.formula(it, &place));
            let default = written.filter(|_| formula.is_none()).map(Node::to_value);
            let allowed = member.value.get("allowedValues").and_then(Node::as_array);
            let allowed = allowed.unwrap_or_default().iter().map(Node::to_value).collect();
            let parameter = Parameter {
                name: member.name.clone(),
                kind: kind.unwrap_or(ParameterKind::Object),
                default,
                formula,
                allowed,
            };
            self.default_of(&parameter, &place, kind.is_some());
            self.parameter_places.push(place);
            read.push(parameter);
        }
        read
    }

    /// A default that is an expression.
    fn formula(&mut self, written: &Node, place: &Place) -> Option<Template> {
        let formula = self.template(written, place, Owner::Trigger)?;
        let mut calls = formula.references().into_iter();
        if calls.any(|it| it.subject == crate::Subject::Secret) {
            let message = "A secret is asked for where it is sent; parameters are kept.";
            self.error(F::SecretInSight, place, message);
        }
        formula.constant().is_none().then_some(formula)
    }

    /// Tells when a default could not be given. One that a deployment makes may be anything.
    fn default_of(&mut self, parameter: &Parameter, place: &Place, is_known: bool) {
        let Some(default) = parameter.default.as_ref().filter(|_| is_known) else { return };
        if default.as_str().is_some_and(|text| text.starts_with('[') || is_filled_in(text)) {
            return;
        }
        if let Some(problem) = parameter.refuses(default) {
            let severity = if default.is_null() || default.as_str() == Some("") {
                Severity::Lint
            } else {
                Severity::Error
            };
            self.find(F::WrongKind, severity, place, format!("The default of {problem}."), None);
        }
    }

    fn outputs(&mut self, node: &Node, place: &Place) -> Vec<(String, Template)> {
        let Some(outputs) = node.get("outputs").filter(|it| !it.is_null()) else {
            return Vec::new();
        };
        let place = place.of(node, "outputs");
        let members = self.members(outputs, &place);
        self.at_most(members.len(), OUTPUTS_MAX, &place, "outputs");
        let mut read = Vec::new();
        for member in members.into_iter().take(OUTPUTS_MAX) {
            let place = Place { action: Some(member.name.clone()), ..place.member(member) };
            if let Kind::Object(_) = &member.value.kind {
                let value = self.required_template(&member.value, &place, "value", Owner::Output);
                read.extend(value.map(|value| (member.name.clone(), value)));
            } else {
                self.wrong_kind(&member.value, &place, "an object with 'type' and 'value'");
            }
        }
        read
    }

    pub(super) fn at_most(&mut self, count: usize, max: usize, place: &Place, what: &str) {
        if count > max {
            self.error(F::TooMany, place, format!("{count} {what} are more than {max}."));
        }
    }

    fn answers_caller(&self) -> bool {
        self.actions.iter().any(|action| {
            matches!(action.operation, super::Operation::Response { asynchronous: false, .. })
        })
    }

    fn secrets(&self) -> Vec<String> {
        let secrets = self.uses.iter().filter(|it| it.reference.subject == crate::Subject::Secret);
        let mut names: Vec<_> = secrets.filter_map(|it| it.reference.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }
}
