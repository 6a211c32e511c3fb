//! Values that come in blocks, when others write and when answers are lost.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use loom_adapter_azure_blob::AzureBlobStore;
use loom_ports::{
    BlobName, BlobSource, BlobStore as _, ErrorKind, PortError, Put, PutCondition, PutOutcome,
};
use loom_testkit::backends::{AZURITE_ACCOUNT, Trouble};
use loom_testkit::run;

use crate::scene;

const BLOCK: usize = 8 << 20;

fn name() -> BlobName {
    let id = azure_core::Uuid::new_v4().simple().to_string();
    BlobName::parse(&format!("streaming/{id}")).expect("a valid name")
}

/// Three blocks and a rest, before the last of which somebody may write.
#[derive(Debug)]
struct Source {
    given: usize,
    other: Option<(Arc<AzureBlobStore>, BlobName)>,
}

#[async_trait]
impl BlobSource for Source {
    async fn next(&mut self) -> Result<Option<Bytes>, PortError> {
        self.given += 1;
        if self.given == 4
            && let Some((store, name)) = &self.other
        {
            let put = Put { bytes: "theirs".into(), condition: PutCondition::Always };
            let _ = store.put(name, put).await?;
        }
        Ok(match self.given {
            1..=3 => Some(vec![7; BLOCK].into()),
            4 => Some("rest".into()),
            _ => None,
        })
    }
}

#[test]
fn what_others_store_meanwhile_stays_if_the_condition_says_so() {
    run(async {
        let store = Arc::new(scene::open(scene::shared_key()).await);
        let name = name();
        let mut source = Source { given: 0, other: Some((store.clone(), name.clone())) };
        let refused = store.put_parts(&name, &mut source, PutCondition::IfAbsent).await.unwrap();
        let PutOutcome::Refused(Some(head)) = refused else { panic!("{refused:?}") };
        assert_eq!(head.size, 6);
        assert_eq!(store.get(&name, None).await.unwrap().as_deref(), Some(&b"theirs"[..]));
    });
}

/// Azure discards the blocks of others with each value that is stored; its emulator keeps them.
#[test]
fn whose_blocks_are_gone_is_told_that_nothing_was_stored() {
    run(async {
        let (proxy, settings) = scene::through_proxy();
        let store = scene::open(settings).await;
        let name = name();
        let gone = "HTTP/1.1 400 X\r\nx-ms-error-code: InvalidBlockList\r\n\
                    content-length: 0\r\nconnection: close\r\n\r\n";
        let path = name.as_str().replace('/', "%2F");
        let commit = format!("PUT /{AZURITE_ACCOUNT}/{}/{path}?comp=blocklist", scene::CONTAINER);
        proxy.plan(&commit, Trouble::Instead(gone.into()));
        let mut source = Source { given: 0, other: None };
        let failed = store.put_parts(&name, &mut source, PutCondition::Always).await.unwrap_err();
        assert_eq!((failed.kind(), proxy.planned()), (ErrorKind::Unavailable, 0), "{failed}");
        assert_eq!(store.head(&name).await.unwrap(), None);
        let mut source = Source { given: 0, other: None };
        let again = store.put_parts(&name, &mut source, PutCondition::Always).await.unwrap();
        let PutOutcome::Stored(head) = again else { panic!("{again:?}") };
        assert_eq!(head.size, 3 * BLOCK as u64 + 4);
    });
}

#[test]
fn blocks_whose_answers_are_lost_are_sent_again() {
    run(async {
        let (proxy, settings) = scene::through_proxy();
        let store = scene::open(settings).await;
        for trouble in [Trouble::ReplyLost, Trouble::RequestLost] {
            let name = name();
            proxy.plan("PUT /", trouble.clone());
            let mut source = Source { given: 0, other: None };
            let stored = store.put_parts(&name, &mut source, PutCondition::IfAbsent).await;
            let stored = stored.unwrap_or_else(|error| panic!("{trouble:?}: {error}"));
            assert_eq!(proxy.planned(), 0, "{trouble:?}");
            let PutOutcome::Stored(head) = stored else { panic!("{trouble:?}: {stored:?}") };
            assert_eq!(store.head(&name).await.unwrap(), Some(head));
            let end = store.get(&name, Some(3 * BLOCK as u64..u64::MAX)).await.unwrap();
            assert_eq!(end.as_deref(), Some(&b"rest"[..]));
        }
    });
}
