//! Where in a text its definitions are: by themselves, or in what exports, templates and answers
//! of management APIs have around them.

use std::borrow::Cow;

use crate::definition::deployed::is_filled_in;
use crate::definition::{Kind, Node, TextPlace as Place};

/// What was found in a text.
#[derive(Default)]
pub(super) struct Unwrapped<'n> {
    pub(super) found: Vec<Wrapped<'n>>,
    /// Definitions that only a deployment makes: where, and what to say of each.
    pub(super) filled_in: Vec<(Place, String)>,
}

/// A definition and what stands beside it.
pub(super) struct Wrapped<'n> {
    pub(super) definition: Cow<'n, Node>,
    pub(super) place: Place,
    /// The values of parameters, in an ARM resource: `{name: {value}}`.
    pub(super) given: Option<(&'n Node, Place)>,
    /// Whether parameters may be declared elsewhere, as those of Standard workflows are.
    pub(super) is_standard: bool,
}

/// Finds the definition: itself, in `definition`, in `properties`, in the files of a Standard
/// workflow, or those of all workflows in a list or among `resources`, also of a template within
/// the template.
pub(super) fn unwrapped(root: &Node) -> Unwrapped<'_> {
    let mut unwrapping =
        Unwrapping { root, unwrapped: Unwrapped::default(), is_in_template: false };
    let place = Place { at: root.at as usize, ..Place::new() };
    match &root.kind {
        Kind::Array(items) => unwrapping.each(items, &place),
        _ => unwrapping.node(root, &place),
    }
    if unwrapping.unwrapped.found.is_empty() && unwrapping.unwrapped.filled_in.is_empty() {
        unwrapping.anywhere(root, &place);
    }
    unwrapping.unwrapped
}

struct Unwrapping<'n> {
    root: &'n Node,
    /// Whether it is within a deployment template, in which `[[` stands for `[`.
    is_in_template: bool,
    unwrapped: Unwrapped<'n>,
}

impl<'n> Unwrapping<'n> {
    fn node(&mut self, node: &'n Node, place: &Place) {
        let is_other = is_resource(node) && !is_of_logic(node);
        if !is_other && is_definition(node) {
            let definition = Cow::Borrowed(node);
            let place = place.clone();
            let wrapped = Wrapped { definition, place, given: None, is_standard: false };
            return self.push(wrapped);
        }
        if let Some(definition) = node.get("definition").filter(|it| may_be_definition(it)) {
            return self.beside_its_parameters(node, definition, place);
        }
        if let Some(properties) = node.get("properties") {
            let at = place.of(node, "properties");
            if is_other && !properties.get("definition").is_some_and(may_be_definition) {
                // Alerts and their like have actions of another sort.
                self.nested(properties, &at);
                return self.nested(node, place);
            }
            match properties.get("definition").and_then(Node::as_str).filter(|it| is_filled_in(it))
            {
                Some(text) => self.filled_in(node, properties, &at, text),
                None => self.node(properties, &at),
            }
        }
        self.nested(node, place);
    }

    /// The `definition` in a node, and the parameters beside it.
    fn beside_its_parameters(&mut self, node: &'n Node, definition: &'n Node, place: &Place) {
        let given = node.get("parameters").filter(|it| it.as_object().is_some());
        let has_types = given
            .and_then(Node::as_object)
            .is_some_and(|members| members.iter().any(|member| member.value.get("type").is_some()));
        let is_standard = node.get("kind").is_some_and(|it| it.as_str().is_some())
            || node.get("connectionReferences").is_some()
            || has_types;
        let given = given.map(|it| (it, place.of(node, "parameters")));
        let place = place.of(node, "definition");
        let definition = Cow::Borrowed(definition);
        self.push(Wrapped { definition, place, given, is_standard });
    }

    fn push(&mut self, mut wrapped: Wrapped<'n>) {
        if self.is_in_template && has_escape(&wrapped.definition) {
            without_escapes(wrapped.definition.to_mut());
        }
        self.unwrapped.found.push(wrapped);
    }

    /// A definition that is an expression of the template: a variable or a default of it, or else
    /// nothing that can be read.
    fn filled_in(&mut self, resource: &Node, properties: &'n Node, place: &Place, text: &str) {
        if !is_of_logic(resource) {
            return;
        }
        if let Some((definition, place)) = self.in_template(text) {
            let given = properties.get("parameters").filter(|it| it.as_object().is_some());
            let given = given.map(|it| (it, place.of(properties, "parameters")));
            let wrapped = Wrapped { definition, place, given, is_standard: false };
            return self.push(wrapped);
        }
        let name = resource.get("name").and_then(Node::as_str).unwrap_or_default();
        let message = format!(
            "The definition of the workflow '{name}' is made by the deployment, {text}; write it in its place, or read it by itself."
        );
        let place = Place { action: Some(name.to_owned()), ..place.of(properties, "definition") };
        self.unwrapped.filled_in.push((place, message));
    }

    /// What `[variables('x')]`, `[parameters('x').y]` or `[json(variables('x'))]` names in the
    /// template. What stands in a text is where the text is.
    fn in_template(&self, text: &str) -> Option<(Cow<'n, Node>, Place)> {
        let formula = text.strip_prefix('[')?.strip_suffix(']')?.trim();
        if let Some(of_text) = formula.strip_prefix("json(").and_then(|it| it.strip_suffix(')')) {
            let (written, place) = self.named_in_template(of_text)?;
            let mut definition = Node::read(written.as_str()?).ok()?;
            definition.move_to(written.at);
            return may_be_definition(&definition).then_some((Cow::Owned(definition), place));
        }
        let (definition, place) = self.named_in_template(formula)?;
        may_be_definition(definition).then_some((Cow::Borrowed(definition), place))
    }

