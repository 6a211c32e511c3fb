//! How long requests took, in little memory.
//!
//! A histogram whose buckets grow with what they hold: 32 to every doubling, so that a
//! quantile is right to 3 percent. The idea is that of `HdrHistogram`
//! (<https://hdrhistogram.github.io>).

use std::time::Duration;

const SUB_BITS: u32 = 5;
const SUB: u64 = 1 << SUB_BITS;
/// Two groups for the values below 2 * `SUB`, and one for each doubling above.
const BUCKETS: usize = (64 - 5 + 1) << SUB_BITS;

/// How long requests took.
#[derive(Clone, Debug)]
pub(crate) struct Latencies {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0 }
    }
}

impl Latencies {
    /// Counts a request.
    pub(crate) fn add(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.counts[bucket(micros)] += 1;
        self.total += 1;
    }

    /// The time within which `percent` of the requests ended, in milliseconds. `None` without any.
    pub(crate) fn percentile_ms(&self, percent: u64) -> Option<f64> {
        let rank = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(Duration::from_micros(upper_bound(bucket as u64)).as_secs_f64() * 1000.0)
    }
}

fn bucket(micros: u64) -> usize {
    let bits = (u64::BITS - micros.leading_zeros()).saturating_sub(SUB_BITS + 1);
    let index = u64::from(bits) * SUB + (micros >> bits);
    usize::try_from(index).expect("less than BUCKETS")
}

/// The largest value in a bucket.
fn upper_bound(bucket: u64) -> u64 {
    let bits = (bucket / SUB).saturating_sub(1);
    let first = (bucket - bits * SUB) << bits;
    first + ((1 << bits) - 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{BUCKETS, Latencies, bucket, upper_bound};

    #[test]
    fn every_value_is_in_a_bucket_that_is_little_larger() {
        for shift in 0..64 {
            for value in [1_u64 << shift, (1 << shift) + (1 << shift) / 3, u64::MAX >> shift] {
                let bucket = bucket(value);
                assert!(bucket < BUCKETS, "{value}");
                let upper = upper_bound(bucket as u64);
                assert!(upper >= value && upper - value <= value / 32, "{value} in {upper}");
            }
        }
    }

    #[test]
    fn percentiles_are_values_that_many_do_not_exceed() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile_ms(50), None);
        (1..=100).for_each(|millis| latencies.add(Duration::from_millis(millis)));
        for percent in [1, 50, 99, 100] {
            let found = latencies.percentile_ms(percent).unwrap();
            let exact = Duration::from_millis(percent).as_secs_f64() * 1000.0;
            assert!(found >= exact && found <= exact * 1.04, "{percent}: {found}");
        }
    }
}
