//! Triggers that ask somebody at each point of their recurrence, and those that have somebody call
//! back.

use std::time::Duration;

use loom_core::{LateFire, Payload, Timestamp};
use loom_workflow::definition::{CallKind, Trigger, TriggerKind};
use loom_workflow::planner::{Answer, Turn, trigger_inputs};
use loom_workflow::run::{RunInfo, TriggerRecord};
use loom_workflow::{Evaluated, Value};
use tracing::warn;

use super::answer;
use super::commands::start_call_of;
use super::connector::ConnectorCall;
use super::library::Edition;
use super::request::Begin;
use super::trigger_actor::{TriggerActor, begin_at, text};
use crate::{Context, Ended};

/// A handler: what was asked has answered.
pub(super) const POLLED: &str = "polled";
/// A handler: whoever shall call back has answered.
pub(super) const SUBSCRIBED: &str = "subscribed";
/// A handler: whoever shall not call back any more has answered.
pub(super) const UNSUBSCRIBED: &str = "unsubscribed";
/// A handler: a subscription that failed is tried again.
pub(super) const SUBSCRIBE: &str = "subscribe";

/// How long after a failure a subscription is tried again.
const TRY_AGAIN: Duration = Duration::from_mins(1);

impl TriggerActor {
    /// Asks whether there is anything new. Who cannot be asked now is asked at the next point.
    pub(super) async fn poll(
        &mut self,
        cx: &mut Context<'_>,
        edition: &Edition,
        trigger: &Trigger,
        due: Timestamp,
    ) -> Result<(), String> {
        let Some(inputs) = self.inputs(cx, edition, trigger).await else { return Ok(()) };
        let call = call(cx, trigger, inputs, &due.as_millis().to_string());
        start_call_of(&self.library, cx, call, (POLLED, &trigger.name)).map_err(text)
    }

    /// An answer of 200 starts runs; another one says that there is nothing new, or is a failure.
    pub(super) fn polled(&mut self, cx: &mut Context<'_>, args: &Payload) -> Result<(), String> {
        let Ended { tag, outcome } = args.parse::<Ended<String, Answer>>().map_err(text)?;
        let answer = answer::of_connector(outcome);
        let failed = told(cx.key(), &tag, &answer);
        let (Some(outputs), false) = (answer.outputs, failed) else { return Ok(()) };
        if code_of(&outputs).is_some_and(|code| code != 200) {
            return Ok(());
        }
        let begin = Begin::of(Some(tag), Some(outputs));
        begin_at(cx, cx.now(), &Begin { version: self.state.version.clone(), ..begin })
    }

    /// Ends the subscriptions of versions before, and subscribes for the triggers of this one.
    pub(super) async fn subscribe_anew(
        &mut self,
        cx: &mut Context<'_>,
        edition: &Edition,
    ) -> Result<(), String> {
        for (name, version) in std::mem::take(&mut self.state.subscribed) {
            let before = self.library.version(cx.key(), &version).await.map_err(text)?;
            if let Some(trigger) = before.definition.trigger(&name) {
                self.unsubscribe(cx, &before, trigger).await?;
            }
        }
        for trigger in edition.definition.triggers.iter().filter(|it| it.kind.subscribes()) {
            self.subscribe(cx, edition, trigger).await?;
        }
        Ok(())
    }

    async fn subscribe(
        &mut self,
        cx: &mut Context<'_>,
        edition: &Edition,
        trigger: &Trigger,
    ) -> Result<(), String> {
        let Some(inputs) = self.inputs(cx, edition, trigger).await else {
            return try_again(cx, &trigger.name);
        };
        // A connector is told to subscribe by the whole of them.
        let is_http = trigger.kind == TriggerKind::HttpWebhook;
        let inputs = if is_http { part(&inputs, "subscribe") } else { inputs };
        self.state.subscribed.insert(trigger.name.clone(), edition.version.clone());
        // Another attempt is another call.
        let occasion = format!("{}/{}", edition.version, cx.now().as_millis());
        let call = call(cx, trigger, inputs, &occasion);
        start_call_of(&self.library, cx, call, (SUBSCRIBED, &trigger.name)).map_err(text)
    }

