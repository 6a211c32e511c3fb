//! The services of Azure, in a program that was built without them.

use std::sync::Arc;

use loom_core::PartitionCount;
use loom_ports::{KeyWrap, SecretStore, Stores};
use loom_rows::SmallStores;

use crate::deployment::Charge;
use crate::exit::Stop;
use crate::placement::{Backend, Placement};
use crate::small::Wrapping;
use crate::stores::Authority;

/// No service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Azure {}

/// No service in use.
#[derive(Debug)]
pub(crate) struct OpenAzure;

#[expect(clippy::unused_self, clippy::unused_async, reason = "as where there is Azure")]
impl Azure {
    pub(crate) async fn open(
        self,
        _: &Placement,
        _: Option<PartitionCount>,
        _: Option<&Wrapping>,
    ) -> Result<OpenAzure, Stop> {
        Ok(OpenAzure)
    }

    pub(crate) fn address(&self, _: Backend) -> String {
        String::new()
    }

    pub(crate) fn without_creating(self) -> Self {
        self
    }
}

#[expect(clippy::unused_self, reason = "as where there is Azure")]
impl OpenAzure {
    pub(crate) fn place(&self, _: &Placement, _: &mut Stores) {}

    pub(crate) fn authority(&self, _: &Placement) -> Option<Authority> {
        None
    }

    pub(crate) fn charges(&self) -> Vec<Charge> {
        Vec::new()
    }

    pub(crate) fn secrets(&self) -> Option<Arc<dyn SecretStore>> {
        None
    }

    pub(crate) fn wrap(&self) -> Option<Arc<dyn KeyWrap>> {
        None
    }

    pub(crate) fn small(&self) -> Option<&dyn SmallStores> {
        None
    }
}
