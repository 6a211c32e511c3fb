//! A configuration as it was written: the file, and the variables that override it.

use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::mistake::{Code, Mistake, Mistakes};
use super::names::{self, Named, SECRETS, setting_of};
use super::profile::{Profile, Rule, Verdict};
use crate::stores::without_user;

/// Something that is set.
#[derive(Debug, Serialize)]
pub(crate) struct Set {
    /// With its table before a dot.
    pub(crate) setting: String,
    pub(crate) value: String,
    /// The file and the line, or the variable.
    pub(crate) place: String,
}

/// What was written, and where.
pub(super) struct Source<'a> {
    file: &'a Path,
    text: &'a str,
    /// What a variable says is at the end of the text and then as many bytes as there are
    /// variables before it: so a place is a number, as it is in the file.
    variables: &'a [(String, String)],
    root: Spanned<DeTable<'a>>,
    mistakes: Mistakes,
}

impl<'a> Source<'a> {
    pub(super) fn parse(
        file: &'a Path,
        text: &'a str,
        variables: &'a [(String, String)],
    ) -> Result<Self, Mistakes> {
        let empty = Spanned::new(0..0, DeTable::new());
        let mut source = Self { file, text, variables, root: empty, mistakes: Mistakes::default() };
        source.root =
            DeTable::parse(text).map_err(|error| source.told(&error, Code::Syntax, ""))?;
        source.override_by_variables();
        source.refuse_secrets();
        Ok(source)
    }

    /// Those that are named after a setting win over those with another name.
    fn override_by_variables(&mut self) {
        let named = self.variables.iter().enumerate();
        let named = named.filter_map(|(index, (name, _))| Some((index, setting_of(name)?)));
        let (others, own): (Vec<_>, Vec<_>) = named.partition(|(_, named)| named.is_other);
        let of_kind =
            own.iter().rfind(|(_, named)| named.table == "store" && named.setting == "kind");
        let kind = of_kind.map(|(index, _)| self.variables[*index].1.as_str());
        let kind = kind.or_else(|| self.text("store.kind")).map(str::to_owned);
        let mut said = Vec::<(usize, Named)>::new();
        for (index, named) in others {
            let is_meant = match (named.table, named.kind) {
                // A file that says what it is for means it.
                ("", _) => !self.has(&named.setting),
                ("store", wanted) => wanted.is_none_or(|wanted| kind.as_deref() == Some(wanted)),
                (table, _) => self.has(table),
            };
            if !is_meant {
                continue;
            }
            let same = said.iter().find(|(_, before)| {
                (before.table, &before.setting) == (named.table, &named.setting)
            });
            if let Some((before, _)) = same
                && self.variables[*before].1 != self.variables[index].1
            {
                let what = format!(
                    "the variable {} says something else; unset one of them",
                    self.variables[*before].0
                );
                let (start, setting) = (self.place_of(index), dotted(named.table, &named.setting));
                let place = self.place(&(start..start));
                self.mistakes.add(Mistake::of(start, place, setting, Code::Together, what));
            }
            said.push((index, named));
        }
        for (index, named) in said.into_iter().chain(own) {
            self.set(index, &named);
        }
    }

    fn set(&mut self, index: usize, named: &Named) {
        let place = self.place_of(index);
        let variables = self.variables;
        let (name, raw) = &variables[index];
        let variable = |name: &str| {
            let found = variables.iter().find(|(found, _)| found == name);
            found.map(|(_, value)| value.as_str())
        };
        let mut into = self.root.get_mut();
        if !named.table.is_empty() {
            let empty = || Spanned::new(place..place, DeValue::Table(DeTable::new()));
            let entry = into.entry(key(named.table, place)).or_insert_with(empty);
            let DeValue::Table(found) = entry.get_mut() else { return };
            into = found;
        }
        let key = key(&named.setting, place);
        into.remove(&key);
        into.insert(key, Spanned::new(place..place, names::value(name, raw, variable)));
    }

    /// A place beyond the text.
    fn place_of(&self, variable: usize) -> usize {
        self.text.len() + 1 + variable
    }

    /// Tells which secrets are in the file.
    fn refuse_secrets(&mut self) {
        for (table, setting) in SECRETS {
            let setting = format!("{table}.{setting}");
            if self.is_in_file(&setting) {
                self.tell(&setting, Code::Password, no_secrets(&setting));
            }
        }
    }

