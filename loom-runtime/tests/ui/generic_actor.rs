use loom_runtime::{Context, actor};

struct Stack<T>(Vec<T>);

#[actor(kind = "stack")]
impl<T: Send> Stack<T> {
    async fn push(&mut self, _cx: &mut Context<'_>, _value: u32) {}
}

#[actor(kind = "words")]
impl Stack<String> {
    #[query]
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn main() {}
