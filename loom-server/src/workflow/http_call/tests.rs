use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use loom_runtime::workflow::{Connector as _, ConnectorCall};
use loom_workflow::Value;
use loom_workflow::definition::CallKind;
use loom_workflow::planner::Answer;
use tokio::net::TcpListener;

use super::HttpCalls;

const SECRET: &str = "planted-secret";

/// Whom actions call, and who gives them tokens.
struct Service {
    base: String,
    /// What authorities were asked, in their order.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Service {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&asked);
        let service = axum::Router::new().fallback(move |request| take(Arc::clone(&seen), request));
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { base, asked }
    }

    async fn call(&self, calls: &HttpCalls, path: &str, authentication: &str) -> Answer {
        let inputs = format!(
            "{{method: 'GET', uri: '{}{path}', authentication: {{{authentication}}}}}",
            self.base
        );
        let call = ConnectorCall {
            key: "k".into(),
            kind: CallKind::Http,
            type_name: "Http".into(),
            inputs: Value::from_json_text(&inputs).unwrap(),
            secure: false,
            timeout: None,
        };
        calls.call(call).await
    }

    fn application(&self, tenant: &str, more: &str) -> String {
        format!(
            "type: 'ActiveDirectoryOAuth', authority: '{}', tenant: '{tenant}', clientId: 'app', \
             audience: 'api://a', secret: '{SECRET}'{more}",
            self.base
        )
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

async fn take(asked: Arc<Mutex<Vec<String>>>, request: Request<Body>) -> Response {
    let path = request.uri().path().to_owned();
    let shown = request.headers().get(header::AUTHORIZATION);
    let shown = shown.map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
    let Some(tenant) = path.strip_suffix("/oauth2/token") else {
        let status = if path == "/refuses" { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
        return (status, shown).into_response();
    };
    let form = axum::body::to_bytes(request.into_body(), 10_000).await.unwrap();
    let form = String::from_utf8(form.to_vec()).unwrap();
    let count = {
        let mut asked = asked.lock().unwrap();
        asked.push(format!("{path} {form}"));
        asked.len()
    };
    let given = |expires_in: &str| {
        format!("{{\"access_token\": \"t{count}\", \"expires_in\": {expires_in}}}").into_response()
    };
    match tenant {
        "/number" => given("3600"),
        "/ended" => given("0"),
        "/wrong" => {
            let told =
                format!("{{\"error\": \"invalid_client\", \"error_description\": \"{form}\"}}");
            (StatusCode::UNAUTHORIZED, told).into_response()
        }
        "/odd" => (StatusCode::BAD_REQUEST, format!("{{\"error\": \"{SECRET}\"}}")).into_response(),
        "/busy" => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        "/empty" => "{}".into_response(),
        _ => given("\"3600\""),
    }
}

fn body(answer: &Answer) -> String {
    let outputs = answer.outputs.as_ref().unwrap_or_else(|| panic!("{answer:?}"));
    outputs.property("body").to_text().to_string()
}

#[tokio::test]
async fn an_application_gets_a_token_for_its_secret_and_sends_it() {
    let service = Service::start().await;
    let calls = HttpCalls::new().unwrap();
    let answer = service.call(&calls, "/api", &service.application("a b/c", "")).await;
    assert_eq!(body(&answer), "Bearer t1");
    assert_eq!(
        service.asked.lock().unwrap()[0],
        "/a%20b%2Fc/oauth2/token grant_type=client_credentials&client_id=app&\
         client_secret=planted-secret&resource=api%3A%2F%2Fa"
    );
}

#[tokio::test]
async fn a_token_is_asked_for_again_once_it_has_ended_or_was_refused() {
    let rows = [
        ("text", ["/api", "/api"], 1),
        ("number", ["/api", "/other"], 1),
        ("ended", ["/api", "/api"], 2),
        ("text", ["/refuses", "/api"], 2),
    ];
    for (tenant, paths, asked) in rows {
        let service = Service::start().await;
        let calls = HttpCalls::new().unwrap();
        for path in paths {
            let _ = service.call(&calls, path, &service.application(tenant, "")).await;
        }
        assert_eq!(service.asked(), asked, "{tenant} {paths:?}");
    }
    // Who knows another secret is not given the token of this one.
    let service = Service::start().await;
    let calls = HttpCalls::new().unwrap();
    for secret in ["one", "two", "one"] {
        let authentication = service.application("text", "").replace(SECRET, secret);
        let _ = service.call(&calls, "/api", &authentication).await;
    }
    assert_eq!(service.asked(), 2);
}

#[tokio::test]
async fn who_is_given_no_token_is_told_by_name_and_without_the_secret() {
    let service = Service::start().await;
    let calls = HttpCalls::new().unwrap();
    let rows = [
        ("wrong", "Unauthorized", "the tenant wrong was given no token: 401 invalid_client", true),
        ("odd", "Unauthorized", "the tenant odd was given no token: 400", true),
        ("empty", "Unauthorized", "the tenant empty was given no token: 200", true),
        ("busy", "AuthorityUnavailable", "the tenant busy was given no token: 503", false),
    ];
    for (tenant, code, message, is_final) in rows {
        let answer = service.call(&calls, "/api", &service.application(tenant, "")).await;
        let error = answer.error.as_ref().unwrap_or_else(|| panic!("{answer:?}"));
        let message = format!("the application app of {message}");
        let told = (error.info.code.as_str(), error.info.message.as_str(), error.is_final);
        assert_eq!(told, (code, message.as_str(), is_final));
        assert!(!format!("{answer:?}").contains("planted"), "{answer:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_proved_is_refused_before_anything_is_sent() {
    let service = Service::start().await;
    let calls = HttpCalls::new().unwrap();
    let http = service.application("t", "").replace("127.0.0.1", "10.0.0.4");
    let rows = [
        ("username: 'u'".to_owned(), "`authentication.type` is missing"),
        ("type: 'Basic', username: 'u'".to_owned(), "`authentication.password` is missing"),
        ("type: 'ActiveDirectoryOAuth', tenant: 't'".to_owned(), "`authentication.audience`"),
        (service.application("t", ", credentialType: 'Certificate'"), "takes Secret"),
        (http, "`authentication.authority` does not begin with https"),
        ("type: 'ManagedServiceIdentity'".to_owned(), "needs an identity of Azure"),
        ("type: 'ClientCertificate'".to_owned(), "`authentication.pfx` is missing"),
        ("type: 'ClientCertificate', pfx: 'MIIK planted'".to_owned(), "reads no PKCS#12"),
        (
            "type: 'ClientCertificate', pfx: '-----BEGIN planted'".to_owned(),
            "no certificate with an open key",
        ),
        ("type: 'Kerberos', password: 'planted'".to_owned(), "Kerberos is not known"),
    ];
    for (authentication, message) in rows {
        let answer = service.call(&calls, "/api", &authentication).await;
        let error = answer.error.unwrap_or_else(|| panic!("{authentication}"));
        assert!(error.is_final && error.info.code == "BadRequest", "{error:?}");
        assert!(error.info.message.contains(message), "{error:?}");
        assert!(!error.info.message.contains("planted"), "{error:?}");
    }
    assert_eq!(service.asked(), 0);
}
