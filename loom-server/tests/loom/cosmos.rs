//! `loom cosmos`, on an emulator.

use std::process::Command;

use loom_testkit::backends::{COSMOS_KEY, CosmosServer};

use crate::command::{Ended, Place, wait};

fn provision(url: &str, key: &str, more: &[&str]) -> Ended {
    let place = Place::new();
    let mut command: Command = place.loom(["cosmos", "provision", "--endpoint", url]);
    command.args(more).env("COSMOS_KEY", key);
    wait(command.spawn().unwrap())
}

#[test]
fn what_is_missing_is_told_and_then_made_once() {
    let server = CosmosServer::start();
    let told = |done: &str| {
        ["loom", "loom/states", "loom/requests", "loom/rows", "loom/journal"]
            .map(|what| format!("{what}: {done}\n"))
            .concat()
    };
    let rows = [
        (&["--dry-run"][..], told("would be created")),
        (&[], told("created")),
        (&[], "nothing is missing\n".into()),
        (&["--dry-run"], "nothing is missing\n".into()),
    ];
    for (more, expected) in rows {
        let ended = provision(&server.url(), COSMOS_KEY, more);
        assert_eq!((ended.code, &ended.out), (Some(0), &expected), "{more:?}: {ended:?}");
    }
}

#[test]
fn an_account_that_refuses_is_told_without_its_key() {
    let server = CosmosServer::start();
    let key = "aHVudGVyMg==";
    let rows = [
        (server.url(), 78, "LOOM-D003"),
        ("http://127.0.0.1:1/".into(), 75, "LOOM-D002"),
        ("acme".into(), 64, "LOOM-D001"),
    ];
    for (url, code, told) in rows {
        let ended = provision(&url, key, &[]);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(ended.err.contains(told) && !ended.err.contains(key), "{ended:?}");
    }
}
