//! A configuration as it was written: the file, and the variables that override it.
//!
//! A variable `LOOM_`, then the table and the setting in capitals, wins over the file
//! (`LOOM_HOST_LEASE_SECONDS`); and `LOOM_REDIS_URL` is another name of `LOOM_STORE_URLS`.

use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::mistake::{Code, Mistake, Mistakes};

/// The settings outside of tables: other variables that begin with `LOOM_` are not for the file.
const ROOT: [&str; 4] = ["listen", "allow_remote", "call_limit_seconds", "key_window_hours"];
const TABLES: [&str; 3] = ["store", "locks", "host"];
const REDIS_URL: &str = "LOOM_REDIS_URL";

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
        Ok(source)
    }

    fn override_by_variables(&mut self) {
        let kind = self.variable("LOOM_STORE_KIND").or(self.text("store.kind"));
        let is_redis = kind.is_some_and(|kind| kind == "redis");
        for (index, (name, value)) in self.variables.iter().enumerate() {
            let place = self.text.len() + 1 + index;
            let Some((table, setting)) = setting_of(name, is_redis) else { continue };
            let mut into = self.root.get_mut();
            if !table.is_empty() {
                let empty = || Spanned::new(place..place, DeValue::Table(DeTable::new()));
                let entry = into.entry(key(table, place)).or_insert_with(empty);
                let DeValue::Table(found) = entry.get_mut() else { continue };
                into = found;
            }
            let key = key(&setting, place);
            into.remove(&key);
            into.insert(key, Spanned::new(place..place, variable_value(value)));
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
        let table = setting.split_once('.').and_then(|(table, _)| self.find(table));
        let span = self.find(setting).or(table).map_or(0..0, Spanned::span);
        let (place, setting, what) = (self.place(&span), setting.to_owned(), what.into());
        self.mistakes.add(Mistake { start: span.start, place, setting, code, what });
    }

    /// All that was told.
    pub(super) fn into_mistakes(self) -> Mistakes {
        self.mistakes
    }

    pub(super) fn is_right(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// Whether there is such a setting.
    pub(super) fn has(&self, setting: &str) -> bool {
        self.find(setting).is_some()
    }

    /// A setting that is a text.
    pub(super) fn text(&self, setting: &str) -> Option<&str> {
        self.find(setting)?.get_ref().as_str()
    }

    /// Whether the file has a setting, and no variable overrides it.
    pub(super) fn is_in_file(&self, setting: &str) -> bool {
        self.find(setting).is_some_and(|found| found.span().start <= self.text.len())
    }

    pub(super) fn redis_url_is_set(&self) -> bool {
        self.variable(REDIS_URL).is_some()
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
        let (first, rest) = setting.split_once('.').unwrap_or((setting, ""));
        let found = self.root.get_ref().get(first)?;
        if rest.is_empty() { Some(found) } else { found.get_ref().as_table()?.get(rest) }
    }

    /// A mistake that was found while `table` was read.
    fn told(&self, error: &toml::de::Error, code: Code, table: &str) -> Mistake {
        let span = error.span().unwrap_or(0..0);
        let message = error.message();
        let dotted = |name: &str| match table {
            "" => name.to_owned(),
            table => format!("{table}.{name}"),
        };
        let (code, setting, what) = if let Some(field) = message.strip_prefix("missing field ") {
            let table = self.setting_at(&span).filter(|_| table.is_empty());
            let name = field.trim_matches('`');
            let setting = table.map_or_else(|| dotted(name), |table| format!("{table}.{name}"));
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
        Mistake { start: span.start, place: self.place(&span), setting, code, what }
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

/// What a variable sets: a table, which may be none, and a setting.
fn setting_of(variable: &str, is_redis: bool) -> Option<(&'static str, String)> {
    if variable == REDIS_URL {
        return is_redis.then(|| ("store", "urls".to_owned()));
    }
    let name = variable.strip_prefix("LOOM_")?.to_ascii_lowercase();
    let in_table = |table: &'static str| {
        let setting = name.strip_prefix(table)?.strip_prefix('_')?;
        Some((table, setting.to_owned()))
    };
    let in_root = || ROOT.contains(&name.as_str()).then(|| ("", name.clone()));
    TABLES.into_iter().find_map(in_table).or_else(in_root)
}

/// A variable is a number, a truth, or else a text, which quotes may enclose.
fn variable_value(raw: &str) -> DeValue<'_> {
    if let Ok(value) = DeValue::parse(raw)
        && matches!(value.get_ref(), DeValue::Integer(_) | DeValue::Boolean(_))
    {
        return value.into_inner();
    }
    let text = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw);
    DeValue::String(Cow::Borrowed(text))
}

fn key(name: &str, place: usize) -> Spanned<Cow<'static, str>> {
    Spanned::new(place..place, Cow::Owned(name.to_owned()))
}
