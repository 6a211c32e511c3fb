//! A definition while it is read: what was found so far, and how to say where.

use std::collections::{BTreeMap, BTreeSet};

use super::deployed::{is_call, with_calls_as_texts};
use super::source::Member;
use super::{
    Action, ActionIndex, Definition, Kind, Lines, Node, folded, is_filled_in, is_known_later,
    parse_duration,
};
use crate::validation::{Finding, FindingCode, Scrutiny, Severity, did_you_mean};
use crate::{Condition, Object, Reference, SyntaxError, Template, Value};

use std::time::Duration;

/// Guesses take time, and whoever makes more mistakes looks at the first ones first.
const GUESSES_MAX: u32 = 50;

/// Where something stands: a pointer, the byte, and the action it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) pointer: String,
    pub(crate) at: usize,
    pub(crate) action: Option<String>,
}

/// To whom an expression belongs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Owner {
    /// It is evaluated when the run starts, or before.
    Trigger,
    /// It is evaluated at the end.
    Output,
    /// It is evaluated when the action begins.
    Action(u32),
    /// As above, with an element as `item()`.
    Elementwise(u32),
    /// It is evaluated when the actions inside have ended.
    Inside(u32),
    /// It is evaluated when the action has ended.
    Ended(u32),
}

impl Owner {
    /// The action to which it belongs, if it is one.
    pub(crate) fn action(self) -> Option<ActionIndex> {
        match self {
            Self::Trigger | Self::Output => None,
            Self::Action(at) | Self::Elementwise(at) | Self::Inside(at) | Self::Ended(at) => {
                Some(ActionIndex(at))
            }
        }
    }
}

/// A function that an expression calls, and where.
#[derive(Debug)]
pub(crate) struct Use {
    pub(crate) owner: Owner,
    pub(crate) reference: Reference,
    pub(crate) place: Place,
}

/// What is known of an action besides what it does.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) place: Place,
    /// Its `runAfter`, by name.
    pub(crate) run_after: Vec<(String, crate::run::StatusSet, Place)>,
    /// How deep it stands; 1 outside of everything.
    pub(crate) level: u32,
}

/// A definition while it is read.
#[expect(clippy::struct_excessive_bools, reason = "they have nothing to do with each other")]
pub(crate) struct Reading<'a> {
    pub(crate) scrutiny: &'a Scrutiny,
    pub(crate) lines: Lines<'a>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) definition: Option<Definition>,
    pub(crate) actions: Vec<Action>,
    pub(crate) written: Vec<Written>,
    pub(crate) uses: Vec<Use>,
    pub(crate) static_results: BTreeMap<String, Node>,
    /// Whether parameters may be declared elsewhere.
    pub(crate) is_standard: bool,
    /// Whether something besides `runAfter` says what comes after what: transitions, or agents
    /// that hand over.
    pub(crate) hands_over: bool,
    /// Whether a deployment fills in what may be actions or variables.
    pub(crate) is_filled_in: bool,
    /// Actions with a loop beside them, as definitions had before 2016.
    pub(crate) repeated: BTreeSet<u32>,
    /// Actions that run after something that is not there.
    pub(crate) gaps: Vec<ActionIndex>,
    /// Variables of which a deployment says of which type they are, in lower case.
    pub(crate) of_any_type: BTreeSet<String>,
    /// Where the variables are made, by their names in lower case.
    pub(crate) variable_places: BTreeMap<String, Place>,
    /// Where the parameters stand.
    pub(crate) parameter_places: Vec<Place>,
    /// Texts that may ask for variables and parameters; for strict eyes alone.
    pub(crate) texts_that_ask: Vec<String>,
    /// Whether there are so many actions that not all were read.
    pub(crate) is_cut: bool,
    /// For how many more mistakes it is guessed what was meant.
    guesses_left: u32,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { pointer: String::new(), at: 0, action: None }
    }

    pub(crate) fn member(&self, member: &Member) -> Self {
        Self { at: member.value.at as usize, ..self.named(&member.name) }
    }

    /// The member of this name, in the spelling that the text has.
    pub(crate) fn of(&self, node: &Node, name: &str) -> Self {
        let members = node.as_object().unwrap_or_default();
        let found = members.iter().rfind(|member| member.name.eq_ignore_ascii_case(name));
        found.map_or_else(|| self.named(name), |member| self.member(member))
    }

    pub(crate) fn item(&self, index: usize, node: &Node) -> Self {
        Self { at: node.at as usize, ..self.named(&index.to_string()) }
    }

    fn named(&self, name: &str) -> Self {
        let name = name.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("{}/{name}", self.pointer), ..self.clone() }
    }
}

