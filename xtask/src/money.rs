//! `cargo xtask money`: the test of money between wallets, at full size.

use clap::{Args, value_parser};

use crate::cargo;
use crate::outcome::Outcome;

const TEST: &str = "money::each_transfer_is_applied_once_whatever_dies";

/// How much is done.
#[derive(Args)]
pub(crate) struct Size {
    /// Transfers between 100 wallets, by 8 callers
    #[arg(long, default_value_t = 200_000, value_parser = value_parser!(u32).range(1..))]
    transfers: u32,
    /// How often the server is killed meanwhile
    #[arg(long, default_value_t = 20)]
    kills: u32,
    /// Decides who pays whom, and when to kill
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(size: &Size) -> Outcome {
    let Size { transfers, kills, seed } = size;
    let mut test = cargo::command(&["test", "--release", "--package", "loom-server"]);
    test.args(["--test", "loom", "--", "--exact", TEST, "--nocapture"]);
    test.env("LOOM_MONEY_TRANSFERS", transfers.to_string());
    test.env("LOOM_MONEY_KILLS", kills.to_string());
    test.env("LOOM_MONEY_SEED", seed.to_string());
    cargo::run(&mut test)
}
