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

impl TriggerKind {
    /// Whether somebody is asked, at each point of a recurrence, whether there is anything new.
    #[must_use]
    pub fn polls(self) -> bool {
        matches!(self, Self::Http | Self::ApiConnection | Self::ServiceProvider)
    }

    /// Whether somebody is asked to call back when there is anything new.
    #[must_use]
    pub fn subscribes(self) -> bool {
        matches!(self, Self::HttpWebhook | Self::ApiConnectionWebhook)
    }
}

use ActionKind as A;
use CallKind as C;
use Standing as S;

/// Types, as designers write them. Those of the service first, then our own.
const ACTIONS: &[(&str, ActionKind, Standing)] = &[
    ("Compose", A::Compose, S::Here),
    ("ParseJson", A::ParseJson, S::Here),
    ("Query", A::Query, S::Here),
    ("Select", A::Select, S::Here),
    ("Join", A::Join, S::Here),
    ("Table", A::Table, S::Here),
    ("Expression", A::Expression, S::Here),
    ("InitializeVariable", A::InitializeVariable, S::Here),
    ("SetVariable", A::SetVariable, S::Here),
    ("IncrementVariable", A::IncrementVariable, S::Here),
    ("DecrementVariable", A::DecrementVariable, S::Here),
    ("AppendToArrayVariable", A::AppendToArrayVariable, S::Here),
    ("AppendToStringVariable", A::AppendToStringVariable, S::Here),
    ("Response", A::Response, S::Here),
    ("Wait", A::Wait, S::Here),
    ("Terminate", A::Terminate, S::Here),
    ("Scope", A::Scope, S::Here),
    ("If", A::If, S::Here),
    ("Switch", A::Switch, S::Here),
    ("Foreach", A::Foreach, S::Here),
    ("Until", A::Until, S::Here),
    ("Http", A::Call(C::Http), S::Outside),
    ("HttpWebhook", A::Webhook, S::Outside),
    ("Workflow", A::Call(C::Workflow), S::Outside),
    ("Function", A::Call(C::Function), S::ByConnector),
    ("InvokeFunction", A::Call(C::Function), S::ByConnector),
    ("ApiConnection", A::Call(C::Connector), S::ByConnector),
    ("ApiConnectionWebhook", A::Webhook, S::ByConnector),
    ("ServiceProvider", A::Call(C::Connector), S::ByConnector),
    ("ApiManagement", A::Call(C::Connector), S::ByConnector),
    ("Connector", A::Call(C::Connector), S::ByConnector),
    ("JavaScriptCode", A::Call(C::InlineCode), S::ByConnector),
    ("CSharpScriptCode", A::Call(C::InlineCode), S::ByConnector),
    ("PowerShellCode", A::Call(C::InlineCode), S::ByConnector),
    ("InlineCode", A::Call(C::InlineCode), S::ByConnector),
    ("Actor", A::Call(C::Actor), S::Outside),
    ("Activity", A::Call(C::Activity), S::Outside),
    ("AI", A::Call(C::Ai), S::Outside),
    ("Approval", A::Approval, S::Outside),
    ("Parallel", A::Parallel, S::Here),
    ("While", A::While, S::Here),
    ("DoUntil", A::Until, S::Here),
    ("Retry", A::Retry, S::Here),
    ("Saga", A::Scope, S::Here),
    ("SendToBatch", A::Kept, S::KeptOnly),
    ("Xslt", A::Kept, S::KeptOnly),
    ("XmlValidation", A::Kept, S::KeptOnly),
    ("XmlParse", A::Kept, S::KeptOnly),
    ("XmlCompose", A::Kept, S::KeptOnly),
    ("FlatFileEncoding", A::Kept, S::KeptOnly),
    ("FlatFileDecoding", A::Kept, S::KeptOnly),
    ("Liquid", A::Kept, S::KeptOnly),
    ("IntegrationAccountArtifactLookup", A::Kept, S::KeptOnly),
    ("AS2Decode", A::Kept, S::KeptOnly),
    ("AS2Encode", A::Kept, S::KeptOnly),
    ("X12Decode", A::Kept, S::KeptOnly),
    ("X12Encode", A::Kept, S::KeptOnly),
    ("X12BatchEncode", A::Kept, S::KeptOnly),
    ("EdifactDecode", A::Kept, S::KeptOnly),
    ("EdifactEncode", A::Kept, S::KeptOnly),
    ("EdifactBatchEncode", A::Kept, S::KeptOnly),
    ("RosettaNetDecode", A::Kept, S::KeptOnly),
    ("RosettaNetEncode", A::Kept, S::KeptOnly),
    ("RosettaNetWaitForResponse", A::Kept, S::KeptOnly),
    ("SwiftDecode", A::Kept, S::KeptOnly),
    ("SwiftEncode", A::Kept, S::KeptOnly),
    ("SwiftMTDecode", A::Kept, S::KeptOnly),
    ("SwiftMTEncode", A::Kept, S::KeptOnly),
    ("HL7Decode", A::Kept, S::KeptOnly),
    ("HL7Encode", A::Kept, S::KeptOnly),
    ("ParseDocument", A::Kept, S::KeptOnly),
    ("ParseDocumentWithMetadata", A::Kept, S::KeptOnly),
    ("ChunkText", A::Kept, S::KeptOnly),
    ("ChunkTextWithMetadata", A::Kept, S::KeptOnly),
    ("Agent", A::Kept, S::KeptOnly),
    ("AgentHandoff", A::Kept, S::KeptOnly),
    ("McpClientTool", A::Kept, S::KeptOnly),
    ("NestedAgent", A::Kept, S::KeptOnly),
    ("Batch", A::Kept, S::KeptOnly),
    ("Rule", A::Kept, S::KeptOnly),
    ("ApiConnectionNotification", A::Kept, S::KeptOnly),
    ("OpenApiConnectionNotification", A::Kept, S::KeptOnly),
    ("ChangeSet", A::Kept, S::KeptOnly),
    ("OpenApiConnection", A::Call(C::Connector), S::ByConnector),
    ("OpenApiConnectionWebhook", A::Webhook, S::ByConnector),
];

