//! Definitions, each read once on a host and shared by its runs; and what is around them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use loom_core::{DefinitionName, InvalidId, Payload, SecretName, Timestamp};
use loom_ports::{
    Definition as Stored, DefinitionHead, DefinitionId, DefinitionKind, DefinitionStore,
    DefinitionVersion, InvalidVersion, PortError, Publish, SecretStore, VersionRange,
};
use loom_workflow::planner::Surroundings;
use loom_workflow::validation::{Finding, Scrutiny, validate};
use loom_workflow::{Definition, Value, encoded_uri_component};

use super::{Connector, ConnectorCall};

/// What the workflows of a host need.
#[derive(Debug)]
pub struct WorkflowOptions {
    definitions: Arc<dyn DefinitionStore>,
    secrets: Option<Arc<dyn SecretStore>>,
    connectors: BTreeMap<String, Arc<dyn Connector>>,
    app_settings: BTreeMap<String, Value>,
    callback_base: Option<String>,
    connections: Option<Vec<String>>,
    is_listed: bool,
}

impl WorkflowOptions {
    /// Workflows whose definitions are in this store.
    #[must_use]
    pub fn new(definitions: Arc<dyn DefinitionStore>) -> Self {
        Self {
            definitions,
            secrets: None,
            connectors: BTreeMap::new(),
            app_settings: BTreeMap::new(),
            callback_base: None,
            connections: None,
            is_listed: true,
        }
    }

    /// Has actions of this type carried out by `connector`. Case is ignored.
    #[must_use]
    pub fn connector(mut self, type_name: &str, connector: Arc<dyn Connector>) -> Self {
        self.connectors.insert(type_name.to_ascii_lowercase(), connector);
        self
    }

    /// The connections that `ApiConnection` actions can name: a definition that names another one
    /// is not published. Without this none is refused.
    #[must_use]
    pub fn connections(mut self, names: Vec<String>) -> Self {
        self.connections = Some(names);
        self
    }

    /// Where `secret()` looks.
    #[must_use]
    pub fn secrets(mut self, secrets: Arc<dyn SecretStore>) -> Self {
        self.secrets = Some(secrets);
        self
    }

    /// What `appsetting()` answers for a name.
    #[must_use]
    pub fn app_setting(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.app_settings.insert(name.to_owned(), value.into());
        self
    }

    /// Keeps no copies of runs in the state store, so that they cannot be listed.
    #[must_use]
    pub fn unlisted(mut self) -> Self {
        self.is_listed = false;
        self
    }

    /// What the addresses begin with at which runs are called back, as `https://loom.example`.
    #[must_use]
    pub fn callback_base(mut self, base: &str) -> Self {
        self.callback_base = Some(base.trim_end_matches('/').to_owned());
        self
    }
}