impl<'a> Reading<'a> {
    pub(crate) fn new(text: &'a str, scrutiny: &'a Scrutiny) -> Self {
        Self {
            scrutiny,
            lines: Lines::of(text),
            findings: Vec::new(),
            definition: None,
            actions: Vec::new(),
            written: Vec::new(),
            uses: Vec::new(),
            static_results: BTreeMap::new(),
            is_standard: false,
            hands_over: false,
            is_filled_in: false,
            repeated: BTreeSet::new(),
            gaps: Vec::new(),
            of_any_type: BTreeSet::new(),
            variable_places: BTreeMap::new(),
            parameter_places: Vec::new(),
            texts_that_ask: Vec::new(),
            is_cut: false,
            guesses_left: GUESSES_MAX,
        }
    }

    pub(crate) fn error(&mut self, code: FindingCode, place: &Place, message: impl Into<String>) {
        self.find(code, Severity::Error, place, message.into(), None);
    }

    pub(crate) fn lint(&mut self, code: FindingCode, place: &Place, message: impl Into<String>) {
        self.find(code, Severity::Lint, place, message.into(), None);
    }

    pub(crate) fn find(
        &mut self,
        code: FindingCode,
        severity: Severity,
        place: &Place,
        message: String,
        suggestion: Option<String>,
    ) {
        self.findings.push(Finding {
            code,
            severity,
            action: place.action.clone(),
            pointer: place.pointer.clone(),
            position: self.lines.position(place.at),
            message,
            suggestion,
        });
    }

    /// `Did you mean 'x'?`, if there is something near.
    pub(crate) fn guess<'k>(
        &mut self,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Option<String> {
        self.guesses_left = self.guesses_left.checked_sub(1)?;
        did_you_mean(name, known)
    }

