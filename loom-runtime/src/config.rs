//! Settings, resolved over all their layers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loom_core::{ConfigKey, ConfigLayer, ConfigScope, Payload, ResolvedConfig, resolve_config};
use loom_ports::{Clock, ConfigRevision, ConfigStore, PortError};

/// How many answers are remembered.
const ANSWERS_MAX: usize = 4_096;

/// The name of the last layer.
const STORE: &str = "store";

/// Answers what a setting is for somebody: from the first layer that has a value, the store last.
///
/// Answers are remembered, each for the whole context in which it was asked for, also that there
/// is none, until [`refresh`](Self::refresh) or a read notices that the store has another revision.
/// So a value is as old as the last refresh at the most.
#[derive(Debug)]
pub struct ConfigResolver {
    layers: Vec<ConfigLayer>,
    store: Arc<dyn ConfigStore>,
    answers: Mutex<Answers>,
}

#[derive(Debug, Default)]
struct Answers {
    revision: ConfigRevision,
    known: BTreeMap<(ConfigKey, ConfigScope), Option<ResolvedConfig>>,
}

/// Why a setting has no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Nobody has set it, anywhere.
    #[error("setting {key} is missing; searched {}", searched.join(", "))]
    Missing {
        /// Which setting.
        key: ConfigKey,
        /// Every place where it could have been, in the order in which they were searched.
        searched: Vec<String>,
    },
    /// The value is not what was expected.
    #[error("setting {key} in {place}: {why}")]
    Unfit {
        /// Which setting.
        key: ConfigKey,
        /// Where it was found.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl ConfigResolver {
    /// Looks into these layers in their order, as the environment and a file, and then into the
    /// store.
    #[must_use]
    pub fn new(layers: Vec<ConfigLayer>, store: Arc<dyn ConfigStore>) -> Self {
        Self { layers, store, answers: Mutex::default() }
    }

    /// The value of a setting in a context, and where it was found. `None` if there is none.
    ///
    /// # Errors
    ///
    /// The store could not be asked. That is never taken for a setting without a value.
    pub async fn get(
        &self,
        key: &ConfigKey,
        context: &ConfigScope,
    ) -> Result<Option<ResolvedConfig>, PortError> {
        let question = (key.clone(), context.clone());
        if let Some(answer) = self.answers().known.get(&question) {
            return Ok(answer.clone());
        }
        let layers: Vec<_> = self.layers.iter().collect();
        if let Some(found) = resolve_config(key, context, &layers) {
            // Nothing in the store changes it, so the store need not be asked.
            self.answers().remember(question, Some(found.clone()));
            return Ok(Some(found));
        }
        let scopes = context.searched();
        let reading = self.store.get(key, &scopes).await?;
        let mut found = scopes.into_iter().zip(reading.values);
        let found = found
            .find_map(|(scope, value)| Some(ResolvedConfig { value: value?, layer: STORE, scope }));
        let mut answers = self.answers();
        if answers.moved_to(reading.revision) {
            answers.remember(question, found.clone());
        }
        Ok(found)
    }

    /// The value of a setting that must have one, as a `T`.
    ///
    /// # Errors
    ///
    /// Names every place that was searched, or what does not fit.
    pub async fn require<T: serde::de::DeserializeOwned>(
        &self,
        key: &ConfigKey,
        context: &ConfigScope,
    ) -> Result<T, ConfigError> {
        let key = key.clone();
        let Some(ResolvedConfig { value, layer, scope }) = self.get(&key, context).await? else {
            let searched = self.places(context);
            return Err(ConfigError::Missing { key, searched });
        };
        let unfit = |error: serde_json::Error| {
            let place = format!("{layer} for {scope}");
            ConfigError::Unfit { key, place, why: error.to_string() }
        };
        Payload::parse(&value).map_err(unfit)
    }

    /// Asks for the revision of the store, and forgets the answers of an older one.
    ///
    /// # Errors
    ///
    /// The store could not be asked; the answers stay.
    pub async fn refresh(&self) -> Result<ConfigRevision, PortError> {
        let revision = self.store.revision().await?;
        let mut answers = self.answers();
        answers.moved_to(revision);
        Ok(answers.revision)
    }

    /// Waits until the store has another revision than `seen`, and returns it. Asks each time that
    /// `every` has passed, and while the store cannot be asked goes on to wait.
    pub async fn changed(
        &self,
        seen: ConfigRevision,
        clock: &dyn Clock,
        every: Duration,
    ) -> ConfigRevision {
        loop {
            match self.refresh().await {
                Ok(revision) if revision != seen => return revision,
                _ => clock.sleep_until(clock.now().saturating_add(every)).await,
            }
        }
    }

    fn places(&self, context: &ConfigScope) -> Vec<String> {
        let names = self.layers.iter().map(ConfigLayer::name).chain([STORE]);
        let scopes = context.searched();
        names
            .flat_map(|name| scopes.iter().map(move |scope| format!("{name} for {scope}")))
            .collect()
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        // No change of it can panic halfway, so a poisoned one is still whole.
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers {
    /// Forgets what is of an older revision than this. `false` if this is itself an older one.
    fn moved_to(&mut self, revision: ConfigRevision) -> bool {
        if revision > self.revision {
            *self = Self { revision, known: BTreeMap::new() };
        }
        revision == self.revision
    }

    fn remember(&mut self, question: (ConfigKey, ConfigScope), answer: Option<ResolvedConfig>) {
        if self.known.len() >= ANSWERS_MAX {
            self.known.clear();
        }
        self.known.insert(question, answer);
    }
}

#[cfg(test)]
mod tests;
