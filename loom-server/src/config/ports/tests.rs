#[cfg(feature = "azure")]
use super::super::tests::{EMBEDDED, good};
use super::super::tests::{REDIS, refused};
#[cfg(feature = "azure")]
use crate::placement::{Backend, Placement, Port};

const AZURE: &str = "[azure]\n[cosmos]\nendpoint = 'https://c'\n[blob]\nendpoint = 'https://b'\n";

fn redis() -> String {
    format!("{REDIS}urls = ['redis://127.0.0.1']\n")
}

#[test]
#[cfg(feature = "azure")]
fn a_port_is_in_the_first_of_its_homes_that_the_file_has() {
    let of = |port| match port {
        Port::Journal | Port::Queue | Port::Locks | Port::Coordination => Backend::Store,
        Port::Blobs => Backend::Blob,
        _ => Backend::Cosmos,
    };
    for store in [EMBEDDED.to_owned(), redis()] {
        let ports = |more: &str| good(&format!("{store}{more}"), &[]).deployment.ports;
        assert_eq!(ports(""), Placement::default());
        assert_eq!(ports(AZURE), Placement::of(of));
        let state = |port| if port == Port::State { Backend::Store } else { of(port) };
        assert_eq!(ports(&format!("{AZURE}[ports]\nstate = 'store'")), Placement::of(state));
    }
    let journal = good(&format!("{}{AZURE}[ports]\njournal = 'cosmos'", redis()), &[]);
    assert_eq!(journal.deployment.ports.of_port(Port::Journal), Backend::Cosmos);
}

#[test]
fn a_port_where_it_cannot_be_is_refused() {
    let rows = [
        ("queue = 'cosmos'", "LOOM-A007: ports.queue: cosmos cannot have it; use store"),
        ("blobs = 'cosmos'", "LOOM-A007: ports.blobs: cosmos cannot have it; use blob or store"),
        ("state = 'cosmos'", "LOOM-A007: ports.state: the file has no table [cosmos]; add it"),
        ("secrets = 'key-vault'", "LOOM-A007: ports.secrets: the file has no table [key_vault]"),
        ("state = 'redis'", "LOOM-A004: ports.state: unknown variant `redis`"),
        ("states = 'store'", "LOOM-A004: ports.states: unknown variant `states`"),
    ];
    for (setting, said) in rows {
        let text = format!("{}[ports]\n{setting}", redis());
        refused(&text, &[], &format!("etc/loom.toml:6: {said}"));
    }
}

#[test]
#[cfg(feature = "azure")]
fn hosts_that_share_a_journal_share_a_queue() {
    let text = format!("{EMBEDDED}{AZURE}[ports]\njournal = 'cosmos'");
    let said = "etc/loom.toml:11: LOOM-A007: ports.journal: hosts that share a journal share a";
    refused(&text, &[], said);
}

#[test]
#[cfg(feature = "azure")]
fn what_nothing_uses_is_told_of() {
    let text = format!("{}{AZURE}[ports]\nblobs = 'store'", redis());
    let warnings = good(&text, &[]).found.warnings;
    assert_eq!(
        warnings,
        ["etc/loom.toml:8: LOOM-A013: blob: nothing uses it; remove it, or put a port there"]
    );
}

#[test]
#[cfg(not(feature = "azure"))]
fn without_azure_its_tables_are_refused() {
    refused(&format!("{}{AZURE}", redis()), &[], "etc/loom.toml:5: LOOM-A012: azure: this program");
}
