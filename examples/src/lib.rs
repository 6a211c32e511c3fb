#![doc = include_str!("../../docs/guide.md")]
#![doc(test(attr(allow(dead_code))))]

/// The example of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
