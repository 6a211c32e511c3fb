//! The stores of an adapter that has rows.

use std::fmt::Debug;
use std::sync::Arc;

use loom_ports::{
    ActorRegistry, ConfigStore, DefinitionStore, GraphStore, IdSource, KeyWrap, RowStore,
    SecretStore, TraceStore,
};

use crate::{RowConfig, RowDefinitions, RowGraphs, RowRegistry, RowSecrets, RowTraces};

/// Whatever has rows, and so has all the small stores.
pub trait SmallStores: Debug + Send + Sync {
    /// Sorted rows, of which the small stores are made.
    fn rows(&self) -> Arc<dyn RowStore>;

    /// Definitions of activities and workflows.
    fn definitions(&self) -> Arc<dyn DefinitionStore> {
        Arc::new(RowDefinitions::new(self.rows()))
    }

    /// What was done, when, and how it went.
    fn traces(&self) -> Arc<dyn TraceStore> {
        Arc::new(RowTraces::new(self.rows()))
    }

    /// Which actors are at work.
    fn registry(&self) -> Arc<dyn ActorRegistry> {
        Arc::new(RowRegistry::new(self.rows()))
    }

    /// Settings that may change while hosts run.
    fn config(&self) -> Arc<dyn ConfigStore> {
        Arc::new(RowConfig::new(self.rows()))
    }

    /// What is known of whom, since when.
    fn graphs(&self) -> Arc<dyn GraphStore> {
        Arc::new(RowGraphs::new(self.rows()))
    }

    /// Secrets, encrypted with keys made of numbers from `ids`, which nobody may be able to guess,
    /// and wrapped by `keys`.
    fn secrets(&self, keys: Arc<dyn KeyWrap>, ids: Arc<dyn IdSource>) -> Arc<dyn SecretStore> {
        Arc::new(RowSecrets::new(self.rows(), keys, ids))
    }
}
