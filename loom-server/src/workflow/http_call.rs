//! `Http` actions: requests to whatever address a workflow names.

mod application;
mod authentication;
mod request;

use std::error::Error as _;
use std::time::Duration;

use async_trait::async_trait;
use loom_runtime::workflow::{Connector, ConnectorCall};
use loom_workflow::planner::Answer;
use loom_workflow::{Content, Object, Value};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response, StatusCode};

use application::Tokens;
use authentication::Proof;

/// What a call may take that says nothing of it, as in the service.
const LIMIT: Duration = Duration::from_mins(2);
/// The longest body that is taken, as in the service.
const BODY_BYTES_MAX: usize = 100 << 20;

/// Sends the requests of `Http` actions.
#[derive(Debug)]
pub(crate) struct HttpCalls {
    client: Client,
    tokens: Tokens,
}

impl HttpCalls {
    /// # Errors
    ///
    /// Fails when the roots of trust of this machine cannot be read.
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        Ok(Self { client: client().build()?, tokens: Tokens::default() })
    }

    /// # Errors
    ///
    /// Returns the answer to a request that could not be sent, or had no answer.
    async fn send(&self, call: &ConnectorCall) -> Result<Answer, Answer> {
        let wrong = |mistake| Answer::refused("BadRequest", mistake);
        let (mut request, proof) = request::of(call).map_err(wrong)?;
        let mut sender = self.client.clone();
        match &proof {
            Proof::None => {}
            Proof::Header(proof) => {
                request.headers_mut().insert(AUTHORIZATION, proof.clone());
            }
            Proof::Application(application) => {
                let token = self.tokens.of(&self.client, application).await?;
                request.headers_mut().insert(AUTHORIZATION, token);
            }
            Proof::Certificate(identity) => {
                let made = client().identity((**identity).clone()).build();
                let unfit = |_| wrong("`authentication.pfx` cannot be used".to_owned());
                sender = made.map_err(unfit)?;
            }
        }
        let response = sender.execute(request).await.map_err(|error| unreachable(&error))?;
        if let Proof::Application(application) = &proof
            && response.status() == StatusCode::UNAUTHORIZED
        {
            self.tokens.forget(application);
        }
        answer(response).await
    }
}

#[async_trait]
impl Connector for HttpCalls {
    async fn call(&self, call: ConnectorCall) -> Answer {
        let limit = call.timeout.map_or(LIMIT, |limit| limit.min(LIMIT));
        let Ok(Ok(answer) | Err(answer)) = tokio::time::timeout(limit, self.send(&call)).await
        else {
            let seconds = limit.as_secs_f64();
            return Answer::unreachable("ActionTimedOut", format!("no answer within {seconds} s"));
        };
        answer
    }
}

fn client() -> ClientBuilder {
    // What a redirection means is for the workflow to say.
    Client::builder().redirect(Policy::none())
}

async fn answer(response: Response) -> Result<Answer, Answer> {
    let mut outputs = Object::new();
    outputs.insert("statusCode", Value::from(i64::from(response.status().as_u16())));
    outputs.insert("headers", headers(response.headers()));
    let media_type = response.headers().get(CONTENT_TYPE);
    let media_type = media_type.map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
    let bytes = body(response).await?;
    if let Some(body) = (Content { media_type, bytes }).to_value() {
        outputs.insert("body", body);
    }
    Ok(Answer::outputs(outputs.into()))
}

async fn body(mut response: Response) -> Result<Vec<u8>, Answer> {
    let mut bytes = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| unreachable(&error))? {
        if bytes.len() + part.len() > BODY_BYTES_MAX {
            let message = format!("the answer is larger than {BODY_BYTES_MAX} bytes");
            return Err(Answer::refused("ResponseTooLarge", message));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// Headers as an object: those of one name are one, with commas.
fn headers(headers: &HeaderMap) -> Value {
    let mut object = Object::new();
    for name in headers.keys() {
        let values = headers.get_all(name).iter();
        let values: Vec<_> = values.map(|it| String::from_utf8_lossy(it.as_bytes())).collect();
        object.insert(name.as_str(), values.join(", ").into());
    }
    object.into()
}

/// No answer came. The address is not told again: a signature may be in it.
fn unreachable(error: &reqwest::Error) -> Answer {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    let told = causes.join(": ");
    let code = if told.contains("dns error") {
        "UnresolvableHostName"
    } else if error.is_connect() {
        "ConnectFailure"
    } else if error.is_timeout() {
        "ActionTimedOut"
    } else {
        "ServiceProviderActionFailed"
    };
    Answer::unreachable(code, if told.is_empty() { "the request failed".to_owned() } else { told })
}

#[cfg(test)]
mod tests;
