//! Pipelines as Rust.

use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use crate::validation::Finding;

/// A pipeline. It is written as JSON and read as such, so that both forms mean the same.
///
/// ```
/// use loom_workflow::pipeline::{Gather, Pipeline, Retry, Stage, Who};
/// use std::time::Duration;
///
/// let workflow = Pipeline::new("scoring")
///     .stage(
///         Stage::scatter("score", "trigger.orders", Who::activity("score"))
///             .input(serde_json::json!({"order": "item", "rate": "trigger.rate"}))
///             .concurrency(10)
///             .retry(Retry::linear(3, Duration::from_secs(2))),
///     )
///     .stage(Stage::gather("report", &["score"], Gather::all(), Who::actor("Report")))
///     .to_workflow();
/// assert!(workflow.is_ok());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Pipeline {
    members: Map<String, Json>,
    stages: Vec<Stage>,
}

/// One stage of a pipeline.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Stage(Map<String, Json>);

/// Who does a task.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Who {
    member: &'static str,
    name: Json,
}

/// What starts a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// Somebody who calls.
    Manual,
    /// A message of a topic.
    Event(String),
    /// A recurrence: `{frequency, interval, …}`.
    Schedule(Json),
}

/// How waits between attempts grow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Backoff {
    /// They do not.
    Fixed,
    /// By the first one each time.
    Linear,
    /// They double, and a quarter is added or taken by chance.
    Exponential,
}

/// How often a task is tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retry {
    /// The most attempts, the first one included.
    pub attempts_max: u32,
    /// How waits grow.
    pub backoff: Backoff,
    /// The first wait.
    pub delay: Duration,
    /// The longest wait.
    pub delay_max: Duration,
}

/// When tasks are not tried any more for a while.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Breaker {
    /// So many failures in a row open it.
    pub failures: u32,
    /// It stays open for so long; tasks fail at once meanwhile.
    pub open: Duration,
    /// So many successes after that close it.
    pub successes: u32,
}

/// What a stage gathers.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Gather(Map<String, Json>);

/// How outputs of several stages are put together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Combine {
    /// One array.
    Concat,
    /// An object with an array for each stage.
    Object,
}

/// What happens when nobody decides in time.
#[derive(Clone, Debug, PartialEq)]
pub enum Fallback {
    /// It is approved.
    Approve,
    /// It is rejected.
    Reject,
    /// These are asked.
    Escalate(Vec<String>),
}

fn millis(duration: Duration) -> Json {
    json!(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

impl Pipeline {
    /// A pipeline without stages.
    pub fn new(name: impl Into<String>) -> Self {
        let members = Map::from_iter([("name".to_owned(), Json::String(name.into()))]);
        Self { members, stages: Vec::new() }
    }

    fn config(mut self, name: &str, value: Json) -> Self {
        self.members.entry("config").or_insert_with(|| json!({}))[name] = value;
        self
    }

    /// Which version it is.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.members.insert("version".to_owned(), Json::String(version.into()));
        self
    }

    /// What starts it; somebody who calls, unless this says otherwise.
    pub fn trigger(mut self, trigger: Trigger) -> Self {
        let trigger = match trigger {
            Trigger::Manual => json!({"manual": true}),
            Trigger::Event(topic) => json!({"event": topic}),
            Trigger::Schedule(recurrence) => json!({"schedule": recurrence}),
        };
        self.members.insert("trigger".to_owned(), trigger);
        self
    }

    /// How long all of it may take.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.config("timeout", millis(timeout))
    }

    /// How many tasks of a stage are under way at once, where a stage does not say it.
    pub fn concurrency(self, tasks: u32) -> Self {
        self.config("maxConcurrency", json!(tasks))
    }

    /// How often tasks are tried, where a stage does not say it.
    pub fn retry(self, retry: Retry) -> Self {
        self.config("retryPolicy", retry.json())
    }

    /// Adds a stage. It waits for the one before it, unless it says otherwise.
    pub fn stage(mut self, stage: Stage) -> Self {
        self.stages.push(stage);
        self
    }

    /// The pipeline as JSON.
    #[must_use]
    pub fn to_json_text(&self) -> String {
        let mut members = self.members.clone();
        let stages = self.stages.iter().map(|it| Json::Object(it.0.clone())).collect();
        members.insert("stages".to_owned(), Json::Array(stages));
        Json::Object(members).to_string()
    }

    /// The workflow definition that it becomes.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with pointers into [`to_json_text`](Self::to_json_text).
    pub fn to_workflow(&self) -> Result<String, Vec<Finding>> {
        super::to_workflow(&self.to_json_text())
    }
}

