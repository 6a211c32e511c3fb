//! Triggers that ask somebody at each point of their recurrence, and those that have somebody call
//! back.

use std::time::Duration;

use loom_core::{LateFire, Payload, Timestamp};
use loom_workflow::Evaluated;
use loom_workflow::definition::{CallKind, Trigger, TriggerKind};
use loom_workflow::planner::{Answer, Turn, is_anything_new, trigger_inputs};
use loom_workflow::run::{RunInfo, Status};
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::commands::start_call_of;
use super::connector::ConnectorCall;
use super::library::Edition;
use super::request::Begin;
use super::trigger_actor::{TriggerActor, begin_at, text, timer};
use super::{answer, starting};
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

/// For which trigger somebody was asked. An answer that comes when its version is not looked after
/// any more is too late.
#[derive(Deserialize, Serialize)]
struct Asked {
    version: String,
    trigger: String,
}

impl Asked {
    fn of(edition: &Edition, trigger: &Trigger) -> Self {
        Self { version: edition.version.clone(), trigger: trigger.name.clone() }
    }
}

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
        let asked = Asked::of(edition, trigger);
        start_call_of(&self.library, cx, call, (POLLED, &asked)).map_err(text)
    }

    /// Begins runs with what is new. Who has failed is asked again at the next point.
    pub(super) fn polled(&mut self, cx: &mut Context<'_>, args: &Payload) -> Result<(), String> {
        let Some((asked, answer)) = self.answered(cx, args)? else { return Ok(()) };
        let is_success = answer.ended_as() == Status::Succeeded;
        let found = answer.outputs.filter(|outputs| is_success && is_anything_new(outputs));
        let Some(outputs) = found else { return Ok(()) };
        let begin = Begin::of(Some(asked.trigger), Some(outputs));
        begin_at(cx, cx.now(), &Begin { version: Some(asked.version), ..begin })
    }

    /// Who could not be subscribed with is asked again.
    pub(super) fn subscribed(
        &mut self,
        cx: &mut Context<'_>,
        args: &Payload,
    ) -> Result<(), String> {
        match self.answered(cx, args)? {
            Some((asked, answer)) if answer.ended_as() != Status::Succeeded => {
                try_again(cx, &asked)
            }
            _ => Ok(()),
        }
    }

    /// What has come back, if it is still of use. Failures are told to the log.
    fn answered(
        &self,
        cx: &Context<'_>,
        args: &Payload,
    ) -> Result<Option<(Asked, Answer)>, String> {
        let Ended { tag, outcome } = args.parse::<Ended<Asked, Answer>>().map_err(text)?;
        let answer = answer::of_connector(outcome);
        if answer.ended_as() != Status::Succeeded {
            let Asked { version, trigger } = &tag;
            let why = answer.error.as_ref().map(|it| it.info.message.as_str());
            warn!(workflow = cx.key(), version, trigger, why, "whom a trigger asks has failed");
        }
        Ok((self.state.version.as_ref() == Some(&tag.version)).then_some((tag, answer)))
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
            return try_again(cx, &Asked::of(edition, trigger));
        };
        // A connector is told to subscribe by the whole of them.
        let is_http = trigger.kind == TriggerKind::HttpWebhook;
        let inputs = if is_http { part(&inputs, "subscribe") } else { inputs };
        self.state.subscribed.insert(trigger.name.clone(), edition.version.clone());
        // Another attempt is another call.
        let occasion = format!("{}/{}", edition.version, cx.now().as_millis());
        let call = call(cx, trigger, inputs, &occasion);
        let asked = Asked::of(edition, trigger);
        start_call_of(&self.library, cx, call, (SUBSCRIBED, &asked)).map_err(text)
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
        let asked: Asked = args.parse().map_err(text)?;
        if self.state.version.as_ref() != Some(&asked.version) {
            return Ok(());
        }
        let edition = self.library.version(cx.key(), &asked.version).await.map_err(text)?;
        match edition.definition.trigger(&asked.trigger) {
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
        let begin = Begin::of(Some(trigger.name.clone()), None);
        let record = starting::trigger(&edition.definition, &begin, &info.run, cx.now()).ok()?;
        let around = self.library.around(&secrets, &workflow);
        let turn = Turn { now: cx.now(), around: &around };
        let inputs = trigger_inputs(&edition.definition, record, &info, &turn);
        inputs.inspect_err(|error| told(&error.message)).ok()
    }
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

fn part(inputs: &Evaluated, name: &str) -> Evaluated {
    let Evaluated { value, shown, secure } = inputs;
    Evaluated { value: value.property(name), shown: shown.property(name), secure: *secure }
}

fn try_again(cx: &mut Context<'_>, asked: &Asked) -> Result<(), String> {
    let at = cx.now().saturating_add(TRY_AGAIN);
    cx.at(&timer(SUBSCRIBE, &asked.trigger), at, LateFire::Once, SUBSCRIBE, asked).map_err(text)
}
