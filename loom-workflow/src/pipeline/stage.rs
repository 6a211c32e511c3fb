//! One stage, as an action that holds its tasks.

use serde_json::{Map, Value as Json, json};

use super::mode::Mode;
use super::read::{CONCURRENCY_MAX, Defaults, Planned, members, sight, time};
use super::sight::{Sight, outputs_of, quoted};
use super::task::{Terms, outcome};
use super::who::{Assigned, assigned};
use crate::definition::{Node, Reading, TextPlace as Place};
use crate::validation::FindingCode as F;

const EVERY_STAGE: [&str; 10] = [
    "name",
    "description",
    "mode",
    "dependsOn",
    "when",
    "output",
    "config",
    "retry",
    "circuitBreaker",
    "compensation",
];
const BROADCAST_MAX: usize = 100;

/// All stages, to find others from one.
pub(super) struct Stages<'a, 'n> {
    pub(super) planned: &'a [Planned<'n>],
    pub(super) defaults: &'a Defaults,
}

/// A stage while its actions are made.
pub(super) struct Making<'a, 'n> {
    pub(super) stage: &'a Planned<'n>,
    pub(super) sight: Sight,
    terms: Terms,
    concurrency: Option<u32>,
    /// Whether who gathers minds failed tasks, and not the stage.
    is_tolerant: bool,
    pub(super) actions: Map<String, Json>,
}

impl Stages<'_, '_> {
    /// The action of a stage.
    pub(super) fn stage(&self, reading: &mut Reading<'_>, at: usize) -> Option<Json> {
        let stage = &self.planned[at];
        let (node, place) = (stage.node, &stage.place);
        let known = [&EVERY_STAGE[..], stage.mode.own_members()].concat();
        members(reading, node, place, &known, &[]);
        let sight = sight(self.planned, at);
        let terms = Terms::read(reading, stage, self.defaults.attempts.as_ref());
        let (own, delay) = config(reading, node, place);
        let mut making = Making {
            stage,
            sight,
            terms,
            concurrency: own.or(self.defaults.concurrency),
            is_tolerant: self.is_tolerant(at),
            actions: Map::new(),
        };
        let made = match stage.mode {
            Mode::Single => making.single(reading),
            Mode::Scatter => making.scatter(reading),
            Mode::Gather => self.gather(reading, &mut making),
            Mode::Broadcast => making.broadcast(reading),
            Mode::ForkJoin => making.fork_join(reading),
            Mode::Approval => making.approval(reading),
        };
        let undo = compensation(reading, &making);
        let condition =
            node.get("when").map(|it| making.sight.test(reading, it, &place.of(node, "when")));
        made?;
        if let Some(seconds) = delay {
            making.delay(seconds);
        }
        let mut action = json!({"type": "Scope", "actions": making.actions});
        if let Some(undo) = undo {
            action["compensate"] = json!({"actions": undo?});
        }
        if let Some(condition) = condition {
            let work = format!("{}.work", stage.name);
            action = json!({
                "type": "If",
                "expression": format!("@{}", condition?),
                "actions": {work: action},
            });
        }
        let after: Map<String, Json> = stage
            .after
            .iter()
            .map(|it| (self.planned[*it].name.clone(), json!(["Succeeded"])))
            .collect();
        action["runAfter"] = Json::Object(after);
        Some(action)
    }

    /// Whether some stage gathers less than everything from this one.
    fn is_tolerant(&self, at: usize) -> bool {
        self.planned.iter().any(|it| {
            let condition = it.node.get("gather").and_then(|it| it.get("condition")?.as_str());
            it.sources.contains(&at) && matches!(condition, Some("any" | "count"))
        })
    }
}

/// How many tasks at once, and how many seconds before the first.
fn config(reading: &mut Reading<'_>, node: &Node, place: &Place) -> (Option<u32>, Option<u64>) {
    let Some(config) = node.get("config").filter(|it| !it.is_null()) else { return (None, None) };
    let place = place.of(node, "config");
    let refused = [
        ("leaseTtlMs", "A task is leased by the host that runs it, from when it runs it."),
        ("deadLetterQueue", "The records of the run hold every task that failed, and why."),
    ];
    let known = ["concurrency", "timeout", "retryPolicy", "initialDelayMs"];
    members(reading, config, &place, &known, &refused);
    let concurrency = reading.number(config, &place, "concurrency", 1..=CONCURRENCY_MAX);
    let delay = time(reading, config, &place, "initialDelayMs");
    if delay.is_some_and(|delay| delay.subsec_nanos() > 0) {
        let message = "A stage waits for whole seconds: a multiple of 1000.";
        reading.error(F::OutOfRange, &place.of(config, "initialDelayMs"), message);
    }
    (concurrency, delay.map(|delay| delay.as_secs()))
}

