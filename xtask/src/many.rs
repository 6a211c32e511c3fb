//! `cargo xtask many`: hosts that share a store, under load, while they die or are restarted, or the
//! store loses its answers.

use clap::{Args, Subcommand, value_parser};

use crate::cargo;
use crate::outcome::Outcome;

const MONEY: &str = "many::each_transfer_is_applied_once_whatever_dies_among_hosts_on_a_redis";
const ROLLING: &str = "many::rolling::a_rolling_restart_fails_no_call_that_is_asked_again";
const COSMOS: &str =
    "money::each_transfer_is_applied_once_whatever_is_lost_between_hosts_and_cosmos";
const PIPELINE: &str =
    "many::pipeline::each_item_is_done_once_and_results_are_in_order_whoever_dies";

/// What is done to hosts that share stores.
#[derive(Subcommand)]
pub(crate) enum Many {
    /// Kill hosts, Redis and connections, and count every cent
    Money(Size),
    /// Restart each host in turn, and measure how long moves take meanwhile
    Rolling(Restarts),
    /// Lose answers of Cosmos DB and throttle it, count every cent, and tell what it costs
    Cosmos(Transfers),
    /// Scatter a pipeline over three hosts, kill one of them twice, and compare every result
    Pipeline(Items),
}

/// How much is done.
#[derive(Args)]
pub(crate) struct Size {
    /// Transfers between 100 wallets, by 8 callers
    #[arg(long, default_value_t = 200_000, value_parser = value_parser!(u32).range(1..))]
    transfers: u32,
    /// How often a host is killed meanwhile
    #[arg(long, default_value_t = 20)]
    host_kills: u32,
    /// How often Redis is killed
    #[arg(long, default_value_t = 5)]
    redis_kills: u32,
    /// How often a host is stopped for longer than its lease
    #[arg(long, default_value_t = 5)]
    stops: u32,
    /// How often all connections to Redis are cut, twenty times in a row
    #[arg(long, default_value_t = 5)]
    storms: u32,
    /// Decides who pays whom, and what goes wrong when
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// How many.
#[derive(Args)]
pub(crate) struct Transfers {
    /// Transfers between 20 wallets, by 8 callers
    #[arg(long, default_value_t = 5_000, value_parser = value_parser!(u32).range(1..))]
    transfers: u32,
}

/// How many.
#[derive(Args)]
pub(crate) struct Items {
    /// What is scattered
    #[arg(long, default_value_t = 10_000, value_parser = value_parser!(u32).range(1..))]
    items: u32,
}

/// For how long.
#[derive(Args)]
pub(crate) struct Restarts {
    /// How often each host is restarted
    #[arg(long, default_value_t = 3, value_parser = value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds between two restarts
    #[arg(long, default_value_t = 5)]
    calm: u32,
    /// Decides who pays whom
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(what: &Many) -> Outcome {
    match what {
        Many::Cosmos(Transfers { transfers }) => {
            // The emulator takes long to be built for release, and is not what is measured.
            let mut test = cargo::command(&["test", "--package", "loom-adapter-cosmos"]);
            test.args(["--test", "cosmos", "--", "--exact", COSMOS, "--nocapture"]);
            cargo::run(test.env("LOOM_COSMOS_TRANSFERS", transfers.to_string()))
        }
        Many::Pipeline(Items { items }) => {
            run_test(PIPELINE, [("LOOM_MANY_ITEMS", items.to_string())])
        }
        Many::Money(Size { transfers, host_kills, redis_kills, stops, storms, seed }) => run_test(
            MONEY,
            [
                ("LOOM_MANY_TRANSFERS", transfers.to_string()),
                ("LOOM_MANY_HOST_KILLS", host_kills.to_string()),
                ("LOOM_MANY_REDIS_KILLS", redis_kills.to_string()),
                ("LOOM_MANY_STOPS", stops.to_string()),
                ("LOOM_MANY_STORMS", storms.to_string()),
                ("LOOM_MANY_SEED", seed.to_string()),
            ],
        ),
        Many::Rolling(Restarts { rounds, calm, seed }) => run_test(
            ROLLING,
            [
                ("LOOM_ROLLING_ROUNDS", rounds.to_string()),
                ("LOOM_ROLLING_CALM_MS", (1_000 * u64::from(*calm)).to_string()),
                ("LOOM_ROLLING_SEED", seed.to_string()),
            ],
        ),
    }
}

fn run_test<const N: usize>(name: &str, size: [(&str, String); N]) -> Outcome {
    let mut test = cargo::command(&["test", "--release", "--package", "loom-server"]);
    test.args(["--test", "loom", "--", "--exact", name, "--nocapture"]);
    cargo::run(test.envs(size))
}
