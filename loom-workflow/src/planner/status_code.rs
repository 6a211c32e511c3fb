//! The names of HTTP statuses, as records show them.

use crate::Value;

/// Those for which .NET Framework has a name; the service shows the number of the others.
const NAMES: &[(u16, &str)] = &[
    (100, "Continue"),
    (101, "SwitchingProtocols"),
    (200, "OK"),
    (201, "Created"),
    (202, "Accepted"),
    (203, "NonAuthoritativeInformation"),
    (204, "NoContent"),
    (205, "ResetContent"),
    (206, "PartialContent"),
    (300, "MultipleChoices"),
    (301, "MovedPermanently"),
    (302, "Found"),
    (303, "SeeOther"),
    (304, "NotModified"),
    (305, "UseProxy"),
    (306, "Unused"),
    (307, "TemporaryRedirect"),
    (400, "BadRequest"),
    (401, "Unauthorized"),
    (402, "PaymentRequired"),
    (403, "Forbidden"),
    (404, "NotFound"),
    (405, "MethodNotAllowed"),
    (406, "NotAcceptable"),
    (407, "ProxyAuthenticationRequired"),
    (408, "RequestTimeout"),
    (409, "Conflict"),
    (410, "Gone"),
    (411, "LengthRequired"),
    (412, "PreconditionFailed"),
    (413, "RequestEntityTooLarge"),
    (414, "RequestUriTooLong"),
    (415, "UnsupportedMediaType"),
    (416, "RequestedRangeNotSatisfiable"),
    (417, "ExpectationFailed"),
    (426, "UpgradeRequired"),
    (500, "InternalServerError"),
    (501, "NotImplemented"),
    (502, "BadGateway"),
    (503, "ServiceUnavailable"),
    (504, "GatewayTimeout"),
    (505, "HttpVersionNotSupported"),
];

/// The name of a status, or its number.
pub(super) fn name(code: i64) -> String {
    let found = NAMES.iter().find(|(known, _)| i64::from(*known) == code);
    found.map_or_else(|| code.to_string(), |(_, name)| (*name).to_owned())
}

/// The status in outputs.
pub(super) fn code_in(outputs: &Value) -> Option<i64> {
    match outputs.as_object()?.find("statusCode")? {
        Value::Integer(code) => Some(*code),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The name of the status in outputs.
pub(super) fn name_in(outputs: &Value) -> Option<String> {
    code_in(outputs).map(name)
}

/// Whether a call that was answered so is worth another attempt.
pub(super) fn is_worth_another(code: i64) -> bool {
    matches!(code, 408 | 429 | 500..=599)
}

/// A header in outputs, whose name is in any case.
pub(super) fn header<'a>(outputs: &'a Value, name: &str) -> Option<&'a Value> {
    outputs.as_object()?.find("headers")?.as_object()?.find(name)
}
