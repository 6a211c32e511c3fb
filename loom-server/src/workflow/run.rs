//! `loom workflow run`: one run of a definition, on a data directory or against mocks.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use loom_core::fingerprint;
use loom_runtime::workflow::{Began, RunId, RunRefusal, StartError, StartRun, Workflows};
use loom_runtime::{Settings, Stopped};
use loom_workflow::{Definition, Object, Rehearsal, Value, rehearse as try_out, with_connections};
use serde_json::json;

use super::{WorkflowSettings, graph, picture, source};
use crate::cli::Store;
use crate::deployment::Deployment;
use crate::exit::{Exit, Stop};
use crate::signals::Signals;
use crate::{hosting, stores};

/// How often it is looked how far the run is.
const LOOK: Duration = Duration::from_millis(200);

/// What is run, and how it is told.
pub(super) struct Asked {
    pub(super) file: PathBuf,
    pub(super) input: String,
    pub(super) headers: String,
    pub(super) parameters: String,
    pub(super) name: Option<String>,
    pub(super) run: Option<String>,
    pub(super) json: bool,
}

impl Asked {
    fn name(&self) -> String {
        let stem = || self.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        self.name.clone().or_else(stem).unwrap_or_else(|| "workflow".to_owned())
    }

    fn trigger_outputs(&self) -> Result<Value, Stop> {
        let headers = argument("--headers", &self.headers)?;
        if headers.as_object().is_none() {
            return Err(Stop::new(Exit::Usage, "--headers is no JSON object"));
        }
        let body = argument("--input", &self.input)?;
        Ok(Object::from([("headers", headers), ("body", body)]).into())
    }

    fn parameters(&self) -> Result<Value, Stop> {
        let parameters = argument("--parameters", &self.parameters)?;
        if parameters.as_object().is_none() {
            return Err(Stop::new(Exit::Usage, "--parameters is no JSON object"));
        }
        Ok(parameters)
    }
}

/// JSON, or a file with JSON.
fn argument(name: &str, given: &str) -> Result<Value, Stop> {
    let text = match given.strip_prefix('@') {
        Some(file) => source::whole(Path::new(file))?,
        None => given.to_owned(),
    };
    Value::from_json_text(&text)
        .map_err(|error| Stop::new(Exit::Usage, format!("{name} is no JSON: {error}")))
}

/// Runs the definition on a host of its own.
pub(super) async fn run(store: &Store, asked: Asked) -> Result<Exit, Stop> {
    let text = source::definition(&asked.file)?;
    let start = StartRun {
        outputs: Some(asked.trigger_outputs()?),
        parameters: asked.parameters()?,
        run: asked.run.clone(),
        ..StartRun::default()
    };
    let settings = stores::embedded(&store.data.dir, store.durability.into());
    let opened = Deployment::on(settings).open().await?;
    let mut signals = Signals::take()?;
    let partitions = hosting::partitions(&opened.stores).await?;
    let told = WorkflowSettings::default();
    let host =
        hosting::start(&opened, Settings { partitions, ..Settings::default() }, told).await?;
    let workflows = host.workflows().expect("every host of this program runs workflows");
    let ended = tokio::select! {
        ended = carry_out(&workflows, &asked, &text, start) => ended.map(Some),
        () = signals.next() => Ok(None),
    };
    if host.stop(hosting::STOP_LIMIT).await == Stopped::LimitReached {
        tracing::warn!("not everything has ended; the next start takes it up");
    }
    match ended? {
        Some(exit) => Ok(exit),
        None => Ok(Exit::Interrupted),
    }
}

