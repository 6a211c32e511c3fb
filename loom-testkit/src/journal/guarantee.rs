//! What a store says of itself.

use std::io::{self, Write as _};

use super::JournalFixture;

/// Tells the guarantee of a store, for `cargo xtask conformance`, with the crate and the module of
/// the tests that ask.
///
/// # Panics
///
/// Panics if it says nothing, or takes turns of no size.
pub async fn is_told<F: JournalFixture>((package, module): (&str, &str)) {
    let capabilities = F::open().await.store().capabilities();
    let (durability, turn_bytes_max) = (capabilities.durability, capabilities.turn_bytes_max);
    let words = durability.split_whitespace().count();
    assert!((1..=2).contains(&words), "a word or two for people: {durability:?}");
    assert!(turn_bytes_max > 0, "{capabilities:?}");
    // It says it once more, whatever else the tests print.
    let told = format!("guarantee {package} {module} {turn_bytes_max} {durability}\n");
    let _ = io::stderr().write_all(told.as_bytes());
}
