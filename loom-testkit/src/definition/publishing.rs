//! What becomes of what is published.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use bytes::Bytes;
use loom_core::{Payload, Timestamp};
use loom_ports::{
    DEFINITION_BYTES_MAX, Definition, DefinitionKind, DefinitionStore as _, ErrorKind,
    METADATA_BYTES_MAX, Publish, Retire, VersionRange,
};

use super::{DefinitionFixture, RETIRED_AT, chosen, definition, id, publish, some_id, version};
use crate::faults::{Fault, FaultPlan, FaultyDefinitions};
use crate::race::race;
use crate::unique::unique;

use Publish::{Already, Differs, Published};

pub async fn a_version_that_was_never_published_is_not_there(fixture: impl DefinitionFixture) {
    let (store, id) = (fixture.store(), some_id());
    publish(&*store, &id, &["1.0.0"]).await;
    for raw in ["1.0.1", "1.0.0-rc", "0.1.0"] {
        assert_eq!(store.get(&id, &version(raw)).await.unwrap(), None, "{raw}");
        let retired = store.retire(&id, &version(raw), RETIRED_AT).await.unwrap();
        assert_eq!(retired, Retire::Unknown, "{raw}");
    }
    assert_eq!(store.resolve(&some_id(), &VersionRange::LATEST).await.unwrap(), None);
    assert_eq!(super::listed(&*store, &some_id(), 10).await, [""; 0]);
}

pub async fn a_version_is_read_back_byte_for_byte(fixture: impl DefinitionFixture) {
    let store = fixture.store();
    let every_byte: Vec<u8> = (0..=255).collect();
    let large = vec![7; DEFINITION_BYTES_MAX];
    let long = format!("\"{}\"", "a".repeat(METADATA_BYTES_MAX - 2));
    for (body, metadata) in
        [(&b""[..], "null"), (&every_byte, "{ \"b\": 1.0, \"a\": [ ] }"), (&large, &long)]
    {
        let mut published = definition(&some_id(), "1.0.0-rc.1", "");
        published.body = Bytes::copy_from_slice(body);
        published.head.metadata = Payload(Bytes::copy_from_slice(metadata.as_bytes()));
        assert_eq!(store.publish(&published).await.unwrap(), Published);
        let head = &published.head;
        let read = store.get(&head.id, &head.version).await.unwrap();
        assert_eq!(read.as_ref(), Some(&published));
        let range = VersionRange::parse("=1.0.0-rc.1").expect("a valid range");
        assert_eq!(store.resolve(&head.id, &range).await.unwrap().as_ref(), Some(&published));
        let page = store.versions(&head.id, None, 1).await.unwrap();
        assert_eq!(page.items, std::slice::from_ref(head));
    }
}

pub async fn a_published_version_never_changes(fixture: impl DefinitionFixture) {
    let (store, id) = (fixture.store(), some_id());
    let first = definition(&id, "1.0.0", "first");
    assert_eq!(store.publish(&first).await.unwrap(), Published);

    let later = |mut definition: Definition| {
        definition.head.published_at = Timestamp::MAX;
        definition
    };
    let mut told = first.clone();
    told.head.metadata = Payload(Bytes::from_static(b"1"));
    for (again, answer) in [
        (first.clone(), Already),
        (later(first.clone()), Already),
        (definition(&id, "1.0.0", "second"), Differs),
        (definition(&id, "1.0.0", ""), Differs),
        (told, Differs),
        (first.clone(), Already),
    ] {
        assert_eq!(store.publish(&again).await.unwrap(), answer, "{again:?}");
        let read = store.get(&id, &first.head.version).await.unwrap();
        assert_eq!(read.as_ref(), Some(&first), "after {again:?}");
    }
}

pub async fn one_of_many_racing_publishers_wins(fixture: impl DefinitionFixture) {
    let id = some_id();
    let answers = race(16, |n| {
        let (store, definition) = (fixture.store(), definition(&id, "1.0.0", &n.to_string()));
        async move { (n, store.publish(&definition).await.unwrap()) }
    });
    let mut answers = answers.await;
    answers.retain(|(_, answer)| *answer != Differs);
    let [(n, Published)] = answers[..] else { panic!("{answers:?}") };
    let read = fixture.store().get(&id, &version("1.0.0")).await.unwrap();
    assert_eq!(read, Some(definition(&id, "1.0.0", &n.to_string())));
}