    async fn unsubscribe(
        &mut self,
        cx: &mut Context<'_>,
        edition: &Edition,
        trigger: &Trigger,
    ) -> Result<(), String> {
        let Some(inputs) = self.inputs(cx, edition, trigger).await else { return Ok(()) };
        let inputs = part(&inputs, "unsubscribe");
        if inputs.value.is_null() {
            return Ok(());
        }
        let call = call(cx, trigger, inputs, &format!("{}/unsubscribe", edition.version));
        start_call_of(&self.library, cx, call, (UNSUBSCRIBED, &())).map_err(text)
    }

    pub(super) async fn subscribe_again(
        &mut self,
        cx: &mut Context<'_>,
        args: &Payload,
    ) -> Result<(), String> {
        let name: String = args.parse().map_err(text)?;
        let Some(version) = &self.state.version else { return Ok(()) };
        let edition = self.library.version(cx.key(), version).await.map_err(text)?;
        match edition.definition.trigger(&name).filter(|it| it.kind.subscribes()) {
            Some(trigger) => self.subscribe(cx, &edition, trigger).await,
            None => Ok(()),
        }
    }

    async fn inputs(
        &self,
        cx: &mut Context<'_>,
        edition: &Edition,
        trigger: &Trigger,
    ) -> Option<Evaluated> {
        let workflow = cx.key().to_owned();
        let told = |why: &dyn std::fmt::Display| {
            warn!(workflow, trigger = trigger.name, %why, "a trigger asks nobody");
        };
        let secrets = match self.library.secrets(&edition.definition).await {
            Ok(secrets) => secrets,
            Err(error) => {
                told(&error);
                return None;
            }
        };
        let info = RunInfo {
            run: String::new(),
            workflow: workflow.clone(),
            version: edition.version.clone(),
            seed: cx.random(),
        };
        let record = TriggerRecord {
            name: trigger.name.clone(),
            inputs: None,
            outputs: None,
            started_at: cx.now(),
            client_tracking_id: String::new(),
            secure_inputs: trigger.secure_inputs,
            secure_outputs: trigger.secure_outputs,
        };
        let around = self.library.around(&secrets, &workflow);
        let turn = Turn { now: cx.now(), around: &around };
        let inputs = trigger_inputs(&edition.definition, record, &info, &turn);
        inputs.inspect_err(|error| told(&error.message)).ok()
    }
}

/// Who could not be subscribed with is asked again.
pub(super) fn subscribed(cx: &mut Context<'_>, args: &Payload) -> Result<(), String> {
    let Ended { tag, outcome } = args.parse::<Ended<String, Answer>>().map_err(text)?;
    let failed = told(cx.key(), &tag, &answer::of_connector(outcome));
    if failed { try_again(cx, &tag) } else { Ok(()) }
}

/// A call whose key is the same whenever it is made again.
fn call(cx: &Context<'_>, trigger: &Trigger, inputs: Evaluated, occasion: &str) -> ConnectorCall {
    let is_http = trigger.kind == TriggerKind::Http || trigger.kind.subscribes();
    ConnectorCall {
        key: format!("{}/{}/{occasion}", cx.actor_id().as_str(), trigger.name),
        kind: if is_http { CallKind::Http } else { CallKind::Connector },
        type_name: trigger.type_name.clone(),
        secure: inputs.secure || trigger.secure_inputs,
        inputs: inputs.value,
        timeout: None,
    }
}

/// Whether it is a failure, of which the log is told.
fn told(workflow: &str, trigger: &str, answer: &Answer) -> bool {
    let code = answer.outputs.as_ref().and_then(code_of);
    let failed = answer.error.is_some() || code.is_some_and(|code| code >= 400);
    if failed {
        let why = answer.error.as_ref().map(|it| it.info.message.as_str());
        warn!(workflow, trigger, code, why, "whom a trigger asks has failed");
    }
    failed
}

fn code_of(outputs: &Value) -> Option<i64> {
    outputs.property("statusCode").as_integer()
}

fn part(inputs: &Evaluated, name: &str) -> Evaluated {
    let Evaluated { value, shown, secure } = inputs;
    Evaluated { value: value.property(name), shown: shown.property(name), secure: *secure }
}

fn try_again(cx: &mut Context<'_>, trigger: &String) -> Result<(), String> {
    let timer = format!("subscribe-{:016x}", loom_core::fingerprint(&[trigger.as_bytes()]));
    let at = cx.now().saturating_add(TRY_AGAIN);
    cx.at(&timer, at, LateFire::Once, SUBSCRIBE, trigger).map_err(text)
}
