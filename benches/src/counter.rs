//! The durable actor that is measured.

use futures::FutureExt;
use futures::future::BoxFuture;
use loom_runtime::core::{Outcome, Payload};
use loom_runtime::{Actor, Context, HandlerRole, HandlerSpec, dispatch};
use serde::{Deserialize, Serialize};

/// Adds numbers up.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Counter {
    count: u64,
}

/// A turn: adds its argument and returns the sum.
pub(crate) const ADD: &str = "add";

/// A query: returns the sum.
pub(crate) const GET: &str = "get";

impl Actor for Counter {
    const KIND: &'static str = "counter";

    fn handlers() -> &'static [HandlerSpec] {
        &[
            HandlerSpec { name: ADD, role: HandlerRole::Exclusive },
            HandlerSpec { name: GET, role: HandlerRole::Query },
        ]
    }

    fn handle<'a>(
        &'a mut self,
        _cx: &'a mut Context<'_>,
        method: &'a str,
        args: &'a Payload,
    ) -> BoxFuture<'a, Outcome> {
        async move {
            match dispatch::arguments::<u64>(method, args) {
                Ok(n) => self.count += n,
                Err(outcome) => return outcome,
            }
            dispatch::returned(&self.count)
        }
        .boxed()
    }

    fn query(&self, _method: &str, _args: &Payload) -> Outcome {
        dispatch::returned(&self.count)
    }
}
