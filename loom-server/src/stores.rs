//! The stores in a data directory, and what they guarantee.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use loom_adapter_embedded::{Durability, EmbeddedStores, Options};
use loom_ports::Stores;
use serde::Serialize;

use crate::exit::{Exit, Stop};

/// The stores in a data directory that nobody else uses.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) stores: Stores,
    pub(crate) authority: Authority,
}

/// The guarantee of a deployment is that of its authority.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Authority {
    #[serde(rename = "authority")]
    name: &'static str,
    durability: &'static str,
    dir: PathBuf,
}

impl Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, durability, dir } = self;
        write!(f, "authority={name} durability={durability} dir={}", dir.display())
    }
}

/// Opens a data directory, and creates it if there is none.
pub(crate) fn open(dir: &Path, durability: Durability) -> Result<Opened, Stop> {
    let options = Options { durability, ..Options::default() };
    let stores = Stores::from(EmbeddedStores::open(dir, options)?);
    let durability = stores.journal.capabilities().durability;
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    Ok(Opened { stores, authority: Authority { name: "embedded", durability, dir } })
}

/// Opens a data directory that has to be there already.
pub(crate) fn open_existing(dir: &Path) -> Result<Opened, Stop> {
    if !dir.is_dir() {
        let why = format!("there is no data directory {}", dir.display());
        return Err(Stop::new(Exit::NotFound, why));
    }
    open(dir, Durability::default())
}
