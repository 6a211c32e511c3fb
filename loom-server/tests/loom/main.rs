//! The `loom` command, as a process.

mod bad_input;
mod bank;
mod busy;
mod chaos;
mod client;
mod clocks;
mod command;
#[cfg(feature = "azure")]
mod cosmos;
#[cfg(feature = "azure")]
mod deployed;
mod directory;
mod failover;
mod hosts;
mod http;
mod http_server;
mod journal;
mod killed;
mod load;
mod many;
mod mix;
mod money;
#[cfg(feature = "azure")]
mod pairing;
mod redis;
mod run_file;
#[cfg(feature = "azure")]
mod secrecy;
mod secrets;
mod serve;
mod settled;
mod size;
mod toll;
mod unfit;
mod viewing;
mod workflow;
