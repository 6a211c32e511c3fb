use loom_adapter_memory::{MemoryStores, SmallStores as _};
use loom_core::{EnvironmentName, TenantId};
use loom_ports::ErrorKind;
use loom_testkit::clock::TokioClock;
use loom_testkit::faults::{Fault, FaultPlan, FaultyConfig};

use super::*;

fn key(raw: &str) -> ConfigKey {
    ConfigKey::parse(raw).unwrap()
}

fn of(tenant: &str) -> ConfigScope {
    ConfigScope { tenant: Some(TenantId::parse(tenant).unwrap()), ..ConfigScope::default() }
}

fn everybody() -> ConfigScope {
    ConfigScope::default()
}

async fn set(store: &dyn ConfigStore, scope: &ConfigScope, value: u32) {
    store.set(&key("limit"), scope, &Payload::of(&value).unwrap()).await.unwrap();
}

async fn limit(resolver: &ConfigResolver, context: &ConfigScope) -> u32 {
    resolver.require(&key("limit"), context).await.unwrap()
}

#[test]
fn nobody_is_given_what_was_remembered_for_somebody_else() {
    loom_testkit::run(async {
        let store = MemoryStores::default().config();
        set(&*store, &everybody(), 1).await;
        set(&*store, &of("alice"), 2).await;
        let resolver = ConfigResolver::new(vec![], store);
        let alice_in = |environment: &str| ConfigScope {
            environment: Some(EnvironmentName::parse(environment).unwrap()),
            ..of("alice")
        };
        for _ in 0..2 {
            assert_eq!(limit(&resolver, &of("alice")).await, 2);
            assert_eq!(limit(&resolver, &of("bob")).await, 1);
            assert_eq!(limit(&resolver, &everybody()).await, 1);
            assert_eq!(limit(&resolver, &alice_in("bob")).await, 2);
        }
    });
}

#[test]
fn a_change_is_seen_after_a_refresh_and_not_asked_for_before() {
    loom_testkit::run(async {
        let store = MemoryStores::default().config();
        let resolver = ConfigResolver::new(vec![], Arc::clone(&store));
        assert_eq!(resolver.get(&key("limit"), &everybody()).await.unwrap(), None);
        set(&*store, &everybody(), 1).await;
        assert_eq!(resolver.get(&key("limit"), &everybody()).await.unwrap(), None);
        resolver.refresh().await.unwrap();
        assert_eq!(limit(&resolver, &everybody()).await, 1);

        set(&*store, &everybody(), 2).await;
        assert_eq!(limit(&resolver, &everybody()).await, 1);
        // A read of something else notices it too.
        resolver.get(&key("other"), &everybody()).await.unwrap();
        assert_eq!(limit(&resolver, &everybody()).await, 2);
    });
}

#[test]
fn layers_come_before_the_store() {
    loom_testkit::run(async {
        let store = MemoryStores::default().config();
        set(&*store, &of("alice"), 3).await;
        let mut file = ConfigLayer::new("file");
        file.set(key("limit"), everybody(), Payload::of(&2).unwrap());
        let variable = ("LOOM_CONFIG_LIMIT".to_owned(), "1".to_owned());
        let environment = ConfigLayer::of_variables([variable]).unwrap();
        let resolver = |layers| ConfigResolver::new(layers, Arc::clone(&store));
        assert_eq!(limit(&resolver(vec![environment, file.clone()]), &of("alice")).await, 1);
        assert_eq!(limit(&resolver(vec![file]), &of("alice")).await, 2);
        assert_eq!(limit(&resolver(vec![]), &of("alice")).await, 3);
    });
}

#[test]
fn a_setting_that_is_missing_names_every_place() {
    loom_testkit::run(async {
        let store = MemoryStores::default().config();
        set(&*store, &of("alice"), 3).await;
        let resolver = ConfigResolver::new(vec![ConfigLayer::new("file")], store);
        let missing = resolver.require::<u32>(&key("limit"), &of("bob")).await.unwrap_err();
        assert_eq!(
            missing.to_string(),
            "setting limit is missing; searched file for tenant=bob, file for everybody, \
             store for tenant=bob, store for everybody"
        );
        let unfit = resolver.require::<String>(&key("limit"), &of("alice")).await.unwrap_err();
        let unfit = unfit.to_string();
        assert!(unfit.starts_with("setting limit in store for tenant=alice: "), "{unfit}");
    });
}

#[test]
fn a_store_out_of_reach_is_an_error_and_not_a_missing_setting() {
    loom_testkit::run(async {
        let plan = FaultPlan::chosen(|_| Some(Fault::Refused));
        let store = Arc::new(FaultyConfig::new(MemoryStores::default().config(), plan));
        let resolver = ConfigResolver::new(vec![], store);
        let error = resolver.get(&key("limit"), &everybody()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let error = resolver.require::<u32>(&key("limit"), &everybody()).await.unwrap_err();
        assert!(matches!(error, ConfigError::Store(_)), "{error}");
    });
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_told_of_a_change() {
    let store = MemoryStores::default().config();
    let resolver = ConfigResolver::new(vec![], Arc::clone(&store));
    let clock = TokioClock::start();
    let seen = resolver.refresh().await.unwrap();
    let every = Duration::from_secs(1);
    let change = async {
        clock.sleep_until(clock.now().saturating_add(every * 5 / 2)).await;
        set(&*store, &everybody(), 1).await;
    };
    let (revision, ()) = futures::join!(resolver.changed(seen, &clock, every), change);
    assert_eq!(revision, store.revision().await.unwrap());
    assert!(revision > seen);
}

#[test]
fn what_is_remembered_has_a_bound() {
    loom_testkit::run(async {
        let resolver = ConfigResolver::new(vec![], MemoryStores::default().config());
        for n in 0..ANSWERS_MAX * 2 {
            resolver.get(&key("limit"), &of(&n.to_string())).await.unwrap();
            assert!(resolver.answers().known.len() <= ANSWERS_MAX);
        }
    });
}
