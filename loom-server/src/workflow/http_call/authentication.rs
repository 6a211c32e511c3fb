//! Who sends the request of an `Http` action.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use loom_workflow::{Object, Value};
use reqwest::header::{AUTHORIZATION, HeaderMap};

use super::request::value;

/// # Errors
///
/// Says what is missing, or that this host cannot prove it so.
pub(super) fn add(inputs: &Object, headers: &mut HeaderMap) -> Result<(), String> {
    let Some(given) = inputs.find("authentication").filter(|given| !given.is_null()) else {
        return Ok(());
    };
    let given = given.as_object().ok_or("`authentication` is no object")?;
    let text = |name: &str| {
        let found = given.find(name).map(Value::to_text);
        found.ok_or_else(|| format!("`authentication.{name}` is missing"))
    };
    let proof = match text("type")?.to_ascii_lowercase().as_str() {
        "none" => return Ok(()),
        "basic" => {
            let pair = format!("{}:{}", text("username")?, text("password")?);
            format!("Basic {}", STANDARD.encode(pair))
        }
        "raw" => text("value")?.to_string(),
        _ => {
            let kind = text("type")?;
            return Err(format!(
                "`authentication.type` {kind} is not known to this host: it takes None, Basic and \
                 Raw; register a connector for others"
            ));
        }
    };
    let mut proof = value("authorization", &proof)?;
    proof.set_sensitive(true);
    headers.insert(AUTHORIZATION, proof);
    Ok(())
}
