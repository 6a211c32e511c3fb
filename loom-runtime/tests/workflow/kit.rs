//! What every test of workflows begins with.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use loom_adapter_memory::{MemoryStores, SmallStores};
use loom_ports::{Clock, Stores};
use loom_runtime::workflow::{
    ActionView, Connector, ConnectorCall, RunId, RunView, StartRun, WorkflowOptions, Workflows,
};
use loom_runtime::{ActivityError, ActivityOptions, Host, HostBuilder, Settings};
use loom_testkit::clock::{CountedIds, TokioClock};
use loom_workflow::planner::Answer;
use loom_workflow::{Object, Value};

/// Stores and a world that outlive hosts.
pub(crate) struct Kit {
    pub(crate) stores: MemoryStores,
    pub(crate) clock: TokioClock,
    /// What happened outside, in order: names of effects and their keys.
    pub(crate) effects: Arc<Mutex<Vec<(String, String)>>>,
    hosts: std::cell::Cell<u64>,
}

/// Answers `{"uri": …}` with 200 and the URI, and notes it. `fails` does twice, `gone` always.
#[derive(Debug)]
struct Web {
    effects: Arc<Mutex<Vec<(String, String)>>>,
}

#[async_trait]
impl Connector for Web {
    async fn call(&self, call: ConnectorCall) -> Answer {
        let uri = call.inputs.property("uri").to_text().to_string();
        let uri = if uri.is_empty() {
            call.inputs.property("subscribe").property("uri").to_text().to_string()
        } else {
            uri
        };
        let mut effects = self.effects.lock().unwrap_or_else(PoisonError::into_inner);
        // The same attempt, made again, is answered as before.
        let before = effects.iter().take_while(|(_, key)| *key != call.key);
        let attempts = before.filter(|(name, _)| *name == uri).map(|(_, key)| key);
        let attempts = attempts.collect::<std::collections::BTreeSet<_>>().len();
        effects.push((uri.clone(), call.key));
        let status = match uri.as_str() {
            "gone" => 410,
            "fails" if attempts < 2 => 503,
            _ => 200,
        };
        let outputs = Object::from([("statusCode", Value::from(status)), ("body", uri.into())]);
        Answer::outputs(outputs.into())
    }
}

impl Kit {
    pub(crate) fn new() -> Self {
        let effects = Arc::default();
        let clock = TokioClock::start();
        Self { stores: MemoryStores::default(), clock, effects, hosts: std::cell::Cell::new(0) }
    }

    pub(crate) fn builder(&self) -> HostBuilder {
        self.builder_on(self.stores.clone())
    }

    pub(crate) fn builder_on(&self, stores: impl Into<Stores>) -> HostBuilder {
        self.hosts.set(self.hosts.get() + 1);
        let web = Arc::new(Web { effects: Arc::clone(&self.effects) });
        let options = WorkflowOptions::new(self.stores.definitions())
            .connector("Http", web.clone())
            .connector("HttpWebhook", web)
            .callback_base("https://loom.test");
        let noted = Arc::clone(&self.effects);
        Host::builder(stores)
            .workflows(options)
            .activity("double", ActivityOptions::default(), move |attempt, n: i64| {
                let mut effects = noted.lock().unwrap_or_else(PoisonError::into_inner);
                effects.push((format!("double {n}"), attempt.key.to_string()));
                async move {
                    if n < 0 { Err(ActivityError::reject(&"negative")) } else { Ok(n * 2) }
                }
            })
            .clock(Arc::new(self.clock))
            .ids(Arc::new(CountedIds::of_host(self.hosts.get())))
            .settings(settings())
    }

    pub(crate) async fn host(&self) -> (Host, Workflows) {
        let host = self.builder().start().await.unwrap();
        let workflows = host.workflows().unwrap();
        (host, workflows)
    }

    /// Dies without a word, and waits until its lease has ended.
    pub(crate) async fn kill(&self, host: Host) {
        drop(host);
        self.pass(11_000).await;
    }

    pub(crate) async fn pass(&self, ms: u64) {
        let at = self.clock.now().saturating_add(Duration::from_millis(ms));
        self.clock.sleep_until(at).await;
    }

    pub(crate) fn effects(&self) -> Vec<(String, String)> {
        self.effects.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The names of what happened outside.
    pub(crate) fn happened(&self) -> Vec<String> {
        self.effects().into_iter().map(|(name, _)| name).collect()
    }
}

pub(crate) fn settings() -> Settings {
    Settings { partitions: 4.try_into().unwrap(), ..Settings::default() }
}

/// A definition of these actions, with a Request trigger.
pub(crate) fn definition(actions: &str) -> String {
    format!(
        r#"{{"triggers": {{"manual": {{"type": "Request", "kind": "Http"}}}}, "actions": {actions}}}"#
    )
}

/// Publishes a definition of these actions, and runs it to its end.
pub(crate) async fn run(workflows: &Workflows, name: &str, actions: &str) -> (RunId, RunView) {
    let text = definition(actions);
    workflows.publish(name, "1.0.0", &text).await.unwrap_or_else(|error| panic!("{error:?}"));
    let id = workflows.start(name, StartRun::with_body(5_i64)).await.unwrap().id;
    let view = workflows.ended(&id).await.unwrap();
    (id, view)
}

/// Each action on a line: path, status and outputs.
pub(crate) async fn actions(workflows: &Workflows, id: &RunId) -> Vec<String> {
    let actions = workflows.actions(id).await.unwrap();
    actions.iter().map(line).collect()
}

fn line(action: &ActionView) -> String {
    let record = &action.record;
    let outputs = record.outputs.as_ref().map(|it| format!(" {}", it.to_json_text()));
    format!("{} {}{}", action.path, record.status.name(), outputs.unwrap_or_default())
}
