//! Promise 3: two owners never both commit.

use loom_core::{Epoch, HostId, PartitionId, Timestamp};
use loom_ports::{Fenced, Tenure};

use super::picture::Picture;
use super::{Kept, broken};

/// The tenures of one partition.
#[derive(Clone, Debug, Default)]
pub(super) struct Tenures {
    greatest: Epoch,
    /// `None` once it was released.
    owner: Option<HostId>,
    /// When its lease ends.
    until: Timestamp,
    /// It may have been changed by a request that was not answered.
    is_uncertain: bool,
}

impl Tenures {
    pub(super) fn reopened(&mut self) {
        self.is_uncertain = true;
    }
}

impl Picture {
    pub(super) fn granted(
        &mut self,
        partition: PartitionId,
        host: &HostId,
        (tenure, until): (&Tenure, Timestamp),
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
        let owner = Some(host.clone());
        *tenures = Tenures { greatest: epoch, owner, until, is_uncertain: false };
        Ok(())
    }

    /// A lease was prolonged.
    pub(super) fn renewed(&mut self, tenure: &Tenure, until: Timestamp) -> Kept {
        self.owned(tenure, "a lease was renewed")?;
        if let Some(tenures) = self.tenures.get_mut(&tenure.partition) {
            tenures.until = until;
        }
        Ok(())
    }

    /// Nobody knows whether a tenure was changed.
    pub(super) fn tenure_unknown(&mut self, partition: PartitionId) {
        self.tenures.entry(partition).or_default().is_uncertain = true;
    }

    /// A claim was refused because of another owner.
    pub(super) fn held(
        &self,
        (partition, host, dead): (PartitionId, &HostId, Option<&HostId>),
        (by, until): (&HostId, Timestamp),
        now: Timestamp,
    ) -> Kept {
        let tenures = self.tenures.get(&partition);
        if tenures.is_some_and(|tenures| tenures.is_uncertain) {
            return Ok(());
        }
        let is_so = tenures.is_some_and(|it| it.owner.as_ref() == Some(by) && it.until == until);
        if is_so && by != host && dead != Some(by) && until > now {
            return Ok(());
        }
        broken(3, format!("partition {partition} was refused to {host} as one of {by}, and is not"))
    }

    /// A tenure was said to have ended.
    pub(super) fn fenced(&self, tenure: &Tenure, Fenced { epoch }: Fenced) -> Kept {
        let Tenure { partition, epoch: its, host } = tenure;
        let known = self.tenures.get(partition);
        if known.is_some_and(|known| known.is_uncertain) {
            return Ok(());
        }
        let greatest = known.map_or(Epoch(0), |known| known.greatest);
        if !self.is_current(tenure) && epoch == greatest {
            return Ok(());
        }
        let what = format!(
            "epoch {its} of {host} in partition {partition} was said to have ended with epoch \
             {epoch}, and the greatest epoch is {greatest}"
        );
        broken(3, what)
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

    pub(super) fn has_owner(&self, partition: PartitionId) -> bool {
        self.tenures.get(&partition).is_some_and(|tenures| tenures.owner.is_some())
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
