//! How often an action may call.

use std::time::Duration;

use super::{Node, Reading, TextPlace as Place, unit_named};
use crate::validation::FindingCode as F;

const PER_MAX: Duration = Duration::from_hours(1);

/// So many calls of an action in a period, within one run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct RateRule {
    /// So many may be made at once when none was made for a period.
    pub(crate) requests: u32,
    /// In which so many become free again.
    pub(crate) per: Duration,
}

impl Reading<'_> {
    /// `{requests, per: second | minute | hour}`, of Loom.
    pub(super) fn rate(&mut self, node: &Node, place: &Place, calls: bool) -> Option<RateRule> {
        let written = node.get("rateLimit").filter(|it| !it.is_null())?;
        let place = place.of(node, "rateLimit");
        self.object(written, &place);
        written.as_object()?;
        if !calls {
            let message = "Only actions that call something have a rate limit.";
            self.error(F::IgnoredProperty, &place, message);
            return None;
        }
        for name in ["requests", "per"] {
            if written.get(name).is_none() {
                self.missing(&place, name);
            }
        }
        let requests = self.number(written, &place, "requests", 1..=1_000_000);
        let per = self.text(written, &place, "per")?;
        let known = unit_named(&per.to_ascii_lowercase()).filter(|per| *per <= PER_MAX);
        if known.is_none() {
            let message = format!("'{per}' is no period: second, minute or hour.");
            self.error(F::WrongValue, &place.of(written, "per"), message);
        }
        Some(RateRule { requests: requests?, per: known? })
    }
}
