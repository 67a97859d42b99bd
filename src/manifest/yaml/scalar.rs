//! The value of a scalar, by the core schema of YAML 1.2 (section 10.3.2 of the specification).
//!
//! Unlike in YAML 1.1, `yes`, `no`, `on` and `off` are text.

use serde_json::Number;

/// The value of a scalar.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    /// Nothing: an empty value, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number that JSON can express.
    Number(Number),
    /// Everything else, including the infinities and `.nan`, which JSON lacks.
    Text(String),
}

/// Reads a scalar without quotes.
pub(super) fn resolve(plain: &str) -> Scalar {
    match plain {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        _ => match integer(plain).or_else(|| float(plain)) {
            Some(number) => Scalar::Number(number),
            None => Scalar::Text(plain.to_owned()),
        },
    }
}

fn integer(plain: &str) -> Option<Number> {
    if let Some(digits) = plain.strip_prefix("0x") {
        return unsigned(digits, 16);
    }
    if let Some(digits) = plain.strip_prefix("0o") {
        return unsigned(digits, 8);
    }
    let digits = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match plain.parse::<i64>() {
        Ok(signed) => Some(signed.into()),
        Err(_) => plain.parse::<u64>().ok().map(Into::into),
    }
}

fn unsigned(digits: &str, radix: u32) -> Option<Number> {
    let all_digits = digits.chars().all(|c| c.is_digit(radix));
    u64::from_str_radix(digits, radix).ok().filter(|_| all_digits).map(Into::into)
}

/// Also for integers beyond 64 bits, which lose their last digits, as in most languages.
fn float(plain: &str) -> Option<Number> {
    let numeric = plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !numeric || !plain.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    plain.parse::<f64>().ok().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(plain: &str) -> serde_json::Value {
        match resolve(plain) {
            Scalar::Null => json!(null),
            Scalar::Bool(value) => json!(value),
            Scalar::Number(value) => json!(value),
            Scalar::Text(value) => json!(value),
        }
    }

    #[test]
    fn words_are_words() {
        for word in ["us", "yes", "No", "on", "nUll", "1.2.3", "2024-01-01", "0xfg", "0o8", "-", ".", "+.e", "1_000"] {
            assert_eq!(value(word), json!(word), "{word}");
        }
    }

    #[test]
    fn nulls_and_booleans_come_in_three_spellings() {
        for null in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(value(null), json!(null), "{null}");
        }
        for (plain, expected) in [("true", true), ("True", true), ("FALSE", false)] {
            assert_eq!(value(plain), json!(expected), "{plain}");
        }
    }

    #[test]
    fn numbers_follow_the_core_schema() {
        assert_eq!(value("0"), json!(0));
        assert_eq!(value("+12"), json!(12));
        assert_eq!(value("-7"), json!(-7));
        assert_eq!(value("0x1F"), json!(31));
        assert_eq!(value("0o17"), json!(15));
        assert_eq!(value("18446744073709551615"), json!(u64::MAX));
        assert_eq!(value("1e3"), json!(1000.0));
        assert_eq!(value(".5"), json!(0.5));
        assert_eq!(value("3."), json!(3.0));
    }

    #[test]
    fn numbers_that_json_cannot_hold_stay_text() {
        for text in [".inf", "-.inf", ".nan", "1e999"] {
            assert_eq!(value(text), json!(text), "{text}");
        }
    }
}
