use loom_runtime::{Context, actor};

#[derive(Default, serde::Deserialize, serde::Serialize)]
struct Wallet {
    cents: i64,
}

#[actor(kind = "wallet")]
impl Wallet {
    async fn reference(&mut self, _cx: &mut Context<'_>, _note: &str) {}

    async fn within(&mut self, _cx: &mut Context<'_>, _cents: u32, _note: Option<&'static str>) {}

    async fn lifetime(&mut self, _cx: &mut Context<'_>, _note: std::borrow::Cow<'_, str>) {}

    async fn generic<T>(&mut self, _cx: &mut Context<'_>, _note: T) {}

    async fn something(&mut self, _cx: &mut Context<'_>, _note: impl Into<String>) {}

    #[query]
    fn borrowed(&self) -> Option<&i64> {
        Some(&self.cents)
    }
}

fn main() {}
