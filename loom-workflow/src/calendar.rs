//! Points in time and numbers as text in the formats and cultures of .NET, and time zones.

mod culture;
mod custom;
mod date;
mod exact;
mod format;
mod guess;
mod moment;
mod number;
mod parse_number;
mod pattern;
mod round;
mod span;
mod stamp;
#[cfg(test)]
mod tests;
mod zone;

pub(crate) use self::culture::Culture;
pub(crate) use self::date::{Unit, start_of};
pub(crate) use self::exact::parse_exact;
pub(crate) use self::format::format;
pub(crate) use self::guess::parse;
pub use self::moment::Moment;
pub(crate) use self::moment::{TICKS_PER_DAY, TICKS_PER_SECOND};
pub(crate) use self::number::format_number;
pub(crate) use self::parse_number::{Style, plain_number};
pub(crate) use self::span::{format_span, parse_span, span_text};
pub(crate) use self::stamp::{Kind, Stamp};
pub(crate) use self::zone::is_utc;
pub use self::zone::zone;
