//! What the planner asks for, as requests of a turn.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use loom_core::{ActivityLimits, ActorId, Kind, LateFire};
use loom_workflow::definition::CallKind;
use loom_workflow::planner::{
    CallCommand, ChildCommand, Command, DecisionCommand, Finished, Respond, SubscribeCommand,
};
use loom_workflow::run::{Place, Run, Shard};
use loom_workflow::{Definition, Value};

use super::connector::ConnectorCall;
use super::request::{
    Begin, BeginShard, CALL, CANCEL, CHILD, ChildAnswer, ENDED, GO, SHARD, SHARD_ENDED, START,
    TIMER, VALUED,
};
use super::run_state::{Parent, RunState, WaitingDecision, stored};
use super::{Library, RUN_KIND, SHARD_KIND, TRIGGER_KIND, answer, trigger_actor};
use crate::{Context, ContextError};

/// How long a call may take whose action does not say so.
const CALL_TIMEOUT: Duration = Duration::from_mins(2);

/// Carries commands out: within the turn, or by asking for them.
pub(super) fn carry_out(
    state: &mut RunState,
    library: &Library,
    definition: &Definition,
    cx: &mut Context<'_>,
    commands: Vec<Command>,
) -> Result<(), ContextError> {
    for command in commands {
        match command {
            Command::Call(call) => start_call(library, cx, call)?,
            Command::StartChild(child) => start_child(cx, child)?,
            Command::Abandon { place } => cx.stop(&place)?,
            Command::StartTimer { id, at } => {
                cx.at(&format!("t{}", id.0), at, LateFire::Once, TIMER, &id)?;
            }
            Command::StopTimer { id } => cx.cancel(&format!("t{}", id.0))?,
            Command::Subscribe(subscribe) => start_subscribing(library, cx, subscribe)?,
            Command::Unsubscribe { place, inputs } => unsubscribe(cx, place, inputs)?,
            Command::AwaitDecision(decision) => await_decision(state, decision),
            Command::WithdrawDecision { place } => {
                state.waiting.retain(|_, waiting| waiting.place != place);
            }
            Command::StartShard(shard) => start_shard(state, definition, cx, shard)?,
            Command::StopShard { place, from } => {
                let shard = shard_actor(state, cx, place, from);
                cx.send(shard, CANCEL, "nobody waits for it any more")?;
            }
            Command::EndShard(ended) => {
                if let Some(whole) = &state.whole {
                    cx.send(whole.as_str(), SHARD_ENDED, &ended)?;
                }
            }
            Command::Respond(respond) => tell(state, cx, respond)?,
            Command::Continue => cx.after(GO, Duration::ZERO, GO, &())?,
            Command::Finish(finished) => finish(state, cx, &finished)?,
        }
    }
    Ok(())
}

fn limits(timeout: Option<Duration>) -> ActivityLimits {
    let timeout = timeout.unwrap_or(CALL_TIMEOUT).as_millis();
    let timeout_ms = NonZeroU64::new(u64::try_from(timeout).unwrap_or(u64::MAX));
    // The planner tries again, as the action says.
    ActivityLimits { attempts_max: Some(NonZeroU32::MIN), timeout_ms }
}

fn start_call(
    library: &Library,
    cx: &mut Context<'_>,
    call: CallCommand,
) -> Result<(), ContextError> {
    let CallCommand {
        place, path, attempt, rerun, kind, type_name, inputs, secure, timeout, ..
    } = call;
    match kind {
        CallKind::Activity => {
            let named = ["activityName", "activity", "name"].map(|name| inputs.property(name));
            let name = text(&named).unwrap_or_default();
            let given = [inputs.property("input"), inputs.property("args")];
            let args = given.into_iter().find(|it| !it.is_null()).unwrap_or_default();
            if loom_core::ActivityName::parse(&name).is_err() {
                return misnamed(cx, place, &name);
            }
            cx.start_within(limits(timeout), &name, &args, VALUED, &place)
        }
        CallKind::Actor | CallKind::Ai => {
            let (to, method, args) = actor_call(kind, &inputs);
            if ActorId::parse(&to).is_err() || loom_core::Method::parse(&method).is_err() {
                return misnamed(cx, place, &format!("{to} {method}"));
            }
            cx.start_call(&to, &method, &args, VALUED, &place)
        }
        _ => {
            let key = key(cx, &path, rerun, attempt);
            let call = ConnectorCall { key, kind, type_name, inputs, secure, timeout };
            start_connector(library, cx, call, place)
        }
    }
}

/// An answer that nobody can give is given by whoever finds that nobody can.
fn misnamed(cx: &mut Context<'_>, place: Place, name: &str) -> Result<(), ContextError> {
    let key = String::new();
    let inputs = Value::from(name);
    let (kind, type_name) = (CallKind::Activity, format!("nobody of the name {name:?}"));
    let call = ConnectorCall { key, kind, type_name, inputs, secure: false, timeout: None };
    cx.start_within(limits(None), CALL, &call, ENDED, &place)
}

fn text(named: &[Value]) -> Option<String> {
    named.iter().find_map(|value| value.as_str().map(str::to_owned))
}

