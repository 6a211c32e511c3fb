//! Cases of expressions, one in each line of a file.

use serde::{Deserialize, Serialize};

use super::around::Around;
use crate::calendar::{Culture, Moment, parse};
use crate::expression::Budget;
use crate::template::Template;
use crate::value::Value;

/// What came of a file of cases.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CaseReport {
    /// How many cases came out as they should.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// Those that did not.
    pub failures: Vec<CaseFailure>,
}

/// A case that did not come out as it should.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseFailure {
    /// The name of the case, or the number of its line where it cannot be read.
    pub id: String,
    /// What was evaluated.
    pub expr: String,
    /// What it should come to.
    pub expected: String,
    /// What it came to.
    pub got: String,
}

/// One case, in the format of the public case files.
#[derive(Debug, Deserialize)]
struct Case {
    id: String,
    expr: Value,
    #[serde(default)]
    context: Value,
    #[serde(default)]
    expect: Value,
    #[serde(default)]
    error: bool,
    #[serde(default, rename = "expectType")]
    expect_type: Option<String>,
    #[serde(default)]
    approx: Value,
}

/// Evaluates every case of a file, one in each line: its `expr` in its `context` must come to
/// `expect`, or fail where `error` is true. Numbers are equal by their value, whatever their kind,
/// unless `expectType` says which.
#[must_use]
pub fn check_expressions(lines: &str) -> CaseReport {
    let mut report = CaseReport::default();
    let lines = lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (at, line) in lines {
        match serde_json::from_str::<Case>(line) {
            Ok(case) => match case.check() {
                Ok(()) => report.passed += 1,
                Err(failure) => report.failures.push(failure),
            },
            Err(error) => report.failures.push(CaseFailure {
                id: format!("line {}", at + 1),
                expr: String::new(),
                expected: "a case".to_owned(),
                got: error.to_string(),
            }),
        }
    }
    report.failed = report.failures.len();
    report
}

impl Case {
    fn check(self) -> Result<(), CaseFailure> {
        let got = self.evaluate();
        let passed = match &got {
            Ok(value) => !self.error && self.agrees(value),
            Err(_) => self.error,
        };
        if passed {
            return Ok(());
        }
        Err(CaseFailure {
            id: self.id,
            expr: self.expr.to_text().to_string(),
            expected: if self.error { "an error".to_owned() } else { self.expect.to_json_text() },
            got: match got {
                Ok(value) => format!("{} ({})", value.to_json_text(), value.kind()),
                Err(message) => message,
            },
        })
    }

    fn evaluate(&self) -> Result<Value, String> {
        let now = match self.context.property("utcNow") {
            Value::String(text) => parse(&text, Culture::INVARIANT, Moment::UNIX_EPOCH)
                .and_then(|stamp| Moment::from_ticks(stamp.ticks))
                .ok_or_else(|| format!("'{text}' is no time"))?,
            _ => Moment::from_unix_millis(1_600_000_000_000),
        };
        let template = Template::compile(&self.expr)
            .map_err(|errors| errors.first().map(ToString::to_string).unwrap_or_default())?;
        let around = Around::new(self.context.clone(), now);
        let evaluated = template.evaluate_within(&around, &Budget::DEFAULT);
        evaluated.map(|evaluated| evaluated.value).map_err(|error| error.message)
    }

    fn agrees(&self, value: &Value) -> bool {
        let kind = match self.expect_type.as_deref() {
            Some("integer") => matches!(value, Value::Integer(_)),
            Some("float") => matches!(value, Value::Float(_) | Value::Decimal(_)),
            _ => true,
        };
        kind && (*value == self.expect || self.is_near(value))
    }

    /// Whether it is as near as `approx` says: true for about the ninth digit, or a difference.
    fn is_near(&self, value: &Value) -> bool {
        let (Some(left), Some(right)) = (value.to_float(), self.expect.to_float()) else {
            return false;
        };
        let tolerance = match &self.approx {
            Value::Bool(true) => 1e-9 * right.abs().max(1.0),
            number => number.to_float().unwrap_or(0.0),
        };
        (left - right).abs() <= tolerance
    }
}
