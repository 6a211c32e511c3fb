//! `loom cosmos`: what an account has to have before hosts use it.

use std::env;
use std::io::{self, Write as _};

use loom_adapter_cosmos::{CosmosSettings, Credential, provision};
use loom_azure_identity::Identity;

use crate::cli::Cosmos;
use crate::exit::{Exit, Stop};

const KEY: &str = "COSMOS_KEY";

/// Runs the command.
pub(crate) async fn run(command: Cosmos) -> Result<Exit, Stop> {
    let Cosmos::Provision { endpoint, database, region, dry_run } = command;
    let credential = match env::var(KEY) {
        Ok(key) => Credential::Key(key),
        Err(_) => Credential::Identity(Identity::DeveloperTools),
    };
    let settings = CosmosSettings { database, ..CosmosSettings::new(endpoint, credential, region) };
    let missing = provision(&settings, dry_run).await?;

    let mut stdout = io::stdout().lock();
    let done = if dry_run { "would be created" } else { "created" };
    for what in &missing {
        writeln!(stdout, "{what}: {done}")?;
    }
    if missing.is_empty() {
        writeln!(stdout, "nothing is missing")?;
    }
    Ok(Exit::Done)
}
