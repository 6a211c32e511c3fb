//! Forms that an actor may also take.

use loom_core::{ActorId, Payload, Timestamp};
use loom_runtime::{Actor, Context, Host, TurnLog};
use serde::{Deserialize, Serialize};

mod fallible {
    pub(crate) type Result<T> = std::result::Result<T, String>;
}

#[derive(Default, Deserialize, Serialize)]
struct Odd {
    lines: usize,
}

#[loom_runtime::actor(kind = "odd", handle = OddOne, crate = ::loom_runtime)]
impl Odd {
    async fn r#type(&mut self, _: &mut Context<'_>) -> fallible::Result<usize> {
        Err(format!("{} lines", self.lines))
    }

    // A name of the trait that is implemented beside it.
    async fn handle(&mut self, _cx: &mut Context<'_>, (a, b): (usize, usize), _: bool) {
        self.lines = a + b;
    }

    #[cfg(unix)]
    async fn system(&mut self, _cx: &mut Context<'_>) -> String {
        self.not_a_handler();
        Self::upper_case("unix").await
    }

    #[cfg(not(unix))]
    async fn system(&mut self, _cx: &mut Context<'_>) -> String {
        self.not_a_handler();
        Self::upper_case("other").await
    }

    #[query]
    fn query(&self) -> usize {
        self.lines
    }

    async fn upper_case(name: &str) -> String {
        std::future::ready(name.to_uppercase()).await
    }

    fn not_a_handler(&mut self) {
        self.lines += 1;
    }
}

/// Compiles when the handle has the handlers' own types.
#[expect(dead_code, reason = "a signature is checked by compiling it")]
async fn the_handle_has_the_types_behind_aliases_and_patterns(host: &Host) {
    let odd = OddOne::new(host, "one").expect("a key is a key");
    let _: Result<usize, loom_runtime::CallError<String>> = odd.r#type().await;
    let _: Result<(), loom_runtime::CallError> = odd.handle((1, 2), true).await;
    let _: Result<usize, loom_runtime::CallError> = odd.query().await;
}

#[tokio::test]
async fn unusual_names_and_patterns_are_handlers_like_any() {
    let names: Vec<_> = Odd::handlers().iter().map(|spec| spec.name).collect();
    assert_eq!(names, ["type", "handle", "system", "query"]);

    let log = TurnLog::by_hand(ActorId::parse("odd/one").unwrap(), Timestamp::EPOCH);
    let mut odd = Odd::default();
    let mut outcomes = Vec::new();
    for (method, args) in [("handle", "[[1,2],true]"), ("type", "null"), ("system", "null")] {
        let args = Payload(args.into());
        let outcome = Actor::handle(&mut odd, &mut Context::new(&log), method, &args).await;
        outcomes.push(format!("{outcome:?}"));
    }
    outcomes.push(format!("{:?}", Actor::query(&odd, "query", &Payload::NULL)));

    let system = if cfg!(unix) { "UNIX" } else { "OTHER" };
    let system = format!("Returned({system:?})");
    assert_eq!(
        outcomes,
        ["Returned(null)", r#"Rejected("3 lines")"#, system.as_str(), "Returned(4)"]
    );
}
