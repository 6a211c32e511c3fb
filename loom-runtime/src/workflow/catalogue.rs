//! Which workflows there are.

use std::sync::Arc;

use loom_core::DefinitionName;
use loom_ports::{Cursor, DefinitionHead, DefinitionKind, Page, PortError};
use loom_workflow::Definition;

use super::{PublishError, WorkflowError, Workflows};

impl Workflows {
    /// A definition and its version: the one that is asked for, or the greatest that is not
    /// retired.
    ///
    /// # Errors
    ///
    /// Says why there is none.
    pub async fn definition(
        &self,
        workflow: &str,
        version: Option<&str>,
    ) -> Result<(String, Arc<Definition>), WorkflowError> {
        let edition = match version {
            Some(version) => self.library().version(workflow, version).await?,
            None => self.library().latest(workflow).await?,
        };
        Ok((edition.version, edition.definition))
    }

    /// The names of all workflows of which a version was ever published, in their order.
    ///
    /// # Errors
    ///
    /// Fails when the store cannot be read.
    pub async fn names(
        &self,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DefinitionName>, PortError> {
        self.library().definitions().names(DefinitionKind::Workflow, from, limit).await
    }

    /// The versions of a workflow, the greatest first.
    ///
    /// # Errors
    ///
    /// Refuses a name that cannot exist, and fails when the store cannot be read.
    pub async fn versions(
        &self,
        workflow: &str,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DefinitionHead>, PublishError> {
        let id = super::library::id(workflow)?;
        Ok(self.library().definitions().versions(&id, from, limit).await?)
    }
}
