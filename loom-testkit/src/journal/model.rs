//! Random calls against a ledger kept by hand.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

mod calls;
mod ledger;

use std::sync::Arc;

use loom_core::{ActorId, Seq};
use loom_ports::{
    CommitOutcome, JournalStore, Load, Renewal, Resolution, Tenure, TenureClaim, Turn,
};
use proptest::prelude::*;

use self::calls::{ACTORS, Call, PARTITION, Whose};
use self::ledger::{Invalid, Ledger};
use super::JournalFixture;
use super::scene::{LEASE, actor, at, host, idempotency_key};
use crate::model::{self, broke};
use crate::pages;

pub async fn any_sequence_of_calls_agrees_with_the_model<F: JournalFixture>(_: F) {
    model::agree(calls::call(), 50, async |calls| {
        let fixture = F::open().await;
        let mut trial = Trial::new(fixture.store());
        for call in calls {
            trial.make(&call).await?;
            trial.compare().await?;
        }
        Ok(())
    })
    .await;
}

/// A store and a ledger that should say the same.
struct Trial {
    store: Arc<dyn JournalStore>,
    ledger: Ledger,
    tenures: Vec<Tenure>,
    sent: Vec<Turn>,
    now_ms: u64,
}

impl Trial {
    fn new(store: Arc<dyn JournalStore>) -> Self {
        let (tenures, sent) = (Vec::new(), Vec::new());
        Self { store, ledger: Ledger::default(), tenures, sent, now_ms: 0 }
    }

    fn tenure(&self, whose: &Whose) -> Option<Tenure> {
        match whose {
            Whose::Last => self.tenures.last().cloned(),
            Whose::Any(_) if self.tenures.is_empty() => None,
            Whose::Any(index) => Some(index.get(&self.tenures).clone()),
        }
    }

    async fn make(&mut self, call: &Call) -> Result<(), TestCaseError> {
        self.now_ms += 10;
        match call {
            Call::Claim { host, late } => self.claim(*host, *late).await,
            Call::Sweep => {
                let sweep = async |from: Option<&_>| {
                    let next = self.store.sweep(PARTITION, at(self.now_ms), from).await?;
                    Ok(loom_ports::Page { items: vec![()], next })
                };
                pages::all(1, sweep).await;
                Ok(())
            }
            Call::Renew { by }
            | Call::Release { by }
            | Call::Load { by, .. }
            | Call::Commit { by, .. }
            | Call::Resolve { by, .. }
            | Call::Delete { by, .. } => match self.tenure(by) {
                Some(tenure) => self.make_by(&tenure, call).await,
                None => Ok(()),
            },
        }
    }

    async fn claim(&mut self, second: bool, late: bool) -> Result<(), TestCaseError> {
        if late {
            self.now_ms += 1_000_000;
        }
        let host = host(if second { "b" } else { "a" });
        let now = at(self.now_ms);
        let claim = self.store.claim(PARTITION, &host, LEASE, now, None).await.map_err(broke)?;
        match (&claim, self.ledger.claim(&host, now, now.saturating_add(LEASE))) {
            (TenureClaim::Granted(tenure), None) => {
                prop_assert_eq!(&tenure.host, &host);
                prop_assert_eq!(tenure.partition, PARTITION);
                prop_assert!(tenure.epoch > self.ledger.epoch(), "{:?}", tenure);
                self.ledger.granted(tenure.epoch);
                self.tenures.push(tenure.clone());
            }
            (TenureClaim::Held { by, .. }, Some(holder)) => prop_assert_eq!(by, &holder),
            (claim, holder) => {
                prop_assert!(false, "{:?}, but the holder is {:?}", claim, holder);
            }
        }
        Ok(())
    }

