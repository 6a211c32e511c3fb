use loom_runtime::actor;

#[derive(Default, serde::Deserialize, serde::Serialize)]
struct Wallet {
    cents: i64,
}

#[actor(kind = "wallet", version = 0)]
impl Wallet {}

fn main() {}
