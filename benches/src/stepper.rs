//! The durable actor whose handler takes many turns.

use futures::FutureExt;
use futures::future::BoxFuture;
use loom_runtime::core::{Outcome, Payload};
use loom_runtime::{Actor, CallError, Context, HandlerRole, HandlerSpec, dispatch};
use serde::{Deserialize, Serialize};

/// How many values the handler records, one after the other.
pub(crate) const STEPS: u64 = 10;

/// Adds up what its steps return.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Stepper {
    handled: u64,
}

/// A handler: returns the sum of its steps, to each of which its argument was added.
pub(crate) const RUN: &str = "run";

impl Stepper {
    async fn run(&mut self, cx: &mut Context<'_>, more: u64) -> Result<u64, CallError> {
        let mut sum = 0;
        for step in 0..STEPS {
            sum += cx.effect("step", |_key| async move { step + more }).await?;
        }
        self.handled += 1;
        Ok(sum)
    }
}

impl Actor for Stepper {
    const KIND: &'static str = "steps";

    fn handlers() -> &'static [HandlerSpec] {
        &[HandlerSpec { name: RUN, role: HandlerRole::Exclusive }]
    }

    fn handle<'a>(
        &'a mut self,
        cx: &'a mut Context<'_>,
        method: &'a str,
        args: &'a Payload,
    ) -> BoxFuture<'a, Outcome> {
        async move {
            let more = match dispatch::arguments(method, args) {
                Ok(more) => more,
                Err(outcome) => return outcome,
            };
            let ran = self.run(cx, more).await.map_err(|error| error.to_string());
            dispatch::ended(&ran)
        }
        .boxed()
    }

    fn query(&self, _method: &str, _args: &Payload) -> Outcome {
        dispatch::returned(&self.handled)
    }
}
