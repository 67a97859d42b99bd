//! The limits of a schema: bounds of numbers, of lengths and of counts.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value;

/// The side of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Lower,
    Upper,
}

/// The keywords of limits, with their sides.
const KEYWORDS: [(&str, Side); 8] = [
    ("minimum", Side::Lower),
    ("maximum", Side::Upper),
    ("minLength", Side::Lower),
    ("maxLength", Side::Upper),
    ("minItems", Side::Lower),
    ("maxItems", Side::Upper),
    ("minProperties", Side::Lower),
    ("maxProperties", Side::Upper),
];

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Limit {
    value: f64,
    /// True if the value itself is not allowed.
    exclusive: bool,
}

/// How a limit changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Tighter,
    Looser,
}

/// The limits of a place by keyword.
#[derive(Debug, Default)]
pub(super) struct Limits<'a> {
    bounds: BTreeMap<&'static str, Limit>,
    multiples: Vec<&'a Value>,
    unique: bool,
}

impl<'a> Limits<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.bounds.is_empty() && self.multiples.is_empty() && !self.unique
    }

    /// Adds the limits of a schema; of two, the tighter counts.
    pub(super) fn merge(&mut self, schema: &'a Value) {
        for (keyword, side) in KEYWORDS {
            for limit in written(schema, keyword) {
                let tighter =
                    self.bounds.get(keyword).is_none_or(|known| side.step(*known, limit) == Some(Step::Tighter));
                if tighter {
                    self.bounds.insert(keyword, limit);
                }
            }
        }
        self.multiples.extend(schema.get("multipleOf"));
        self.unique |= schema.get("uniqueItems") == Some(&Value::Bool(true));
    }

    /// The limits that changed from these to new ones: how, and in words.
    pub(super) fn changes(&self, new: &Self) -> Vec<(Step, String)> {
        let mut changes = Vec::new();
        for (keyword, side) in KEYWORDS {
            match (self.bounds.get(keyword), new.bounds.get(keyword)) {
                (Some(old), Some(new)) => {
                    let words = || format!("`{keyword}` changed from {} to {}", old.words(), new.words());
                    changes.extend(side.step(*old, *new).map(|step| (step, words())));
                }
                (Some(old), None) => changes.push((Step::Looser, format!("`{keyword}` of {} was lifted", old.words()))),
                (None, Some(new)) if !side.is_natural(keyword, *new) => {
                    changes.push((Step::Tighter, format!("`{keyword}` was set to {}", new.words())));
                }
                (None, _) => {}
            }
        }
        changes.extend(self.multiple_change(new));
        match (self.unique, new.unique) {
            (false, true) => changes.push((Step::Tighter, "elements must be unique".to_owned())),
            (true, false) => changes.push((Step::Looser, "elements need not be unique".to_owned())),
            _ => {}
        }
        changes
    }

    fn multiple_change(&self, new: &Self) -> Option<(Step, String)> {
        if self.multiples == new.multiples {
            return None;
        }
        let divides = |all: &[&Value], of: &[&Value]| {
            all.iter().all(|part| of.iter().any(|whole| is_multiple(whole.as_f64(), part.as_f64())))
        };
        let step = if divides(&new.multiples, &self.multiples) { Step::Looser } else { Step::Tighter };
        let words = |multiples: &[&Value]| {
            let all: Vec<String> = multiples.iter().map(ToString::to_string).collect();
            if all.is_empty() { "none".to_owned() } else { all.join(" and ") }
        };
        Some((step, format!("`multipleOf` changed from {} to {}", words(&self.multiples), words(&new.multiples))))
    }
}

impl Limit {
    fn words(self) -> String {
        let Self { value, exclusive } = self;
        if exclusive { format!("{value} (exclusive)") } else { value.to_string() }
    }
}

impl Side {
    /// The step from one limit to another of the same keyword; `None` if they are the same.
    fn step(self, old: Limit, new: Limit) -> Option<Step> {
        let order = match self {
            Self::Lower => new.value.partial_cmp(&old.value)?,
            Self::Upper => old.value.partial_cmp(&new.value)?,
        };
        match order.then(new.exclusive.cmp(&old.exclusive)) {
            Ordering::Greater => Some(Step::Tighter),
            Ordering::Less => Some(Step::Looser),
            Ordering::Equal => None,
        }
    }

    /// True if a limit restricts nothing: no text is shorter than zero characters.
    fn is_natural(self, keyword: &str, limit: Limit) -> bool {
        self == Self::Lower && keyword != "minimum" && limit.value <= 0.0
    }
}

/// The limits that a schema writes with a keyword. Exclusive ones are a flag beside the limit in OpenAPI 3.0, and a
/// keyword of their own in 3.1.
fn written(schema: &Value, keyword: &str) -> impl Iterator<Item = Limit> {
    let exclusive = match keyword {
        "minimum" => schema.get("exclusiveMinimum"),
        "maximum" => schema.get("exclusiveMaximum"),
        _ => None,
    };
    let flagged = exclusive == Some(&Value::Bool(true));
    let plain = schema.get(keyword).and_then(Value::as_f64).map(|value| Limit { value, exclusive: flagged });
    let own = exclusive.and_then(Value::as_f64).map(|value| Limit { value, exclusive: true });
    plain.into_iter().chain(own)
}

/// True if a number is a multiple of another.
fn is_multiple(whole: Option<f64>, part: Option<f64>) -> bool {
    match (whole, part) {
        (Some(whole), Some(part)) if part > 0.0 => {
            let quotient = whole / part;
            (quotient - quotient.round()).abs() < 1e-9
        }
        _ => false,
    }
}
