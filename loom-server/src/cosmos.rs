//! `loom cosmos`: what an account has to have before hosts use it.

use std::env;
use std::io::{self, Write as _};
use std::path::Path;

use loom_adapter_cosmos::{CosmosSettings, Credential, provision};
use loom_azure_identity::Identity;

use crate::azure::REGION;
use crate::cli::Cosmos;
use crate::config;
use crate::exit::{Exit, Stop};

/// Runs the command.
pub(crate) async fn run(command: Cosmos) -> Result<Exit, Stop> {
    let Cosmos::Provision { config, endpoint, database, region, dry_run } = command;
    let settings = match config {
        Some(file) => of_file(&file)?,
        None => of_account(endpoint, database, region)?,
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

fn of_file(file: &Path) -> Result<CosmosSettings, Stop> {
    let named = config::read(file)?.deployment.azure.cosmos;
    let missing = || format!("{}: there is no table [cosmos]", file.display());
    named.ok_or_else(|| Stop::new(Exit::Misconfigured, missing()))
}

/// What the command line does not say, the environment may.
fn of_account(
    endpoint: Option<String>,
    database: Option<String>,
    region: Option<String>,
) -> Result<CosmosSettings, Stop> {
    let Some(endpoint) = endpoint.or_else(|| variable("COSMOS_ENDPOINT")) else {
        let why = "which account? Name it with --endpoint or in COSMOS_ENDPOINT, or name with \
                   --config a file that has a table [cosmos]";
        return Err(Stop::new(Exit::Usage, why));
    };
    let credential = match variable("COSMOS_KEY") {
        Some(key) => Credential::Key(key),
        None => Credential::Identity(Identity::DeveloperTools),
    };
    let region = region.or_else(|| variable("COSMOS_REGION")).unwrap_or_else(|| REGION.to_owned());
    let settings = CosmosSettings::new(endpoint, credential, region);
    let database = database.or_else(|| variable("COSMOS_DATABASE"));
    Ok(CosmosSettings { database: database.unwrap_or(settings.database), ..settings })
}

/// A variable that says something.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|said| !said.is_empty())
}
