use loom_runtime::{Context, actor};

#[derive(Default, serde::Deserialize, serde::Serialize)]
struct Wallet {
    cents: i64,
}

#[actor(kind = "wallet")]
impl Wallet {
    async fn deposit(&mut self, _cx: &mut Context<'_>) {}

    #[query(name = "deposit")]
    fn deposited(&self) -> i64 {
        self.cents
    }

    #[allow(non_snake_case)]
    async fn depositAll(&mut self, _cx: &mut Context<'_>) {}

    #[handler(name = "with draw")]
    async fn withdraw(&mut self, _cx: &mut Context<'_>) {}

    async fn actor(&mut self, _cx: &mut Context<'_>) {}
}

fn main() {}
