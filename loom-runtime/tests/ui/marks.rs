use loom_runtime::{Context, actor};

#[derive(Default, serde::Deserialize, serde::Serialize)]
struct Wallet {
    cents: i64,
}

#[actor(kind = "wallet")]
impl Wallet {
    #[timer]
    #[handler(name = "other")]
    async fn twice(&mut self, _cx: &mut Context<'_>) {}

    #[query(role = "fast")]
    fn setting(&self) -> i64 {
        self.cents
    }

    #[private(name = "other")]
    async fn private(&mut self, _cx: &mut Context<'_>) {}
}

fn main() {}
