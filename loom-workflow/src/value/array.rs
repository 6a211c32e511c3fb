//! Values in an order.

use std::fmt;
use std::ops::Deref;

use super::{Extent, Value};

/// Values in an order.
#[derive(Clone)]
pub struct Array {
    items: Vec<Value>,
    extent: Extent,
}

impl Array {
    /// Puts a value at the end.
    pub fn push(&mut self, value: Value) {
        self.extent = self.extent.with(value.extent(), 1);
        self.items.push(value);
    }

    /// Its values.
    #[must_use]
    pub fn into_vec(self) -> Vec<Value> {
        self.items
    }

    pub(super) fn extent(&self) -> Extent {
        self.extent
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(&self.items).finish()
    }
}

impl Default for Array {
    fn default() -> Self {
        Self { items: Vec::new(), extent: Extent::EMPTY }
    }
}

impl Deref for Array {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.items
    }
}

impl From<Vec<Value>> for Array {
    fn from(items: Vec<Value>) -> Self {
        let extent = items.iter().fold(Extent::EMPTY, |whole, item| whole.with(item.extent(), 1));
        Self { items, extent }
    }
}

impl FromIterator<Value> for Array {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        items.into_iter().collect::<Vec<_>>().into()
    }
}

impl<'a> IntoIterator for &'a Array {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}
