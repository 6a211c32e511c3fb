//! `loom cosmos`, on an emulator.

use std::process::Command;

use loom_testkit::backends::{COSMOS_KEY, COSMOS_REGION, CosmosServer};

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
fn what_is_not_on_the_command_line_may_be_in_a_file_or_in_the_environment() {
    let server = CosmosServer::start();
    let place = Place::new();
    let file = place.file(
        "loom.toml",
        format!(
            "profile = 'development'
             listen = '127.0.0.1:0'
             [store]
             kind = 'memory'
             [cosmos]
             endpoint = '{}'
             database = 'of-file'",
            server.url()
        ),
    );
    let all = [
        ("COSMOS_ENDPOINT", &*server.url()),
        ("COSMOS_DATABASE", "of-variable"),
        ("COSMOS_REGION", COSMOS_REGION),
    ];
    let none: [(&str, &str); 3] = all.map(|(name, _)| (name, ""));
    // The arguments, the variables, and where the first container would be.
    let rows = [
        (&[][..], all, "of-variable"),
        (&["--database", "of-argument"], all, "of-argument"),
        (&["--endpoint", &server.url()], none, "loom"),
        (&["--endpoint", &server.url(), "--region", COSMOS_REGION], all, "of-variable"),
        (&["--config", &file], [("X", ""); 3], "of-file"),
        // As `loom serve` takes it.
        (&["--config", &file], all, "of-variable"),
    ];
    for (arguments, variables, database) in rows {
        let mut command = place.loom(["cosmos", "provision", "--dry-run"]);
        command.args(arguments).env("COSMOS_KEY", COSMOS_KEY).envs(variables);
        let ended = wait(command.spawn().unwrap());
        let first = format!("{database}: would be created\n");
        assert!(ended.code == Some(0) && ended.out.starts_with(&first), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn whoever_names_no_account_is_told_how_to() {
    for arguments in [&[][..], &["--dry-run"], &["--database", "loom"]] {
        let place = Place::new();
        let mut command = place.loom(["cosmos", "provision"]);
        let ended = wait(command.args(arguments).spawn().unwrap());
        assert_eq!(ended.code, Some(64), "{ended:?}");
        for name in ["--endpoint", "COSMOS_ENDPOINT", "--config"] {
            assert!(ended.err.contains(name), "{name}: {ended:?}");
        }
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
