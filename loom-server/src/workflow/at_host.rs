//! Runs of a host, asked of it over HTTP.

use std::io::{self, Write as _};

use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde_json::Value;

use super::picture;
use crate::cli::Server;
use crate::exit::{Exit, Stop};

/// An address below that of a host.
fn address(server: &Server, segments: &[&str]) -> Result<Url, Stop> {
    let wrong = |why: &str| Stop::new(Exit::Usage, format!("--server {:?} {why}", server.url));
    let mut url = Url::parse(&server.url).map_err(|error| wrong(&format!("is no URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("begins neither with http:// nor with https://"));
    }
    url.path_segments_mut()
        .map_err(|()| wrong("is no address of a host"))?
        .pop_if_empty()
        .extend(segments);
    Ok(url)
}

/// The address of a run, named `workflow/run`, or of something below it.
fn run_address(server: &Server, run: &str, below: Option<&str>) -> Result<Url, Stop> {
    let (workflow, run) = run.rsplit_once('/').ok_or_else(|| {
        let why = format!("{run:?} does not name a run: workflow/run is needed");
        Stop::new(Exit::Usage, why)
    })?;
    let segments = ["workflows", workflow, "runs", run];
    address(server, &segments.into_iter().chain(below).collect::<Vec<_>>())
}

async fn ask(server: &Server, request: RequestBuilder) -> Result<Value, Stop> {
    let unreachable = |error: reqwest::Error| {
        let why = format!("no host answers at {}: {error}; is `loom dev` running?", server.url);
        Stop::new(Exit::TryAgain, why)
    };
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let text = response.text().await.map_err(unreachable)?;
    if status.is_success() {
        return Ok(serde_json::from_str(&text).unwrap_or_default());
    }
    let problem: Value = serde_json::from_str(&text).unwrap_or_default();
    let detail = problem.get("detail").and_then(Value::as_str);
    let exit = match status {
        StatusCode::NOT_FOUND => Exit::NotFound,
        StatusCode::CONFLICT => Exit::WorkFailed,
        status if status.is_server_error() => Exit::TryAgain,
        _ => Exit::BadInput,
    };
    let why = detail.map_or_else(|| format!("{} answers {status}", server.url), str::to_owned);
    Err(Stop::new(exit, why))
}

fn values(listed: &Value) -> Vec<Value> {
    listed.get("value").and_then(Value::as_array).cloned().unwrap_or_default()
}

pub(super) async fn status(server: &Server, run: &str, as_json: bool) -> Result<Exit, Stop> {
    let client = Client::new();
    let (found, actions) =
        (run_address(server, run, None)?, run_address(server, run, Some("actions"))?);
    let found = ask(server, client.get(found)).await?;
    let actions = values(&ask(server, client.get(actions)).await?);
    let _ = picture::print(&found, &actions, as_json)?;
    Ok(Exit::Done)
}

pub(super) async fn list(
    server: &Server,
    workflow: &str,
    status: Option<&str>,
    as_json: bool,
) -> Result<Exit, Stop> {
    let client = Client::new();
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    let mut url = address(server, &["workflows", workflow, "runs"])?;
    if let Some(status) = status {
        url.query_pairs_mut().append_pair("status", status);
    }
    loop {
        let page = ask(server, client.get(url.clone())).await?;
        for run in values(&page) {
            if as_json {
                writeln!(stdout, "{run}")?;
                continue;
            }
            let text = |pointer| run.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let (name, status) = (text("/name"), text("/properties/status"));
            let (began, why) = (text("/properties/startTime"), text("/properties/error/message"));
            writeln!(stdout, "{}", format!("{name}\t{status}\t{began}\t{why}").trim_end())?;
        }
        let Some(next) = page.get("nextLink").and_then(Value::as_str) else { break };
        url = url.join(next).map_err(|error| {
            Stop::new(
                Exit::BadInput,
                format!("{} names {next:?} as its next page: {error}", server.url),
            )
        })?;
    }
    stdout.flush()?;
    Ok(Exit::Done)
}

pub(super) async fn change(
    server: &Server,
    run: &str,
    what: &str,
    body: &Value,
) -> Result<Exit, Stop> {
    let url = run_address(server, run, Some(what))?;
    let client = Client::new();
    let request = client.post(url).header("content-type", "application/json");
    let _ = ask(server, request.body(body.to_string())).await?;
    Ok(Exit::Done)
}
