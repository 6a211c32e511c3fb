//! Promise 3: two owners never both commit.

use loom_core::{Epoch, HostId, PartitionId};
use loom_ports::Tenure;

use super::picture::Picture;
use super::{Kept, broken};

/// The tenures of one partition.
#[derive(Clone, Debug, Default)]
pub(super) struct Tenures {
    greatest: Epoch,
    /// `None` once it was released.
    owner: Option<HostId>,
}

impl Picture {
    pub(super) fn granted(
        &mut self,
        partition: PartitionId,
        host: &HostId,
        tenure: &Tenure,
    ) -> Kept {
        let tenures = self.tenures.entry(partition).or_default();
        let Tenure { epoch, .. } = *tenure;
        if tenure.partition != partition || tenure.host != *host {
            return broken(3, format!("{host} claimed partition {partition} and got {tenure:?}"));
        }
        if epoch <= tenures.greatest {
            let greatest = tenures.greatest;
            let what = format!(
                "partition {partition} was granted to {host} with epoch {epoch}, after epoch {greatest}"
            );
            return broken(3, what);
        }
        *tenures = Tenures { greatest: epoch, owner: Some(host.clone()) };
        Ok(())
    }

    pub(super) fn released(&mut self, tenure: &Tenure) {
        if self.is_current(tenure)
            && let Some(tenures) = self.tenures.get_mut(&tenure.partition)
        {
            tenures.owner = None;
        }
    }

    /// Every tenure ended.
    pub(super) fn end_all(&mut self) {
        self.tenures.values_mut().for_each(|tenures| tenures.owner = None);
    }

    pub(super) fn is_current(&self, tenure: &Tenure) -> bool {
        self.tenures.get(&tenure.partition).is_some_and(|tenures| {
            tenures.greatest == tenure.epoch && tenures.owner.as_ref() == Some(&tenure.host)
        })
    }

    /// That something was only done under the present tenure.
    pub(super) fn owned(&self, tenure: &Tenure, what: &str) -> Kept {
        if self.is_current(tenure) {
            return Ok(());
        }
        let Tenure { partition, epoch, host } = tenure;
        let greatest = self.tenures.get(partition).map_or(Epoch(0), |tenures| tenures.greatest);
        broken(
            3,
            format!(
                "{what} of partition {partition} under epoch {epoch} of {host}, \
                 which had ended: the greatest epoch is {greatest}"
            ),
        )
    }
}
