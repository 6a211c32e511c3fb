use loom_runtime::{Context, actor};

#[derive(Default, serde::Deserialize, serde::Serialize)]
struct Wallet {
    cents: i64,
}

#[actor(kind = "wallet")]
impl Wallet {
    #[handler]
    fn not_async(&mut self, _cx: &mut Context<'_>) {}

    async fn by_value(self, _cx: &mut Context<'_>) {}

    async fn shared(&self, _cx: &mut Context<'_>) {}

    async fn boxed(self: Box<Self>, _cx: &mut Context<'_>) {}

    #[timer]
    async fn without_self(_cx: &mut Context<'_>) {}

    async fn without_context(&mut self) {}

    async fn context_is_not_first(&mut self, _cents: u32, _cx: &mut Context<'_>) {}

    async fn shared_context(&mut self, _cx: &Context<'_>) {}
}

fn main() {}
