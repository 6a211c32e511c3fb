//! `loom secrets`: the secrets of a deployment. None of them is ever printed.

use std::io::{self, Read as _, Write as _};

use loom_core::SecretName;
use loom_ports::{
    Clock as _, Cursor, IdSource as _, SECRET_BYTES_MAX, Secret, SecretChange, SecretStore,
    SecretWrite, SetSecret,
};
use loom_runtime::{RandomIds, SystemClock};
use serde::Serialize;

use crate::cli::{Secrets, SecretsAction};
use crate::config;
use crate::exit::{Exit, Stop};

const PAGE: usize = 100;

#[derive(Serialize)]
struct Listed {
    secret: SecretName,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<String>,
}

/// Runs the command.
pub(crate) async fn run(command: Secrets) -> Result<Exit, Stop> {
    let Secrets { config, action } = command;
    let opened = config::read(&config)?.deployment.look().await?;
    let Some(secrets) = opened.small.secrets else {
        let why = "nothing encrypts: name a vault with [key_vault], or keys with [secrets]";
        return Err(Stop::new(Exit::Misconfigured, format!("{}: {why}", config.display())));
    };
    let secrets = &*secrets;
    match action {
        SecretsAction::Set { name } => set(secrets, parse(&name)?).await,
        SecretsAction::List { json } => list(secrets, json).await,
        SecretsAction::Delete { name } => {
            let name = parse(&name)?;
            changed(&name, secrets.delete(&name, SystemClock.now()).await?)
        }
        SecretsAction::Recover { name } => {
            let name = parse(&name)?;
            changed(&name, secrets.recover(&name).await?)
        }
        SecretsAction::Purge { name } => {
            let name = parse(&name)?;
            changed(&name, secrets.purge(&name).await?)
        }
        SecretsAction::Rotate => rotate(secrets).await,
    }
}

fn parse(name: &str) -> Result<SecretName, Stop> {
    SecretName::parse(name).map_err(|error| Stop::new(Exit::BadInput, error))
}

async fn set(secrets: &dyn SecretStore, name: SecretName) -> Result<Exit, Stop> {
    let mut value = Vec::new();
    let most = u64::try_from(SECRET_BYTES_MAX).unwrap_or(u64::MAX);
    io::stdin().take(most + 1).read_to_end(&mut value)?;
    // The line that a shell or an editor has ended.
    if value.last() == Some(&b'\n') {
        value.pop();
    }
    if value.is_empty() || value.len() > SECRET_BYTES_MAX {
        let why = format!("a secret of 1 to {SECRET_BYTES_MAX} bytes is read from standard input");
        return Err(Stop::new(Exit::BadInput, why));
    }
    let write = SecretWrite(RandomIds.next());
    match secrets.set(&name, &Secret::new(value), write, SystemClock.now()).await? {
        SetSecret::Set(version) => {
            writeln!(io::stdout(), "{name} has version {}", version.0)?;
            Ok(Exit::Done)
        }
        SetSecret::Deleted => {
            let why = format!("{name} is deleted: recover it first, or purge it");
            Err(Stop::new(Exit::WorkFailed, why))
        }
    }
}

async fn list(secrets: &dyn SecretStore, json: bool) -> Result<Exit, Stop> {
    let mut stdout = io::stdout().lock();
    let mut from: Option<Cursor> = None;
    loop {
        let page = secrets.list(from.as_ref(), PAGE).await?;
        for head in page.items {
            let deleted_at = head.deleted_at.map(|at| at.to_string());
            let listed = Listed { secret: head.name, version: head.current.0, deleted_at };
            if json {
                writeln!(stdout, "{}", serde_json::to_string(&listed)?)?;
                continue;
            }
            let deleted = listed.deleted_at.map(|at| format!(", deleted {at}")).unwrap_or_default();
            writeln!(stdout, "{} version {}{deleted}", listed.secret, listed.version)?;
        }
        from = page.next;
        if from.is_none() {
            return Ok(Exit::Done);
        }
    }
}

fn changed(name: &SecretName, change: SecretChange) -> Result<Exit, Stop> {
    match change {
        SecretChange::Done => Ok(Exit::Done),
        SecretChange::Unknown => {
            let why = format!("there is no such secret {name}, or none that is deleted");
            Err(Stop::new(Exit::NotFound, why))
        }
    }
}

async fn rotate(secrets: &dyn SecretStore) -> Result<Exit, Stop> {
    let (mut versions, mut from) = (0, None);
    loop {
        let part = secrets.rotate(from.as_ref()).await?;
        versions += part.sum;
        from = part.next;
        if from.is_none() {
            writeln!(io::stdout(), "{versions} versions are encrypted anew")?;
            return Ok(Exit::Done);
        }
    }
}