    /// The settings of a table, or, without a name, those outside of tables. Tells all that is
    /// wrong with them; nothing is returned then.
    pub(super) fn table<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let (span, mut table) = if name.is_empty() {
            (self.root.span(), self.root.get_ref().clone())
        } else {
            let Some(found) = self.find(name) else {
                self.tell(name, Code::Missing, "it is missing; set it");
                return None;
            };
            let Some(table) = found.get_ref().as_table() else {
                let what =
                    format!("it must be a table, and is of type {}", found.get_ref().type_str());
                self.tell(name, Code::Wrong, what);
                return None;
            };
            (found.span(), table.clone())
        };
        let mut is_right = true;
        loop {
            let left = Deserializer::from(Spanned::new(span.clone(), table.clone()));
            let error = match T::deserialize(left) {
                Ok(settings) => return is_right.then_some(settings),
                Err(error) => error,
            };
            is_right = false;
            let mistake = self.told(&error, Code::Wrong, name);
            self.mistakes.add(mistake);
            // The others may be wrong too.
            let wrong = error.span().and_then(|span| at(&table, &span));
            let wrong = wrong.map(|path| path.split('.').next().unwrap_or_default().to_owned());
            wrong.and_then(|wrong| table.remove(wrong.as_str()))?;
        }
    }

    /// As [`table`](Self::table), and the defaults where there is none.
    pub(super) fn table_if_any<T: DeserializeOwned + Default>(&mut self, name: &str) -> Option<T> {
        if self.find(name).is_some() { self.table(name) } else { Some(T::default()) }
    }

    /// Tells a mistake in a setting, with its table before a dot.
    pub(super) fn tell(&mut self, setting: &str, code: Code, what: impl Into<String>) {
        self.judge(setting, code, Rule::Always, what);
    }

    /// Tells of a setting what not every profile takes.
    pub(super) fn judge(&mut self, setting: &str, code: Code, rule: Rule, what: impl Into<String>) {
        let table = setting.rsplit_once('.').and_then(|(table, _)| self.find(table));
        // A secret is where another setting says.
        let mut named = ["", "_env", "_file"].into_iter();
        let named = named.find_map(|which| self.find(&format!("{setting}{which}")));
        let span = named.or(table).map_or(0..0, Spanned::span);
        let (place, setting, what) = (self.place(&span), setting.to_owned(), what.into());
        let verdict = self.profile().judge(rule);
        let is_refused_in_production = Profile::Production.judge(rule) == Verdict::Refused;
        let start = span.start;
        self.mistakes.add(Mistake {
            start,
            place,
            setting,
            code,
            verdict,
            is_refused_in_production,
            what,
        });
    }

    /// What the host is for. Until it is known to be something else, it is strict.
    pub(super) fn profile(&self) -> Profile {
        let named = self.root.get_ref().get("profile");
        named.and_then(|named| Profile::parse(named.get_ref().as_str()?)).unwrap_or_default()
    }

    /// All that was told.
    pub(super) fn into_mistakes(self) -> Mistakes {
        self.mistakes
    }

    pub(super) fn is_right(&self) -> bool {
        !self.mistakes.is_refused()
    }

    /// All that is set, in the order of the names, each with where it is set. Secrets are not shown.
    pub(super) fn all(&self) -> Vec<Set> {
        let mut all = Vec::new();
        self.add_all("", self.root.get_ref(), &mut all);
        all
    }

    fn add_all(&self, table: &str, members: &DeTable<'a>, all: &mut Vec<Set>) {
        for (name, value) in members {
            let setting = dotted(table, name.get_ref());
            let shown = match value.get_ref() {
                DeValue::Table(inner) => {
                    self.add_all(&setting, inner, all);
                    continue;
                }
                _ if SECRETS.contains(&(table, name.get_ref())) => "[secret]".to_owned(),
                value => shown(value),
            };
            all.push(Set { setting, value: shown, place: self.place(&value.span()) });
        }
    }

    /// Whether there is such a setting.
    pub(super) fn has(&self, setting: &str) -> bool {
        self.find(setting).is_some()
    }

    /// Whether there is a table of this name.
    pub(super) fn is_table(&self, name: &str) -> bool {
        self.find(name).is_some_and(|found| found.get_ref().as_table().is_some())
    }

    /// The names of what is in a table.
    pub(super) fn names_in(&self, table: &str) -> Vec<String> {
        let found = self.find(table).and_then(|found| found.get_ref().as_table());
        found.into_iter().flat_map(|table| table.keys().map(ToString::to_string)).collect()
    }

    /// A setting that is a text.
    pub(super) fn text(&self, setting: &str) -> Option<&str> {
        self.find(setting)?.get_ref().as_str()
    }

    /// Whether the file has a setting, and no variable overrides it.
    pub(super) fn is_in_file(&self, setting: &str) -> bool {
        self.find(setting).is_some_and(|found| found.span().start <= self.text.len())
    }

    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let mut variables = self.variables.iter();
        variables.find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// A path, which is relative to the file that names it.
    pub(super) fn beside(&self, path: &Path) -> PathBuf {
        self.file.parent().map_or_else(|| path.to_owned(), |dir| dir.join(path))
    }

    /// The content of the file that a setting names.
    pub(super) fn file(&mut self, setting: &str, path: &Path) -> Option<Vec<u8>> {
        let path = self.beside(path);
        let tell = |error| {
            let what = format!("{} cannot be read: {error}", path.display());
            self.tell(setting, Code::NotThere, what);
        };
        std::fs::read(&path).map_err(tell).ok()
    }

    fn find(&self, setting: &str) -> Option<&Spanned<DeValue<'a>>> {
        let (tables, name) = setting.rsplit_once('.').unwrap_or(("", setting));
        let mut table = self.root.get_ref();
        for inner in tables.split('.').filter(|inner| !inner.is_empty()) {
            table = table.get(inner)?.get_ref().as_table()?;
        }
        table.get(name)
    }

    /// A mistake that was found while `table` was read.
    fn told(&self, error: &toml::de::Error, code: Code, table: &str) -> Mistake {
        let span = error.span().unwrap_or(0..0);
        let message = error.message();
        let (code, setting, what) = if let Some(field) = message.strip_prefix("missing field ") {
            let inner = self.setting_at(&span).filter(|_| table.is_empty());
            let setting = dotted(inner.as_deref().unwrap_or(table), field.trim_matches('`'));
            (Code::Missing, setting, "it is missing; set it".to_owned())
        } else if let Some((_, known)) = message.split_once("unknown field ") {
            let known = known.split_once("expected ").map_or("", |(_, known)| known);
            let known = known.trim_start_matches("one of ").replace('`', "");
            let what = format!("there is no such setting; here are {known}");
            (Code::Unknown, self.setting_at(&span).unwrap_or_default(), what)
        } else {
            let setting = self.setting_at(&span).filter(|_| code != Code::Syntax);
            (code, setting.unwrap_or_default(), message.to_owned())
        };
        Mistake::of(span.start, self.place(&span), setting, code, what)
    }

    fn place(&self, span: &Range<usize>) -> String {
        let beyond = span.start.checked_sub(self.text.len() + 1);
        if let Some((name, _)) = beyond.and_then(|index| self.variables.get(index)) {
            return format!("the variable {name}");
        }
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line = before.split(|byte| *byte == b'\n').count();
        format!("{}:{line}", self.file.display())
    }

    /// The setting, or else the table, that is written there.
    fn setting_at(&self, span: &Range<usize>) -> Option<String> {
        (self.root.span() != *span).then(|| at(self.root.get_ref(), span))?
    }
}

