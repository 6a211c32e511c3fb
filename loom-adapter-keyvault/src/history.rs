//! The numbers of versions. The vault names them by chance, and tells of each the second in which
//! it was made.

use std::collections::BTreeMap;

use azure_security_keyvault_secrets::ResourceExt as _;
use azure_security_keyvault_secrets::models::{SecretAttributes, SecretProperties};
use loom_core::Timestamp;
use loom_ports::SECRET_VERSIONS_MAX;

use crate::attempts::Answer;
use crate::error::Failure;
use crate::mark::Mark;

/// A version as the vault knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Version {
    /// What the vault calls it.
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) mark: Option<Mark>,
}

/// The versions of a secret by their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct History(BTreeMap<u64, Version>);

impl History {
    pub(crate) fn of(found: Vec<SecretProperties>) -> Answer<Self> {
        let version = |found: SecretProperties| {
            let id = found.resource_id().ok().and_then(|id| id.version);
            let id = id.ok_or(Failure::Corrupt("version of a secret"))?;
            let created = created(found.attributes.as_ref());
            Ok(Version { id, created, mark: Mark::read(found.tags.as_ref()) })
        };
        Ok(Self::number(found.into_iter().map(version).collect::<Answer<_>>()?))
    }

    /// What Loom wrote has its number. What others set, and what another host gave a number that
    /// was taken, has one of those that are free, in the order of time.
    fn number(mut versions: Vec<Version>) -> Self {
        versions.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        let (mut numbered, mut others) = (BTreeMap::<u64, Version>::new(), Vec::new());
        for version in versions {
            let Some(mark) = &version.mark else {
                others.push(version);
                continue;
            };
            match numbered.get(&mark.number) {
                // A write that arrived twice is one version.
                Some(taken) if !is_same_write(taken.mark.as_ref(), mark) => others.push(version),
                _ => drop(numbered.insert(mark.number, version)),
            }
        }
        let mut number = 1;
        for version in others {
            while numbered.contains_key(&number) {
                number += 1;
            }
            numbered.insert(number, version);
        }
        Self(numbered)
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Version> {
        self.kept().find(|(known, _)| *known == number).map(|(_, version)| version)
    }

    /// The last version that Loom wrote, with all that others have set since.
    pub(crate) fn mark(&self) -> Mark {
        let number = self.last().map_or(0, |(number, _)| number);
        let marked = self.0.values().rev().find_map(|version| version.mark.clone());
        marked.unwrap_or_else(Mark::none).later(number)
    }

    /// The versions that have not been forgotten, the last one first.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (u64, &Version)> {
        let last = self.last().map_or(0, |(number, _)| number);
        let versions = self.0.iter().rev().map(|(number, version)| (*number, version));
        versions.take_while(move |(number, _)| *number + SECRET_VERSIONS_MAX > last)
    }

    fn last(&self) -> Option<(u64, &Version)> {
        self.0.last_key_value().map(|(number, version)| (*number, version))
    }
}

impl Version {
    pub(crate) fn set_at(&self) -> Timestamp {
        self.mark.as_ref().map_or(self.created, |mark| mark.set_at)
    }
}

/// The second in which the vault made something.
pub(crate) fn created(attributes: Option<&SecretAttributes>) -> Timestamp {
    let created = attributes.and_then(|attributes| attributes.created);
    let secs = created.and_then(|created| u64::try_from(created.unix_timestamp()).ok());
    Timestamp::from_millis(secs.unwrap_or(0).saturating_mul(1_000))
}

fn is_same_write(taken: Option<&Mark>, mark: &Mark) -> bool {
    let write = |mark: &Mark| mark.writes.first().copied().flatten();
    taken.and_then(write).is_some_and(|taken| Some(taken) == write(mark))
}

#[cfg(test)]
mod tests;
