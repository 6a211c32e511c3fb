//! What the file says of Azure, in a program that was built without it.

use loom_core::PartitionCount;

use super::mistake::Code;
use super::source::Source;
use crate::azure::Azure;

pub(super) fn read(source: &mut Source<'_>, _: PartitionCount, _: bool) -> Azure {
    for table in ["azure", "cosmos", "blob", "key_vault"] {
        if source.has(table) {
            let what = "this program was built without Azure; build it with `--features azure`";
            source.tell(table, Code::NotBuilt, what);
        }
    }
    Azure::default()
}
