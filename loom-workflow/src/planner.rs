//! What a run does next: from a run and an event to the same run, further on, and what is to be
//! done outside.

mod approval;
mod branch;
mod breaker;
mod call;
mod command;
mod data;
mod end;
mod engine;
mod event;
mod expression_action;
mod fire;
mod inside;
mod iterate;
mod limits;
mod pages;
mod parameters;
mod rate;
mod record_value;
mod rerun;
mod saga;
mod settle;
mod shard;
mod start;
mod status_code;
mod table;
mod variables;
mod view;
mod webhook;

pub use command::{
    Advance, CallCommand, ChildCommand, Command, DecisionCommand, Finished, Recorded, Respond,
    SubscribeCommand,
};
pub use event::{Answer, AnswerError, Decision, Event, Surroundings, Turn, Unconnected};
pub use fire::{Fired, RequestRefusal, fire, is_anything_new, trigger_inputs};
pub use start::Start;
pub use variables::fits;

use crate::definition::Definition;
use crate::run::Run;
use engine::Engine;

/// The most steps of one turn. What is left then is done in the next one, which
/// [`Command::Continue`] asks for, so that no definition can hold a host.
pub const STEPS_PER_TURN_MAX: u32 = 2_000;

/// Takes an event and goes on as far as possible without the outside.
///
/// The same run, event and turn give the same answer. An event that does not fit (a late answer,
/// a timer that was stopped, a second decision) changes nothing, and the answer says so.
///
/// `definition` must be the one with which the run was started.
pub fn advance(definition: &Definition, run: &mut Run, event: Event, turn: &Turn<'_>) -> Advance {
    let mut engine = Engine::new(definition, run, turn);
    engine.take(event);
    if !engine.advance.ignored {
        engine.work();
    }
    engine.advance
}

#[cfg(test)]
mod tests;
