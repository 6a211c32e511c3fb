use loom_runtime::actor;

#[derive(Default, serde::Deserialize, serde::Serialize)]
struct Wallet {
    cents: i64,
}

#[actor(version = 1)]
impl Wallet {}

fn main() {}
