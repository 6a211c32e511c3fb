use loom_runtime::{Context, actor};

#[derive(Default, serde::Deserialize, serde::Serialize)]
struct Wallet {
    cents: i64,
}

#[actor(kind = "wallet")]
impl Wallet {
    #[query]
    async fn waits(&self) -> i64 {
        self.cents
    }

    #[query]
    fn changes(&mut self) -> i64 {
        self.cents
    }

    #[query]
    fn asks(&self, _cx: &mut Context<'_>) -> i64 {
        self.cents
    }

    #[query]
    fn of_nobody() -> i64 {
        0
    }
}

fn main() {}
