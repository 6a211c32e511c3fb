//! Limits of time and number.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::reading::Owner;
use super::{Node, Reading, TextPlace as Place, is_filled_in};
use crate::Template;

/// How many iterations an Until has, unless it says so.
pub(crate) const UNTIL_COUNT: u32 = 60;

/// The most that it may have.
pub(crate) const UNTIL_COUNT_MAX: i64 = 5_000;

/// How long it takes, unless it says so.
pub(crate) const UNTIL_TIMEOUT: Duration = Duration::from_hours(1);

/// The longest that it may take.
pub(crate) const UNTIL_TIMEOUT_MAX: Duration = Duration::from_hours(30 * 24);

/// What a definition limits: so much, or as much as an expression says when the action begins.
#[derive(Debug)]
pub(crate) enum Limit<T> {
    /// It is written.
    Fixed(T),
    /// It is computed.
    Computed(Template),
}

impl<T: Copy> Limit<T> {
    /// What is written, or else this.
    pub(crate) fn or(&self, otherwise: T) -> T {
        if let Self::Fixed(written) = self { *written } else { otherwise }
    }
}

impl Reading<'_> {
    /// A limit of time that may be there.
    pub(crate) fn time_limit(
        &mut self,
        node: &Node,
        place: &Place,
        name: &str,
        owner: Owner,
    ) -> Option<Limit<Duration>> {
        if is_computed(node, name) {
            return self.required_template(node, place, name, owner).map(Limit::Computed);
        }
        self.duration(node, place, name).map(Limit::Fixed)
    }

    /// A limit of number that may be there, within bounds if it is written.
    pub(crate) fn count_limit(
        &mut self,
        node: &Node,
        place: &Place,
        name: &str,
        range: RangeInclusive<i64>,
        owner: Owner,
    ) -> Option<Limit<u32>> {
        if is_computed(node, name) {
            return self.required_template(node, place, name, owner).map(Limit::Computed);
        }
        self.number(node, place, name, range).map(Limit::Fixed)
    }
}

/// Whether a member is an expression.
fn is_computed(node: &Node, name: &str) -> bool {
    let text = node.get(name).and_then(Node::as_str);
    text.is_some_and(|text| text.contains('@') && !is_filled_in(text))
}
