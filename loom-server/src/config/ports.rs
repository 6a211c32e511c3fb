//! Which backend has which port.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::mistake::Code;
use super::profile::Rule;
use super::source::Source;
use crate::placement::{Backend, Placement, Port};

/// The settings of the ports: those that are named are where they are said to be.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
struct PortsTable(BTreeMap<Port, Backend>);

/// A port is where the file says, or else in the first of its homes that the file has.
pub(super) fn read(source: &mut Source<'_>) -> Option<Placement> {
    let PortsTable(said) = source.table_if_any("ports")?;
    let has = |source: &Source<'_>, backend: Backend| source.has(backend.table());
    let placement = Placement::of(|port| {
        let home = || port.homes().iter().copied().find(|home| has(source, *home));
        said.get(&port).copied().or_else(home).unwrap_or(Backend::Store)
    });
    for (port, backend) in said {
        let setting = format!("ports.{}", port.name());
        if !port.homes().contains(&backend) {
            let homes: Vec<_> = port.homes().iter().map(|home| home.name()).collect();
            let what = format!("{} cannot have it; use {}", backend.name(), homes.join(" or "));
            source.tell(&setting, Code::Together, what);
        } else if !has(source, backend) {
            let what = format!("the file has no table [{}]; add it", backend.table());
            source.tell(&setting, Code::Together, what);
        }
    }
    for backend in [Backend::Cosmos, Backend::Blob, Backend::KeyVault] {
        let wraps = backend == Backend::KeyVault && source.has("secrets.vault_key");
        if has(source, backend) && !placement.has(backend) && !wraps {
            let what = "nothing uses it; remove it, or put a port there";
            source.judge(backend.table(), Code::Unused, Rule::Advice, what);
        }
    }
    let is_redis = source.text("store.kind") == Some("redis");
    if placement.of_port(Port::Journal) == Backend::Cosmos && !is_redis {
        let what = "hosts that share a journal share a queue too; let the store be redis";
        source.tell("ports.journal", Code::Together, what);
    }
    Some(placement)
}

#[cfg(test)]
mod tests;