/// Why a definition was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Something is wrong with it: everything at once.
    #[error("the definition has {} errors, the first: {}", .0.len(), first(.0))]
    Invalid(Vec<Finding>),
    /// The version is published with another text. It never changes.
    #[error("version {0} is published with another definition")]
    Differs(String),
    /// It has no such name.
    #[error(transparent)]
    Name(#[from] InvalidId),
    /// It has no such version.
    #[error(transparent)]
    Version(#[from] InvalidVersion),
    /// The store failed.
    #[error("the definition could not be stored: {0}")]
    Store(#[from] PortError),
}

fn first(findings: &[Finding]) -> String {
    findings.first().map(ToString::to_string).unwrap_or_default()
}

/// Why there is no definition to go on with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Missing {
    #[error("workflow {0:?} is not published, or not in that version")]
    Unknown(String),
    #[error("workflow {0:?} cannot be read: {1}")]
    Unreadable(String, String),
    #[error("workflow {0:?} cannot be named so")]
    Name(String),
    #[error("the workflow store cannot be reached: {0}")]
    Store(#[from] PortError),
}

/// A definition in one version.
#[derive(Clone, Debug)]
pub(crate) struct Edition {
    pub(crate) version: String,
    pub(crate) definition: Arc<Definition>,
}

/// The definitions of a host.
#[derive(Debug)]
pub(crate) struct Library {
    options: WorkflowOptions,
    read: Mutex<HashMap<(String, String), Arc<Definition>>>,
    /// The latest editions, by name, each with the revision of the store before it was looked up.
    latest: Mutex<HashMap<String, (u64, Edition)>>,
    /// Inputs with secrets in them, which are nowhere stored, by the keys of their calls.
    unstored: Mutex<BTreeMap<String, Value>>,
}

/// So many inputs with secrets in them are kept in memory until their calls are made.
const UNSTORED_MAX: usize = 10_000;

impl Library {
    pub(crate) fn definitions(&self) -> &dyn DefinitionStore {
        &*self.options.definitions
    }

    pub(crate) fn new(options: WorkflowOptions) -> Self {
        Self {
            options,
            read: Mutex::default(),
            latest: Mutex::default(),
            unstored: Mutex::default(),
        }
    }

    /// Publishes a version once it was found to be without errors.
    pub(crate) async fn publish(
        &self,
        name: &str,
        version: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<(), PublishError> {
        let (id, parsed) = (id(name)?, DefinitionVersion::parse(version)?);
        let connections = self.options.connections.clone();
        let validated = validate(text, &Scrutiny { connections, ..Scrutiny::default() });
        let Some(definition) = validated.definition else {
            return Err(PublishError::Invalid(validated.findings));
        };
        let head = DefinitionHead {
            id,
            version: parsed,
            metadata: Payload::NULL,
            published_at: now,
            retired_at: None,
        };
        let stored = Stored { head, body: text.to_owned().into() };
        match self.options.definitions.publish(&stored).await? {
            Publish::Published | Publish::Already => {}
            Publish::Differs => return Err(PublishError::Differs(version.to_owned())),
        }
        self.keep(name, version.to_owned(), definition);
        Ok(())
    }

    /// The greatest version that is not retired.
    pub(crate) async fn latest(&self, name: &str) -> Result<Edition, Missing> {
        let revision = self.options.definitions.revision();
        if let Some(edition) = revision.and_then(|revision| self.latest_as_of(name, revision)) {
            return Ok(edition);
        }
        let id = id(name).map_err(|_| Missing::Name(name.to_owned()))?;
        let found = self.options.definitions.resolve(&id, &VersionRange::LATEST).await?;
        let edition = self.take(name, found)?;
        if let Some(revision) = revision {
            let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            latest.insert(name.to_owned(), (revision, edition.clone()));
        }
        Ok(edition)
    }

    fn latest_as_of(&self, name: &str, revision: u64) -> Option<Edition> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let (as_of, edition) = latest.get(name)?;
        (*as_of == revision).then(|| edition.clone())
    }

    /// This version, be it retired or not.
    pub(crate) async fn version(&self, name: &str, version: &str) -> Result<Edition, Missing> {
        if let Some(found) = self.found(name, version) {
            return Ok(found);
        }
        let id = id(name).map_err(|_| Missing::Name(name.to_owned()))?;
        let unknown = |_| Missing::Unknown(format!("{name} {version}"));
        let parsed = DefinitionVersion::parse(version).map_err(unknown)?;
        let found = self.options.definitions.get(&id, &parsed).await?;
        self.take(name, found)
    }

    fn take(&self, name: &str, found: Option<Stored>) -> Result<Edition, Missing> {
        let Some(Stored { head, body }) = found else {
            return Err(Missing::Unknown(name.to_owned()));
        };
        let version = head.version.to_string();
        if let Some(found) = self.found(name, &version) {
            return Ok(found);
        }
        let unreadable = |why: String| Missing::Unreadable(name.to_owned(), why);
        let text = std::str::from_utf8(&body).map_err(|error| unreadable(error.to_string()))?;
        let definition = Definition::parse(text).map_err(|all| unreadable(first(&all)))?;
        Ok(self.keep(name, version, definition))
    }

    fn found(&self, name: &str, version: &str) -> Option<Edition> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let definition = Arc::clone(read.get(&(name.to_owned(), version.to_owned()))?);
        Some(Edition { version: version.to_owned(), definition })
    }

    fn keep(&self, name: &str, version: String, definition: Definition) -> Edition {
        let definition = Arc::new(definition);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = read.entry((name.to_owned(), version.clone())).or_insert(definition);
        Edition { version, definition: Arc::clone(kept) }
    }

    /// The kinds whose states are copied to the state store.
    pub(crate) fn projected(&self) -> Option<&'static str> {
        self.options.is_listed.then_some(super::RUN_KIND)
    }

    pub(crate) fn connector(&self, call: &ConnectorCall) -> Option<&Arc<dyn Connector>> {
        self.options.connectors.get(&call.type_name.to_ascii_lowercase())
    }

    /// The secrets that a definition names.
    pub(crate) async fn secrets(&self, definition: &Definition) -> Result<Secrets, PortError> {
        let mut secrets = BTreeMap::new();
        let Some(store) = &self.options.secrets else { return Ok(Secrets(secrets)) };
        for name in &definition.secrets {
            let Ok(parsed) = SecretName::parse(name) else { continue };
            if let Some(found) = store.get(&parsed, None).await? {
                secrets.insert(
                    name.clone(),
                    Value::text(String::from_utf8_lossy(found.value.expose()).into_owned()),
                );
            }
        }
        Ok(Secrets(secrets))
    }

    /// What is around the actor of this key: `workflow/run`, or the workflow of a trigger.
    pub(crate) fn around<'a>(&'a self, secrets: &'a Secrets, key: &'a str) -> Around<'a> {
        Around { library: self, secrets, key }
    }

    /// Keeps inputs with a secret in them for the call with this key.
    pub(crate) fn keep_unstored(&self, key: &str, inputs: Value) {
        let mut unstored = self.unstored.lock().unwrap_or_else(PoisonError::into_inner);
        if unstored.len() >= UNSTORED_MAX {
            unstored.pop_first();
        }
        unstored.insert(key.to_owned(), inputs);
    }

    pub(crate) fn take_unstored(&self, key: &str) -> Option<Value> {
        self.unstored.lock().unwrap_or_else(PoisonError::into_inner).remove(key)
    }
}

