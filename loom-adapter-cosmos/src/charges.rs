//! What requests cost.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azure_data_cosmos::diagnostics::DiagnosticsContext;

/// What requests of one kind have cost, as far as they were answered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Charge {
    /// How many there were, with those that the client sent again.
    pub requests: u64,
    /// How many operations they asked for: a batch asks for several.
    pub operations: u64,
    /// What the service charged, in its request units.
    pub request_units: f64,
}

/// The charges of all requests, by what they were for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Charges(Arc<Mutex<BTreeMap<&'static str, Charge>>>);

impl Charges {
    /// Counts what was sent for so many operations, whatever came of it.
    pub(crate) fn add(&self, purpose: &'static str, operations: usize, sent: &DiagnosticsContext) {
        let mut charges = self.lock();
        let charge = charges.entry(purpose).or_default();
        charge.requests += sent.request_count() as u64;
        charge.operations += operations as u64;
        charge.request_units += sent.total_request_charge().value();
    }

    pub(crate) fn all(&self) -> Vec<(&'static str, Charge)> {
        self.lock().iter().map(|(purpose, charge)| (*purpose, *charge)).collect()
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Charge>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
