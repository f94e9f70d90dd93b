//! Numbers as other programs write them.
//!
//! JavaScript has no integers: it writes 10^21 as `1e+21`. A chain counts in whole numbers only, so that is what each
//! number of a specification becomes, digit by digit and without a float in between.

use crate::SpecError;
use serde_json::{Number, Value};

/// Digits of 2^128, the largest number that a field of a chain may have room for.
const MAX_DIGITS: usize = 39;

/// Writes every number without fraction and exponent.
///
/// # Errors
/// [`SpecError::Number`] for one that is not whole or too large.
pub fn make_whole(spec: &mut Value) -> Result<(), SpecError> {
    at(spec, &mut String::new())
}

fn at(value: &mut Value, path: &mut String) -> Result<(), SpecError> {
    let length = path.len();
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => {}
        Value::Number(number) => match whole(&number.to_string()) {
            Some(whole) => *number = whole,
            None => {
                return Err(SpecError::Number {
                    field: path.clone(),
                    number: number.to_string(),
                });
            }
        },
        Value::Array(values) => {
            for (index, value) in values.iter_mut().enumerate() {
                path.push_str(&format!("[{index}]"));
                at(value, path)?;
                path.truncate(length);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
                at(value, path)?;
                path.truncate(length);
            }
        }
    }
    Ok(())
}

/// The integer that a JSON number is, if it is one.
fn whole(text: &str) -> Option<Number> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (units, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{units}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(Number::from(0));
    }
    // By how many zeros the digits fall short of the number; below zero, digits are behind the point.
    let exponent: i64 = exponent.parse().ok()?;
    let zeros = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let digits = match usize::try_from(zeros) {
        Ok(zeros) if digits.len().checked_add(zeros)? <= MAX_DIGITS => {
            format!("{digits}{}", "0".repeat(zeros))
        }
        Ok(_) => return None,
        // The digits that would be cut off have to be zeros.
        Err(_) => {
            let cut = usize::try_from(zeros.checked_neg()?).ok()?;
            let kept = digits.len().checked_sub(cut)?;
            let (kept, rest) = digits.split_at_checked(kept)?;
            if kept.is_empty() || rest.bytes().any(|digit| digit != b'0') {
                return None;
            }
            kept.to_owned()
        }
    };
    digits.parse::<u128>().ok()?;
    serde_json::from_str(&format!("{sign}{digits}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_javascript_writes_is_the_number_that_it_means() {
        for (written, meant) in [
            ("1e21", "1000000000000000000000"),
            ("1e+21", "1000000000000000000000"),
            ("1.25E+3", "1250"),
            ("100e-2", "1"),
            ("5.0", "5"),
            ("0.0", "0"),
            ("0e9", "0"),
            ("-1e3", "-1000"),
            ("7", "7"),
            // No float in between: these have more digits than one keeps.
            ("1000000000000000000001", "1000000000000000000001"),
            (
                "340282366920938463463374607431768211455",
                "340282366920938463463374607431768211455",
            ),
        ] {
            assert_eq!(whole(written).unwrap().to_string(), meant, "{written}");
        }
        for wrong in [
            "0.5",
            "1e-1",
            "125e-2",
            "1.5",
            "1e39",
            "1e99999999999999999999",
            "340282366920938463463374607431768211456",
        ] {
            assert_eq!(whole(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_number_that_is_not_whole_is_named_by_its_path() {
        let mut spec = serde_json::json!({ "a": [{ "b": 1 }, { "b": [2, 0.5] }] });
        let error = make_whole(&mut spec).unwrap_err().to_string();
        assert!(
            error.starts_with("field `a[1].b[1]`: 0.5 is no whole number"),
            "{error}"
        );
    }
}
