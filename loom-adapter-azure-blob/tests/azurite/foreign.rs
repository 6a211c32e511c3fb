//! What others have put into the container.

use azure_core::http::{RequestContent, Url};
use azure_storage_blob::BlobContainerClient;
use loom_adapter_azure_blob::Credential;
use loom_ports::{BlobName, BlobStore, Put, PutCondition, PutOutcome};
use loom_testkit::run;

use crate::scene;

#[test]
fn values_of_others_are_left_alone_until_they_are_replaced() {
    run(async {
        let settings = scene::sas();
        let Credential::Sas(query) = &settings.credential else { panic!("it is a signature") };
        let url = format!("{}/{}?{query}", settings.endpoint, scene::CONTAINER);
        let store = scene::open(settings.clone()).await;
        let theirs = BlobContainerClient::new(Url::parse(&url).unwrap(), None, None).unwrap();
        let prefix = format!("foreign/{}/", azure_core::Uuid::new_v4().simple());
        for last in ["page.html", "readable"] {
            let blob = theirs.blob_client(&format!("{prefix}{last}"));
            blob.upload(RequestContent::from(b"theirs".to_vec()), None).await.unwrap();
        }

        let listed = store.list(&prefix, None, 10).await.unwrap();

        // The dot is not how we write one.
        let name = BlobName::parse(&format!("{prefix}readable")).unwrap();
        let [head] = &listed.items[..] else { panic!("{listed:?}") };
        assert_eq!(Some(head), store.head(&name).await.unwrap().as_ref());
        assert_eq!((&head.name, head.size, head.etag.starts_with("azure-")), (&name, 6, true));
        assert_eq!(store.get(&name, None).await.unwrap().as_deref(), Some(&b"theirs"[..]));

        let condition = PutCondition::IfMatch(head.etag.clone());
        let put = Put { bytes: "ours".into(), condition };
        assert!(matches!(store.put(&name, put.clone()).await.unwrap(), PutOutcome::Stored(_)));
        assert!(matches!(store.put(&name, put).await.unwrap(), PutOutcome::Refused(Some(_))));
    });
}
