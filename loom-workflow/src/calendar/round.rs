//! The digits of a number, and how they are rounded.

use crate::value::{Value, decimal_digits};

/// A number as digits: `0.d₁d₂d₃… · 10^scale`.
#[derive(Clone, Debug)]
pub(super) struct Digits {
    pub(super) negative: bool,
    pub(super) each: Vec<u8>,
    pub(super) scale: i32,
}

/// What becomes of exactly one half.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Half {
    Even,
    Away,
}

impl Digits {
    /// The digits of a finite number. Those of a float are the 17 that tell it from its neighbours.
    pub(super) fn of(number: &Value) -> Option<Self> {
        let (negative, text, exponent) = match number {
            Value::Integer(value) => {
                let text = value.unsigned_abs().to_string();
                let exponent = i32::try_from(text.len()).ok()? - 1;
                (*value < 0, text, exponent)
            }
            Value::Decimal(value) => {
                let (text, exponent) = decimal_digits(*value);
                (value.is_sign_negative(), text, exponent)
            }
            Value::Float(value) if value.is_finite() => {
                let scientific = format!("{:.16e}", value.abs());
                let (mantissa, exponent) = scientific.split_once('e')?;
                (value.is_sign_negative(), mantissa.replace('.', ""), exponent.parse().ok()?)
            }
            _ => return None,
        };
        let digits = text.bytes().map(|digit| digit - b'0').collect();
        let mut digits = Self { negative, each: digits, scale: exponent + 1 };
        digits.trim();
        Some(digits)
    }

    fn trim(&mut self) {
        let zeros = self.each.iter().take_while(|digit| **digit == 0).count();
        self.each.drain(..zeros);
        self.scale -= i32::try_from(zeros).unwrap_or(i32::MAX);
        while self.each.last() == Some(&0) {
            self.each.pop();
        }
        if self.each.is_empty() {
            self.scale = 0;
            self.negative = false;
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.each.is_empty()
    }

    /// Keeps the first `count` digits, which may be less than none.
    pub(super) fn round(&mut self, count: i32, half: Half) {
        let Ok(count) = usize::try_from(count) else {
            self.each.clear();
            return self.trim();
        };
        let Some(&next) = self.each.get(count) else {
            return;
        };
        let exactly = next == 5 && self.each[count + 1..].iter().all(|digit| *digit == 0);
        let odd = count.checked_sub(1).is_some_and(|last| self.each[last] % 2 == 1);
        let up = if exactly && half == Half::Even { odd } else { next >= 5 };
        self.each.truncate(count);
        if up {
            self.increment();
        }
        self.trim();
    }

    fn increment(&mut self) {
        for digit in self.each.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.each.insert(0, 1);
        self.scale += 1;
    }

    /// Rounded to so many digits behind the point: those before it, at least one, and those.
    pub(super) fn fixed(mut self, behind: u32, half: Half) -> (bool, String, String) {
        let behind = i32::try_from(behind).expect("a precision is small");
        self.round(self.scale.saturating_add(behind), half);
        let digit = |place: i32| {
            let digit = usize::try_from(place).ok().and_then(|place| self.each.get(place));
            char::from(b'0' + digit.copied().unwrap_or(0))
        };
        let whole = if self.scale > 0 { (0..self.scale).map(digit).collect() } else { "0".into() };
        let fraction = (self.scale..self.scale + behind).map(digit).collect();
        (self.negative, whole, fraction)
    }
}
