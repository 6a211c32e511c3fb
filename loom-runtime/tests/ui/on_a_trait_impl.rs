use loom_runtime::actor;

#[derive(Default, serde::Deserialize, serde::Serialize)]
struct Wallet {
    cents: i64,
}

#[actor(kind = "wallet")]
impl Clone for Wallet {
    fn clone(&self) -> Self {
        Self { cents: self.cents }
    }
}

fn main() {}
