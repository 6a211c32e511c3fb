//! The database and the containers that the ports need.

use azure_data_cosmos::models::{ContainerProperties, IndexingPolicy, PropertyPath, TimeToLive};

use crate::connection::{Patience, connect};
use crate::error::{Failure, OpenError, open_error};
use crate::settings::CosmosSettings;

/// The container of states.
pub(crate) const STATES: &str = "states";
/// The container of requests that run once.
pub(crate) const REQUESTS: &str = "requests";
/// The container of rows, of which the small stores are made.
pub(crate) const ROWS: &str = "rows";
/// The container of journals.
pub(crate) const JOURNAL: &str = "journal";
/// What turns are found by. Each is in those alone that have it; the name is indexed always.
const JOURNAL_INDEXED: &[&str] =
    &["/born/?", "/cut/?", "/due/?", "/expires/?", "/mark/?", "/payload/name/?", "/sent/?"];

/// Creates the database and the containers that are missing, and leaves alone what is there.
/// Returns what was created, or, if nothing is to be changed, what would be.
///
/// # Errors
///
/// Returns what the user has to know, with its code. What was created before stays.
pub async fn provision(
    settings: &CosmosSettings,
    change_nothing: bool,
) -> Result<Vec<String>, OpenError> {
    let client = connect(settings).await?;
    let (patience, name) = (Patience::new(settings), &settings.database);
    let database = client.database_client(name.clone());
    let mut created = Vec::new();

    let is_there = present(patience.with(database.read(None)).await, name)?;
    if !is_there {
        created.push(name.clone());
        if !change_nothing {
            make(patience.with(client.create_database(name, None)).await, name)?;
        }
    }
    for (container, indexed, ttl) in [
        (STATES, &["/kind/?", "/key/?", "/live/?"][..], None),
        (REQUESTS, &[], Some(())),
        (ROWS, &["/key/?"], None),
        (JOURNAL, JOURNAL_INDEXED, None),
    ] {
        let what = format!("{name}/{container}");
        let found = async {
            if is_there {
                database.container_client(container, None).await.map(Some)
            } else {
                Ok(None)
            }
        };
        let found = patience.with(found).await;
        if matches!(found, Ok(Some(_))) {
            continue;
        }
        present(found, &what)?;
        created.push(what.clone());
        if !change_nothing {
            let properties = properties(container, indexed, ttl.is_some());
            make(patience.with(database.create_container(properties, None)).await, &what)?;
        }
    }
    Ok(created)
}

/// Nothing is indexed but what is asked for. Items expire where they say so.
fn properties(name: &'static str, indexed: &[&'static str], expires: bool) -> ContainerProperties {
    let mut policy = IndexingPolicy::default().with_excluded_path(PropertyPath::from("/*"));
    for path in indexed {
        policy = policy.with_included_path(PropertyPath::from(*path));
    }
    let properties = ContainerProperties::new(name, "/pk".into()).with_indexing_policy(policy);
    if expires { properties.with_default_ttl(TimeToLive::NoDefault) } else { properties }
}

fn present<T>(found: Result<T, Failure>, what: &str) -> Result<bool, OpenError> {
    match found {
        Ok(_) => Ok(true),
        Err(failure) if failure.is_missing_owner() => Ok(false),
        Err(failure) => Err(open_error(&failure, what)),
    }
}

/// Somebody else may have made it at the same time.
fn make<T>(made: Result<T, Failure>, what: &str) -> Result<(), OpenError> {
    match made {
        Ok(_) => Ok(()),
        Err(failure) if failure.is_conflict() => Ok(()),
        Err(failure) => Err(open_error(&failure, what)),
    }
}
