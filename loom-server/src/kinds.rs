//! The built-in kinds of actor, so that the command does something without a compiler.

mod merchant;
mod order;
mod tally;
mod teller;
mod wallet;

use std::sync::Arc;

use loom_runtime::HostBuilder;

pub(crate) use merchant::Merchants;
use order::Order;
use tally::Tally;
use teller::Teller;
use wallet::Wallet;

/// Registers every built-in kind, and the activities that they use. Orders have copies that can be
/// asked for by what is in them.
pub(crate) fn register(builder: HostBuilder, merchants: Merchants) -> HostBuilder {
    let builder = builder.actor::<Order>().actor::<Tally>().actor::<Teller>().actor::<Wallet>();
    let builder = builder.project::<Order>();
    let merchants = Arc::new(merchants);
    builder.activity(merchant::PAY, merchant::options(), move |attempt, payment| {
        let merchants = Arc::clone(&merchants);
        async move { merchants.pay(attempt, payment).await }
    })
}
