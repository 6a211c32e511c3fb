//! Everything there is at one moment.

use std::collections::BTreeSet;
use std::sync::Arc;

use loom_core::{Epoch, PartitionId, Seq};

use crate::HostNo;
use crate::host::{Commit, Condition, Host, RECEIVERS, SENDERS, Tenure};
use crate::scenario::{Budget, Scenario};
use crate::store::Store;

/// Everything there is at one moment.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct World {
    // A step changes little, and the rest is shared with the world before it.
    pub(crate) store: Arc<Store>,
    pub(crate) hosts: Vec<Arc<Host>>,
    /// Commits that nobody waits for any more, and that may still arrive.
    pub(crate) late: BTreeSet<Commit>,
    /// What the client was replied to each of its requests.
    pub(crate) replies: Vec<Option<Seq>>,
    /// What may still go wrong.
    pub(crate) left: Budget,
}

impl World {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let condition = Condition::Up;
        let host = |no| Host { no: HostNo(no), condition, tenures: [None, None], drawn: 0 };
        let mut world = Self {
            store: Arc::default(),
            hosts: (0..scenario.hosts).map(host).map(Arc::new).collect(),
            late: BTreeSet::new(),
            replies: vec![None; scenario.requests.len()],
            left: scenario.budget.clone(),
        };
        world.claim(HostNo(0), SENDERS);
        world.claim(HostNo(0), RECEIVERS);
        world
    }

    pub(crate) fn host(&self, no: HostNo) -> &Host {
        &self.hosts[usize::from(no.0)]
    }

    pub(crate) fn host_mut(&mut self, no: HostNo) -> &mut Host {
        Arc::make_mut(&mut self.hosts[usize::from(no.0)])
    }

    pub(crate) fn store_mut(&mut self) -> &mut Store {
        Arc::make_mut(&mut self.store)
    }

    pub(crate) fn epoch(&self, no: HostNo, id: PartitionId) -> Option<Epoch> {
        self.host(no).tenure(id).map(|tenure| tenure.epoch)
    }

    pub(crate) fn claim(&mut self, no: HostNo, id: PartitionId) {
        let tenure = Tenure { epoch: self.store_mut().claim(id, no), ..Tenure::default() };
        self.host_mut(no).tenures[usize::from(id.0)] = Some(tenure);
    }
}