/// What undoes a stage.
#[expect(clippy::option_option, reason = "the outer one is that there is nothing to undo")]
fn compensation(reading: &mut Reading<'_>, making: &Making<'_, '_>) -> Option<Option<Json>> {
    let stage = making.stage;
    let written = stage.node.get("compensation").filter(|it| !it.is_null())?;
    let place = stage.place.of(stage.node, "compensation");
    Some(undo(reading, making, written, &place))
}

fn undo(
    reading: &mut Reading<'_>,
    making: &Making<'_, '_>,
    written: &Node,
    place: &Place,
) -> Option<Json> {
    members(reading, written, place, &["actor", "activity", "input", "condition"], &[]);
    let name = &making.stage.name;
    let sight = making.sight.after(name);
    let who = assigned(reading, written, place, &sight);
    let input = match written.get("input") {
        Some(input) => sight.template(reading, input, &place.of(written, "input"))?,
        None => json!(format!("@{}", outputs_of(name))),
    };
    let key = quoted(&format!("/{name}/undo"));
    let undo = making.terms.task(&who?, &input, &key);
    let action = format!("{name}.undo");
    let Some(condition) = written.get("condition") else {
        return Some(json!({action: undo}));
    };
    let condition = sight.test(reading, condition, &place.of(written, "condition"))?;
    Some(json!({format!("{name}.undone"): {
        "type": "If",
        "expression": format!("@{condition}"),
        "actions": {action: undo},
    }}))
}

/// At least one, and not too many.
fn several<'b>(reading: &mut Reading<'_>, node: &'b Node, place: &Place) -> Option<&'b [Node]> {
    let items = node.as_array();
    if items.is_none_or(<[_]>::is_empty) {
        reading.wrong_kind(node, place, "an array with something in it");
        return None;
    }
    let items = items.unwrap_or_default();
    if items.len() > BROADCAST_MAX {
        let message = format!("{} are more than {BROADCAST_MAX}.", items.len());
        reading.error(F::TooMany, place, message);
        return None;
    }
    Some(items)
}

impl Making<'_, '_> {
    pub(super) fn name(&self, part: &str) -> String {
        format!("{}.{part}", self.stage.name)
    }

    pub(super) fn who(&self, reading: &mut Reading<'_>, sight: &Sight) -> Option<Assigned> {
        assigned(reading, self.stage.node, &self.stage.place, sight)
    }

    /// The input of a task: what the stage says, else `or`.
    pub(super) fn input(&self, reading: &mut Reading<'_>, sight: &Sight, or: &str) -> Option<Json> {
        match self.stage.node.get("input") {
            Some(input) => {
                sight.template(reading, input, &self.stage.place.of(self.stage.node, "input"))
            }
            None => Some(json!(format!("@{or}"))),
        }
    }

    fn single(&mut self, reading: &mut Reading<'_>) -> Option<()> {
        let sight = self.sight.clone();
        let who = self.who(reading, &sight);
        let input = self.input(reading, &sight, "triggerBody()");
        self.tasks(reading, &[(who?, input?)], &sight, &json!({}))
    }

    fn broadcast(&mut self, reading: &mut Reading<'_>) -> Option<()> {
        let (node, place) = (self.stage.node, self.stage.place.clone());
        let (config, place) = reading.required(node, &place, "executorConfig")?;
        members(reading, config, &place, &["actors", "waitForAll"], &[]);
        if config.get("waitForAll").and_then(Node::as_bool) == Some(false) {
            let message = "'waitForAll': false is not taken: a stage ends when its tasks have.";
            reading.error(F::IgnoredProperty, &place.of(config, "waitForAll"), message);
        }
        let (actors, place) = reading.required(config, &place, "actors")?;
        let sight = self.sight.clone();
        let input = self.input(reading, &sight, "triggerBody()");
        let mut tasks = Vec::new();
        for (at, actor) in several(reading, actors, &place)?.iter().enumerate() {
            let place = place.item(at, actor);
            let who = if actor.as_object().is_some() {
                assigned(reading, actor, &place, &sight)
            } else {
                let actor = Node::object_of("actor", actor.clone());
                assigned(reading, &actor, &place, &sight)
            };
            tasks.push((who?, input.clone()?));
        }
        self.tasks(reading, &tasks, &sight, &json!({}))
    }

