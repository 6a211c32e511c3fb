//! What selectors of a pipeline see, and how they are written in a workflow.

use serde_json::{Map, Value as Json};

use crate::definition::{Kind, Node, Reading, TextPlace as Place};
use crate::selector::{Selector, Wants};
use crate::validation::{FindingCode as F, Severity, did_you_mean};

/// What selectors see from one place of a pipeline: names, and the expressions behind them.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    /// Stages that have ended.
    stages: Vec<String>,
    /// All stages there are.
    known: Vec<String>,
    roots: Vec<(String, String)>,
}

impl Sight {
    pub(super) fn new(stages: Vec<String>, known: Vec<String>) -> Self {
        Self { stages, known, roots: vec![("trigger".to_owned(), "triggerBody()".to_owned())] }
    }

    /// The same, and one name more.
    pub(super) fn with(&self, name: &str, expression: impl Into<String>) -> Self {
        let mut more = self.clone();
        more.roots.retain(|(known, _)| known != name);
        more.roots.push((name.to_owned(), expression.into()));
        more
    }

    /// The same, after one stage more.
    pub(super) fn after(&self, stage: &str) -> Self {
        let mut more = self.clone();
        more.stages.push(stage.to_owned());
        more
    }

    /// A selector as a call of `function`, without the `@`.
    pub(super) fn call(
        &self,
        reading: &mut Reading<'_>,
        function: &str,
        text: &str,
        place: &Place,
    ) -> Option<String> {
        let selector = match Selector::compile(text) {
            Ok(selector) => selector,
            Err(error) => {
                let message = format!(
                    "'{text}' is not a selector: {} (at character {}). Text that is meant as it stands is written '`\"…\"`' or in single quotes.",
                    error.message,
                    error.position + 1
                );
                reading.error(F::Syntax, place, message);
                return None;
            }
        };
        let wants = selector.wants();
        self.check(reading, &wants, text, place)?;
        let mut call = format!("{function}({}", quoted(text));
        let mut count = 0;
        let mut add = |name: &str, expression: &str| {
            for part in [", ", &quoted(name), ", ", expression] {
                call.push_str(part);
            }
            count += 1;
        };
        for (name, expression) in &self.roots {
            if wants.all || wants.fields.contains_key(name) {
                add(name, expression);
            }
        }
        let stages = wants.fields.get("stages");
        for stage in &self.stages {
            let is_wanted = |it: &Wants| it.all || it.fields.contains_key(stage);
            if wants.all || stages.is_some_and(is_wanted) {
                add(&format!("stages.{stage}"), &outputs_of(stage));
            }
        }
        if count == 0 {
            call.push_str(", json('{}')");
        }
        call.push(')');
        Some(call)
    }

    /// Tells when a selector names what it does not see.
    fn check(
        &self,
        reading: &mut Reading<'_>,
        wants: &Wants,
        text: &str,
        place: &Place,
    ) -> Option<()> {
        let mut seen = Some(());
        let roots = self.roots.iter().map(|(name, _)| name.as_str()).chain(["stages"]);
        let roots: Vec<&str> = roots.collect();
        for name in wants.fields.keys().filter(|name| !roots.contains(&name.as_str())) {
            let message = format!(
                "'{text}' begins with '{name}', which means nothing here; there are {}.",
                roots.join(", ")
            );
            let suggestion = did_you_mean(name, roots.iter().copied());
            reading.find(F::Syntax, Severity::Error, place, message, suggestion);
            seen = None;
        }
        let stages = wants.fields.get("stages").into_iter().flat_map(|it| it.fields.keys());
        for name in stages.filter(|name| !self.stages.contains(name)) {
            if self.known.contains(name) {
                let message = format!("'{text}' asks for '{name}', which is not waited for here.");
                reading.error(F::NotBefore, place, message);
            } else {
                let suggestion = did_you_mean(name, self.known.iter().map(String::as_str));
                let message = format!("'{text}' asks for '{name}', and there is no such stage.");
                reading.find(F::UnknownAction, Severity::Error, place, message, suggestion);
            }
            seen = None;
        }
        seen
    }

    /// A selector that must find true or false, without the `@`.
    pub(super) fn test(
        &self,
        reading: &mut Reading<'_>,
        node: &Node,
        place: &Place,
    ) -> Option<String> {
        if let Some(text) = node.as_str() {
            return self.call(reading, "jmespathTest", text, place);
        }
        reading.wrong_kind(node, place, "a selector");
        None
    }

    /// Any JSON, in which every string is a selector.
    pub(super) fn template(
        &self,
        reading: &mut Reading<'_>,
        node: &Node,
        place: &Place,
    ) -> Option<Json> {
        Some(match &node.kind {
            Kind::Scalar(Json::String(text)) => {
                Json::String(format!("@{}", self.call(reading, "jmespath", text, place)?))
            }
            Kind::Scalar(other) => other.clone(),
            Kind::Array(items) => {
                let items = items.iter().enumerate();
                let items: Vec<Option<Json>> =
                    items.map(|(at, it)| self.template(reading, it, &place.item(at, it))).collect();
                Json::Array(items.into_iter().collect::<Option<_>>()?)
            }
            Kind::Object(members) => {
                let members: Vec<Option<(String, Json)>> = members
                    .iter()
                    .map(|it| {
                        let value = self.template(reading, &it.value, &place.member(it))?;
                        Some((as_text(&it.name), value))
                    })
                    .collect();
                Json::Object(members.into_iter().collect::<Option<Map<_, _>>>()?)
            }
        })
    }
}

/// The outputs of a stage that has ended, in the order of its tasks.
pub(super) fn outputs_of(stage: &str) -> String {
    format!("coalesce(body('{stage}.outputs'), json('[]'))")
}

/// Text in an expression.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Text in a definition, as it stands.
pub(super) fn as_text(text: &str) -> String {
    if text.starts_with('@') || text.contains("@{") {
        return format!("@concat({})", quoted(text));
    }
    text.to_owned()
}
