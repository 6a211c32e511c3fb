//! Chance that is the same in every run.

use loom_core::fingerprint;
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// A stream of choices that follows from its seed alone.
#[derive(Clone, Debug)]
pub struct Chance {
    seed: u64,
    stream: Pcg64Mcg,
}

impl Chance {
    /// The stream of a seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { seed, stream: Pcg64Mcg::seed_from_u64(seed) }
    }

    /// A stream of its own for each name: what one part of a simulation chooses does not depend
    /// on how often another part does.
    #[must_use]
    pub fn of(&self, name: &str) -> Self {
        Self::seeded(fingerprint(&[&self.seed.to_le_bytes(), name.as_bytes()]))
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// A number less than `end`; 0 if that is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // Lemire's multiplication, without its correction: the bias of small ranges is far less
        // than one seed tells from another.
        let wide = u128::from(self.any()) * u128::from(end);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number of `from..=to`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from) + 1)
    }

    /// An index of something that has so many.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// True once in so many times, on average; never for 0.
    pub fn one_in(&mut self, times: u64) -> bool {
        times > 0 && self.below(times) == 0
    }

    /// One of them.
    ///
    /// # Panics
    ///
    /// Panics if there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.index(from.len())]
    }
}
