//! A stage in which people decide.

use serde_json::{Map, json};

use super::read::{duration_text, members, time};
use super::sight::{as_text, quoted};
use super::stage::Making;
use super::task::outcome;
use crate::definition::Reading;
use crate::validation::FindingCode as F;

impl Making<'_, '_> {
    pub(super) fn approval(&mut self, reading: &mut Reading<'_>) -> Option<()> {
        let stage = self.stage;
        let (written, place) = reading.required(stage.node, &stage.place, "humanApproval")?;
        let refused = [("webhookUrl", "Who waits is listed by the host; nobody is called.")];
        let known = ["assignTo", "timeout", "fallback", "escalateTo"];
        members(reading, written, &place, &known, &refused);
        let mut inputs = Map::new();
        for name in ["assignTo", "escalateTo"] {
            let Some(people) = written.get(name) else { continue };
            let people = super::order::names(reading, people, &place.of(written, name));
            let people: Vec<String> = people.iter().map(|(name, _)| as_text(name)).collect();
            inputs.insert(name.to_owned(), json!(people));
        }
        if !inputs.contains_key("assignTo") {
            reading.missing(&place, "assignTo");
        }
        let timeout = time(reading, written, &place, "timeout");
        if let Some(timeout) = timeout {
            inputs.insert("timeout".to_owned(), json!(duration_text(timeout)));
        }
        if let Some(fallback) = reading.optional_text(written, &place, "fallback") {
            let at = place.of(written, "fallback");
            let short = fallback.strip_prefix("auto-").unwrap_or(&fallback);
            if !["approve", "reject", "escalate"].contains(&short) {
                let message =
                    format!("'{fallback}' is not one of auto-approve, auto-reject, escalate.");
                reading.error(F::WrongValue, &at, message);
            } else if timeout.is_none() {
                reading.error(F::Contradiction, &at, "A fallback needs a 'timeout'.");
            }
            if short == "escalate" && !inputs.contains_key("escalateTo") {
                reading.missing(&place, "escalateTo");
            }
            inputs.insert("fallback".to_owned(), json!(short));
        }
        let sight = self.sight.clone();
        inputs.insert("input".to_owned(), self.input(reading, &sight, "triggerBody()")?);
        let task = self.name("task");
        let body = format!("body('{task}')");
        let why = quoted(&format!("'{}' was rejected.", stage.name));
        let decision = self.name("decision");
        let demand = json!({
            "type": "Compose",
            "inputs": format!("@demand({body}['approved'], {why}, {body})"),
            "runAfter": {task.as_str(): ["Succeeded"]},
        });
        let result = outcome(reading, stage, &sight, &format!("outputs('{decision}')"))?;
        self.actions.insert(task, json!({"type": "Approval", "inputs": inputs}));
        self.actions.insert(decision.clone(), demand);
        self.alone(result, json!({decision: ["Succeeded"]}));
        Some(())
    }
}
