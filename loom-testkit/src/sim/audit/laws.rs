//! Promise 14: laws of users, checked on every committed state.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use loom_core::ActorId;
use serde::de::DeserializeOwned;

use super::{Kept, broken};

type Law = Arc<dyn Fn(&[u8]) -> Result<(), String> + Send + Sync>;

/// What must be true of every committed state of a kind.
#[derive(Clone, Default)]
pub(in crate::sim) struct Laws(BTreeMap<String, Vec<Law>>);

impl Laws {
    pub(in crate::sim) fn add<S: DeserializeOwned>(
        &mut self,
        kind: &str,
        law: impl Fn(&S) -> Result<(), String> + Send + Sync + 'static,
    ) {
        let law = move |state: &[u8]| match serde_json::from_slice(state) {
            Ok(state) => law(&state),
            Err(error) => Err(format!("the state is of another type: {error}")),
        };
        self.0.entry(kind.to_owned()).or_default().push(Arc::new(law));
    }

    pub(super) fn check(&self, actor: &ActorId, state: &[u8]) -> Kept {
        for law in self.0.get(actor.kind()).into_iter().flatten() {
            if let Err(why) = law(state) {
                return broken(
                    14,
                    format!("a state of {actor} was committed that breaks a law: {why}"),
                );
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Laws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Laws").field(&self.0.keys()).finish()
    }
}
