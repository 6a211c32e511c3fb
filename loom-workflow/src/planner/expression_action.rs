//! Expression actions: the functions of the same names, with the inputs as `item()`.

use std::sync::LazyLock;

use crate::definition::ExpressionKind;
use crate::{Template, Value};

/// The call that computes an Expression action.
pub(super) fn template(kind: ExpressionKind, inputs: &Value) -> &'static Template {
    static TEMPLATES: LazyLock<[Template; 12]> = LazyLock::new(|| {
        [
            "@addToTime(item()?['baseTime'], item()?['interval'], item()?['timeUnit'])",
            "@subtractFromTime(item()?['baseTime'], item()?['interval'], item()?['timeUnit'])",
            "@convertTimeZone(item()?['baseTime'], item()?['sourceTimeZone'], item()?['destinationTimeZone'], item()?['formatString'])",
            "@convertTimeZone(item()?['baseTime'], item()?['sourceTimeZone'], item()?['destinationTimeZone'])",
            "@utcNow()",
            "@getFutureTime(item()?['interval'], item()?['timeUnit'])",
            "@getPastTime(item()?['interval'], item()?['timeUnit'])",
            "@formatNumber(item()?['number'], item()?['format'], item()?['locale'])",
            "@formatNumber(item()?['number'], item()?['format'])",
            "@indexOf(item()?['text'], item()?['searchText'])",
            "@substring(item()?['text'], item()?['startingPosition'], item()?['length'])",
            "@substring(item()?['text'], item()?['startingPosition'])",
        ]
        .map(|text| Template::compile(&Value::from(text)).expect("these are expressions"))
    });
    let lacks = |name: &str| usize::from(inputs.property(name).is_null());
    let number = match kind {
        ExpressionKind::AddToTime => 0,
        ExpressionKind::SubtractFromTime => 1,
        ExpressionKind::ConvertTimeZone => 2 + lacks("formatString"),
        ExpressionKind::CurrentTime => 4,
        ExpressionKind::GetFutureTime => 5,
        ExpressionKind::GetPastTime => 6,
        ExpressionKind::FormatNumber => 7 + lacks("locale"),
        ExpressionKind::IndexOf => 9,
        ExpressionKind::Substring => 10 + lacks("length"),
    };
    &TEMPLATES[number]
}
