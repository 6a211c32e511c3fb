use loom_runtime::actor;

#[derive(Default, serde::Deserialize, serde::Serialize)]
struct Wallet {
    cents: i64,
}

fn step(state: serde_json::Value) -> Result<serde_json::Value, String> {
    Ok(state)
}

#[actor(kind = "wallet", version = 4, migrate(1 => step, 3 => step))]
impl Wallet {}

fn main() {}