impl Stage {
    fn new(name: impl Into<String>, mode: &str) -> Self {
        let stage = Self(Map::new());
        stage.with("name", Json::String(name.into())).with("mode", json!(mode))
    }

    fn with(mut self, name: &str, value: Json) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    fn config(mut self, name: &str, value: Json) -> Self {
        self.0.entry("config").or_insert_with(|| json!({}))[name] = value;
        self
    }

    /// One task.
    pub fn single(name: impl Into<String>, who: Who) -> Self {
        Self::new(name, "single").with(who.member, who.name)
    }

    /// One task for each element of the array that `items` selects.
    pub fn scatter(name: impl Into<String>, items: impl Into<String>, who: Who) -> Self {
        let scatter = json!({"input": items.into()});
        Self::new(name, "scatter").with("scatter", scatter).with(who.member, who.name)
    }

    /// One task of what `sources` put out, or one for each group of it.
    pub fn gather(name: impl Into<String>, sources: &[&str], gather: Gather, who: Who) -> Self {
        Self::gathered(name, sources, gather).with(who.member, who.name)
    }

    /// What `sources` put out, put together without a task.
    pub fn gathered(name: impl Into<String>, sources: &[&str], gather: Gather) -> Self {
        let Gather(mut gather) = gather;
        gather.insert("stages".to_owned(), json!(sources));
        Self::new(name, "gather").with("gather", Json::Object(gather))
    }

    /// The same task for several.
    pub fn broadcast(name: impl Into<String>, everyone: impl IntoIterator<Item = Who>) -> Self {
        let everyone: Vec<Json> =
            everyone.into_iter().map(|who| json!({who.member: who.name})).collect();
        Self::new(name, "broadcast").with("executorConfig", json!({"actors": everyone}))
    }

    /// Several tasks: name, who, and input.
    pub fn fork_join(
        name: impl Into<String>,
        branches: impl IntoIterator<Item = (&'static str, Who, Json)>,
    ) -> Self {
        let branches: Vec<Json> = branches
            .into_iter()
            .map(|(name, who, input)| json!({"name": name, who.member: who.name, "input": input}))
            .collect();
        Self::new(name, "fork-join").with("branches", json!(branches))
    }

    /// A decision. Without a time limit it is waited for as long as it takes.
    pub fn approval(
        name: impl Into<String>,
        assignees: &[&str],
        within: Option<(Duration, Fallback)>,
    ) -> Self {
        let mut approval = json!({"assignTo": assignees});
        if let Some((timeout, fallback)) = within {
            approval["timeout"] = millis(timeout);
            approval["fallback"] = json!(match fallback {
                Fallback::Approve => "approve",
                Fallback::Reject => "reject",
                Fallback::Escalate(_) => "escalate",
            });
            if let Fallback::Escalate(others) = fallback {
                approval["escalateTo"] = json!(others);
            }
        }
        Self::new(name, "human-approval").with("humanApproval", approval)
    }

    /// What each task gets: any JSON, in which every string is a selector.
    pub fn input(self, input: Json) -> Self {
        self.with("input", input)
    }

    /// What each task puts out, in which `result` is what it answered.
    pub fn output(self, output: Json) -> Self {
        self.with("output", output)
    }

    /// The name of an element in selectors of a scatter; `item`, unless this says otherwise.
    pub fn named(mut self, name: &str) -> Self {
        self.0.entry("scatter").or_insert_with(|| json!({}))["as"] = json!(name);
        self
    }

    /// Scatters only the elements for which this holds.
    pub fn only(mut self, condition: &str) -> Self {
        self.0.entry("scatter").or_insert_with(|| json!({}))["condition"] = json!(condition);
        self
    }

    /// The method of actors that is called; `execute`, unless this says otherwise.
    pub fn method(self, method: &str) -> Self {
        self.with("method", json!(method))
    }

    /// What it waits for.
    pub fn after(self, stages: &[&str]) -> Self {
        self.with("dependsOn", json!(stages))
    }

    /// It is done only if this holds.
    pub fn when(self, condition: &str) -> Self {
        self.with("when", json!(condition))
    }

    /// How many of its tasks are under way at once.
    pub fn concurrency(self, tasks: u32) -> Self {
        self.config("concurrency", json!(tasks))
    }

    /// How long a task may take, with all its attempts.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.config("timeout", millis(timeout))
    }

