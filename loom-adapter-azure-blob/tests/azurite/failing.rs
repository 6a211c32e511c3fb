//! What is told, and what is stored, when requests and replies are lost.

use std::sync::Arc;
use std::time::Duration;

use loom_adapter_azure_blob::{AzureBlobSettings, AzureBlobStore};
use loom_ports::{BlobName, BlobStore, ErrorKind, Put, PutCondition, PutOutcome};
use loom_testkit::backends::{AzuriteServer, Trouble};
use loom_testkit::run;

use crate::scene;

fn name() -> BlobName {
    let id = azure_core::Uuid::new_v4().simple().to_string();
    BlobName::parse(&format!("failing/{id}")).expect("a valid name")
}

fn put(bytes: &'static str, condition: PutCondition) -> Put {
    Put { bytes: bytes.into(), condition }
}

async fn etag(store: &AzureBlobStore, bytes: &'static str) -> String {
    match store.put(&name(), put(bytes, PutCondition::Always)).await.expect("it is reached") {
        PutOutcome::Stored(head) => head.etag,
        refused @ PutOutcome::Refused(_) => panic!("{refused:?}"),
    }
}

fn answer(status: &str, code: &str) -> Trouble {
    Trouble::Instead(format!(
        "HTTP/1.1 {status}\r\nx-ms-error-code: {code}\r\nretry-after: 0\r\n\
         content-length: 0\r\nconnection: close\r\n\r\n"
    ))
}

/// What one trouble makes of a put under each condition.
struct Row {
    trouble: Trouble,
    always: Result<(), ErrorKind>,
    conditional: Result<(), ErrorKind>,
    is_stored_always: bool,
}

#[test]
fn what_became_of_a_put_is_found_out() {
    use ErrorKind::{Denied, Indeterminate};
    let row = |trouble, always, conditional, is_stored_always| Row {
        trouble,
        always,
        conditional,
        is_stored_always,
    };
    let rows = [
        // Found by its id.
        row(Trouble::ReplyLost, Ok(()), Ok(()), true),
        row(Trouble::ReplyHeld, Ok(()), Ok(()), true),
        // It may still arrive, so only a condition makes another attempt harmless.
        row(Trouble::RequestLost, Err(Indeterminate), Ok(()), false),
        row(answer("500 X", "InternalError"), Err(Indeterminate), Ok(()), false),
        // It certainly was not carried out.
        row(answer("503 X", "ServerBusy"), Ok(()), Ok(()), true),
        row(answer("403 X", "AuthenticationFailed"), Err(Denied), Err(Denied), false),
    ];
    run(async {
        let (proxy, settings) = scene::through_proxy();
        let response_timeout = Duration::from_millis(500);
        let faulty = scene::open(AzureBlobSettings { response_timeout, ..settings }).await;
        let store = scene::open(scene::shared_key()).await;
        let (before, after) = (etag(&store, "before").await, etag(&store, "after").await);
        let conditions =
            [PutCondition::Always, PutCondition::IfAbsent, PutCondition::IfMatch(before.clone())];

        for Row { trouble, always, conditional, is_stored_always } in rows {
            for condition in &conditions {
                let (name, is_always) = (name(), *condition == PutCondition::Always);
                if matches!(condition, PutCondition::IfMatch(_)) {
                    let _ = store.put(&name, put("before", PutCondition::Always)).await.unwrap();
                }
                let earlier = store.head(&name).await.unwrap();
                proxy.plan("PUT /", trouble.clone());

                let outcome = faulty.put(&name, put("after", condition.clone())).await;

                assert_eq!(proxy.planned(), 0, "{trouble:?}");
                let there = store.head(&name).await.unwrap();
                let expected = if is_always { always } else { conditional };
                match (outcome, expected) {
                    (Ok(PutOutcome::Stored(head)), Ok(())) => {
                        assert_eq!((Some(&head), &head.etag), (there.as_ref(), &after));
                    }
                    (Err(error), Err(kind)) => {
                        assert_eq!(error.kind(), kind, "{trouble:?} {condition:?}: {error}");
                        assert_eq!(there, earlier);
                    }
                    (outcome, _) => panic!("{trouble:?} {condition:?}: {outcome:?}"),
                }
                let is_stored = there != earlier;
                assert!(!is_always || is_stored == is_stored_always, "{trouble:?}");
            }
        }
    });
}

