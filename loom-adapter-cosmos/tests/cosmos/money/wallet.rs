//! Wallets, and transfers between them.

use loom_runtime::{Context, actor};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Wallet {
    cents: i64,
}

/// Money on its way.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Transfer {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) cents: i64,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum Refusal {
    Short { by: i64 },
}

impl Transfer {
    /// The transfer of this number: who pays whom, and how much.
    pub(crate) fn nth(n: u64, wallets: u64) -> Self {
        // Steele, Lea, Flood: SplitMix64.
        let mut drawn = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        drawn ^= drawn >> 31;
        let from = drawn % wallets;
        let to = (from + 1 + (drawn >> 16) % (wallets - 1)) % wallets;
        let cents = i64::try_from(1 + (drawn >> 32) % 500).expect("it is small");
        Self { from, to, cents }
    }
}

#[actor(kind = "wallet")]
impl Wallet {
    async fn deposit(&mut self, _cx: &mut Context<'_>, cents: i64) -> i64 {
        self.cents += cents;
        self.cents
    }

    /// Takes the money and sends it, in one commit.
    async fn transfer(&mut self, cx: &mut Context<'_>, transfer: Transfer) -> Result<i64, Refusal> {
        let left = self.cents - transfer.cents;
        if left < 0 {
            return Err(Refusal::Short { by: -left });
        }
        self.cents = left;
        let to = format!("wallet/{}", transfer.to);
        cx.send(to.as_str(), "deposit", &transfer.cents).expect("a number is a key");
        Ok(left)
    }

    #[query]
    fn balance(&self) -> i64 {
        self.cents
    }
}
