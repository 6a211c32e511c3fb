//! Which of many values of a setting holds.
//!
//! Values lie in layers, and in each layer in scopes. The first layer that has one wins, and in it
//! the most specific scope that is part of the context. Nothing is merged.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::{ActorId, ConfigKey, EnvironmentName, Payload, TenantId};

/// What environment variables begin with that are settings.
pub const CONFIG_VARIABLE_PREFIX: &str = "LOOM_CONFIG_";

/// For whom a value holds, or who asks: each dimension is of a type of its own, so that a tenant
/// never passes for an environment of the same name.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ConfigScope {
    /// For one tenant alone.
    pub tenant: Option<TenantId>,
    /// In one environment alone.
    pub environment: Option<EnvironmentName>,
    /// For one actor alone.
    pub actor: Option<ActorId>,
}

impl ConfigScope {
    /// The scopes whose values hold in this context, the most specific first.
    ///
    /// More dimensions are more specific than fewer. Of as many, an actor counts most, then a
    /// tenant, then an environment. The last one has none, and holds for everybody.
    #[must_use]
    pub fn searched(&self) -> Vec<Self> {
        const ACTOR: u8 = 4;
        const TENANT: u8 = 2;
        const ENVIRONMENT: u8 = 1;

        let part = |dimensions: u8| Self {
            tenant: self.tenant.clone().filter(|_| dimensions & TENANT != 0),
            environment: self.environment.clone().filter(|_| dimensions & ENVIRONMENT != 0),
            actor: self.actor.clone().filter(|_| dimensions & ACTOR != 0),
        };
        let mut present = 0;
        for (dimension, is_there) in [
            (ACTOR, self.actor.is_some()),
            (TENANT, self.tenant.is_some()),
            (ENVIRONMENT, self.environment.is_some()),
        ] {
            present |= if is_there { dimension } else { 0 };
        }
        let mut parts: Vec<u8> = (0..8).filter(|part| part & !present == 0).collect();
        parts.sort_by_key(|part| std::cmp::Reverse((part.count_ones(), *part)));
        parts.into_iter().map(part).collect()
    }
}

/// As `tenant=acme environment=production actor=wallet/ann`, or `everybody`.
impl fmt::Display for ConfigScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, environment, actor } = self;
        let tenant = tenant.as_ref().map(|tenant| format!("tenant={tenant}"));
        let environment = environment.as_ref().map(|name| format!("environment={name}"));
        let actor = actor.as_ref().map(|actor| format!("actor={actor}"));
        let parts: Vec<_> = [tenant, environment, actor].into_iter().flatten().collect();
        f.write_str(if parts.is_empty() { "everybody" } else { "" })?;
        f.write_str(&parts.join(" "))
    }
}

/// Values from one source.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConfigLayer {
    name: &'static str,
    values: BTreeMap<(ConfigKey, ConfigScope), Payload>,
}

/// A value, and where it was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResolvedConfig {
    /// The value: JSON. `null` is a value like any other, and hides less specific ones.
    pub value: Payload,
    /// In which layer.
    pub layer: &'static str,
    /// In which scope.
    pub scope: ConfigScope,
}

/// Why a source of values cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct InvalidConfig {
    place: String,
    why: String,
}

impl ConfigLayer {
    /// A layer without values. Its name is for people.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, values: BTreeMap::new() }
    }

    /// Where its values come from, for people.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The values of environment variables, which hold for everybody: `LOOM_CONFIG_RETRY__LIMIT=3`
    /// is `retry/limit`. What is not JSON is text.
    ///
    /// # Errors
    ///
    /// Names a variable with the prefix that is no key.
    pub fn of_variables(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, InvalidConfig> {
        let mut layer = Self::new("environment");
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix(CONFIG_VARIABLE_PREFIX) else { continue };
            let key = ConfigKey::parse(&rest.to_lowercase().replace("__", "/"));
            let key =
                key.map_err(|error| InvalidConfig { place: name.clone(), why: error.to_string() })?;
            let value = match serde_json::from_str::<Value>(&value) {
                Ok(_) => Payload(value.into()),
                Err(_) => json(&Value::String(value)),
            };
            layer.set(key, ConfigScope::default(), value);
        }
        Ok(layer)
    }

    /// The values of a file, which hold for everybody: what objects hold is found under their
    /// names, joined by `/`.
    ///
    /// # Errors
    ///
    /// Names the place of what is no key.
    pub fn of_file(file: &Value) -> Result<Self, InvalidConfig> {
        let mut layer = Self::new("file");
        layer.add("", file)?;
        Ok(layer)
    }

    fn add(&mut self, place: &str, value: &Value) -> Result<(), InvalidConfig> {
        if let Value::Object(fields) = value {
            for (name, value) in fields {
                let joined =
                    if place.is_empty() { name.clone() } else { format!("{place}/{name}") };
                // A name must not look like two, or two places would be one.
                if name.contains('/') {
                    let why = "a name must not contain '/'".to_owned();
                    return Err(InvalidConfig { place: joined, why });
                }
                self.add(&joined, value)?;
            }
            return Ok(());
        }
        let key = ConfigKey::parse(place)
            .map_err(|error| InvalidConfig { place: place.to_owned(), why: error.to_string() })?;
        self.set(key, ConfigScope::default(), json(value));
        Ok(())
    }

    /// Adds a value.
    pub fn set(&mut self, key: ConfigKey, scope: ConfigScope, value: Payload) {
        self.values.insert((key, scope), value);
    }
}

/// The value of a key in a context, if any layer has one. The first layers come first.
#[must_use]
pub fn resolve_config(
    key: &ConfigKey,
    context: &ConfigScope,
    layers: &[&ConfigLayer],
) -> Option<ResolvedConfig> {
    let scopes = context.searched();
    let mut places = layers.iter().flat_map(|layer| scopes.iter().map(move |scope| (layer, scope)));
    places.find_map(|(layer, scope)| {
        let value = layer.values.get(&(key.clone(), scope.clone()))?.clone();
        Some(ResolvedConfig { value, layer: layer.name, scope: scope.clone() })
    })
}

fn json(value: &Value) -> Payload {
    Payload(value.to_string().into())
}

#[cfg(test)]
mod tests;
