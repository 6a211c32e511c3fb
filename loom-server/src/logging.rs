//! Logs go to the standard error.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::cli::Command;

/// Starts to log, as `RUST_LOG` or `LOG_LEVEL` says. A server says more by itself than a command
/// that prints its result.
pub(crate) fn start(command: &Command) {
    let default = match command {
        Command::Dev(_) | Command::Serve(_) => "info",
        _ => "warn",
    };
    let asked = ["RUST_LOG", "LOG_LEVEL"].into_iter().find_map(|name| std::env::var(name).ok());
    let filter = asked.and_then(|asked| EnvFilter::try_new(asked).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
}
