//! Scripts of deliveries, what an actor makes of them, and what holds after every turn.

mod print;
mod scene;
mod script;

mod burying;
mod chaos;

mod detached;
mod duplicates;
mod incarnations;
mod invocations;
mod replays;
mod requests;
mod timers;
mod turns;
mod waits;
