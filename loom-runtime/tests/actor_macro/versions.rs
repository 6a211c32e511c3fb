//! States of older versions under newer code.

use expect_test::{Expect, expect};
use loom_adapter_memory::MemoryStores;
use loom_runtime::typed::restore;
use loom_runtime::{Actor, Host, HostBuilder, Settings};
use serde_json::{Value, json};

mod first {
    #[derive(Default, serde::Deserialize, serde::Serialize)]
    pub(super) struct Note(String);

    #[loom_runtime::actor(kind = "note")]
    impl Note {
        async fn write(&mut self, _cx: &mut loom_runtime::Context<'_>, text: String) {
            self.0 = text;
        }
    }
}

mod second {
    #[derive(Default, serde::Deserialize, serde::Serialize)]
    pub(super) struct Note {
        text: String,
    }

    #[loom_runtime::actor(kind = "note", version = 2, migrate(1 => super::name_the_text))]
    impl Note {
        async fn write(&mut self, _cx: &mut loom_runtime::Context<'_>, text: String) {
            self.text = text;
        }
    }
}

mod third {
    use serde_json::Value;

    #[derive(Debug, Default, PartialEq, serde::Deserialize, serde::Serialize)]
    pub(super) struct Note {
        pub(super) lines: Vec<String>,
    }

    #[loom_runtime::actor(
        kind = "note",
        version = 3,
        migrate(2 => Self::split_lines, 1 => super::name_the_text),
    )]
    impl Note {
        #[query]
        fn lines(&self) -> Vec<String> {
            self.lines.clone()
        }

        fn split_lines(mut state: Value) -> Result<Value, String> {
            let text = state["text"].take();
            let text = text.as_str().ok_or("the text is no string")?;
            Ok(serde_json::json!({ "lines": text.lines().collect::<Vec<_>>() }))
        }
    }
}

#[expect(clippy::needless_pass_by_value, clippy::unnecessary_wraps, reason = "it is a migration")]
fn name_the_text(state: Value) -> Result<Value, String> {
    Ok(json!({ "text": state }))
}

fn restored(version: u32, stored: &str, expected: &Expect) {
    let printed = match restore::<third::Note>(version, stored.as_bytes()) {
        Ok(note) => format!("{note:?}"),
        Err(reason) => reason,
    };
    expected.assert_eq(&printed);
}

#[test]
fn stored_bytes_of_every_version_become_the_newest_state() {
    restored(1, r#""buy\nmilk""#, &expect![[r#"Note { lines: ["buy", "milk"] }"#]]);
    restored(2, r#"{"text":"buy\nmilk"}"#, &expect![[r#"Note { lines: ["buy", "milk"] }"#]]);
    restored(3, r#"{"lines":["buy","milk"]}"#, &expect![[r#"Note { lines: ["buy", "milk"] }"#]]);
    restored(1, "", &expect!["Note { lines: [] }"]);
}

#[test]
fn what_cannot_be_migrated_says_why() {
    restored(
        2,
        r#"{"text":7}"#,
        &expect![
            "the stored state of version 2 does not fit the code of version 3: the text is no string"
        ],
    );
    restored(
        4,
        r#"{"lines":[]}"#,
        &expect![
            "the stored state of version 4 does not fit the code of version 3: it was written by newer code"
        ],
    );
    restored(
        3,
        r#"{"text":"as it was"}"#,
        &expect![
            "the stored state of version 3 does not fit the code of version 3: missing field `lines` at line 1 column 20"
        ],
    );
}

#[test]
fn there_is_no_migration_from_the_newest_version() {
    assert!(third::Note::migrate(3, Value::Null).is_err());
    assert!(first::Note::migrate(1, Value::Null).is_err());
}

#[tokio::test]
async fn actors_written_by_older_code_are_read_by_newer() {
    let stores = MemoryStores::default();
    let host = start(&stores, HostBuilder::actor::<first::Note>).await;
    first::NoteRef::new(&host, "one").unwrap().write("buy\nmilk".into()).await.unwrap();
    stop(host).await;

    let host = start(&stores, HostBuilder::actor::<second::Note>).await;
    second::NoteRef::new(&host, "two").unwrap().write("call\nhome".into()).await.unwrap();
    stop(host).await;

    let host = start(&stores, HostBuilder::actor::<third::Note>).await;
    for (key, lines) in [("one", ["buy", "milk"]), ("two", ["call", "home"])] {
        assert_eq!(third::NoteRef::new(&host, key).unwrap().lines().await.unwrap(), lines);
    }
    stop(host).await;
}

async fn start(stores: &MemoryStores, register: fn(HostBuilder) -> HostBuilder) -> Host {
    let settings = Settings { partitions: 4.try_into().unwrap(), ..Settings::default() };
    register(Host::builder(stores.clone()).settings(settings)).start().await.unwrap()
}

async fn stop(host: Host) {
    let _ = host.stop(std::time::Duration::from_secs(10)).await;
}
