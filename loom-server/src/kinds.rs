//! The built-in kinds of actor, so that the command does something without a compiler.

mod order;
mod tally;
mod teller;
mod wallet;

use loom_runtime::HostBuilder;

use order::Order;
use tally::Tally;
use teller::Teller;
use wallet::Wallet;

/// Registers every built-in kind, and the activities that they use.
pub(crate) fn register(builder: HostBuilder) -> HostBuilder {
    let builder = builder.actor::<Order>().actor::<Tally>().actor::<Teller>().actor::<Wallet>();
    builder.activity(order::PAY, order::pay_options(), order::pay)
}
