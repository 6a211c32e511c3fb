//! What a stage gathers from others.

use serde_json::{Value as Json, json};

use super::read::members;
use super::sight::{Sight, outputs_of, quoted};
use super::stage::{Making, Stages};
use super::task::outcome;
use crate::definition::{Node, Reading, TextPlace as Place};
use crate::validation::FindingCode as F;

impl Stages<'_, '_> {
    pub(super) fn gather(
        &self,
        reading: &mut Reading<'_>,
        making: &mut Making<'_, '_>,
    ) -> Option<()> {
        let stage = making.stage;
        let (gather, place) = reading.required(stage.node, &stage.place, "gather")?;
        let known = ["stage", "stages", "condition", "count", "groupBy", "combine"];
        let ended = "A gather begins when its sources have ended; 'config.timeout' bounds them.";
        let by_count = "'condition': \"count\" with a 'count' says it.";
        members(reading, gather, &place, &known, &[("timeout", ended), ("minResults", by_count)]);
        if stage.sources.is_empty() {
            reading.missing(&place, "stage");
            return None;
        }
        let sources: Vec<&str> =
            stage.sources.iter().map(|it| self.planned[*it].name.as_str()).collect();
        let needed = needed(reading, gather, &place)?;
        let is_object = match reading.optional_text(gather, &place, "combine").as_deref() {
            None | Some("concat") => false,
            Some("object") => true,
            Some(other) => {
                let message = format!("'{other}' is not one of concat, object.");
                reading.error(F::WrongValue, &place.of(gather, "combine"), message);
                return None;
            }
        };
        let outputs: Vec<String> = sources.iter().map(|it| outputs_of(it)).collect();
        let value = if is_object {
            let members = sources.iter().zip(&outputs);
            let members = members.map(|(name, it)| ((*name).to_owned(), json!(format!("@{it}"))));
            Json::Object(members.collect())
        } else if let [one] = outputs.as_slice() {
            json!(format!("@{one}"))
        } else {
            json!(format!("@jmespath('[]', createArray({}))", outputs.join(", ")))
        };
        let name = &stage.name;
        let gathered = format!("{name}.gathered");
        let mut after = json!({});
        if let Some(needed) = needed {
            let lengths = outputs.iter().map(|it| format!("length({it})"));
            let sum = lengths.reduce(|a, b| format!("add({a}, {b})")).unwrap_or_default();
            let why =
                format!("Fewer than {needed} tasks of '{}' have succeeded.", sources.join("', '"));
            let check =
                format!("@demand(greaterOrEquals({sum}, {needed}), {}, {sum})", quoted(&why));
            let enough = format!("{name}.enough");
            making.actions.insert(enough.clone(), json!({"type": "Compose", "inputs": check}));
            after = json!({enough: ["Succeeded"]});
        }
        making.actions.insert(
            gathered.clone(),
            json!({"type": "Compose", "inputs": value, "runAfter": after}),
        );
        let outputs = format!("outputs('{gathered}')");
        let after = json!({gathered: ["Succeeded"]});
        let sight = making.sight.with("gathered", outputs.as_str());
        let Some(group_by) = gather.get("groupBy").filter(|it| !it.is_null()) else {
            return making.gathered(reading, &sight, &outputs, after);
        };
        let place = place.of(gather, "groupBy");
        if is_object {
            let message = "'groupBy' and 'combine': \"object\" do not go together.";
            reading.error(F::Contradiction, &place, message);
        }
        let Some(selector) = group_by.as_str() else {
            reading.wrong_kind(group_by, &place, "a selector of a part of each output");
            return None;
        };
        if let Err(error) = crate::selector::Selector::compile(selector) {
            let at = error.position + 1;
            let message =
                format!("'{selector}' is not a selector: {} (at character {at}).", error.message);
            reading.error(F::Syntax, &place, message);
            return None;
        }
        let groups = format!("jmespathGroups({outputs}, {})", quoted(selector));
        making.grouped(reading, &sight, &groups, &after)
    }
}

/// How many tasks must have succeeded; nothing inside when it is all of them.
#[expect(clippy::option_option, reason = "the outer one is that nothing could be read")]
fn needed(reading: &mut Reading<'_>, gather: &Node, place: &Place) -> Option<Option<u32>> {
    let condition = reading.optional_text(gather, place, "condition");
    let count = reading.number(gather, place, "count", 1..=100_000);
    let has_count = gather.get("count").is_some();
    match (condition.as_deref(), count) {
        (Some("count"), Some(count)) => Some(Some(count)),
        (Some("count"), None) if !has_count => {
            reading.missing(place, "count");
            None
        }
        (None | Some("all"), _) if !has_count => Some(None),
        (Some("any"), _) if !has_count => Some(Some(1)),
        (None | Some("all" | "any"), _) => {
            let message = "'count' belongs to 'condition': \"count\".";
            reading.error(F::Contradiction, &place.of(gather, "count"), message);
            None
        }
        (Some("count"), None) => None,
        (Some(other), _) => {
            let message = format!("'{other}' is not one of all, any, count.");
            reading.error(F::WrongValue, &place.of(gather, "condition"), message);
            None
        }
    }
}

impl Making<'_, '_> {
    /// What was gathered, for one task or for none.
    fn gathered(
        &mut self,
        reading: &mut Reading<'_>,
        sight: &Sight,
        gathered: &str,
        after: Json,
    ) -> Option<()> {
        if !self.has_who() {
            let result = outcome(reading, self.stage, sight, gathered)?;
            self.alone(result, after);
            return Some(());
        }
        let who = self.who(reading, sight);
        let input = self.input(reading, sight, gathered);
        self.tasks(reading, &[(who?, input?)], sight, &after)
    }

    fn grouped(
        &mut self,
        reading: &mut Reading<'_>,
        sight: &Sight,
        groups: &str,
        after: &Json,
    ) -> Option<()> {
        if self.has_who() {
            return self.each(reading, "group", groups, sight, after);
        }
        let name = self.name("groups");
        let groups = json!({"type": "Compose", "inputs": format!("@{groups}"), "runAfter": after});
        self.actions.insert(name.clone(), groups);
        let group = sight.with("group", "item()");
        let result = outcome(reading, self.stage, &group, "item()")?;
        let select = json!({"type": "Select", "inputs": {
            "from": format!("@outputs('{name}')"),
            "select": result["inputs"],
        }, "runAfter": {name: ["Succeeded"]}});
        let name = self.name("result");
        self.actions.insert(name.clone(), select);
        self.outputs(&format!("body('{name}')"), vec![name]);
        Some(())
    }
}
