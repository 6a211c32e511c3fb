//! What a durable host promises, on the memory adapter and a clock that jumps.

#[path = "durable/chance.rs"]
mod chance;
#[path = "durable/kit.rs"]
mod kit;
#[path = "durable/probe.rs"]
mod probe;
#[path = "durable/script.rs"]
mod script;
#[path = "durable/told.rs"]
mod told;

#[path = "durable/calls.rs"]
mod calls;
#[path = "durable/cluster.rs"]
mod cluster;
#[path = "durable/death.rs"]
mod death;
#[path = "durable/delivery.rs"]
mod delivery;
#[path = "durable/detached.rs"]
mod detached;
#[path = "durable/faults.rs"]
mod faults;
#[path = "durable/forwarding.rs"]
mod forwarding;
#[path = "durable/outage.rs"]
mod outage;
#[path = "durable/overtaking.rs"]
mod overtaking;
#[path = "durable/suspension.rs"]
mod suspension;
#[path = "durable/time.rs"]
mod time;
