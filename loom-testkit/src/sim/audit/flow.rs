//! What is in flight, so that answers are judged only where they have one right value.

use loom_core::PartitionId;

use super::picture::Picture;

/// The changes of one partition.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flow {
    in_flight: u32,
    begun: u64,
}

impl Picture {
    pub(super) fn begin_change(&mut self, partition: PartitionId) {
        let flow = self.flows.entry(partition).or_default();
        flow.in_flight += 1;
        flow.begun += 1;
    }

    pub(super) fn end_change(&mut self, partition: PartitionId) {
        if let Some(flow) = self.flows.get_mut(&partition) {
            flow.in_flight = flow.in_flight.saturating_sub(1);
        }
    }

    /// How many changes there were, unless one is being made: of one partition, or of all.
    pub(super) fn quiet(&self, partition: Option<PartitionId>) -> Option<u64> {
        let flows = self.flows.iter().filter(|(id, _)| partition.is_none_or(|of| of == **id));
        let (in_flight, begun) =
            flows.fold((0, 0), |sum, (_, flow)| (sum.0 + flow.in_flight, sum.1 + flow.begun));
        (in_flight == 0).then_some(begun)
    }
}
