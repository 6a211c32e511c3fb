//! Large loops, done in parts by runs of their own.

use super::Command;
use super::engine::Engine;
use crate::Value;
use crate::definition::{Concurrency, Operation};
use crate::run::{Place, RunStatus, Shard, ShardEnded, Status};

/// The most parts that are under way at once.
const SHARDS_AT_ONCE_MAX: u32 = 16;
/// A loop with fewer parts than this is not worth them.
const SHARDS_MIN: u32 = 4;
/// About how many bytes of elements a part has at most.
const SHARD_BYTES_MAX: u64 = 128 << 10;

impl Engine<'_> {
    /// How many elements each part has, if a loop is to be done in parts.
    pub(super) fn shard_items(&self, place: Place, items: &Value, total: u32) -> u32 {
        let Some(wanted) = self.run.shard_items else { return 0 };
        let bytes = (items.written_bytes() / u64::from(total.max(1))).max(1);
        let fits = u32::try_from(SHARD_BYTES_MAX / bytes).unwrap_or(u32::MAX);
        let each = wanted.min(fits).max(1);
        let is_large = total >= wanted.saturating_mul(SHARDS_MIN);
        if is_large && self.is_apart(place) { each } else { 0 }
    }

    /// Whether what is in a loop changes nothing outside of it, and nobody outside looks for it.
    fn is_apart(&self, place: Place) -> bool {
        self.definition.inside(place.action).all(|action| {
            let action = self.definition.action(action);
            let touches = matches!(
                action.operation,
                Operation::InitializeVariable { .. }
                    | Operation::SetVariable { .. }
                    | Operation::IncrementVariable { .. }
                    | Operation::AppendToArray { .. }
                    | Operation::AppendToString { .. }
                    | Operation::Terminate(_)
                    | Operation::Response { .. }
                    | Operation::Webhook(_)
                    | Operation::Approval(_)
            );
            !touches && action.compensate.is_none() && action.rate.is_none()
        })
    }

    /// Begins as many parts as may be under way at once.
    pub(super) fn begin_shards(&mut self, place: Place, concurrency: Concurrency) {
        let at_once = concurrency.0.clamp(1, SHARDS_AT_ONCE_MAX);
        let concurrency = (concurrency.0 / at_once).max(1);
        while let Some(repetition) = self.repetition(place)
            && repetition.begun < repetition.total
            && repetition.shards.len() < at_once as usize
        {
            let from = repetition.begun;
            let to = from.saturating_add(repetition.shard_items).min(repetition.total);
            repetition.begun = to;
            repetition.shards.insert(from);
            self.command(Command::StartShard(Shard { place, from, to, concurrency }));
        }
    }

    /// A part has ended, in the run whose loop it is.
    pub(super) fn shard_ended(&mut self, ended: ShardEnded) -> bool {
        let ShardEnded { shard: Shard { place, from, to, .. }, failed, timed_out, kept } = ended;
        let Some(repetition) = self.repetition(place) else { return false };
        if !repetition.shards.remove(&from) {
            return false;
        }
        repetition.ended += to - from;
        repetition.failed += failed;
        repetition.timed_out += timed_out;
        if !kept.is_empty() {
            self.run.kept.entry(place).or_default().0.extend(kept);
        }
        self.went_on(place);
        true
    }

    /// The part has ended, in the run that does it.
    pub(super) fn end_shard(&mut self, shard: Shard, failed: u32, timed_out: u32) {
        let kept = self.run.kept.get(&shard.place).map(|kept| &kept.0);
        let kept = kept.into_iter().flatten().filter_map(|(iteration, records)| {
            let read =
                records.iter().filter(|(action, _)| self.definition.action(*action).is_read());
            let read: Vec<_> = read.cloned().collect();
            (!read.is_empty()).then_some((*iteration, read))
        });
        let kept = kept.collect();
        self.run.status = if failed > 0 { RunStatus::Failed } else { RunStatus::Succeeded };
        let now = Some(self.turn.now);
        self.run.ended_at = now;
        let status = if failed > 0 { Status::Failed } else { Status::Succeeded };
        let record = &mut self.node(shard.place).record;
        (record.status, record.ended_at) = (status, now);
        self.command(Command::EndShard(ShardEnded { shard, failed, timed_out, kept }));
    }
}