    /// The node as an object; told when it is something else.
    pub(crate) fn object<'n>(&mut self, node: &'n Node, place: &Place) -> &'n [Member] {
        let members = node.as_object();
        if members.is_none() {
            self.wrong_kind(node, place, "an object");
        }
        members.unwrap_or_default()
    }

    /// The members of a node. Of those with the same name the last one counts, as in the service;
    /// but what it would lose without a word is an error.
    pub(crate) fn members<'n>(&mut self, node: &'n Node, place: &Place) -> Vec<&'n Member> {
        let mut last: BTreeMap<&str, &Member> = BTreeMap::new();
        let mut counting = Vec::new();
        for member in self.object(node, place).iter().rev() {
            let Some(counts) = last.get(member.name.as_str()) else {
                last.insert(&member.name, member);
                counting.push(member);
                continue;
            };
            let place = Place { at: member.at as usize, ..place.member(member) };
            let name = &member.name;
            if member.value.says_the_same(&counts.value) {
                let message = format!("'{name}' is there twice, and says the same.");
                self.lint(FindingCode::DuplicateName, &place, message);
            } else {
                let message = format!(
                    "'{name}' is there twice, and this one would be lost: the last one counts."
                );
                self.error(FindingCode::DuplicateName, &place, message);
            }
        }
        counting.reverse();
        counting
    }

    /// Tells that something else stands here; not of what a deployment fills in.
    pub(crate) fn wrong_kind(&mut self, node: &Node, place: &Place, expected: &str) {
        if node.as_str().is_some_and(is_filled_in) {
            return;
        }
        let message = format!("This must be {expected}, and is {}.", node.kind_name());
        self.error(FindingCode::WrongKind, place, message);
    }

    pub(crate) fn missing(&mut self, place: &Place, name: &str) {
        self.error(FindingCode::Missing, place, format!("'{name}' is missing."));
    }

    /// The member of this name, which must be there.
    pub(crate) fn required<'n>(
        &mut self,
        node: &'n Node,
        place: &Place,
        name: &str,
    ) -> Option<(&'n Node, Place)> {
        let found = node.get(name);
        // Of what is no object that was told before.
        if found.is_none() && node.as_object().is_some() {
            self.missing(place, name);
        }
        found.map(|member| (member, place.of(node, name)))
    }

    /// Text that must be there.
    pub(crate) fn text(&mut self, node: &Node, place: &Place, name: &str) -> Option<String> {
        let (member, place) = self.required(node, place, name)?;
        let text = member.as_str();
        if text.is_none() {
            self.wrong_kind(member, &place, "a string");
        }
        text.map(str::to_owned)
    }

    /// Text that may be there.
    pub(crate) fn optional_text(
        &mut self,
        node: &Node,
        place: &Place,
        name: &str,
    ) -> Option<String> {
        node.get(name).filter(|it| !it.is_null())?;
        self.text(node, place, name)
    }

    /// A duration that may be there. One that is known later is none.
    pub(crate) fn duration(&mut self, node: &Node, place: &Place, name: &str) -> Option<Duration> {
        let text = self.optional_text(node, place, name)?;
        if is_known_later(&text) {
            return None;
        }
        let duration = parse_duration(&text);
        if duration.is_none() {
            let message = format!("'{text}' is not an ISO 8601 duration such as PT1H.");
            self.error(FindingCode::BadDuration, &place.of(node, name), message);
        }
        duration
    }

    /// A whole number that may be there, within bounds.
    pub(crate) fn number(
        &mut self,
        node: &Node,
        place: &Place,
        name: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<u32> {
        let member = node.get(name).filter(|it| !it.is_null())?;
        let place = place.of(node, name);
        let number = member.as_i64().or_else(|| member.as_str()?.trim().parse().ok());
        match number {
            Some(number) if range.contains(&number) => u32::try_from(number).ok(),
            Some(number) => {
                let (low, high) = (range.start(), range.end());
                let message = format!("{number} is not from {low} to {high}.");
                self.error(FindingCode::OutOfRange, &place, message);
                None
            }
            None if member.as_str().is_some_and(is_known_later) => None,
            None => {
                self.wrong_kind(member, &place, "a whole number");
                None
            }
        }
    }

    /// Compiles a template. What it calls is noted.
    pub(crate) fn template(
        &mut self,
        node: &Node,
        place: &Place,
        owner: Owner,
    ) -> Option<Template> {
        let Some(template) = self.compiled(node, place, Template::compile) else {
            self.note_parts(node, place, owner);
            return None;
        };
        self.note(template.references(), node, place, owner);
        Some(template)
    }

    /// Compiles the template of a member that must be there.
    pub(crate) fn required_template(
        &mut self,
        node: &Node,
        place: &Place,
        name: &str,
        owner: Owner,
    ) -> Option<Template> {
        let (member, place) = self.required(node, place, name)?;
        self.template(member, &place, owner)
    }

    /// Compiles a condition. What it calls is noted.
    pub(crate) fn condition(
        &mut self,
        node: &Node,
        place: &Place,
        owner: Owner,
    ) -> Option<Condition> {
        let Some(condition) = self.compiled(node, place, Condition::compile) else {
            self.note_parts(node, place, owner);
            return None;
        };
        self.note(condition.references(), node, place, owner);
        Some(condition)
    }

    /// Compiles a value. Where only what a deployment makes cannot be read, that is a text.
    fn compiled<T>(
        &mut self,
        node: &Node,
        place: &Place,
        compile: impl Fn(&Value) -> Result<T, Vec<SyntaxError>>,
    ) -> Option<T> {
        let value = node.to_value();
        let mut compiled = compile(&value);
        if let Err(errors) = &compiled {
            let of_deployment =
                |it: &SyntaxError| node.below(&it.pointer).as_str().is_some_and(is_call);
            if errors.iter().any(of_deployment) {
                compiled = compile(&with_calls_as_texts(&value));
            }
        }
        match compiled {
            Ok(compiled) => Some(compiled),
            Err(errors) => {
                self.syntax(&errors, node, place);
                None
            }
        }
    }

    fn note(&mut self, references: Vec<Reference>, node: &Node, place: &Place, owner: Owner) {
        for reference in references {
            let place = place.below(node, &reference.pointer);
            self.uses.push(Use { owner, reference, place });
        }
    }

    /// Notes what is called in the strings that are right, beside one that is not.
    fn note_parts(&mut self, node: &Node, place: &Place, owner: Owner) {
        match &node.kind {
            Kind::Scalar(_) => {
                if let Ok(template) = Template::compile(&node.to_value()) {
                    self.note(template.references(), node, place, owner);
                }
            }
            Kind::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.note_parts(item, &place.item(index, item), owner);
                }
            }
            Kind::Object(members) => {
                for member in members {
                    self.note_parts(&member.value, &place.member(member), owner);
                }
            }
        }
    }

    fn syntax(&mut self, errors: &[SyntaxError], node: &Node, place: &Place) {
        for error in errors {
            let place = place.below(node, &error.pointer);
            self.error(FindingCode::Syntax, &place, shortened(&error.message));
        }
    }
}

