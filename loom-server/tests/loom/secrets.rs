//! `loom secrets`, on a directory.

use std::io::Write as _;
use std::process::Stdio;

use crate::command::{Ended, Place, wait};

const OLD: &str = "k1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const NEW: &str = "k2 fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
const VALUE: &str = "planted-value";

struct Vault {
    place: Place,
    file: String,
}

impl Vault {
    fn new() -> Self {
        let place = Place::new();
        let text = "listen = '127.0.0.1:0'\n[store]\nkind = 'embedded'\ndir = 'data'\n\
                    [secrets]\nkeys_file = 'keys'\n";
        let file = place.file("loom.toml", text);
        std::fs::create_dir(place.data()).unwrap();
        let vault = Self { place, file };
        vault.keys(&[OLD]);
        vault
    }

    fn keys(&self, keys: &[&str]) {
        self.place.file("keys", keys.join("\n"));
    }

    fn run(&self, args: &[&str], input: &str) -> Ended {
        let all = [&["secrets", "--config", &self.file], args].concat();
        let mut child = self.place.loom(all).stdin(Stdio::piped()).spawn().unwrap();
        // A command that has seen enough does not read to the end.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let ended = wait(child);
        assert!(!format!("{ended:?}").contains(VALUE), "{ended:?}");
        ended
    }

    #[track_caller]
    fn says(&self, args: &[&str], input: &str, said: &str) {
        let ended = self.run(args, input);
        assert_eq!((ended.code, &*ended.out), (Some(0), said), "{ended:?}");
    }
}

#[test]
fn secrets_are_set_listed_hidden_brought_back_and_removed() {
    let vault = Vault::new();
    vault.says(&["set", "a"], VALUE, "a has version 1\n");
    vault.says(&["set", "a"], &format!("{VALUE}\n"), "a has version 2\n");
    vault.says(&["set", "b"], VALUE, "b has version 1\n");
    vault.says(&["list"], "", "a version 2\nb version 1\n");
    vault.says(&["delete", "a"], "", "");
    let listed = vault.run(&["list"], "").out;
    assert!(listed.starts_with("a version 2, deleted 20"), "{listed}");
    vault.run(&["set", "a"], VALUE).failed(1, "a is deleted: recover it first, or purge it");
    vault.says(&["recover", "a"], "", "");
    vault.says(&["list"], "", "a version 2\nb version 1\n");
    vault.says(&["delete", "b"], "", "");
    vault.says(&["purge", "b"], "", "");
    vault.says(&["list", "--json"], "", "{\"secret\":\"a\",\"version\":2}\n");
}

#[test]
fn after_a_rotation_the_old_key_is_not_needed() {
    let vault = Vault::new();
    vault.says(&["set", "a"], VALUE, "a has version 1\n");
    vault.keys(&[NEW, OLD]);
    vault.says(&["rotate"], "", "1 versions are encrypted anew\n");
    vault.says(&["rotate"], "", "0 versions are encrypted anew\n");
    vault.keys(&[NEW]);
    vault.says(&["rotate"], "", "0 versions are encrypted anew\n");
    vault.keys(&[OLD]);
    vault.run(&["rotate"], "").failed(74, "wrapping key k2 is not known");
}

#[test]
fn a_mistake_is_told() {
    let vault = Vault::new();
    let rows = [
        (&["set", "a"][..], "", 65, "a secret of 1 to 16384 bytes is read from standard input"),
        (&["set", ""], VALUE, 65, "secret"),
        (&["delete", "none"], "", 66, "there is no such secret none"),
        (&["purge", "none"], "", 66, "there is no such secret none"),
    ];
    for (args, input, code, said) in rows {
        vault.run(args, input).failed(code, said);
    }
    vault.run(&["set", "a"], &"x".repeat(16 * 1024 + 2)).failed(65, "16384 bytes");
    vault.keys(&["k1 nonsense"]);
    vault.run(&["list"], "").failed(78, "LOOM-A004: secrets.keys: a line for each key is needed");
    vault
        .place
        .file("loom.toml", "listen = '127.0.0.1:0'\n[store]\nkind = 'embedded'\ndir = 'data'");
    vault.run(&["list"], "").failed(78, "nothing encrypts: name a vault with [key_vault]");
}