    /// How long is waited before the first task, in whole seconds.
    pub fn delay(self, delay: Duration) -> Self {
        self.config("initialDelayMs", millis(delay))
    }

    /// How often each task is tried.
    pub fn retry(self, retry: Retry) -> Self {
        self.with("retry", retry.json())
    }

    /// When its tasks are not tried any more for a while.
    pub fn breaker(self, breaker: Breaker) -> Self {
        let breaker = json!({
            "failureThreshold": breaker.failures,
            "timeout": millis(breaker.open),
            "successThreshold": breaker.successes,
        });
        self.with("circuitBreaker", breaker)
    }

    /// What undoes it when the pipeline fails or is cancelled after it has succeeded.
    pub fn compensate(self, who: Who, input: Json, condition: Option<&str>) -> Self {
        let mut compensation =
            Map::from_iter([(who.member.to_owned(), who.name), ("input".to_owned(), input)]);
        if let Some(condition) = condition {
            compensation.insert("condition".to_owned(), json!(condition));
        }
        self.with("compensation", Json::Object(compensation))
    }
}

impl Who {
    /// An actor of this kind.
    pub fn actor(kind: impl Into<String>) -> Self {
        Self { member: "actor", name: Json::String(kind.into()) }
    }

    /// An activity.
    pub fn activity(name: impl Into<String>) -> Self {
        Self { member: "activity", name: Json::String(name.into()) }
    }

    /// The actor of the first condition that holds, else `default`.
    pub fn chosen(cases: &[(&str, &str)], default: Option<&str>) -> Self {
        let cases: Vec<Json> = cases
            .iter()
            .map(|(condition, actor)| json!({"condition": condition, "actor": actor}))
            .collect();
        let mut name = json!({"when": cases});
        if let Some(default) = default {
            name["default"] = json!(default);
        }
        Self { member: "actor", name }
    }
}

impl Retry {
    /// Waits that are always as long.
    #[must_use]
    pub fn fixed(attempts_max: u32, delay: Duration) -> Self {
        Self { attempts_max, backoff: Backoff::Fixed, delay, delay_max: delay }
    }

    /// Waits that grow by the first one, up to an hour.
    #[must_use]
    pub fn linear(attempts_max: u32, delay: Duration) -> Self {
        let delay_max = Duration::from_hours(1);
        Self { attempts_max, backoff: Backoff::Linear, delay, delay_max }
    }

    /// Waits that double, up to an hour.
    #[must_use]
    pub fn exponential(attempts_max: u32, delay: Duration) -> Self {
        let delay_max = Duration::from_hours(1);
        Self { attempts_max, backoff: Backoff::Exponential, delay, delay_max }
    }

    fn json(self) -> Json {
        let backoff = match self.backoff {
            Backoff::Fixed => "fixed",
            Backoff::Linear => "linear",
            Backoff::Exponential => "exponential",
        };
        json!({
            "maxAttempts": self.attempts_max,
            "backoff": backoff,
            "backoffDelay": millis(self.delay),
            "maxBackoffDelay": millis(self.delay_max),
        })
    }
}

impl Gather {
    /// All tasks must have succeeded.
    pub fn all() -> Self {
        Self(Map::new())
    }

    /// One task must have succeeded.
    pub fn any() -> Self {
        Self(Map::from_iter([("condition".to_owned(), json!("any"))]))
    }

    /// So many tasks must have succeeded.
    pub fn count(count: u32) -> Self {
        let condition = ("condition".to_owned(), json!("count"));
        Self(Map::from_iter([condition, ("count".to_owned(), json!(count))]))
    }

    /// Groups of those outputs of which `selector` finds the same, in the order in which they
    /// come: `group` is `{key, items}`.
    pub fn grouped_by(mut self, selector: &str) -> Self {
        self.0.insert("groupBy".to_owned(), json!(selector));
        self
    }

    /// How outputs of several stages are put together.
    pub fn combined(mut self, combine: Combine) -> Self {
        let combine = match combine {
            Combine::Concat => "concat",
            Combine::Object => "object",
        };
        self.0.insert("combine".to_owned(), json!(combine));
        self
    }
}
