#![doc = include_str!("../../docs/guide.md")]
#![doc(test(attr(allow(dead_code))))]

/// The guide to simulations, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/simulation.md")]
struct Simulation;

/// The example of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
