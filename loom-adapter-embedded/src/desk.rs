//! What the thread that writes keeps in memory.

use std::collections::HashMap;
use std::mem;

use loom_core::{PartitionId, QueueName, Timestamp};

use crate::error::Broken;
use crate::journal::{Actors, Tenures};
use crate::key::{Key, Table};
use crate::lane::Lanes;
use crate::queue::Lines;
use crate::row;
use crate::view::View;

/// How many tickets are set aside at once, so that few requests have to write it down.
const TICKETS_AT_ONCE: u64 = 4096;

#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// When the lease of each tenure ends. Nowhere else: no holder from before can be alive when
    /// the directory is opened, for its process had the directory.
    pub(crate) leases: HashMap<PartitionId, Timestamp>,
    pub(crate) tenures: Tenures,
    pub(crate) actors: Actors,
    pub(crate) lanes: Lanes,
    pub(crate) lines: HashMap<QueueName, Lines>,
    tickets: Option<Tickets>,
}

#[derive(Clone, Copy, Debug)]
struct Tickets {
    next: u64,
    set_aside: u64,
}

impl Desk {
    /// Forgets what can be read again.
    pub(crate) fn forget(&mut self) {
        let leases = mem::take(&mut self.leases);
        *self = Self { leases, ..Self::default() };
    }
}

impl View<'_> {
    /// A number greater than all that were returned before, in any life of the store.
    pub(crate) fn ticket(&mut self) -> Result<u64, Broken> {
        let key = Key::of(Table::Tickets);
        let mut tickets = if let Some(tickets) = self.desk.tickets {
            tickets
        } else {
            let stored = self.get(&key)?;
            let next = stored.map_or(Ok(1), |raw| row::number("ticket", &raw))?;
            Tickets { next, set_aside: next }
        };
        if tickets.next >= tickets.set_aside {
            tickets.set_aside = tickets.next + TICKETS_AT_ONCE;
            self.insert(key, tickets.set_aside.to_be_bytes());
        }
        let ticket = tickets.next;
        tickets.next += 1;
        self.desk.tickets = Some(tickets);
        Ok(ticket)
    }
}
