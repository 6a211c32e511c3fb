//! A point in time.

/// Ticks of 100 ns in a day.
pub(crate) const TICKS_PER_DAY: i64 = 24 * 60 * 60 * TICKS_PER_SECOND;

/// Ticks of 100 ns in a second.
pub(crate) const TICKS_PER_SECOND: i64 = 10_000_000;

const TICKS_PER_MILLI: i64 = 10_000;

/// 1970-01-01.
const UNIX_EPOCH_TICKS: i64 = 719_162 * TICKS_PER_DAY;

/// A point in time, as precise as the service has it: ticks of 100 ns since the beginning of the
/// year 1, in UTC.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Moment(i64);

impl Moment {
    /// The beginning of 1970.
    pub const UNIX_EPOCH: Self = Self(UNIX_EPOCH_TICKS);

    /// The last one: the end of the year 9999.
    pub const MAX: Self = Self(3_652_059 * TICKS_PER_DAY - 1);

    /// The moment so many ticks after the beginning of the year 1, if it is in the years 1 to 9999.
    #[must_use]
    pub fn from_ticks(ticks: i64) -> Option<Self> {
        (0..=Self::MAX.0).contains(&ticks).then_some(Self(ticks))
    }

    /// The moment so many milliseconds after the beginning of 1970, or the last one.
    #[must_use]
    pub fn from_unix_millis(millis: u64) -> Self {
        let ticks = i64::try_from(millis).ok().and_then(|it| it.checked_mul(TICKS_PER_MILLI));
        let ticks = ticks.and_then(|ticks| ticks.checked_add(UNIX_EPOCH_TICKS));
        ticks.and_then(Self::from_ticks).unwrap_or(Self::MAX)
    }

    /// Whole milliseconds since the beginning of 1970. 0 before that.
    #[must_use]
    pub fn unix_millis(self) -> u64 {
        u64::try_from((self.0 - UNIX_EPOCH_TICKS) / TICKS_PER_MILLI).unwrap_or(0)
    }

    /// Ticks since the beginning of the year 1.
    #[must_use]
    pub fn ticks(self) -> i64 {
        self.0
    }
}
