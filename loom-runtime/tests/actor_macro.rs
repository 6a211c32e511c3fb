//! What `#[actor]` makes of an impl.

#[path = "actor_macro/wallet.rs"]
mod wallet;

#[path = "actor_macro/by_hand.rs"]
mod by_hand;
#[path = "actor_macro/dispatch.rs"]
mod dispatch;
#[path = "actor_macro/forms.rs"]
mod forms;
#[path = "actor_macro/on_a_host.rs"]
mod on_a_host;
#[path = "actor_macro/versions.rs"]
mod versions;

#[test]
fn mistakes_are_explained_where_they_are_made() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
