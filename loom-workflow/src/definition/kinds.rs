//! The types of actions and triggers that are known, and what can be done with them.

use super::CallKind;

/// What an action's type means here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ActionKind {
    /// The value itself.
    Compose,
    /// Text held against a schema.
    ParseJson,
    /// The elements for which a condition holds.
    Query,
    /// Each element as something else.
    Select,
    /// Elements as one text.
    Join,
    /// Rows as a table.
    Table,
    /// Arithmetic with times.
    Expression,
    /// Makes a variable.
    InitializeVariable,
    /// Gives it another value.
    SetVariable,
    /// Adds to a number.
    IncrementVariable,
    /// Subtracts from a number.
    DecrementVariable,
    /// Adds an element.
    AppendToArrayVariable,
    /// Adds text.
    AppendToStringVariable,
    /// Something outside.
    Call(CallKind),
    /// Something outside that calls back.
    Webhook,
    /// A person who decides.
    Approval,
    /// The answer to the caller.
    Response,
    /// Time that passes.
    Wait,
    /// The end of the run.
    Terminate,
    /// Actions together.
    Scope,
    /// Actions together, in any order.
    Parallel,
    /// One of two.
    If,
    /// One of several.
    Switch,
    /// Once for each element.
    Foreach,
    /// Again until something holds.
    Until,
    /// Again while something holds.
    While,
    /// Again while it fails.
    Retry,
    /// Read and kept.
    Kept,
}

/// Whether what has this type can be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It is done here.
    Here,
    /// It is asked for outside: by a client, an actor, an activity.
    Outside,
    /// It is done by a connector that the user registers.
    ByConnector,
    /// It belongs to the service and is read and kept; executing it fails.
    KeptOnly,
}

/// What a trigger's type means here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TriggerKind {
    /// A call from outside; `manual` too.
    Request,
    /// A time.
    Recurrence,
    /// A stretch of time.
    SlidingWindow,
    /// A URL that is asked.
    Http,
    /// A URL that calls back.
    HttpWebhook,
    /// A connector that is asked.
    ApiConnection,
    /// A connector that calls back.
    ApiConnectionWebhook,
    /// A connector of the user's own.
    ServiceProvider,
    /// Messages together.
    Batch,
    /// A named event.
    Event,
    /// Read and kept.
    Kept,
}

use ActionKind as A;
use CallKind as C;
use Standing as S;

/// Types in lower case. Those of the service first, then our own.
const ACTIONS: &[(&str, ActionKind, Standing)] = &[
    ("compose", A::Compose, S::Here),
    ("parsejson", A::ParseJson, S::Here),
    ("query", A::Query, S::Here),
    ("select", A::Select, S::Here),
    ("join", A::Join, S::Here),
    ("table", A::Table, S::Here),
    ("expression", A::Expression, S::Here),
    ("initializevariable", A::InitializeVariable, S::Here),
    ("setvariable", A::SetVariable, S::Here),
    ("incrementvariable", A::IncrementVariable, S::Here),
    ("decrementvariable", A::DecrementVariable, S::Here),
    ("appendtoarrayvariable", A::AppendToArrayVariable, S::Here),
    ("appendtostringvariable", A::AppendToStringVariable, S::Here),
    ("response", A::Response, S::Here),
    ("wait", A::Wait, S::Here),
    ("terminate", A::Terminate, S::Here),
    ("scope", A::Scope, S::Here),
    ("if", A::If, S::Here),
    ("switch", A::Switch, S::Here),
    ("foreach", A::Foreach, S::Here),
    ("until", A::Until, S::Here),
    ("http", A::Call(C::Http), S::Outside),
    ("httpwebhook", A::Webhook, S::Outside),
    ("workflow", A::Call(C::Workflow), S::Outside),
    ("function", A::Call(C::Function), S::ByConnector),
    ("invokefunction", A::Call(C::Function), S::ByConnector),
    ("apiconnection", A::Call(C::Connector), S::ByConnector),
    ("apiconnectionwebhook", A::Webhook, S::ByConnector),
    ("serviceprovider", A::Call(C::Connector), S::ByConnector),
    ("apimanagement", A::Call(C::Connector), S::ByConnector),
    ("connector", A::Call(C::Connector), S::ByConnector),
    ("javascriptcode", A::Call(C::InlineCode), S::ByConnector),
    ("csharpscriptcode", A::Call(C::InlineCode), S::ByConnector),
    ("powershellcode", A::Call(C::InlineCode), S::ByConnector),
    ("inlinecode", A::Call(C::InlineCode), S::ByConnector),
    ("actor", A::Call(C::Actor), S::Outside),
    ("activity", A::Call(C::Activity), S::Outside),
    ("ai", A::Call(C::Ai), S::Outside),
    ("approval", A::Approval, S::Outside),
    ("parallel", A::Parallel, S::Here),
    ("while", A::While, S::Here),
    ("dountil", A::Until, S::Here),
    ("retry", A::Retry, S::Here),
    ("saga", A::Scope, S::Here),
    ("sendtobatch", A::Kept, S::KeptOnly),
    ("xslt", A::Kept, S::KeptOnly),
    ("xmlvalidation", A::Kept, S::KeptOnly),
    ("xmlparse", A::Kept, S::KeptOnly),
    ("xmlcompose", A::Kept, S::KeptOnly),
    ("flatfileencoding", A::Kept, S::KeptOnly),
    ("flatfiledecoding", A::Kept, S::KeptOnly),
    ("liquid", A::Kept, S::KeptOnly),
    ("integrationaccountartifactlookup", A::Kept, S::KeptOnly),
    ("as2decode", A::Kept, S::KeptOnly),
    ("as2encode", A::Kept, S::KeptOnly),
    ("x12decode", A::Kept, S::KeptOnly),
    ("x12encode", A::Kept, S::KeptOnly),
    ("x12batchencode", A::Kept, S::KeptOnly),
    ("edifactdecode", A::Kept, S::KeptOnly),
    ("edifactencode", A::Kept, S::KeptOnly),
    ("edifactbatchencode", A::Kept, S::KeptOnly),
    ("rosettanetdecode", A::Kept, S::KeptOnly),
    ("rosettanetencode", A::Kept, S::KeptOnly),
    ("rosettanetwaitforresponse", A::Kept, S::KeptOnly),
    ("swiftdecode", A::Kept, S::KeptOnly),
    ("swiftencode", A::Kept, S::KeptOnly),
    ("swiftmtdecode", A::Kept, S::KeptOnly),
    ("swiftmtencode", A::Kept, S::KeptOnly),
    ("hl7decode", A::Kept, S::KeptOnly),
    ("hl7encode", A::Kept, S::KeptOnly),
    ("parsedocument", A::Kept, S::KeptOnly),
    ("parsedocumentwithmetadata", A::Kept, S::KeptOnly),
    ("chunktext", A::Kept, S::KeptOnly),
    ("chunktextwithmetadata", A::Kept, S::KeptOnly),
    ("agent", A::Kept, S::KeptOnly),
    ("agenthandoff", A::Kept, S::KeptOnly),
    ("mcpclienttool", A::Kept, S::KeptOnly),
    ("nestedagent", A::Kept, S::KeptOnly),
    ("batch", A::Kept, S::KeptOnly),
    ("rule", A::Kept, S::KeptOnly),
    ("apiconnectionnotification", A::Kept, S::KeptOnly),
    ("openapiconnectionnotification", A::Kept, S::KeptOnly),
    ("changeset", A::Kept, S::KeptOnly),
    ("openapiconnection", A::Call(C::Connector), S::ByConnector),
    ("openapiconnectionwebhook", A::Webhook, S::ByConnector),
];