    fn named_in_template(&self, formula: &str) -> Option<(&'n Node, Place)> {
        let (function, rest) = formula.split_once('(')?;
        let (name, path) = rest.split_once(')')?;
        let name = name.trim().strip_prefix('\'')?.strip_suffix('\'')?;
        let function = function.to_ascii_lowercase();
        let default = Some("defaultValue").filter(|_| function == "parameters");
        let path = path.trim().split('.').filter(|it| !it.is_empty());
        let steps = [function.as_str(), name].into_iter().chain(default).chain(path);
        let (mut at, mut place) = (self.root, Place::new());
        for step in steps {
            place = place.of(at, step);
            at = at.get(step)?;
        }
        Some((at, place))
    }

    /// The workflows of a template, of the templates and resources in it, and of lists.
    fn nested(&mut self, node: &'n Node, place: &Place) {
        for name in ["template", "mainTemplate"] {
            if let Some(template) = node.get(name) {
                self.is_in_template = true;
                self.node(template, &place.of(node, name));
            }
        }
        if let Some(files) = node.get("files")
            && let Some(file) = files.get("workflow.json")
        {
            self.node(file, &place.of(node, "files").of(files, "workflow.json"));
        }
        for name in ["resources", "value"] {
            let Some(resources) = node.get(name) else { continue };
            self.is_in_template |= name == "resources";
            let place = place.of(node, name);
            match &resources.kind {
                Kind::Array(items) => self.each(items, &place),
                Kind::Object(members) if name == "resources" => {
                    for member in members {
                        self.node(&member.value, &place.member(member));
                    }
                }
                _ => {}
            }
        }
    }

    /// Finds definitions in wrappings that are not known, by their name or their schema: also in
    /// texts, as rows of Dataverse have them.
    fn anywhere(&mut self, node: &'n Node, place: &Place) {
        match &node.kind {
            Kind::Scalar(_) => {
                let text = node.as_str().filter(|it| it.trim_start().starts_with('{'));
                let text = text.filter(|it| it.contains("workflowdefinition.json"));
                if let Some(mut inner) = text.and_then(|it| Node::read(it).ok()) {
                    inner.move_to(node.at);
                    for Wrapped { definition, place: within, .. } in unwrapped(&inner).found {
                        let pointer = format!("{}{}", place.pointer, within.pointer);
                        let place = Place { pointer, ..place.clone() };
                        let definition = Cow::Owned(definition.into_owned());
                        let wrapped = Wrapped { definition, place, given: None, is_standard: true };
                        self.unwrapped.found.push(wrapped);
                    }
                }
            }
            Kind::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.anywhere(item, &place.item(index, item));
                }
            }
            Kind::Object(_) if node.get("definition").is_some_and(is_definition) => {
                self.node(node, place);
            }
            Kind::Object(_) if has_schema(node) => self.node(node, place),
            Kind::Object(members) => {
                for member in members {
                    self.anywhere(&member.value, &place.member(member));
                }
            }
        }
    }

    fn each(&mut self, items: &'n [Node], place: &Place) {
        for (index, item) in items.iter().enumerate() {
            self.node(item, &place.item(index, item));
        }
    }
}

fn has_escape(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(_) => node.as_str().is_some_and(|it| it.starts_with("[[")),
        Kind::Array(items) => items.iter().any(has_escape),
        Kind::Object(members) => members.iter().any(|it| has_escape(&it.value)),
    }
}

fn without_escapes(node: &mut Node) {
    match &mut node.kind {
        Kind::Scalar(serde_json::Value::String(text)) if text.starts_with("[[") => {
            text.remove(0);
        }
        Kind::Scalar(_) => {}
        Kind::Array(items) => items.iter_mut().for_each(without_escapes),
        Kind::Object(members) => {
            for member in members {
                without_escapes(&mut member.value);
            }
        }
    }
}

/// Whether a node is a definition beyond doubt.
fn is_definition(node: &Node) -> bool {
    let is_object = |name: &str| node.get(name).is_some_and(|it| it.as_object().is_some());
    is_object("actions") || is_object("triggers") || has_schema(node)
}

/// Whether what is called `definition` is one of a workflow. A custom connector has one of its API.
fn may_be_definition(node: &Node) -> bool {
    let is_there = |name: &str| node.get(name).is_some();
    node.as_object().is_some() && (is_there("actions") || is_there("triggers") || has_schema(node))
}

fn has_schema(node: &Node) -> bool {
    let schema = node.get("$schema").and_then(Node::as_str).unwrap_or_default();
    schema.to_ascii_lowercase().contains("workflowdefinition.json")
}

/// Whether a node says of which type of resource it is.
fn is_resource(node: &Node) -> bool {
    node.get("type").and_then(Node::as_str).is_some_and(|it| it.contains('/'))
}

/// Whether a resource is a workflow of Consumption.
fn is_of_logic(resource: &Node) -> bool {
    let kind = resource.get("type").and_then(Node::as_str);
    kind.is_none_or(|kind| kind.eq_ignore_ascii_case("Microsoft.Logic/workflows"))
}
