//! `loom cosmos`: what an account has to have before hosts use it.

use std::env;
use std::io::{self, Write as _};

use loom_adapter_cosmos::{CosmosSettings, Credential, provision};
use loom_azure_identity::Identity;

use crate::cli::Cosmos;
use crate::config;
use crate::exit::{Exit, Stop};

const KEY: &str = "COSMOS_KEY";

/// Runs the command.
pub(crate) async fn run(command: Cosmos) -> Result<Exit, Stop> {
    let Cosmos::Provision { config, endpoint, database, region, dry_run } = command;
    let settings = match (config, endpoint) {
        (Some(file), _) => {
            let named = config::read(&file)?.deployment.azure.cosmos;
            let missing = || format!("{}: there is no table [cosmos]", file.display());
            named.ok_or_else(|| Stop::new(Exit::Misconfigured, missing()))?
        }
        (None, Some(endpoint)) => {
            let credential = match env::var(KEY) {
                Ok(key) => Credential::Key(key),
                Err(_) => Credential::Identity(Identity::DeveloperTools),
            };
            CosmosSettings { database, ..CosmosSettings::new(endpoint, credential, region) }
        }
        (None, None) => return Err(Stop::new(Exit::Usage, "name the account, or a file")),
    };
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
