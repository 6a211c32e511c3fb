//! Numbers that look random and are the same in every run.

/// `SplitMix64` (Steele, Lea, Flood 2014).
pub(crate) struct Mix(u64);

impl Mix {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number of a sequence of its own for each `n`.
    pub(crate) fn nth(seed: u64, n: u64) -> Self {
        Self(Self(seed ^ n.wrapping_mul(0xd134_2543_de82_ef95)).next())
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