    async fn make_by(&mut self, tenure: &Tenure, call: &Call) -> Result<(), TestCaseError> {
        let fenced = self.ledger.fence(tenure);
        match call {
            Call::Claim { .. } | Call::Sweep => {}
            Call::Renew { .. } => {
                let now = at(self.now_ms);
                let renewals = self.store.renew(std::slice::from_ref(tenure), LEASE, now).await;
                let renewal = renewals.map_err(broke)?[0];
                if let Some(fenced) = fenced {
                    prop_assert_eq!(renewal, Renewal::Lost(fenced));
                } else {
                    let renewed = matches!(renewal, Renewal::Renewed { .. });
                    prop_assert!(renewed, "{:?}", renewal);
                    self.ledger.renew(now.saturating_add(LEASE));
                }
            }
            Call::Release { .. } => {
                self.store.release(tenure).await.map_err(broke)?;
                if fenced.is_none() {
                    self.ledger.release();
                }
            }
            Call::Load { actor, cause, .. } => {
                let (actor, cause) = (name(*actor), calls::cause(*cause));
                let load = self.store.load(tenure, &actor, Some(&cause)).await.map_err(broke)?;
                let expected = match fenced {
                    Some(fenced) => Load::Fenced(fenced),
                    None => Load::Loaded(self.ledger.load(&actor, Some(&cause))),
                };
                prop_assert_eq!(load, expected);
            }
            Call::Commit { turns, delivered, .. } => {
                let turns = self.turns(turns);
                let delivered = self.ledger.pick_delivered(delivered);
                let outcomes = self.store.commit(tenure, &turns, &delivered).await;
                let expected = match fenced {
                    Some(fenced) => Ok(vec![CommitOutcome::Fenced(fenced); turns.len()]),
                    None => self.ledger.commit(tenure.epoch, &turns, &delivered),
                };
                let outcomes = outcomes.map_err(|error| Invalid(error.kind()));
                prop_assert_eq!(outcomes, expected, "{:#?}", turns);
                self.sent.extend(turns);
            }
            Call::Resolve { turn, .. } => {
                if self.sent.is_empty() {
                    return Ok(());
                }
                let turn = turn.get(&self.sent);
                if self.ledger.was_trimmed(turn) {
                    return Ok(());
                }
                let Turn { actor, expected: head, commit, .. } = turn;
                let resolved = self.store.resolve(tenure, actor, *head, *commit).await;
                let expected = match fenced {
                    Some(fenced) => Resolution::Fenced(fenced),
                    None => self.ledger.resolve(turn),
                };
                prop_assert_eq!(resolved.map_err(broke)?, expected, "{:?}", turn);
            }
            Call::Delete { actor, stale, .. } => {
                let actor = name(*actor);
                let expected = calls::head(self.ledger.head(&actor), *stale);
                let outcome = self.store.delete(tenure, &actor, expected).await.map_err(broke)?;
                let expected = match fenced {
                    Some(fenced) => CommitOutcome::Fenced(fenced),
                    None => self.ledger.delete(&actor, expected),
                };
                prop_assert_eq!(outcome, expected);
            }
        }
        Ok(())
    }

    /// The turns that drafts stand for, following each other.
    fn turns(&self, drafts: &[calls::Draft]) -> Vec<Turn> {
        let mut scratch = self.ledger.clone();
        let mut turns = Vec::new();
        for draft in drafts {
            let turn = draft.turn(&scratch, &self.sent, self.now_ms);
            // Only the heads matter: an invalid turn fails the whole commit later on.
            let _ = scratch.commit(scratch.epoch(), std::slice::from_ref(&turn), &[]);
            turns.push(turn);
        }
        turns
    }

    /// Compares all that can be seen without changing it.
    async fn compare(&self) -> Result<(), TestCaseError> {
        let (store, ledger) = (&self.store, &self.ledger);
        for (until, limit) in [(self.now_ms, 2), (self.now_ms, 9), (u64::MAX / 2, 100)] {
            let due = store.due(PARTITION, at(until), limit).await.map_err(broke)?;
            ledger.agrees_on_due(&due, at(until), limit)?;
        }
        let undelivered = async |from: Option<&_>| store.undelivered(PARTITION, from, 3).await;
        prop_assert_eq!(pages::all(3, undelivered).await, ledger.undelivered());
        let actors = async |from: Option<&_>| store.actors(PARTITION, from, 1).await;
        let mut actors = pages::all(1, actors).await;
        actors.sort();
        prop_assert_eq!(actors, ledger.actors());
        for actor in (0..ACTORS).map(name) {
            let page = store.read(&actor, Seq::EMPTY, 1_000).await.map_err(broke)?;
            prop_assert_eq!(page.items, ledger.records(&actor, Seq::EMPTY));
            for key in calls::KEYS.map(idempotency_key) {
                let handled = store.handled(&actor, &key, at(self.now_ms)).await;
                let expected = ledger.handled(&actor, &key, at(self.now_ms));
                prop_assert_eq!(handled.map_err(broke)?, expected);
            }
            if let Some(tenure) = self.tenures.last()
                && ledger.fence(tenure).is_none()
            {
                let load = store.load(tenure, &actor, None).await.map_err(broke)?;
                prop_assert_eq!(load, Load::Loaded(ledger.clone().load(&actor, None)));
            }
        }
        Ok(())
    }
}

fn name(number: u8) -> ActorId {
    actor(&number.to_string(), PARTITION)
}
