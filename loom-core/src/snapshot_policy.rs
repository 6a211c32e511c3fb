//! When snapshots are written.
/// When snapshots are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SnapshotPolicy {
    /// Records.
    pub records_max: u64,
    /// Bytes.
    pub bytes_min: u64,
}
impl Default for SnapshotPolicy {
    fn default() -> Self { Self { records_max: 1000, bytes_min: 64 << 10 } }
}
impl SnapshotPolicy {
    /// Due.
    #[must_use]
    pub fn due(&self, records: u64, bytes: u64, last: u64) -> bool {
        records >= self.records_max || bytes >= self.bytes_min.max(last)
    }
}
