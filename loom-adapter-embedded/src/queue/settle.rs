//! What is done with a received message.
//!
//! A receipt names the message and the attempt, so that a later attempt makes it worthless.

use loom_core::Timestamp;
use loom_ports::{QueuedDeadLetter, Receipt, Settled};

use super::letter;
use super::line::{self, BodyRow, PlaceRow};
use crate::error::Broken;
use crate::view::View;

/// What came of removing a message.
pub(super) struct Removed {
    pub(super) settled: Settled,
    /// Another message is ready now that was behind it.
    pub(super) frees: bool,
}

impl Removed {
    const NOTHING: Self = Self { settled: Settled::Expired, frees: false };
}

pub(super) fn token(n: u64, attempt: u32) -> Vec<u8> {
    [&n.to_be_bytes()[..], &attempt.to_be_bytes()].concat()
}

pub(super) fn ack(view: &mut View<'_>, receipt: &Receipt) -> Result<Removed, Broken> {
    let Some((n, message)) = taken(view, receipt)? else { return Ok(Removed::NOTHING) };
    let frees = line::remove(view, &receipt.queue, n, message)?;
    Ok(Removed { settled: Settled::Done, frees })
}

pub(super) fn nack(
    view: &mut View<'_>,
    receipt: &Receipt,
    visible_at: Timestamp,
) -> Result<Settled, Broken> {
    let Some((n, message)) = taken(view, receipt)? else { return Ok(Settled::Expired) };
    let returned = PlaceRow { is_taken: false, ..message };
    line::postpone(view, &receipt.queue, n, returned, visible_at);
    Ok(Settled::Done)
}

pub(super) fn extend(
    view: &mut View<'_>,
    receipt: &Receipt,
    hidden_until: Timestamp,
) -> Result<Settled, Broken> {
    let Some((n, message)) = taken(view, receipt)? else { return Ok(Settled::Expired) };
    line::postpone(view, &receipt.queue, n, message, hidden_until);
    Ok(Settled::Done)
}

pub(super) fn bury(
    view: &mut View<'_>,
    receipt: &Receipt,
    reason: String,
    now: Timestamp,
) -> Result<Removed, Broken> {
    let Some((n, message)) = taken(view, receipt)? else { return Ok(Removed::NOTHING) };
    let BodyRow { id, body } = line::body(view, &receipt.queue, n)?;
    let letter = QueuedDeadLetter { id, body, attempts: message.attempts, reason, died_at: now };
    letter::add(view, &receipt.queue, &letter)?;
    let frees = line::remove(view, &receipt.queue, n, message)?;
    Ok(Removed { settled: Settled::Done, frees })
}

/// The message that a receipt names, if the receipt is still good.
fn taken(view: &View<'_>, receipt: &Receipt) -> Result<Option<(u64, PlaceRow)>, Broken> {
    let parts = receipt.token.split_first_chunk::<8>();
    let Some((n, attempt)) = parts.and_then(|(n, attempt)| Some((n, attempt.try_into().ok()?)))
    else {
        return Err(Broken::Invalid("not a receipt of this store".into()));
    };
    let (n, attempt) = (u64::from_be_bytes(*n), u32::from_be_bytes(attempt));
    let message = line::find_place(view, &receipt.queue, n)?;
    let message = message.filter(|message| message.is_taken && message.attempts == attempt);
    Ok(message.map(|message| (n, message)))
}
