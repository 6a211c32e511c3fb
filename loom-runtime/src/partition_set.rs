//! Which partitions are meant, written short.

use loom_core::PartitionId;
use serde::{Deserialize, Serialize};

/// Some partitions, written as hexadecimal digits: the lowest bit of the first digit is partition 0.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct PartitionSet(String);

impl PartitionSet {
    /// Whether a partition is one of them.
    #[must_use]
    pub fn contains(&self, partition: PartitionId) -> bool {
        let (digit, bit) = place(partition);
        let digit = self.0.as_bytes().get(digit).and_then(|digit| char::from(*digit).to_digit(16));
        digit.is_some_and(|digit| digit & bit != 0)
    }
}

impl FromIterator<PartitionId> for PartitionSet {
    fn from_iter<T: IntoIterator<Item = PartitionId>>(partitions: T) -> Self {
        let mut digits: Vec<u32> = Vec::new();
        for partition in partitions {
            let (digit, bit) = place(partition);
            digits.resize(digits.len().max(digit + 1), 0);
            digits[digit] |= bit;
        }
        let digit = |digit: u32| char::from_digit(digit, 16).expect("four bits are a digit");
        Self(digits.into_iter().map(digit).collect())
    }
}

/// The digit, and the bit in it.
fn place(PartitionId(number): PartitionId) -> (usize, u32) {
    (usize::from(number / 4), 1 << (number % 4))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use loom_core::PartitionId;

    use super::PartitionSet;

    #[test]
    fn what_was_written_is_read() {
        for numbers in [&[][..], &[0], &[3, 4], &[255, 1, 17], &[4095]] {
            let partitions: BTreeSet<_> =
                numbers.iter().map(|number| PartitionId(*number)).collect();
            let set: PartitionSet = partitions.iter().copied().collect();
            let read = (0..=u16::MAX).map(PartitionId).filter(|partition| set.contains(*partition));
            assert_eq!(read.collect::<BTreeSet<_>>(), partitions, "{set:?}");
        }
        let foreign = PartitionSet("x\u{e9}".into());
        assert!(!foreign.contains(PartitionId(0)) && !foreign.contains(PartitionId(5)));
    }
}
