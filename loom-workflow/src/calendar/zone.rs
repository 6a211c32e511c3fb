//! Time zones by the names that Windows gives them, and by those of the tz database.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The database that is part of the program, so that all hosts have the same.
static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// What Windows calls them, in lower case.
static WINDOWS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let table: BTreeMap<String, String> = serde_json::from_str(include_str!("windows-zones.json"))
        .expect("the table is JSON of names to names");
    table.into_iter().map(|(windows, iana)| (windows.to_lowercase(), iana)).collect()
});

/// Names that Windows has kept from earlier, and that designers still offer.
const OBSOLETE: [(&str, &str); 2] =
    [("mid-atlantic standard time", "Etc/GMT+2"), ("kamchatka standard time", "Asia/Kamchatka")];

/// The zone of that name, in any case: `Pacific Standard Time`, `Europe/Berlin`, `UTC`.
#[must_use]
pub fn zone(name: &str) -> Option<TimeZone> {
    if ["utc", "coordinated universal time"].contains(&name.to_lowercase().as_str()) {
        return Some(TimeZone::UTC);
    }
    let lower = name.to_lowercase();
    let windows = WINDOWS.get(&lower).map(String::as_str);
    let obsolete = || OBSOLETE.iter().find(|(known, _)| *known == lower).map(|(_, iana)| *iana);
    DATABASE.get(windows.or_else(obsolete).unwrap_or(name)).ok()
}

/// Whether it is UTC under any of its names.
pub(crate) fn is_utc(zone: &TimeZone) -> bool {
    let names = ["UTC", "Etc/UTC", "Etc/GMT", "GMT", "Etc/Zulu", "Zulu", "Etc/UCT", "UCT"];
    *zone == TimeZone::UTC || zone.iana_name().is_some_and(|name| names.contains(&name))
}