pub(super) fn id(name: &str) -> Result<DefinitionId, InvalidId> {
    Ok(DefinitionId { kind: DefinitionKind::Workflow, name: DefinitionName::parse(name)? })
}

/// The secrets of a turn.
pub(crate) struct Secrets(BTreeMap<String, Value>);

/// What the expressions of a run, and of a trigger, may ask of the outside.
pub(crate) struct Around<'a> {
    library: &'a Library,
    secrets: &'a Secrets,
    key: &'a str,
}

impl Surroundings for Around<'_> {
    fn app_setting(&self, name: &str) -> Option<Value> {
        self.library.options.app_settings.get(name).cloned()
    }

    fn secret(&self, name: &str) -> Option<Value> {
        self.secrets.0.get(name).cloned()
    }

    fn callback_url(&self, path: &str) -> Option<String> {
        let base = self.library.options.callback_base.as_deref()?;
        let (run, path) = (loom_core::encode(self.key), loom_core::encode(path));
        Some(format!("{base}/workflows/callbacks/{run}/{path}"))
    }

    fn trigger_url(&self, trigger: &str) -> Option<String> {
        let base = self.library.options.callback_base.as_deref()?;
        let workflow = self.key.split('/').next().unwrap_or_default();
        let (workflow, trigger) = (encoded_uri_component(workflow), encoded_uri_component(trigger));
        Some(format!("{base}/workflows/{workflow}/triggers/{trigger}/paths/invoke"))
    }
}
