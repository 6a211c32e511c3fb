//! Which variables of the environment are settings.
//!
//! `LOOM_`, then the table and the setting in capitals (`LOOM_HOST_LEASE_SECONDS`), is any setting.
//! The names that the guides of earlier systems have are other names of a few settings; they count
//! only for tables that the file has, since other programs may have variables of these names too.

use std::borrow::Cow;

use toml::de::DeValue;

/// The settings outside of tables: other variables that begin with `LOOM_` are not for the file.
const ROOT: [&str; 6] =
    ["profile", "listen", "allow_remote", "allow_keys", "call_limit_seconds", "key_window_hours"];
/// Longer names come before those that they begin with.
const TABLES: [&str; 10] = [
    "store",
    "locks",
    "host",
    "azure",
    "cosmos",
    "blob",
    "key_vault",
    "secrets",
    "ports",
    "workflows",
];

const REDIS: Kind = Some("redis");

/// The kind of store that a name is for, if it is for the store.
type Kind = Option<&'static str>;

/// Another name of a setting: the variable, the table, the setting.
const OTHERS: [(&str, Kind, &str, &str); 19] = [
    ("LOOM_REDIS_URL", REDIS, "store", "urls"),
    ("REDIS_URL", REDIS, "store", "urls"),
    (REDIS_HOST, REDIS, "store", "urls"),
    ("REDIS_PASSWORD", REDIS, "store", "password"),
    ("REDIS_USERNAME", REDIS, "store", "user"),
    ("COSMOS_ENDPOINT", None, "cosmos", "endpoint"),
    ("COSMOS_KEY", None, "cosmos", "key"),
    ("COSMOS_DATABASE", None, "cosmos", "database"),
    ("COSMOS_DATABASE_ID", None, "cosmos", "database"),
    ("COSMOS_REGION", None, "cosmos", "region"),
    ("AZURE_STORAGE_CONNECTION_STRING", None, "blob", "connection_string"),
    ("AZURE_STORAGE_CONTAINER", None, "blob", "container"),
    ("KEY_VAULT_URL", None, "key_vault", "url"),
    ("KEYVAULT_URL", None, "key_vault", "url"),
    ("AZURE_CLIENT_ID", None, "azure", "client_id"),
    ("AZURE_TENANT_ID", None, "azure", "tenant_id"),
    ("AZURE_AUTHORITY_HOST", None, "azure", "authority"),
    ("AZURE_CLIENT_SECRET", None, "azure", "client_secret"),
    ("NODE_ENV", None, "", "profile"),
];

/// Together they are an address.
pub(super) const REDIS_HOST: &str = "REDIS_HOST";
const REDIS_PORT: &str = "REDIS_PORT";
/// Where Azure's servers of Redis are reached over TLS.
const REDIS_TLS_PORT: &str = "6380";

/// The settings that are secrets. A file holds none of them.
pub(super) const SECRETS: [(&str, &str); 7] = [
    ("store", "password"),
    ("locks", "password"),
    ("azure", "client_secret"),
    ("cosmos", "key"),
    ("blob", "connection_string"),
    ("blob", "sas"),
    ("secrets", "keys"),
];

/// What a variable sets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Named {
    /// Empty for settings outside of tables.
    pub(super) table: &'static str,
    pub(super) setting: Cow<'static, str>,
    /// It is one of the other names, which fill what the file has begun.
    pub(super) is_other: bool,
    /// Only a store of this kind has it.
    pub(super) kind: Kind,
}

/// What a variable sets, if it is for the file.
pub(super) fn setting_of(variable: &str) -> Option<Named> {
    if let Some((_, kind, table, setting)) = OTHERS.into_iter().find(|(name, ..)| *name == variable)
    {
        return Some(Named { table, setting: setting.into(), is_other: true, kind });
    }
    let name = variable.strip_prefix("LOOM_")?.to_ascii_lowercase();
    let in_table = |table: &'static str| {
        let setting = name.strip_prefix(table)?.strip_prefix('_')?;
        Some((table, setting.to_owned()))
    };
    let in_root = || ROOT.contains(&name.as_str()).then(|| ("", name.clone()));
    let (table, setting) = TABLES.into_iter().find_map(in_table).or_else(in_root)?;
    Some(Named { table, setting: setting.into(), is_other: false, kind: None })
}

/// What a variable says: a number, a truth, or else a text, which quotes may enclose.
pub(super) fn value<'a>(
    name: &str,
    raw: &'a str,
    variable: impl Fn(&str) -> Option<&'a str>,
) -> DeValue<'a> {
    if name == REDIS_HOST {
        let port = variable(REDIS_PORT).unwrap_or("6379");
        let scheme = if port == REDIS_TLS_PORT { "rediss" } else { "redis" };
        return DeValue::String(format!("{scheme}://{raw}:{port}").into());
    }
    if name == "NODE_ENV" && raw == "test" {
        return DeValue::String("testing".into());
    }
    if let Ok(value) = DeValue::parse(raw)
        && matches!(value.get_ref(), DeValue::Integer(_) | DeValue::Boolean(_))
    {
        return value.into_inner();
    }
    let text = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw);
    DeValue::String(Cow::Borrowed(text))
}

#[cfg(test)]
mod tests;
