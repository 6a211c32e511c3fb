//! Expression actions: the functions of the same names, with the inputs as `item()`.

use std::sync::LazyLock;

use crate::definition::ExpressionKind;
use crate::{Template, Value};

/// The call that computes an Expression action.
pub(super) fn template(kind: ExpressionKind, inputs: &Value) -> &'static Template {
    static TEMPLATES: LazyLock<[Template; 7]> = LazyLock::new(|| {
        [
            "@addToTime(item()?['baseTime'], item()?['interval'], item()?['timeUnit'])",
            "@subtractFromTime(item()?['baseTime'], item()?['interval'], item()?['timeUnit'])",
            "@convertTimeZone(item()?['baseTime'], item()?['sourceTimeZone'], item()?['destinationTimeZone'], item()?['formatString'])",
            "@convertTimeZone(item()?['baseTime'], item()?['sourceTimeZone'], item()?['destinationTimeZone'])",
            "@utcNow()",
            "@getFutureTime(item()?['interval'], item()?['timeUnit'])",
            "@getPastTime(item()?['interval'], item()?['timeUnit'])",
        ]
        .map(|text| Template::compile(&Value::from(text)).expect("these are expressions"))
    });
    let number = match kind {
        ExpressionKind::AddToTime => 0,
        ExpressionKind::SubtractFromTime => 1,
        ExpressionKind::ConvertTimeZone => {
            usize::from(inputs.property("formatString").is_null()) + 2
        }
        ExpressionKind::CurrentTime => 4,
        ExpressionKind::GetFutureTime => 5,
        ExpressionKind::GetPastTime => 6,
    };
    &TEMPLATES[number]
}