fn at(table: &DeTable<'_>, span: &Range<usize>) -> Option<String> {
    let is_here = |there: Range<usize>| there == *span || there.contains(&span.start);
    for (key, value) in table {
        let inside = value.get_ref().as_table().and_then(|table| at(table, span));
        if let Some(inside) = inside {
            return Some(format!("{}.{inside}", key.get_ref()));
        }
        if is_here(key.span()) || is_here(value.span()) {
            return Some(key.get_ref().to_string());
        }
    }
    None
}

/// A setting with its table, if it has one.
fn dotted(table: &str, setting: &str) -> String {
    if table.is_empty() { setting.to_owned() } else { format!("{table}.{setting}") }
}

/// What may be shown of a value: addresses are shown without who is let in.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => without_user(text),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(list) => {
            let list: Vec<_> = list.iter().map(|value| shown(value.get_ref())).collect();
            list.join(",")
        }
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn no_secrets(setting: &str) -> String {
    let name = setting.rsplit_once('.').map_or(setting, |(_, name)| name);
    let noun = if name == "password" { "a password" } else { "a secret" };
    format!(
        "{noun} does not belong here; put it into a variable of the environment and name that with \
         {name}_env, or into a file of its own and name that with {name}_file"
    )
}

fn key(name: &str, place: usize) -> Spanned<Cow<'static, str>> {
    Spanned::new(place..place, Cow::Owned(name.to_owned()))
}
