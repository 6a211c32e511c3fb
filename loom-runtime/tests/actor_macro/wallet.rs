//! An actor with one of everything.

use std::time::Duration;

use loom_core::{Law, Laws};
use loom_runtime::{Context, actor};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Wallet {
    pub(crate) cents: i64,
    pub(crate) limit: Option<u32>,
    pub(crate) notes: Vec<String>,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
pub(crate) enum Refusal {
    Short { by: i64 },
    Yourself,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Posting {
    pub(crate) account: String,
    pub(crate) cents: i64,
}

#[actor(kind = "wallet", laws = Self::laws)]
impl Wallet {
    pub(crate) const NOTES_MAX: usize = 3;

    /// Adds to the balance.
    pub(crate) async fn deposit(&mut self, cx: &mut Context<'_>, cents: u32) -> i64 {
        self.cents += i64::from(cents);
        self.post(cx, i64::from(cents)).await;
        self.cents
    }

    pub(crate) async fn transfer(
        &mut self,
        cx: &mut Context<'_>,
        to: String,
        cents: u32,
    ) -> Result<i64, Refusal> {
        if to == cx.key() {
            return Err(Refusal::Yourself);
        }
        let left = self.cents - i64::from(cents);
        if left < 0 {
            return Err(Refusal::Short { by: -left });
        }
        self.cents = left;
        cx.send(format!("wallet/{to}"), "deposit", &cents).expect("a key is a key");
        Ok(left)
    }

    async fn overdraw(&mut self, _cx: &mut Context<'_>, cents: u32) {
        self.cents -= i64::from(cents);
    }

    async fn remind_later(&mut self, cx: &mut Context<'_>, note: String) {
        cx.after("note", Duration::from_hours(1), "remind", &note).expect("names are names");
    }

    #[timer]
    async fn remind(&mut self, _cx: &mut Context<'_>, note: String) {
        self.notes.push(note);
    }

    #[handler(name = "set-limit")]
    async fn limit(&mut self, _cx: &mut Context<'_>, limit: Option<u32>) {
        self.limit = limit;
    }

    #[handler]
    async fn absorb(&mut self, _cx: &mut Context<'_>, Self { cents, mut notes, .. }: Self) -> Self {
        self.cents += cents;
        self.notes.append(&mut notes);
        std::mem::take(self)
    }

    #[query]
    pub(crate) fn balance(&self) -> i64 {
        self.cents
    }

    #[query(name = "affords")]
    fn can_afford(&self, cents: u32, reserve: u32) -> Result<bool, Refusal> {
        let by = i64::from(reserve) - self.cents;
        if by > 0 { Err(Refusal::Short { by }) } else { Ok(by + i64::from(cents) <= 0) }
    }

    #[query]
    fn last_notes(&self) -> [Option<String>; Self::NOTES_MAX] {
        let mut notes = self.notes.iter().rev();
        std::array::from_fn(|_| notes.next().cloned())
    }

    #[private]
    #[expect(clippy::unused_async, reason = "a mark only matters on what is async")]
    async fn post(&self, cx: &mut Context<'_>, cents: i64) {
        let posting = Posting { account: cx.key().to_owned(), cents };
        cx.send("ledger/main", "post", &posting).expect("names are names");
    }

    fn laws() -> Laws<Self> {
        Laws::none().law(Law::new("never-below-zero", |wallet: &Self| wallet.cents >= 0))
    }
}
