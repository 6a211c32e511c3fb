//! The suite for [`ConfigStore`].

pub mod listing;
pub mod model;
pub mod setting;

use bytes::Bytes;
use loom_core::{ActorId, ConfigKey, ConfigScope, EnvironmentName, Payload, TenantId};
use loom_ports::{ConfigEntry, ConfigRevision, ConfigStore};

use crate::unique::unique;

crate::fixture::fixture!(ConfigFixture: dyn ConfigStore);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: ConfigFixture>() -> Vec<crate::Case> {
    crate::__config_cases!(__suite_list [config ConfigFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! config_suite {
    ($fixture:ty) => {
        $crate::__config_cases!(__suite_tests [config ConfigFixture $fixture, []]);
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__config_cases!(__suite_tests [config ConfigFixture $fixture, [#[ignore = $why]]]);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __config_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            setting::what_was_never_set_has_no_value
            setting::a_value_is_read_back_byte_for_byte
            setting::each_scope_has_its_own_value
            setting::dimensions_are_never_mixed_up
            setting::the_last_value_counts
            setting::each_change_and_nothing_else_moves_the_revision
            setting::changes_made_at_once_are_all_counted
            setting::values_are_those_of_one_revision
            setting::changes_may_be_repeated
            setting::values_survive_a_restart
            setting::values_that_are_too_large_are_invalid
            setting::a_store_that_cannot_be_reached_is_not_empty
            listing::only_what_is_within_a_key_is_listed
            listing::keys_are_listed_in_pages_name_by_name
            listing::changes_between_two_pages_neither_hide_nor_repeat_a_value
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

/// A key of nobody else, above those of a case.
fn some_key() -> ConfigKey {
    ConfigKey::parse(&unique("key")).expect("a valid key")
}

fn below(key: &ConfigKey, rest: &str) -> ConfigKey {
    ConfigKey::parse(&format!("{key}{rest}")).expect("a valid key")
}

/// A scope of a tenant, an environment and an actor; the empty ones do not matter.
fn scope(tenant: &str, environment: &str, actor: &str) -> ConfigScope {
    let some = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
    ConfigScope {
        tenant: some(tenant).map(|text| TenantId::parse(&text).expect("a valid tenant")),
        environment: some(environment)
            .map(|text| EnvironmentName::parse(&text).expect("a valid environment")),
        actor: some(actor).map(|text| ActorId::parse(&text).expect("a valid actor")),
    }
}

fn json(text: &str) -> Payload {
    Payload(Bytes::copy_from_slice(text.as_bytes()))
}

async fn set(
    store: &dyn ConfigStore,
    key: &ConfigKey,
    scope: &ConfigScope,
    text: &str,
) -> ConfigRevision {
    store.set(key, scope, &json(text)).await.unwrap()
}

async fn get(store: &dyn ConfigStore, key: &ConfigKey, scope: &ConfigScope) -> Option<String> {
    let mut reading = store.get(key, std::slice::from_ref(scope)).await.unwrap();
    assert_eq!(reading.values.len(), 1);
    reading.values.remove(0).map(|value| format!("{value:?}"))
}

/// Reads page after page to the end.
async fn list(store: &dyn ConfigStore, within: &ConfigKey, limit: usize) -> Vec<ConfigEntry> {
    let page = async |from: Option<&_>| store.list(Some(within), from, limit).await;
    crate::pages::all(limit, page).await
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases = [
            include_str!("config/setting.rs"),
            include_str!("config/listing.rs"),
            include_str!("config/model.rs"),
        ];
        let unlisted = crate::suite::unlisted(include_str!("config.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
