//! What the emulator that tests use adds to the one of the driver, seen by the real client.

use std::time::Duration;

use azure_core::credentials::Secret;
use azure_data_cosmos::clients::ContainerClient;
use azure_data_cosmos::models::{ContainerProperties, TimeToLive};
use azure_data_cosmos::options::ItemWriteOptions;
use azure_data_cosmos::options::{
    EndToEndOperationLatencyPolicy, OperationOptionsBuilder, Precondition, Region,
};
use azure_data_cosmos::{
    AccountReference, CosmosClient, CosmosError, RoutingStrategy, TransactionalBatch,
};
use loom_testkit::backends::{COSMOS_KEY, COSMOS_REGION, CosmosFault, CosmosServer};
use loom_testkit::run;
use serde_json::{Value, json};

pub(crate) async fn client(server: &CosmosServer, key: &str) -> Result<CosmosClient, CosmosError> {
    let endpoint = server.url().parse().expect("an address");
    let account = AccountReference::with_authentication_key(endpoint, Secret::new(key.to_owned()));
    let patience = EndToEndOperationLatencyPolicy::new(Duration::from_secs(2));
    let options = OperationOptionsBuilder::new().with_end_to_end_latency_policy(patience).build();
    let near = RoutingStrategy::ProximityTo(Region::new(COSMOS_REGION));
    CosmosClient::builder().with_default_operation_options(options).build(account, near).await
}

/// A new container, whose items expire if they say so and `expires`.
async fn container(server: &CosmosServer, name: &'static str, expires: bool) -> ContainerClient {
    let client = client(server, COSMOS_KEY).await.expect("the key is right");
    let _ = client.create_database("emulator", None).await;
    let database = client.database_client("emulator");
    let properties = ContainerProperties::new(name, "/pk".into());
    let properties =
        if expires { properties.with_default_ttl(TimeToLive::NoDefault) } else { properties };
    database.create_container(properties, None).await.expect("it is new");
    database.container_client(name, None).await.expect("it is there")
}

fn item(id: &str, ttl: Option<u32>) -> Value {
    let mut item = json!({ "id": id, "pk": "p" });
    if let Some(ttl) = ttl {
        item["ttl"] = ttl.into();
    }
    item
}

fn status<T>(outcome: Result<T, CosmosError>) -> u16 {
    outcome.map_or_else(|error| error.status().status_code().into(), |_| 200)
}

#[test]
fn a_request_that_is_not_signed_with_the_key_is_refused() {
    run(async {
        let server = CosmosServer::start();
        let Err(refused) = client(&server, "d3Jvbmc=").await else { panic!("the key is wrong") };
        assert!(refused.to_string().contains("401"), "{refused}");
        client(&server, COSMOS_KEY).await.expect("the key is right");
    });
}

/// Which faults the client hides, and which of its writes it repeats without saying so.
#[test]
fn requests_fail_as_a_test_says() {
    let wait = Duration::from_millis(20);
    let lost = CosmosFault::ReplyLost;
    // The fault, how often, and what comes of a read, a creation, a guarded replacement, and the
    // one creation in a batch.
    let rows = [
        (CosmosFault::throttled(wait), 2, [200, 200, 200, 201]),
        (CosmosFault::answer(449, 0), 1, [200, 200, 200, 201]),
        (CosmosFault::answer(410, 1002), 1, [200, 200, 200, 201]),
        (CosmosFault::answer(503, 0), 1, [200, 200, 200, 201]),
        (CosmosFault::RequestLost, 1, [200, 200, 200, 201]),
        (CosmosFault::answer(401, 0), 1, [401, 401, 401, 401]),
        (CosmosFault::Hang, 100, [408, 408, 408, 408]),
        (CosmosFault::throttled(wait), 1000, [429, 429, 429, 429]),
        // They were carried out.
        (lost, 1, [200, 409, 412, 409]),
    ];
    run(async {
        let server = CosmosServer::start();
        let container = container(&server, "faults", false).await;
        for (row, (fault, times, expected)) in rows.into_iter().enumerate() {
            let [there, created, batched] =
                ["there", "created", "batched"].map(|name| format!("{name}-{row}"));
            container.create_item("p", &there, item(&there, None), None).await.unwrap();
            let found = container.read_item("p", &there, None).await.unwrap();
            let etag = found.headers().etag().cloned().expect("items have versions");
            let fail = || {
                server.heal();
                server.fail(times, fault);
            };

            fail();
            let read = status(container.read_item("p", &there, None).await);
            fail();
            let creation = container.create_item("p", &created, item(&created, None), None).await;
            fail();
            let guard = ItemWriteOptions::default().with_precondition(Precondition::if_match(etag));
            let replacement =
                container.replace_item("p", &there, item(&there, None), Some(guard)).await;
            fail();
            let batch = TransactionalBatch::new("p").create_item(item(&batched, None)).unwrap();
            let batch = container.execute_transactional_batch(batch, None).await;
            server.heal();

            let batch = match batch {
                Ok(done) => done.into_model().unwrap().results()[0].status_code(),
                failed => status(failed),
            };
            let found = [read, status(creation), status(replacement), batch];
            assert_eq!(found, expected, "{fault:?}");
        }
    });
}

#[test]
fn items_expire_where_the_container_lets_them() {
    run(async {
        let server = CosmosServer::start();
        let (expiring, keeping) = (
            container(&server, "expiring", true).await,
            container(&server, "keeping", false).await,
        );
        for container in [&expiring, &keeping] {
            for (id, ttl) in [("soon", Some(60)), ("later", Some(3600)), ("never", None)] {
                container.create_item("p", id, item(id, ttl), None).await.unwrap();
            }
        }
        let there = async |container: &ContainerClient| {
            let mut there = Vec::new();
            for id in ["soon", "later", "never"] {
                if status(container.read_item("p", id, None).await) == 200 {
                    there.push(id);
                }
            }
            there
        };
        assert_eq!(there(&expiring).await, ["soon", "later", "never"]);
        server.pass(Duration::from_mins(2));
        assert_eq!(there(&expiring).await, ["later", "never"]);
        server.pass(Duration::from_hours(2));
        assert_eq!(there(&expiring).await, ["never"]);
        assert_eq!(there(&keeping).await, ["soon", "later", "never"]);
    });
}
