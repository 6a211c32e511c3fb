//! `loom serve`: serves the actors over HTTP, as a file says.

use crate::cli::Serve;
use crate::exit::{Exit, Stop};
use crate::{config, serving};

/// Runs the command.
pub(crate) async fn run(serve: Serve) -> Result<Exit, Stop> {
    let Serve { config, json } = serve;
    let serving = config::read(&config)?;
    serving::run(serving, json).await.map_err(|stop| config::of_file(stop, &config))
}