    fn fork_join(&mut self, reading: &mut Reading<'_>) -> Option<()> {
        let (node, place) = (self.stage.node, self.stage.place.clone());
        let (branches, place) = match node.get("executorConfig") {
            Some(config) => {
                let place = place.of(node, "executorConfig");
                members(reading, config, &place, &["branches"], &[]);
                reading.required(config, &place, "branches")?
            }
            None => reading.required(node, &place, "branches")?,
        };
        let sight = self.sight.clone();
        let mut tasks = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for (at, branch) in several(reading, branches, &place)?.iter().enumerate() {
            let place = place.item(at, branch);
            members(reading, branch, &place, &["name", "actor", "activity", "input"], &[]);
            let name = reading.text(branch, &place, "name")?;
            if names.contains(&name) {
                let message = format!("There are two branches '{name}'.");
                reading.error(F::DuplicateName, &place.of(branch, "name"), message);
            }
            names.push(name);
            let who = assigned(reading, branch, &place, &sight);
            let input = match branch.get("input") {
                Some(input) => sight.template(reading, input, &place.of(branch, "input"))?,
                None => json!("@triggerBody()"),
            };
            tasks.push((who?, input));
        }
        self.tasks(reading, &tasks, &sight, &json!({}))
    }

    pub(super) fn has_who(&self) -> bool {
        ["actor", "activity"].iter().any(|name| self.stage.node.get(name).is_some())
    }

    /// An output without a task.
    pub(super) fn alone(&mut self, mut result: Json, after: Json) {
        result["runAfter"] = after;
        let name = self.name("result");
        self.actions.insert(name.clone(), result);
        self.outputs(&format!("createArray(outputs('{name}'))"), vec![name]);
    }

    fn scatter(&mut self, reading: &mut Reading<'_>) -> Option<()> {
        let stage = self.stage;
        let (scatter, place) = reading.required(stage.node, &stage.place, "scatter")?;
        let several = "'config.concurrency' says how many tasks are under way at once.";
        let refused = [("maxParallel", several), ("batchSize", several)];
        members(reading, scatter, &place, &["input", "as", "condition"], &refused);
        let name = reading.optional_text(scatter, &place, "as");
        let name = name.unwrap_or_else(|| "item".to_owned());
        let (input, at) = reading.required(scatter, &place, "input")?;
        let Some(text) = input.as_str() else {
            reading.wrong_kind(input, &at, "a selector that finds an array");
            return None;
        };
        let items = self.sight.call(reading, "jmespath", text, &at)?;
        let (items, after) = match scatter.get("condition") {
            None => (items, json!({})),
            Some(condition) => {
                let sight = self.sight.with(&name, "item()");
                let place = place.of(scatter, "condition");
                let condition = sight.test(reading, condition, &place)?;
                let kept = self.name("items");
                let query = json!({"type": "Query", "inputs": {
                    "from": format!("@{items}"),
                    "where": format!("@{condition}"),
                }});
                self.actions.insert(kept.clone(), query);
                (format!("body('{kept}')"), json!({kept: ["Succeeded"]}))
            }
        };
        let sight = self.sight.clone();
        self.each(reading, &name, &items, &sight, &after)
    }

