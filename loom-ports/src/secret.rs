//! Values that nobody is to see by accident.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

/// A value that is never printed, and wiped from memory when it is dropped.
///
/// Whoever needs it says so: [`expose`](Self::expose) is the only way to it. It is not serialized
/// and not compared.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes a value in. Copies of it that were made before are not wiped.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value, for as long as it is needed. Must not be copied to where it stays.
    #[must_use]
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<T: Zeroize> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests;
