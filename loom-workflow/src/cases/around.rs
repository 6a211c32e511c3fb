//! What a case says is around its expression.

use std::cell::Cell;

use crate::calendar::Moment;
use crate::expression::{Reading, Scope};
use crate::value::Value;

/// The `context` of a case.
#[derive(Debug)]
pub(super) struct Around {
    context: Value,
    now: Moment,
    /// What the next random number is made of.
    seed: Cell<u64>,
}

impl Around {
    /// `None` if the time in it is none.
    pub(super) fn new(context: Value, now: Moment) -> Self {
        Self { context, now, seed: Cell::new(0x1234_5678_9abc_def0) }
    }

    fn under(&self, group: &str, name: &str) -> Option<Value> {
        self.context.property(group).as_object()?.find(name).cloned()
    }

    fn whole(&self, name: &str) -> Option<Reading> {
        self.context.as_object()?.get(name).cloned().map(Reading::from)
    }

    /// The innermost loop for which `wanted` is true.
    fn innermost(&self, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        let loops = self.context.property("loops");
        loops.as_array()?.iter().rev().find(|it| wanted(it)).cloned()
    }

    fn named_loop(&self, name: &str) -> Option<Value> {
        let same = |it: &Value| {
            it.property("name").as_str().is_some_and(|it| it.eq_ignore_ascii_case(name))
        };
        self.innermost(same)
    }

    /// A generator of Sebastiano Vigna, "splitmix64".
    fn next(&self) -> u64 {
        let seed = self.seed.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.seed.set(seed);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn item_of(of: &Value) -> Option<Value> {
    of.as_object()?.get("item").cloned()
}

impl Scope for Around {
    fn parameter(&self, name: &str) -> Option<Reading> {
        self.under("parameters", name).map(Reading::from)
    }

    fn variable(&self, name: &str) -> Option<Reading> {
        self.under("variables", name).map(Reading::from)
    }

    fn action(&self, name: &str) -> Option<Reading> {
        self.under("actions", name).map(Reading::from)
    }

    fn action_outputs(&self, name: &str) -> Option<Reading> {
        self.action(name).map(|record| Reading::from(record.value.property("outputs")))
    }

    fn trigger(&self) -> Option<Reading> {
        self.whole("trigger")
    }

    fn trigger_outputs(&self) -> Option<Reading> {
        self.trigger().map(|record| Reading::from(record.value.property("outputs")))
    }

    fn current_action(&self) -> Option<Reading> {
        self.whole("currentAction")
    }

    fn item(&self) -> Option<Reading> {
        self.innermost(|it| item_of(it).is_some()).as_ref().and_then(item_of).map(Reading::from)
    }

    fn items(&self, loop_name: &str) -> Option<Reading> {
        self.named_loop(loop_name).as_ref().and_then(item_of).map(Reading::from)
    }

    fn iteration_index(&self, loop_name: &str) -> Option<i64> {
        self.named_loop(loop_name)?.property("index").as_integer()
    }

    fn result(&self, container: &str) -> Option<Reading> {
        self.under("results", container).map(Reading::from)
    }

    fn workflow(&self) -> Option<Value> {
        self.whole("workflow").map(|reading| reading.value)
    }

    fn callback_url(&self) -> Option<Reading> {
        self.whole("callbackUrl")
    }

    fn app_setting(&self, name: &str) -> Option<Reading> {
        self.under("appSettings", name).map(Reading::from)
    }

    fn secret(&self, name: &str) -> Option<Reading> {
        self.under("secrets", name).map(Reading::secure)
    }

    fn now(&self) -> Moment {
        self.now
    }

    fn random(&self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn guid(&self) -> u128 {
        (u128::from(self.next()) << 64) | u128::from(self.next())
    }
}