const TRIGGERS: &[(&str, TriggerKind, Standing)] = &[
    ("request", TriggerKind::Request, S::Here),
    ("manual", TriggerKind::Request, S::Here),
    ("recurrence", TriggerKind::Recurrence, S::Here),
    ("schedule", TriggerKind::Recurrence, S::Here),
    ("slidingwindow", TriggerKind::SlidingWindow, S::Here),
    ("http", TriggerKind::Http, S::Outside),
    ("httpwebhook", TriggerKind::HttpWebhook, S::Outside),
    ("event", TriggerKind::Event, S::Here),
    ("apiconnection", TriggerKind::ApiConnection, S::ByConnector),
    ("apiconnectionwebhook", TriggerKind::ApiConnectionWebhook, S::ByConnector),
    ("openapiconnection", TriggerKind::ApiConnection, S::ByConnector),
    ("openapiconnectionwebhook", TriggerKind::ApiConnectionWebhook, S::ByConnector),
    ("serviceprovider", TriggerKind::ServiceProvider, S::ByConnector),
    ("batch", TriggerKind::Batch, S::KeptOnly),
    ("apimanagement", TriggerKind::Kept, S::KeptOnly),
    ("apiconnectionnotification", TriggerKind::Kept, S::KeptOnly),
    ("openapiconnectionnotification", TriggerKind::Kept, S::KeptOnly),
    ("eventgrid", TriggerKind::Kept, S::KeptOnly),
    ("agent", TriggerKind::Kept, S::KeptOnly),
];

/// What an action's type means, in any case; nothing if it is not known.
#[must_use]
pub fn action_kind(type_name: &str) -> Option<(ActionKind, Standing)> {
    let name = type_name.to_ascii_lowercase();
    ACTIONS.iter().find(|row| row.0 == name).map(|row| (row.1, row.2))
}

/// What a trigger's type means, in any case; nothing if it is not known.
#[must_use]
pub fn trigger_kind(type_name: &str) -> Option<(TriggerKind, Standing)> {
    let name = type_name.to_ascii_lowercase();
    TRIGGERS.iter().find(|row| row.0 == name).map(|row| (row.1, row.2))
}

/// Whether only a Standard workflow has actions and triggers of this type.
pub(crate) fn is_of_standard(type_name: &str) -> bool {
    let types = ["ServiceProvider", "InvokeFunction", "CSharpScriptCode", "PowerShellCode"];
    types.iter().any(|known| known.eq_ignore_ascii_case(type_name))
}

/// The types of actions, in lower case.
pub(crate) fn action_types() -> impl Iterator<Item = &'static str> {
    ACTIONS.iter().map(|row| row.0)
}

/// The types of triggers, in lower case.
pub(crate) fn trigger_types() -> impl Iterator<Item = &'static str> {
    TRIGGERS.iter().map(|row| row.0)
}
