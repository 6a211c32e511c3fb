//! Rows behind a bad network.

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::Timestamp;
use loom_ports::{PortError, RowPart, RowReading, RowStore, RowWrite, RowWritten, Space};

use super::{FaultPlan, carried};

/// Wraps a row store and fails its calls as planned.
#[derive(Debug)]
pub struct FaultyRows {
    inner: Arc<dyn RowStore>,
    plan: FaultPlan,
}

impl FaultyRows {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn RowStore>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl RowStore for FaultyRows {
    async fn read(
        &self,
        space: &Space,
        parts: &[RowPart],
        now: Timestamp,
    ) -> Result<RowReading, PortError> {
        carried!(self.read(&space, &parts, val now))
    }

    async fn write(&self, space: &Space, write: RowWrite) -> Result<RowWritten, PortError> {
        carried!(self.write(&space, val write))
    }
}
