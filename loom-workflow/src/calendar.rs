//! Points in time, their text in the formats and cultures of .NET, and time zones.

mod culture;
mod moment;
mod zone;

pub(crate) use self::culture::Culture;
pub use self::moment::Moment;
pub use self::zone::zone;
use crate::value::Value;

pub(crate) fn format_number(_: &Value, _: &str, _: &Culture) -> Option<String> {
    None
}
