//! What starts runs.

use super::{Schema, TriggerKind};
use crate::recurrence::Recurrence;
use crate::{Condition, Template};

/// What starts runs.
#[derive(Debug)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// What kind it is.
    pub kind: TriggerKind,
    /// The type as the definition writes it.
    pub type_name: String,
    /// The kind as the definition writes it.
    pub variant: Option<String>,
    /// What it is given.
    pub inputs: Option<Template>,
    /// When it is looked at.
    pub recurrence: Option<Recurrence>,
    /// What must hold for a run to start; all of them.
    pub conditions: Vec<Condition>,
    /// The array of which each element starts a run.
    pub split_on: Option<Template>,
    /// The name under which all that follows is found.
    pub tracking: Option<Template>,
    /// What a Request trigger takes.
    pub request: Option<RequestTrigger>,
    /// How many runs are under way at once; none: as many as there are.
    pub runs_max: Option<u32>,
    /// How many more wait.
    pub waiting_max: Option<u32>,
    /// Whether a run is not started while another is under way.
    pub single: bool,
    /// Whether its inputs are kept from everyone who looks.
    pub secure_inputs: bool,
    /// Whether its outputs are kept from everyone who looks.
    pub secure_outputs: bool,
}

/// What a Request trigger takes.
#[derive(Debug)]
pub struct RequestTrigger {
    /// The method; any when there is none.
    pub method: Option<String>,
    /// The path after the trigger's own, with `{name}` for what is a parameter.
    pub relative_path: Option<String>,
    /// What the body must be.
    pub schema: Schema,
    /// What the headers must be.
    pub headers_schema: Schema,
    /// Whether a body that is something else is refused.
    pub is_checked: bool,
}
