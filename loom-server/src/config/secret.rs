//! Secrets, which are anywhere but in the file.

use std::path::PathBuf;

use super::mistake::Code;
use super::source::Source;

/// Where a secret is.
pub(super) struct Given {
    /// The secret itself, which a variable named after the setting has.
    value: Option<String>,
    /// The name of another variable.
    variable: Option<String>,
    file: Option<PathBuf>,
}

impl Given {
    pub(super) fn new(
        value: Option<String>,
        variable: Option<String>,
        file: Option<PathBuf>,
    ) -> Self {
        Self { value, variable, file }
    }

    /// Whether it is anywhere.
    pub(super) fn is_some(&self) -> bool {
        self.value.is_some() || self.variable.is_some() || self.file.is_some()
    }

    /// The secret, if there is one. Tells why one that is named cannot be read.
    pub(super) fn read(self, source: &mut Source<'_>, setting: &str) -> Option<String> {
        let (of_variable, of_file) = (format!("{setting}_env"), format!("{setting}_file"));
        match self {
            Self { value: Some(value), .. } => Some(value),
            Self { variable: Some(_), file: Some(_), .. } => {
                let name = of_variable.rsplit_once('.').map_or(&*of_variable, |(_, name)| name);
                let what = format!("{name} is set too; remove one of them");
                source.tell(&of_file, Code::Together, what);
                None
            }
            Self { variable: Some(variable), .. } => {
                let found = source.variable(&variable).map(str::to_owned);
                if found.is_none() {
                    let what = format!("the environment has no variable {variable:?}; set it");
                    source.tell(&of_variable, Code::NotThere, what);
                }
                found
            }
            Self { file: Some(file), .. } => {
                let Ok(text) = String::from_utf8(source.file(&of_file, &file)?) else {
                    let what = "the file is no text; put the secret into it, and nothing else";
                    source.tell(&of_file, Code::Wrong, what);
                    return None;
                };
                Some(text.trim_end_matches(['\r', '\n']).to_owned())
            }
            _ => None,
        }
    }
}
