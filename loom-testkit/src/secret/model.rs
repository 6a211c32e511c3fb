//! The contract again, as a program: a list of values for each name.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::{SecretName, Timestamp};
use loom_ports::{SecretChange, SecretHead, SecretStore, SecretVersion, SecretWrite, SetSecret};
use proptest::prelude::*;

use super::{SecretFixture, at, get, listed, secret, some_name, some_write, versions};
use crate::model::{agree, broke};

/// One call, with every argument drawn from a range small enough to collide.
#[derive(Clone, Debug)]
enum Call {
    /// Again, as if the answer had been lost, or anew.
    Set {
        who: usize,
        value: u8,
        again: bool,
    },
    Get {
        who: usize,
        version: Option<u64>,
    },
    Delete {
        who: usize,
    },
    Recover {
        who: usize,
    },
    Purge {
        who: usize,
    },
    List {
        limit: usize,
    },
}

struct Known {
    name: SecretName,
    values: Vec<u8>,
    last_write: Option<SecretWrite>,
    deleted_at: Option<Timestamp>,
}

pub async fn any_sequence_of_calls_agrees_with_the_model(fixture: impl SecretFixture) {
    agree(call(), 30, async |calls| {
        let store = fixture.store();
        let known =
            || Known { name: some_name(), values: Vec::new(), last_write: None, deleted_at: None };
        let mut model = [known(), known()];
        model.sort_by(|a, b| a.name.cmp(&b.name));
        for call in calls {
            compare(&mut model, &*store, &call).await?;
        }
        Ok(())
    })
    .await;
}

fn call() -> impl Strategy<Value = Call> {
    let who = || 0..2_usize;
    prop_oneof![
        4 => (who(), 0..9_u8, any::<bool>())
            .prop_map(|(who, value, again)| Call::Set { who, value, again }),
        2 => (who(), prop::option::of(0..4_u64))
            .prop_map(|(who, version)| Call::Get { who, version }),
        2 => who().prop_map(|who| Call::Delete { who }),
        1 => who().prop_map(|who| Call::Recover { who }),
        1 => who().prop_map(|who| Call::Purge { who }),
        1 => (1..3_usize).prop_map(|limit| Call::List { limit }),
    ]
}

async fn compare(
    model: &mut [Known; 2],
    store: &dyn SecretStore,
    call: &Call,
) -> Result<(), TestCaseError> {
    match *call {
        Call::Set { who, value, again } => {
            let known = &mut model[who];
            let repeated = known.last_write.filter(|_| again);
            let write = repeated.unwrap_or_else(some_write);
            let sent = secret(value.to_string().as_bytes());
            let answer = store.set(&known.name, &sent, write, at(0)).await.map_err(broke)?;
            if repeated.is_none() && known.deleted_at.is_none() {
                known.values.push(value);
                known.last_write = Some(write);
            }
            let expected = if repeated.is_none() && known.deleted_at.is_some() {
                SetSecret::Deleted
            } else {
                SetSecret::Set(SecretVersion(known.values.len() as u64))
            };
            prop_assert_eq!(answer, expected, "{:?}", call);
        }
        Call::Get { who, version } => {
            let known = &model[who];
            let found = get(store, &known.name, version).await;
            let place = version.unwrap_or(known.values.len() as u64).checked_sub(1);
            let value = place.and_then(|place| known.values.get(usize::try_from(place).ok()?));
            let expected = value.filter(|_| known.deleted_at.is_none());
            prop_assert_eq!(found, expected.map(ToString::to_string), "{:?}", call);
        }
        Call::Delete { who } => {
            let known = &mut model[who];
            let answer = store.delete(&known.name, at(5)).await.map_err(broke)?;
            prop_assert_eq!(answer, known.change(true), "{:?}", call);
            known.deleted_at = (!known.values.is_empty()).then_some(at(5));
        }
        Call::Recover { who } => {
            let known = &mut model[who];
            let answer = store.recover(&known.name).await.map_err(broke)?;
            prop_assert_eq!(answer, known.change(true), "{:?}", call);
            known.deleted_at = None;
        }
        Call::Purge { who } => {
            let known = &mut model[who];
            let answer = store.purge(&known.name).await.map_err(broke)?;
            prop_assert_eq!(answer, known.change(known.deleted_at.is_some()), "{:?}", call);
            if known.deleted_at.is_some() {
                (known.values, known.last_write, known.deleted_at) = (Vec::new(), None, None);
            }
        }
        Call::List { limit } => {
            let names = [model[0].name.clone(), model[1].name.clone()];
            let there = model.iter().filter(|known| !known.values.is_empty());
            let expected: Vec<_> = there.clone().map(Known::head).collect();
            prop_assert_eq!(listed(store, &names, limit).await, expected);
            for known in model.iter() {
                let numbers = (1..=known.values.len() as u64).rev();
                let expected: Vec<_> = numbers.filter(|_| known.deleted_at.is_none()).collect();
                prop_assert_eq!(versions(store, &known.name, limit).await, expected);
            }
        }
    }
    Ok(())
}

impl Known {
    fn change(&self, allowed: bool) -> SecretChange {
        let known = allowed && !self.values.is_empty();
        if known { SecretChange::Done } else { SecretChange::Unknown }
    }

    fn head(&self) -> SecretHead {
        SecretHead {
            name: self.name.clone(),
            current: SecretVersion(self.values.len() as u64),
            deleted_at: self.deleted_at,
        }
    }
}