/// The beginning and the end of a message that repeats a long expression.
fn shortened(message: &str) -> String {
    const PART_CHARS: usize = 200;
    let count = message.chars().count();
    if count <= 2 * PART_CHARS {
        return message.to_owned();
    }
    let first: String = message.chars().take(PART_CHARS).collect();
    let last: String = message.chars().skip(count - PART_CHARS).collect();
    format!("{first} … {last}")
}

impl Place {
    /// The place at a pointer below `node`, which is at this place.
    fn below(&self, node: &Node, pointer: &str) -> Self {
        Self {
            pointer: format!("{}{pointer}", self.pointer),
            at: node.below(pointer).at as usize,
            action: self.action.clone(),
        }
    }
}

impl Node {
    /// The node at a pointer, or as near to it as there is one.
    fn below(&self, pointer: &str) -> &Self {
        let mut at = self;
        for part in pointer.split('/').skip(1) {
            let name = part.replace("~1", "/").replace("~0", "~");
            let child = match &at.kind {
                Kind::Array(items) => name.parse().ok().and_then(|index: usize| items.get(index)),
                Kind::Object(members) => {
                    members.iter().rfind(|member| member.name == name).map(|member| &member.value)
                }
                Kind::Scalar(_) => None,
            };
            let Some(child) = child else { break };
            at = child;
        }
        at
    }

    /// The value without positions. Of members with one name the last counts.
    pub(crate) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(scalar) => Value::from(scalar.clone()),
            Kind::Array(items) => items.iter().map(Self::to_value).collect(),
            Kind::Object(members) => {
                let mut object = Object::new();
                for member in members {
                    object.insert(member.name.as_str(), member.value.to_value());
                }
                object.into()
            }
        }
    }
}

impl Definition {
    /// The actions by the names under which expressions find them.
    pub(crate) fn names(actions: &[Action]) -> BTreeMap<String, super::ActionIndex> {
        let indices = (0..).map(super::ActionIndex);
        actions.iter().zip(indices).map(|(action, index)| (folded(&action.name), index)).collect()
    }
}
