//! Properties in an order.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{Extent, Value, same_ignoring_case};

/// So many properties are looked at one by one.
const SCANNED_MAX: usize = 8;

/// Properties in the order in which they were added.
#[derive(Clone)]
pub struct Object {
    properties: IndexMap<Arc<str>, Value>,
    extent: Extent,
}

impl Object {
    /// An object without properties.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many properties it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.properties.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.properties.is_empty()
    }

    /// The value under exactly this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        // To look at all names is faster than to hash one, while they are few.
        if self.properties.len() <= SCANNED_MAX {
            return self.properties.iter().find(|(key, _)| &***key == name).map(|(_, value)| value);
        }
        self.properties.get(name)
    }

    /// The value under this name, or else under the first that is equal ignoring case.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Value> {
        self.get(name).or_else(|| self.find_key(name).and_then(|key| self.get(key)))
    }

    /// The name as the object spells it: exactly, or else the first that is equal ignoring case.
    #[must_use]
    pub fn find_key(&self, name: &str) -> Option<&Arc<str>> {
        match self.properties.get_key_value(name) {
            Some((key, _)) => Some(key),
            None => self.properties.keys().find(|key| same_ignoring_case(key, name)),
        }
    }

    /// Puts a value under a name, where the name was before, or at the end. Answers what was there.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, value: Value) -> Option<Value> {
        let name = name.into();
        let name_bytes = name.len() as u64 + 4;
        let part = value.extent();
        let before = self.properties.insert(name, value);
        match &before {
            Some(before) => {
                let freed = before.extent().bytes;
                self.extent.bytes = self.extent.bytes.saturating_sub(freed);
                self.extent = self.extent.with(part, 0);
            }
            None => self.extent = self.extent.with(part, name_bytes),
        }
        before
    }

    /// Takes out the value under exactly this name. The others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let value = self.properties.shift_remove(name)?;
        let freed = value.extent().bytes + name.len() as u64 + 4;
        self.extent.bytes = self.extent.bytes.saturating_sub(freed);
        Some(value)
    }

    /// Its properties in their order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Value)> {
        self.properties.iter()
    }

    /// The names in their order.
    #[must_use]
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Arc<str>> {
        self.properties.keys()
    }

    /// The values in their order.
    #[must_use]
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> {
        self.properties.values()
    }

    pub(super) fn extent(&self) -> Extent {
        self.extent
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_map().entries(&self.properties).finish()
    }
}

impl Default for Object {
    fn default() -> Self {
        Self { properties: IndexMap::new(), extent: Extent::EMPTY }
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(properties: I) -> Self {
        let mut object = Self::new();
        for (name, value) in properties {
            object.insert(name, value);
        }
        object
    }
}

impl<K: Into<Arc<str>>, const N: usize> From<[(K, Value); N]> for Object {
    fn from(properties: [(K, Value); N]) -> Self {
        properties.into_iter().collect()
    }
}
