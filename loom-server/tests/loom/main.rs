//! The `loom` command, as a process.

mod bad_input;
mod command;
mod directory;
mod http;
mod http_server;
mod journal;
mod killed;
mod money;
mod run_file;
