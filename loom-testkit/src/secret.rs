//! The suite for [`SecretStore`].

pub mod deleting;
pub mod model;
pub mod setting;

use loom_core::{SecretName, Timestamp};
use loom_ports::{Secret, SecretHead, SecretStore, SecretVersion, SecretWrite, SetSecret};

use crate::unique::unique;

crate::fixture::fixture!(SecretFixture: dyn SecretStore);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: SecretFixture>() -> Vec<crate::Case> {
    crate::__secret_cases!(__suite_list [secret SecretFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! secret_suite {
    ($fixture:ty) => {
        $crate::__secret_cases!(__suite_tests [secret SecretFixture $fixture, []]);
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__secret_cases!(__suite_tests [secret SecretFixture $fixture, [#[ignore = $why]]]);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __secret_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            setting::a_secret_that_was_never_set_is_not_there
            setting::a_secret_is_read_back_byte_for_byte
            setting::each_value_is_a_version_and_the_last_one_is_current
            setting::old_versions_are_forgotten_in_the_end
            setting::the_same_write_is_one_version
            setting::values_that_are_set_at_once_are_all_kept
            setting::secrets_survive_a_restart
            setting::a_secret_that_is_too_large_is_invalid
            setting::nothing_prints_a_secret
            setting::rotating_changes_nothing_that_a_reader_sees
            setting::a_store_that_cannot_be_reached_is_not_empty
            deleting::a_deleted_secret_is_hidden_and_can_be_recovered
            deleting::a_deleted_secret_takes_no_new_value
            deleting::a_purged_secret_is_gone_for_ever
            deleting::secrets_are_listed_in_pages_with_those_that_are_deleted
            deleting::calls_may_be_repeated
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

fn some_name() -> SecretName {
    SecretName::parse(&unique("secret")).expect("a valid name")
}

/// A time of the suite.
fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + millis)
}

fn secret(value: &[u8]) -> Secret<Vec<u8>> {
    Secret::new(value.to_vec())
}

fn some_write() -> SecretWrite {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    SecretWrite(u128::MAX - u128::from(NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// Sets a value, and returns which version it is.
async fn set(store: &dyn SecretStore, name: &SecretName, value: &str) -> u64 {
    let answer = store.set(name, &secret(value.as_bytes()), some_write(), at(0)).await.unwrap();
    match answer {
        SetSecret::Set(SecretVersion(version)) => version,
        SetSecret::Deleted => panic!("{name} is deleted"),
    }
}

/// The value of a version, or of the current one, which must be that version.
async fn get(store: &dyn SecretStore, name: &SecretName, version: Option<u64>) -> Option<String> {
    let asked = version.map(SecretVersion);
    let found = store.get(name, asked).await.unwrap()?;
    assert!(asked.is_none_or(|asked| asked == found.version), "{found:?} instead of {asked:?}");
    Some(String::from_utf8(found.value.expose().clone()).expect("text"))
}

async fn versions(store: &dyn SecretStore, name: &SecretName, limit: usize) -> Vec<u64> {
    let page = async |from: Option<&_>| store.versions(name, from, limit).await;
    let all = crate::pages::all(limit, page).await;
    all.into_iter().map(|(SecretVersion(version), _)| version).collect()
}

/// What is listed of these secrets.
async fn listed(store: &dyn SecretStore, names: &[SecretName], limit: usize) -> Vec<SecretHead> {
    let page = async |from: Option<&_>| store.list(from, limit).await;
    let mut all = crate::pages::all(limit, page).await;
    all.retain(|head| names.contains(&head.name));
    all
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases = [
            include_str!("secret/setting.rs"),
            include_str!("secret/deleting.rs"),
            include_str!("secret/model.rs"),
        ];
        let unlisted = crate::suite::unlisted(include_str!("secret.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