#[test]
fn a_put_that_others_have_overwritten_since_is_told_as_unknown() {
    run(async {
        let (proxy, settings) = scene::through_proxy();
        let faulty = Arc::new(scene::open(settings).await);
        let (store, name) = (scene::open(scene::shared_key()).await, name());
        proxy.plan("PUT /", Trouble::ReplyHeld);

        let ours = tokio::spawn({
            let (faulty, name) = (faulty.clone(), name.clone());
            async move { faulty.put(&name, put("ours", PutCondition::IfAbsent)).await }
        });
        while store.head(&name).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        let theirs = store.put(&name, put("theirs", PutCondition::Always)).await.unwrap();

        let outcome = ours.await.expect("it does not panic");
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Indeterminate);
        assert_eq!(PutOutcome::Stored(store.head(&name).await.unwrap().unwrap()), theirs);
    });
}

#[test]
fn reads_outlive_lost_connections_and_busy_servers() {
    run(async {
        let (proxy, settings) = scene::through_proxy();
        let (store, name) = (scene::open(settings).await, name());
        let _ = store.put(&name, put("value", PutCondition::Always)).await.unwrap();

        let troubles = [
            Trouble::RequestLost,
            Trouble::ReplyLost,
            answer("503 X", "ServerBusy"),
            answer("500 X", "OperationTimedOut"),
        ];
        for trouble in troubles {
            for method in ["GET /", "HEAD /", "GET /"] {
                proxy.plan(method, trouble.clone());
            }
            let head = store.head(&name).await.unwrap();
            let bytes = store.get(&name, Some(1..3)).await.unwrap();
            let listed = store.list(name.as_str(), None, 10).await.unwrap();
            assert_eq!(listed.items, head.into_iter().collect::<Vec<_>>());
            assert_eq!(bytes.as_deref(), Some(&b"al"[..]));
            assert_eq!(proxy.planned(), 0, "{trouble:?}");
        }
    });
}

/// To delete again would say that there was nothing.
#[test]
fn a_deletion_that_was_not_answered_is_told_as_unknown() {
    run(async {
        let (proxy, settings) = scene::through_proxy();
        let (store, name) = (scene::open(settings).await, name());
        for (trouble, is_gone) in [(Trouble::ReplyLost, true), (Trouble::RequestLost, false)] {
            let _ = store.put(&name, put("value", PutCondition::Always)).await.unwrap();
            proxy.plan("DELETE /", trouble);

            let outcome = store.delete(&name).await;

            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Indeterminate);
            assert_eq!(store.head(&name).await.unwrap().is_none(), is_gone);
        }
        proxy.plan("DELETE /", answer("503 X", "ServerBusy"));
        assert!(store.delete(&name).await.unwrap());
    });
}

#[test]
fn a_server_that_stands_still_is_not_waited_for_without_end() {
    run(async {
        let server = AzuriteServer::start();
        let at = AzureBlobSettings { endpoint: server.url(), ..scene::shared_key() };
        let (store, name) = (scene::open(scene::impatient(at)).await, name());
        let _ = store.put(&name, put("value", PutCondition::Always)).await.unwrap();

        server.signal("STOP");
        let unknown = store.put(&name, put("other", PutCondition::IfAbsent)).await;
        assert_eq!(unknown.unwrap_err().kind(), ErrorKind::Indeterminate);
        let unread = store.get(&name, None).await;
        assert_eq!(unread.unwrap_err().kind(), ErrorKind::Indeterminate);

        server.signal("CONT");
        let read = store.get(&name, None).await.unwrap();
        assert_eq!(read.as_deref(), Some(&b"value"[..]));
    });
}
