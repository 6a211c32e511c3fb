//! How much a test does: little, unless the environment says otherwise.

use std::fmt::Debug;
use std::str::FromStr;

/// The value of a variable, or `small`.
pub(crate) fn number<T: FromStr<Err: Debug>>(name: &str, small: T) -> T {
    let Ok(given) = std::env::var(name) else { return small };
    given.parse().unwrap_or_else(|_| panic!("{name}={given} is not a number"))
}
