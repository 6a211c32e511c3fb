use loom_runtime::actor;

#[derive(Default, serde::Deserialize, serde::Serialize)]
struct Wallet {
    cents: i64,
}

#[actor(kind = wallet)]
impl Wallet {}

fn main() {}