/// `{actorType, actorId, method, args}`, or what a model is asked.
fn actor_call(kind: CallKind, inputs: &Value) -> (String, String, Value) {
    if kind == CallKind::Ai {
        let agent = text(&[inputs.property("agent"), inputs.property("model")]);
        let agent = agent.unwrap_or_else(|| "default".to_owned());
        return (format!("ai-agent/{agent}"), "chat".to_owned(), inputs.clone());
    }
    let actor_type = text(&[inputs.property("actorType")]).unwrap_or_default();
    let kind = match Kind::parse(&actor_type) {
        Ok(kind) => kind.to_string(),
        Err(_) => actor_type.to_ascii_lowercase(),
    };
    let key = inputs.property("actorId").to_text();
    let method = text(&[inputs.property("method")]).unwrap_or_default();
    (format!("{kind}/{key}"), method, inputs.property("args"))
}

/// What names an attempt whenever it is made.
fn key(cx: &Context<'_>, path: &str, rerun: u32, attempt: u32) -> String {
    format!("{}/{path}/{rerun}.{attempt}", cx.key())
}

fn start_connector(
    library: &Library,
    cx: &mut Context<'_>,
    call: ConnectorCall,
    place: Place,
) -> Result<(), ContextError> {
    start_call_of(library, cx, call, (ENDED, &place))
}

/// Starts a call whose answer goes to a handler, with a tag.
pub(super) fn start_call_of(
    library: &Library,
    cx: &mut Context<'_>,
    mut call: ConnectorCall,
    (handler, tag): (&str, &impl serde::Serialize),
) -> Result<(), ContextError> {
    let shown = stored(&call.inputs, call.secure);
    let inputs = std::mem::replace(&mut call.inputs, shown);
    if call.secure {
        library.keep_unstored(&call.key, inputs);
    }
    cx.start_within(limits(call.timeout), CALL, &call, handler, tag)
}

fn start_subscribing(
    library: &Library,
    cx: &mut Context<'_>,
    subscribe: SubscribeCommand,
) -> Result<(), ContextError> {
    let SubscribeCommand { place, path, attempt, rerun, type_name, inputs, secure } = subscribe;
    let (key, kind) = (key(cx, &path, rerun, attempt), CallKind::Http);
    let call = ConnectorCall { key, kind, type_name, inputs, secure, timeout: None };
    start_connector(library, cx, call, place)
}

fn unsubscribe(
    cx: &mut Context<'_>,
    place: Place,
    inputs: Option<Value>,
) -> Result<(), ContextError> {
    cx.stop(&place)?;
    let Some(inputs) = inputs else { return Ok(()) };
    let (kind, type_name) = (CallKind::Http, "HttpWebhook".to_owned());
    let key = format!("{}/{}/unsubscribe", cx.key(), String::from(place));
    let call = ConnectorCall { key, kind, type_name, inputs, secure: false, timeout: None };
    // Nobody waits for the answer.
    cx.start_within(limits(None), CALL, &call, ENDED, &())
}

fn start_child(cx: &mut Context<'_>, child: ChildCommand) -> Result<(), ContextError> {
    let ChildCommand { place, attempt, workflow, inputs, .. } = child;
    let run = format!("{:016x}{:016x}", cx.random(), cx.random());
    let parent = Some(Parent { run: cx.actor_id().clone(), place, attempt });
    let trigger = text(&[inputs.property("host").property("triggerName")]);
    let begin = Begin { parent, ..Begin::of(trigger, Some(inputs)) };
    let name = workflow.rsplit('/').next().unwrap_or_default();
    cx.send(format!("{RUN_KIND}/{name}/{run}"), START, &begin)
}

fn start_shard(
    state: &RunState,
    definition: &Definition,
    cx: &mut Context<'_>,
    shard: Shard,
) -> Result<(), ContextError> {
    let Some(run) = &state.run else { return Ok(()) };
    let begin = BeginShard { whole: cx.actor_id().clone(), run: run.shard(definition, shard) };
    let actor = shard_actor(state, cx, shard.place, shard.from);
    cx.send(actor, SHARD, &begin)
}

/// The actor that does a part of a loop. Another one when the loop is run again.
fn shard_actor(state: &RunState, cx: &Context<'_>, place: Place, from: u32) -> String {
    let rerun = state.run.as_ref().map_or(0, Run::reruns);
    format!("{SHARD_KIND}/{}/{}.{rerun}/{from}", cx.key(), String::from(place))
}

fn await_decision(state: &mut RunState, decision: DecisionCommand) {
    let DecisionCommand { place, path, assignees, inputs, until } = decision;
    state.decided.remove(&path);
    state.waiting.insert(path, WaitingDecision { place, assignees, inputs, until });
}

fn tell(state: &mut RunState, cx: &mut Context<'_>, respond: Respond) -> Result<(), ContextError> {
    if let Some(Parent { run, place, attempt }) = state.parent.take() {
        let answer = answer::of_child(&respond);
        cx.send(run.as_str(), CHILD, &ChildAnswer { place, attempt, answer })?;
    }
    state.answer = Some(respond);
    Ok(())
}

fn finish(
    state: &mut RunState,
    cx: &mut Context<'_>,
    finished: &Finished,
) -> Result<(), ContextError> {
    state.waiting.clear();
    if let Some(Parent { run, place, attempt }) = state.parent.take() {
        let answer = answer::of_end(finished);
        cx.send(run.as_str(), CHILD, &ChildAnswer { place, attempt, answer })?;
    }
    if state.is_admitted
        && let Some((workflow, run)) = cx.key().rsplit_once('/')
    {
        let trigger = format!("{TRIGGER_KIND}/{workflow}");
        let run = run.to_owned();
        cx.send(trigger, trigger_actor::RUN_ENDED, &run)?;
    }
    Ok(())
}
