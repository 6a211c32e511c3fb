//! What actors do in a simulation, and what must be true of it.

use futures::future::BoxFuture;
use loom_runtime::HostBuilder;
use loom_testkit::sim::Scene;

use crate::{bank, effects, family, flow, order, poison, register, tail, timers, topics, upgrade};

/// Something that actors do, and what must be true of it.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// Registers its actors, in version 1 or 2 of their code.
    pub(crate) deploy: fn(HostBuilder, u32) -> HostBuilder,
    /// What callers from outside do while anything may go wrong.
    pub(crate) play: fn(Scene) -> BoxFuture<'static, Check>,
}

/// What must be true once everything is handled.
pub(crate) type Check = BoxFuture<'static, ()>;

/// All of them.
pub const SCENARIOS: &[Scenario] = &[
    bank::SCENARIO,
    register::SCENARIO,
    order::SCENARIO,
    timers::SCENARIO,
    topics::SCENARIO,
    effects::SCENARIO,
    poison::SCENARIO,
    family::SCENARIO,
    flow::SCENARIO,
    upgrade::SCENARIO,
];

/// Those that may be played on stores that forget what was written last.
pub const FORGETFUL: &[Scenario] = &[tail::SCENARIO];

/// The largest payload in a simulation.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 16 << 10;
