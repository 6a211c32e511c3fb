//! The built-in kinds of actor, so that the command does something without a compiler.

mod order;
mod tally;
mod wallet;

use loom_runtime::{Actor, HandlerRole, HostBuilder};

use order::Order;
use tally::Tally;
use wallet::Wallet;

/// Registers every built-in kind, and the activities that they use.
pub(crate) fn register(builder: HostBuilder) -> HostBuilder {
    let builder = builder.actor::<Order>().actor::<Tally>().actor::<Wallet>();
    builder.activity(order::PAY, order::pay_options(), order::pay)
}

/// The methods of a kind that callers may run. `None` for a kind that is not built in.
pub(crate) fn methods(kind: &str) -> Option<Vec<&'static str>> {
    let handlers = match kind {
        Order::KIND => Order::handlers(),
        Tally::KIND => Tally::handlers(),
        Wallet::KIND => Wallet::handlers(),
        _ => return None,
    };
    let callable = handlers.iter().filter(|handler| handler.role != HandlerRole::Timer);
    Some(callable.map(|handler| handler.name).collect())
}
