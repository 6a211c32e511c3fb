//! `cargo xtask layers`: checks that dependencies between our crates point inwards.

#[cfg(test)]
mod tests;

use crate::cargo::{Metadata, Package};
use crate::manifests;
use crate::outcome::{Findings, Outcome};

/// What one crate may depend on, of the crates of this workspace.
struct Layer {
    name: &'static str,
    uses: &'static [&'static str],
    /// What its tests may use on top of `uses`.
    tests_use: &'static [&'static str],
}

/// One row per crate, innermost first. This table is the architecture.
const LAYERS: &[Layer] = &[
    Layer { name: "loom-core", uses: &[], tests_use: &[] },
    Layer { name: "loom-ports", uses: &["loom-core"], tests_use: &[] },
    // The stores that are made of rows, which every adapter that has rows has too.
    Layer { name: "loom-rows", uses: &["loom-core", "loom-ports"], tests_use: &[] },
    Layer {
        name: "loom-adapter-memory",
        uses: &["loom-core", "loom-ports", "loom-rows"],
        tests_use: &["loom-testkit"],
    },
    Layer {
        name: "loom-adapter-embedded",
        uses: &["loom-core", "loom-ports", "loom-rows"],
        tests_use: &["loom-testkit"],
    },
    Layer { name: "loom-azure-identity", uses: &[], tests_use: &[] },
    Layer {
        name: "loom-adapter-azure-blob",
        uses: &["loom-azure-identity", "loom-core", "loom-ports"],
        tests_use: &["loom-testkit"],
    },
    Layer {
        name: "loom-adapter-cosmos",
        uses: &["loom-azure-identity", "loom-core", "loom-ports", "loom-rows"],
        // The runtime, for hosts whose authority is Cosmos DB.
        tests_use: &["loom-adapter-memory", "loom-runtime", "loom-testkit"],
    },
    Layer {
        name: "loom-adapter-keyvault",
        uses: &["loom-azure-identity", "loom-core", "loom-ports"],
        tests_use: &["loom-adapter-memory", "loom-testkit"],
    },
    Layer {
        name: "loom-adapter-redis",
        uses: &["loom-core", "loom-ports", "loom-rows"],
        tests_use: &["loom-testkit"],
    },
    Layer { name: "loom-macros", uses: &[], tests_use: &[] },
    // Pure as the core is.
    Layer { name: "loom-workflow", uses: &["loom-core"], tests_use: &[] },
    Layer {
        name: "loom-runtime",
        // The macros, because the runtime re-exports the attribute.
        uses: &["loom-core", "loom-macros", "loom-ports", "loom-workflow"],
        tests_use: &["loom-adapter-embedded", "loom-adapter-memory", "loom-testkit"],
    },
    Layer {
        name: "loom-testkit",
        // The memory adapter and the runtime, for simulations.
        uses: &["loom-adapter-memory", "loom-core", "loom-ports", "loom-runtime"],
        tests_use: &["loom-adapter-memory"],
    },
    Layer {
        name: "loom-server",
        uses: &[
            "loom-adapter-azure-blob",
            "loom-adapter-cosmos",
            "loom-adapter-embedded",
            "loom-adapter-keyvault",
            "loom-adapter-memory",
            "loom-adapter-redis",
            "loom-azure-identity",
            "loom-core",
            "loom-macros",
            "loom-ports",
            "loom-rows",
            "loom-runtime",
            "loom-workflow",
        ],
        tests_use: &["loom-testkit"],
    },
    Layer {
        name: "loom-benches",
        uses: &[
            "loom-adapter-embedded",
            "loom-adapter-memory",
            "loom-adapter-redis",
            "loom-core",
            "loom-macros",
            "loom-ports",
            "loom-runtime",
            "loom-server",
            "loom-testkit",
            "loom-workflow",
        ],
        tests_use: &[],
    },
    Layer { name: "loom-models", uses: &["loom-core", "loom-ports"], tests_use: &[] },
    // What users write. They reach everything through the runtime and the stores they chose.
    Layer {
        name: "loom-examples",
        uses: &["loom-adapter-embedded", "loom-runtime"],
        tests_use: &["loom-adapter-memory", "loom-ports", "loom-testkit"],
    },
    Layer {
        name: "loom-simulation",
        uses: &[
            "loom-adapter-embedded",
            "loom-adapter-memory",
            "loom-core",
            "loom-macros",
            "loom-ports",
            "loom-runtime",
            "loom-testkit",
        ],
        tests_use: &[],
    },
    Layer { name: "xtask", uses: &[], tests_use: &[] },
];

/// Everything the core may pull in from outside. Keeps I/O and clocks out by construction.
const CORE_EXTERNAL: &[&str] =
    &["bytes", "rmp-serde", "serde", "serde_json", "thiserror", "twox-hash"];

/// Crates in which time, chance, files and sockets are banned by the `clippy.toml` of the root.
/// A file of their own would take its place.
const UNDER_ROOT_BANS: &[&str] =
    &["loom-core", "loom-ports", "loom-rows", "loom-runtime", "loom-workflow"];

pub(crate) fn run() -> Outcome {
    Outcome::of(findings())
}

fn findings() -> Findings {
    let metadata = Metadata::load()?;
    let mut findings = Vec::new();
    for package in metadata.members() {
        findings.extend(check(package));
        let own_bans = package.manifest_path.with_file_name("clippy.toml").exists();
        findings.extend(check_bans(&package.name, own_bans));
        let manifest = std::fs::read_to_string(&package.manifest_path)?;
        findings.extend(manifests::check(&package.name, &toml::from_str(&manifest)?));
    }
    Ok(findings)
}

/// Holds one crate's dependencies against the table.
fn check(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
        return vec![format!("{name}: not in LAYERS; say what it may depend on")];
    };
    let forbidden = package.dependencies.iter().filter(|dependency| {
        let on = dependency.name.as_str();
        let dev = dependency.kind.as_deref() == Some("dev");
        let allowed = match (dependency.path.is_some(), dev) {
            (true, false) => layer.uses.contains(&on),
            (true, true) => layer.uses.contains(&on) || layer.tests_use.contains(&on),
            (false, false) => name != "loom-core" || CORE_EXTERNAL.contains(&on),
            (false, true) => true,
        };
        !allowed
    });
    forbidden.map(|dependency| format!("{name} must not depend on {}", dependency.name)).collect()
}

fn check_bans(name: &str, own_bans: bool) -> Option<String> {
    let lifted = own_bans && UNDER_ROOT_BANS.contains(&name);
    lifted
        .then(|| format!("{name} must not have a clippy.toml, which lifts the bans of the root's"))
}
