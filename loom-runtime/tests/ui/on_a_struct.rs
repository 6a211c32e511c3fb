use loom_runtime::actor;

#[actor(kind = "wallet")]
#[derive(Default, serde::Deserialize, serde::Serialize)]
struct Wallet {
    cents: i64,
}

fn main() {}
