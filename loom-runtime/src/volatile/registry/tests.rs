use std::num::NonZeroUsize;
use std::sync::Arc;

use super::super::mailbox::Mailbox;
use super::Registry;

fn mailbox<M>(name: &str) -> Arc<Mailbox<M>> {
    Arc::new(Mailbox::new(Some(name.into()), NonZeroUsize::MIN))
}

#[test]
fn a_name_belongs_to_one_actor_at_a_time() {
    let registry = Registry::new();
    let (first, second) = (mailbox::<u8>("a"), mailbox::<u8>("a"));
    assert!(registry.enter("a", &first));
    assert!(!registry.enter("a", &second));
    registry.remove("a", first.number());
    assert!(registry.enter("a", &second));
}

#[test]
fn a_late_removal_does_not_remove_the_successor() {
    let registry = Registry::new();
    let (first, second) = (mailbox::<u8>("a"), mailbox::<u8>("a"));
    assert!(registry.enter("a", &first));
    registry.remove("a", first.number());
    assert!(registry.enter("a", &second));
    registry.remove("a", first.number());
    let found = registry.find::<u8>("a").expect("the successor is still there");
    assert!(Arc::ptr_eq(&found.mailbox, &second));
}

#[test]
fn an_actor_of_other_messages_is_not_found() {
    let registry = Registry::new();
    assert!(registry.enter("a", &mailbox::<u8>("a")));
    assert!(registry.find::<u16>("a").is_none());
    assert!(registry.find::<u8>("b").is_none());
}

#[test]
fn many_names_keep_apart() {
    let registry = Registry::new();
    let names: Vec<String> = (0..5000).map(|number| format!("actor-{number}")).collect();
    let mailboxes: Vec<_> = names.iter().map(|name| mailbox::<u8>(name)).collect();
    for (name, mailbox) in names.iter().zip(&mailboxes) {
        assert!(registry.enter(name, mailbox));
    }
    for (name, mailbox) in names.iter().zip(&mailboxes) {
        let found = registry.find::<u8>(name).expect("it was entered");
        assert!(Arc::ptr_eq(&found.mailbox, mailbox));
    }
}