pub async fn names_and_kinds_are_kept_apart(fixture: impl DefinitionFixture) {
    let (store, name) = (fixture.store(), unique("definition"));
    let ids = [
        id(DefinitionKind::Workflow, &name),
        id(DefinitionKind::Activity, &name),
        id(DefinitionKind::Workflow, &format!("{name}/1.0.0")),
        id(DefinitionKind::Workflow, &format!("{name}2")),
        id(DefinitionKind::Workflow, &name.to_uppercase()),
    ];
    for (n, id) in ids.iter().enumerate() {
        publish(&*store, id, &[&format!("1.0.{n}")]).await;
    }
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(super::listed(&*store, id, 10).await, [format!("1.0.{n}")], "{id:?}");
        assert_eq!(chosen(&*store, id, "*").await, Some(format!("1.0.{n}")), "{id:?}");
    }
}

pub async fn publishing_and_retiring_may_be_repeated(fixture: impl DefinitionFixture) {
    let store = fixture.store();
    for fault in Fault::ALL {
        let id = some_id();
        let faulty = || FaultyDefinitions::new(store.clone(), FaultPlan::new([fault]));
        let sent = definition(&id, "1.0.0", "1.0.0");
        let arrives = matches!(fault, Fault::ReplyLost | Fault::Repeated);

        let network = faulty();
        let first = network.publish(&sent).await;
        let again = network.publish(&sent).await.unwrap();
        assert_eq!(again, if arrives { Already } else { Published }, "{first:?}");

        let network = faulty();
        let first = network.retire(&id, &sent.head.version, RETIRED_AT).await;
        let later = if arrives { Timestamp::MAX } else { RETIRED_AT };
        let again = network.retire(&id, &sent.head.version, later).await.unwrap();
        assert_eq!(again, Retire::Retired, "{first:?}");
        let read = store.get(&id, &sent.head.version).await.unwrap().expect("it is published");
        assert_eq!(read.head.retired_at, Some(RETIRED_AT), "{fault:?}");
        assert_eq!(store.publish(&sent).await.unwrap(), Already);
        assert_eq!(
            chosen(&*store, &id, "*").await,
            None,
            "publishing again does not bring it back"
        );
    }
}

pub async fn versions_and_their_ends_survive_a_restart(fixture: impl DefinitionFixture) {
    let (store, id) = (fixture.store(), some_id());
    publish(&*store, &id, &["1.0.0", "1.1.0"]).await;
    assert_eq!(super::retire(&*store, &id, "1.1.0").await, Retire::Retired);
    drop(store);

    let Some(fixture) = fixture.reopen().await else { return };
    let store = fixture.store();
    assert_eq!(super::listed(&*store, &id, 10).await, ["1.1.0", "1.0.0"]);
    assert_eq!(chosen(&*store, &id, "*").await.as_deref(), Some("1.0.0"));
}

pub async fn what_is_too_large_is_invalid(fixture: impl DefinitionFixture) {
    let (store, id) = (fixture.store(), some_id());
    let small = definition(&id, "1.0.0", "");
    let mut large = small.clone();
    large.body = vec![0; DEFINITION_BYTES_MAX + 1].into();
    let mut told = small.clone();
    told.head.metadata = Payload(vec![b'1'; METADATA_BYTES_MAX + 1].into());
    for definition in [large, told] {
        let error = store.publish(&definition).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
    assert_eq!(super::listed(&*store, &id, 10).await, [""; 0]);
}

pub async fn a_store_that_cannot_be_reached_is_not_empty(fixture: impl DefinitionFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    let (id, one) = (some_id(), version("1.0.0"));
    store.publish(&definition(&id, "1.0.0", "")).await.unwrap_err();
    store.get(&id, &one).await.unwrap_err();
    store.resolve(&id, &VersionRange::LATEST).await.unwrap_err();
    store.retire(&id, &one, RETIRED_AT).await.unwrap_err();
    store.versions(&id, None, 10).await.unwrap_err();
    store.names(id.kind, None, 10).await.unwrap_err();
}
