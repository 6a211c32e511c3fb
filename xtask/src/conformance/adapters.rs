//! The adapters: the columns of the matrix.

use super::ports::{PORTS, Port};

/// An adapter, and how the tests of it are known.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Adapter {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    /// Modules of its tests that the other adapters of the package do not have.
    modules: &'static [&'static str],
    /// The port, if there is but one: its tests need not name it then.
    only: Option<&'static str>,
    /// What its tests need to run.
    pub(crate) needs: Needs,
    /// Where its source says what it keeps an answered write through, if that can be chosen.
    pub(crate) durability: Option<&'static str>,
}

/// What tests of an adapter need.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Needs {
    Nothing,
    /// Servers that they start themselves, and end.
    Own,
    /// A server at an address that tests share.
    Server {
        /// One of these says where it is.
        variables: &'static [&'static str],
        /// Where none does, a test has one within its process.
        within: bool,
    },
}

const REDIS: Option<&str> = Some("loom-adapter-redis/src/settings.rs");
const EMBEDDED: Option<&str> = Some("loom-adapter-embedded/src/options.rs");
const AZURITE: &[&str] = &["LOOM_TEST_AZURITE_URL", "LOOM_TEST_AZURE_STORAGE_CONNECTION_STRING"];

/// The first of a package is the one of all its tests that are not another's.
pub(crate) const ADAPTERS: [Adapter; 11] = [
    adapter("memory", "loom-adapter-memory", &[], None, Needs::Nothing, None),
    adapter("embedded", "loom-adapter-embedded", &[], None, Needs::Nothing, EMBEDDED),
    adapter(
        "embedded (simulated)",
        "loom-adapter-embedded",
        &["simulation"],
        None,
        Needs::Nothing,
        None,
    ),
    adapter(
        "redis standalone",
        "loom-adapter-redis",
        &["standalone"],
        None,
        at(&["LOOM_TEST_REDIS_URL"]),
        REDIS,
    ),
    adapter(
        "redis cluster",
        "loom-adapter-redis",
        &["cluster"],
        None,
        at(&["LOOM_TEST_REDIS_CLUSTER_URLS"]),
        REDIS,
    ),
    adapter(
        "redis tls",
        "loom-adapter-redis",
        &["tls"],
        None,
        at(&["LOOM_TEST_REDIS_TLS_URL"]),
        REDIS,
    ),
    adapter("redis quorum", "loom-adapter-redis", &["quorum"], Some("locks"), Needs::Own, None),
    adapter("azure-blob", "loom-adapter-azure-blob", &[], Some("blobs"), at(AZURITE), None),
    adapter(
        "azure-blob tokens",
        "loom-adapter-azure-blob",
        &["token"],
        Some("blobs"),
        at(&["LOOM_TEST_AZURITE_TLS_URL"]),
        None,
    ),
    adapter(
        "cosmos",
        "loom-adapter-cosmos",
        &[],
        None,
        within_test(&["LOOM_TEST_COSMOS_URL"]),
        None,
    ),
    adapter(
        "key-vault",
        "loom-adapter-keyvault",
        &[],
        Some("secrets"),
        within_test(&["LOOM_TEST_KEY_VAULT_URL"]),
        None,
    ),
];

const fn at(variables: &'static [&'static str]) -> Needs {
    Needs::Server { variables, within: false }
}

const fn within_test(variables: &'static [&'static str]) -> Needs {
    Needs::Server { variables, within: true }
}

const fn adapter(
    name: &'static str,
    package: &'static str,
    modules: &'static [&'static str],
    only: Option<&'static str>,
    needs: Needs,
    durability: Option<&'static str>,
) -> Adapter {
    Adapter { name, package, modules, only, needs, durability }
}

impl Adapter {
    pub(super) fn column(&self) -> usize {
        ADAPTERS.iter().position(|other| other == self).unwrap_or_default()
    }

    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        ADAPTERS.iter().find(|adapter| adapter.name == name)
    }

    /// Whose test it is.
    pub(super) fn of(package: &str, path: &[&str]) -> Option<&'static Self> {
        let mut of_package = ADAPTERS.iter().filter(|adapter| adapter.package == package);
        let first = of_package.clone().next()?;
        let has = |adapter: &&Self| adapter.modules.iter().any(|module| path.contains(module));
        Some(of_package.find(has).unwrap_or(first))
    }

    /// The port of the suite that a path of its tests leads through.
    pub(super) fn port(&self, path: &[&str]) -> Option<&'static Port> {
        match self.only {
            Some(name) => Port::named(name),
            None => {
                PORTS.iter().find(|port| path.contains(&port.suite) || path.contains(&port.name))
            }
        }
    }
}
