//! What a deployment would give a run that is tried out.

use crate::{Definition, Object, Value};

/// What runs find their connections in.
const CONNECTIONS: &str = "$connections";

/// The parameters, with a connection of every name that the definition asks for in its `text`,
/// unless it, or whoever tries it out, has some.
#[must_use]
pub fn with_connections(text: &str, definition: &Definition, parameters: Value) -> Value {
    let has_none = |value: &Value| value.as_object().is_none_or(Object::is_empty);
    let declared = definition.parameter(CONNECTIONS);
    let wanted = declared.is_some_and(|it| it.default.as_ref().is_none_or(has_none));
    let Some(given) = parameters.as_object().filter(|it| wanted && it.find(CONNECTIONS).is_none())
    else {
        return parameters;
    };
    let mut connections = Object::new();
    for name in names(text) {
        let members = ["connectionId", "connectionName", "id"];
        let connection = Object::from(members.map(|member| (member, Value::from(name))));
        connections.insert(name, connection.into());
    }
    let mut all = given.clone();
    all.insert(CONNECTIONS, connections.into());
    all.into()
}

/// The names in `parameters('$connections')['name']`, also where a template doubles the quotes.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(CONNECTIONS).skip(1).filter_map(|rest| {
        let rest = rest.trim_start_matches('\'').strip_prefix(')')?.trim_start_matches('?');
        let (name, _) = rest.strip_prefix("['")?.trim_start_matches('\'').split_once('\'')?;
        Some(name)
    })
}

#[cfg(test)]
mod tests;
