//! Settling deliveries: those of many receivers go together.

use async_trait::async_trait;
use loom_core::{QueueName, Timestamp};
use loom_ports::Settled;

use super::receipt::Token;
use super::{SETTLE, Site};
use crate::error::Failure;
use crate::joined::{Carrier, Size};
use crate::reply::text;
use crate::script::Call;

/// Carries settlements to the server.
pub(super) struct Settling(pub(super) Site);

/// What becomes of a delivery.
pub(super) struct Settlement {
    pub(super) token: Token,
    pub(super) how: How,
}

pub(super) enum How {
    Ack,
    Nack { visible_at: Timestamp },
    Extend { hidden_until: Timestamp },
    Bury { reason: String, died_at: Timestamp },
}

#[async_trait]
impl Carrier for Settling {
    type Lane = QueueName;
    type Item = Settlement;
    type Answer = Settled;

    fn size(settlement: &Settlement) -> Size {
        let bytes = match &settlement.how {
            How::Bury { reason, .. } => reason.len(),
            How::Ack | How::Nack { .. } | How::Extend { .. } => 0,
        };
        Size { items: 1, bytes }
    }

    async fn carry(
        &self,
        queue: &QueueName,
        items: &[Settlement],
    ) -> Result<Vec<Settled>, Failure> {
        let mut call = self.0.call(&SETTLE, queue).arg(self.0.keys.bell()).arg(queue.as_str());
        for settlement in items {
            push(&mut call, settlement);
        }
        let answer = text(self.0.connection.call_durably(call).await?)?;
        let settled = |done| if done == '1' { Settled::Done } else { Settled::Expired };
        Ok(answer.chars().map(settled).collect())
    }
}

fn push(call: &mut Call, Settlement { token, how }: &Settlement) {
    call.push(&token.delivery[..]);
    match how {
        How::Ack => call.push("a"),
        How::Nack { visible_at } => call.push(format!("n{}", token.taken(*visible_at))),
        How::Extend { hidden_until } => call.push(format!("e{}", token.taken(*hidden_until))),
        How::Bury { reason, died_at } => {
            call.push([b"b", &died_at.as_millis().to_be_bytes()[..], reason.as_bytes()].concat());
        }
    }
}