async fn carry_out(
    workflows: &Workflows,
    asked: &Asked,
    text: &str,
    start: StartRun,
) -> Result<Exit, Stop> {
    let name = asked.name();
    // Another text is another version, and the same one is the same.
    let version = format!("0.0.0-{:016x}", fingerprint(&[text.as_bytes()]));
    workflows.publish(&name, &version, text).await.map_err(|error| publish(asked, error))?;
    let start = StartRun { version: Some(version), ..start };
    let named = asked.run.clone();
    let id = match workflows.start(&name, start).await {
        Ok(started) if started.began == Began::Skipped => {
            writeln!(io::stderr(), "the conditions of the trigger start no run")?;
            return Ok(Exit::Done);
        }
        Ok(started) => started.id,
        // One that was interrupted goes on by itself.
        Err(StartError::Refused(RunRefusal::Exists)) if named.is_some() => {
            RunId { workflow: name, run: named.unwrap_or_default() }
        }
        Err(error) => return Err(Stop::new(Exit::BadInput, error)),
    };
    writeln!(io::stderr(), "run {id}")?;
    let bar = bar();
    let ended = workflows.ended(&id);
    tokio::pin!(ended);
    let view = loop {
        tokio::select! {
            view = &mut ended => break view,
            () = tokio::time::sleep(LOOK) => {
                if let (Some(bar), Ok(actions)) = (&bar, workflows.actions(&id).await) {
                    let done = actions.iter().filter(|it| it.record.ended_at.is_some()).count();
                    let doing = actions.iter().filter(|it| it.record.ended_at.is_none());
                    let doing: Vec<_> = doing.map(|it| it.path.as_str()).take(3).collect();
                    bar.set_message(format!("{done} actions done; {}", doing.join(", ")));
                }
            }
        }
    };
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let refused = |error| Stop::new(Exit::TryAgain, error);
    let view = view.map_err(refused)?;
    let actions = workflows.actions(&id).await.map_err(refused)?;
    let shown = actions.iter().map(|action| {
        let mut shown = action.to_rest(&id.workflow, &id.run);
        // The name of a repetition is its number, from which people cannot tell which it is.
        if !asked.json {
            shown["name"] = action.path.as_str().into();
        }
        shown
    });
    let actions: Vec<_> = shown.collect();
    picture::print(&view.to_rest(), &actions, asked.json)
}

fn publish(asked: &Asked, error: loom_runtime::workflow::PublishError) -> Stop {
    use loom_runtime::workflow::PublishError;
    match error {
        PublishError::Invalid(findings) => graph::refused(&asked.file, &findings),
        error => Stop::new(Exit::BadInput, error),
    }
}

/// What shows people how far it is; nothing if nobody sees it.
fn bar() -> Option<ProgressBar> {
    if !io::stderr().is_terminal() {
        return None;
    }
    let style = ProgressStyle::with_template("{elapsed_precise} {spinner} {msg}");
    let bar = ProgressBar::new_spinner().with_style(style.expect("the template is valid"));
    bar.enable_steady_tick(LOOK);
    Some(bar)
}

/// Plays the run without calling anything, and keeps nothing.
pub(super) fn rehearse(asked: &Asked, mock: &Path) -> Result<Exit, Stop> {
    let text = source::definition(&asked.file)?;
    let definition =
        Definition::parse(&text).map_err(|findings| graph::refused(&asked.file, &findings))?;
    let mocks = Value::from_json_text(&source::whole(mock)?).map_err(|error| {
        Stop::new(Exit::BadInput, format!("{}: it is no JSON: {error}", mock.display()))
    })?;
    let trigger = asked.trigger_outputs()?;
    let parameters = with_connections(&text, &definition, asked.parameters()?);
    let played = try_out(&definition, &trigger, &parameters, &mocks)
        .map_err(|why| Stop::new(Exit::BadInput, why))?;
    let name = asked.name();
    let mut exit = Exit::Done;
    for (n, played) in played.iter().enumerate() {
        let run = rehearsed(&name, n, played);
        let actions = played.records.iter().map(|it| {
            let record = &it.record;
            let properties = json!({
                "status": record.status.name(), "code": record.code, "error": record.error,
                "inputs": record.inputs, "outputs": record.outputs,
            });
            json!({ "name": it.path, "properties": properties })
        });
        let ended = picture::print(&run, &actions.collect::<Vec<_>>(), asked.json)?;
        if ended != Exit::Done {
            exit = ended;
        }
    }
    Ok(exit)
}

fn rehearsed(name: &str, n: usize, played: &Rehearsal) -> serde_json::Value {
    let response = played
        .response
        .as_ref()
        .map(|it| json!({ "statusCode": it.status_code, "headers": it.headers, "body": it.body }));
    json!({
        "id": format!("/workflows/{name}/runs/{n}"),
        "name": n.to_string(),
        "properties": {
            "status": played.status.name(),
            "error": played.error,
            "outputs": played.outputs,
            "response": response,
        },
    })
}