    /// One task for each element.
    pub(super) fn each(
        &mut self,
        reading: &mut Reading<'_>,
        name: &str,
        items: &str,
        sight: &Sight,
        after: &Json,
    ) -> Option<()> {
        let (each, task, result) = (self.name("each"), self.name("task"), self.name("result"));
        let index = format!("iterationIndexes('{each}')");
        let sight = sight.with("index", index.as_str()).with(name, format!("items('{each}')"));
        let who = self.who(reading, &sight);
        let input = self.input(reading, &sight, &format!("items('{each}')"));
        let outcome = outcome(reading, self.stage, &sight, &format!("body('{task}')"));
        let key = format!("{}, string({index})", quoted(&format!("/{}/", self.stage.name)));
        let mut outcome = outcome?;
        outcome["runAfter"] = json!({task.as_str(): ["Succeeded"]});
        let body = json!({task: self.terms.task(&who?, &input?, &key), result.as_str(): outcome});
        let mut action = json!({
            "type": "Foreach",
            "foreach": format!("@{items}"),
            "actions": body,
            "runAfter": after,
        });
        if let Some(concurrency) = self.concurrency {
            action["runtimeConfiguration"] = json!({"concurrency": {"repetitions": concurrency}});
        }
        self.actions.insert(each.clone(), action);
        self.outputs(&format!("coalesce(outputs('{result}'), json('[]'))"), vec![each]);
        Some(())
    }

    /// Tasks side by side, as many at once as may be.
    pub(super) fn tasks(
        &mut self,
        reading: &mut Reading<'_>,
        tasks: &[(Assigned, Json)],
        sight: &Sight,
        first: &Json,
    ) -> Option<()> {
        let at_once = self.concurrency.map_or(usize::MAX, |it| it as usize);
        let mut results = Vec::new();
        for (at, (who, input)) in tasks.iter().enumerate() {
            let (task, result) =
                (self.name(&format!("task.{at}")), self.name(&format!("result.{at}")));
            let key = quoted(&format!("/{}/{at}", self.stage.name));
            let mut action = self.terms.task(who, input, &key);
            action["runAfter"] = match at.checked_sub(at_once) {
                Some(earlier) => {
                    let earlier = self.name(&format!("task.{earlier}"));
                    json!({earlier: ["Succeeded", "Failed", "TimedOut", "Skipped"]})
                }
                None => first.clone(),
            };
            let mut outcome = outcome(reading, self.stage, sight, &format!("body('{task}')"))?;
            outcome["runAfter"] = json!({task.as_str(): ["Succeeded"]});
            self.actions.insert(task, action);
            self.actions.insert(result.clone(), outcome);
            results.push(result);
        }
        let all: Vec<String> = results.iter().map(|it| format!("outputs('{it}')")).collect();
        self.outputs(&format!("createArray({})", all.join(", ")), results);
        Some(())
    }

    /// What the stage puts out, from what came of its tasks, when `after` has ended.
    pub(super) fn outputs(&mut self, results: &str, after: Vec<String>) {
        let mut statuses = json!(["Succeeded"]);
        let mut from = results.to_owned();
        if self.is_tolerant {
            statuses = json!(["Succeeded", "Failed", "TimedOut", "Skipped"]);
            let name = self.name("succeeded");
            let after: Map<String, Json> =
                after.iter().map(|it| (it.clone(), statuses.clone())).collect();
            let query = json!({"type": "Query", "inputs": {
                "from": format!("@{results}"),
                "where": "@not(equals(item(), null))",
            }, "runAfter": after});
            self.actions.insert(name.clone(), query);
            from = format!("body('{name}')");
            return self.select(&from, vec![name], &json!(["Succeeded"]));
        }
        self.select(&from, after, &statuses);
    }

    fn select(&mut self, from: &str, after: Vec<String>, statuses: &Json) {
        let after: Map<String, Json> = after.into_iter().map(|it| (it, statuses.clone())).collect();
        let select = json!({"type": "Select", "inputs": {
            "from": format!("@{from}"),
            "select": "@item()['value']",
        }, "runAfter": after});
        self.actions.insert(self.name("outputs"), select);
    }

    /// Lets what comes first wait.
    fn delay(&mut self, seconds: u64) {
        let name = self.name("delay");
        let has_before = |it: &Json| it["runAfter"].as_object().is_some_and(|it| !it.is_empty());
        for action in self.actions.values_mut().filter(|it| !has_before(it)) {
            action["runAfter"] = json!({name.as_str(): ["Succeeded"]});
        }
        let inputs = json!({"interval": {"count": seconds, "unit": "Second"}});
        self.actions.insert(name, json!({"type": "Wait", "inputs": inputs}));
    }
}