const TRIGGERS: &[(&str, TriggerKind, Standing)] = &[
    ("Request", TriggerKind::Request, S::Here),
    ("Manual", TriggerKind::Request, S::Here),
    ("Recurrence", TriggerKind::Recurrence, S::Here),
    ("Schedule", TriggerKind::Recurrence, S::Here),
    ("SlidingWindow", TriggerKind::SlidingWindow, S::Here),
    ("Http", TriggerKind::Http, S::Outside),
    ("HttpWebhook", TriggerKind::HttpWebhook, S::Outside),
    ("Event", TriggerKind::Event, S::Here),
    ("ApiConnection", TriggerKind::ApiConnection, S::ByConnector),
    ("ApiConnectionWebhook", TriggerKind::ApiConnectionWebhook, S::ByConnector),
    ("OpenApiConnection", TriggerKind::ApiConnection, S::ByConnector),
    ("OpenApiConnectionWebhook", TriggerKind::ApiConnectionWebhook, S::ByConnector),
    ("ServiceProvider", TriggerKind::ServiceProvider, S::ByConnector),
    ("Batch", TriggerKind::Batch, S::KeptOnly),
    ("ApiManagement", TriggerKind::Kept, S::KeptOnly),
    ("ApiConnectionNotification", TriggerKind::Kept, S::KeptOnly),
    ("OpenApiConnectionNotification", TriggerKind::Kept, S::KeptOnly),
    ("EventGrid", TriggerKind::Kept, S::KeptOnly),
    ("Agent", TriggerKind::Kept, S::KeptOnly),
];

/// What an action's type means, in any case; nothing if it is not known.
#[must_use]
pub fn action_kind(type_name: &str) -> Option<(ActionKind, Standing)> {
    ACTIONS.iter().find(|row| row.0.eq_ignore_ascii_case(type_name)).map(|row| (row.1, row.2))
}

/// What a trigger's type means, in any case; nothing if it is not known.
#[must_use]
pub fn trigger_kind(type_name: &str) -> Option<(TriggerKind, Standing)> {
    TRIGGERS.iter().find(|row| row.0.eq_ignore_ascii_case(type_name)).map(|row| (row.1, row.2))
}

/// Whether only a Standard workflow has actions and triggers of this type.
pub(crate) fn is_of_standard(type_name: &str) -> bool {
    let types = ["ServiceProvider", "InvokeFunction", "CSharpScriptCode", "PowerShellCode"];
    types.iter().any(|known| known.eq_ignore_ascii_case(type_name))
}

/// The types of actions, as designers write them.
pub(crate) fn action_types() -> impl Iterator<Item = &'static str> {
    ACTIONS.iter().map(|row| row.0)
}

/// The types of triggers, as designers write them.
pub(crate) fn trigger_types() -> impl Iterator<Item = &'static str> {
    TRIGGERS.iter().map(|row| row.0)
}
