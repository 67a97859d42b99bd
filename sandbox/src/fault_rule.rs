//! Faults as a person writes them: `status=503 method=POST path=/v3/apis nth=2`.

use std::str::FromStr;
use std::time::Duration;

use http::{Method, StatusCode};
use jiff::SignedDuration;

use super::faults::{Fault, Trigger};

/// A fault, and the requests that it strikes, in words between blanks:
///
/// - one fault: `status=CODE` answers that and does nothing; `drop` closes the connection without doing anything;
///   `lose-answer` does the work and then closes the connection; `slow-body=TIME` makes a pause of that length (`2s`,
///   `500ms`) in the middle of the answer's body;
/// - which requests: `method=METHOD` and `path=PATTERN`, where `*` stands for any text and a path matches that ends like
///   the pattern; without them, all;
/// - how many of those: `nth=N` strikes only the Nth, `next=N` the first N; without them, all.
#[derive(Debug, Clone)]
pub struct FaultRule {
    /// Which requests it strikes.
    pub trigger: Trigger,
    /// What goes wrong with them.
    pub fault: Fault,
}

/// Why a text is no [`FaultRule`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultRuleError {
    /// It does not say what goes wrong.
    #[error("it does not say what goes wrong: add `status=CODE`, `drop`, `lose-answer` or `slow-body=TIME`")]
    NoFault,
    /// A word that means nothing.
    #[error(
        "`{0}` means nothing here; there are `status=CODE`, `drop`, `lose-answer`, `slow-body=TIME`, `method=METHOD`, \
         `path=PATTERN`, `nth=N` and `next=N`"
    )]
    Unknown(String),
    /// A word with a value that it cannot have.
    #[error("`{word}` cannot be: {reason}")]
    Value {
        /// The word.
        word: String,
        /// What its value has to be.
        reason: &'static str,
    },
    /// Two words that exclude each other, or one that is there twice.
    #[error("`{0}` and `{1}` exclude each other; give `--fault` twice for two faults")]
    Twice(String, String),
}

/// The words of a rule, each with its value.
#[derive(Default)]
struct Words<'a> {
    fault: Option<(&'a str, Fault)>,
    method: Option<(&'a str, Method)>,
    path: Option<(&'a str, &'a str)>,
    strikes: Option<(&'a str, Strikes)>,
}

#[derive(Clone, Copy)]
enum Strikes {
    Nth(usize),
    Next(usize),
}

impl FromStr for FaultRule {
    type Err = FaultRuleError;

    fn from_str(text: &str) -> Result<FaultRule, FaultRuleError> {
        let mut words = Words::default();
        for word in text.split_whitespace() {
            words.read(word)?;
        }
        let (_, fault) = words.fault.ok_or(FaultRuleError::NoFault)?;
        let method = words.method.map(|(_, method)| method);
        let trigger = Trigger::new(method, words.path.map_or("*", |(_, path)| path));
        let trigger = match words.strikes {
            Some((_, Strikes::Nth(nth))) => trigger.nth(nth),
            Some((_, Strikes::Next(next))) => trigger.next(next),
            None => trigger.always(),
        };
        Ok(FaultRule { trigger, fault })
    }
}

impl<'a> Words<'a> {
    fn read(&mut self, word: &'a str) -> Result<(), FaultRuleError> {
        let wrong = |reason| FaultRuleError::Value { word: word.to_owned(), reason };
        let (key, value) = word.split_once('=').map_or((word, None), |(key, value)| (key, Some(value)));
        match (key, value) {
            ("drop", None) => set(&mut self.fault, word, Fault::Drop),
            ("lose-answer", None) => set(&mut self.fault, word, Fault::LoseAnswer),
            ("status", Some(code)) => {
                let status = status(code).ok_or_else(|| wrong("a status is a number from 200 to 599"))?;
                set(&mut self.fault, word, Fault::status(status))
            }
            ("slow-body", Some(time)) => {
                let pause =
                    parse_duration(time).ok_or_else(|| wrong("a time is written like `500ms`, `2s` or `1m`"))?;
                set(&mut self.fault, word, Fault::SlowBody(pause))
            }
            ("method", Some(method)) => {
                let method = method.parse().map_err(|_| wrong("a method is a word like `POST`"))?;
                set(&mut self.method, word, method)
            }
            ("path", Some(path)) if !path.is_empty() => set(&mut self.path, word, path),
            ("path", Some(_)) => Err(wrong("a pattern is the end of a path, like `/v3/apis/*`")),
            ("nth", Some(number)) => {
                let number = count(number).ok_or_else(|| wrong("requests are counted from 1"))?;
                set(&mut self.strikes, word, Strikes::Nth(number))
            }
            ("next", Some(number)) => {
                let number = count(number).ok_or_else(|| wrong("requests are counted from 1"))?;
                set(&mut self.strikes, word, Strikes::Next(number))
            }
            _ => Err(FaultRuleError::Unknown(word.to_owned())),
        }
    }
}

fn set<'a, T>(place: &mut Option<(&'a str, T)>, word: &'a str, value: T) -> Result<(), FaultRuleError> {
    match place.replace((word, value)) {
        None => Ok(()),
        Some((earlier, _)) => Err(FaultRuleError::Twice(earlier.to_owned(), word.to_owned())),
    }
}

/// A status that can end an exchange, unlike those below 200.
fn status(code: &str) -> Option<StatusCode> {
    let code = code.parse().ok().filter(|code| (200..600).contains(code))?;
    StatusCode::from_u16(code).ok()
}

fn count(number: &str) -> Option<usize> {
    number.parse().ok().filter(|number| *number > 0)
}

/// A time as people write it: `500ms`, `2s`, `1m30s`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    text.parse::<SignedDuration>().ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Faults;

    /// How many of ten requests of a method on a path the rule strikes, and which first.
    #[track_caller]
    fn struck(rule: &str, method: Method, path: &str) -> Vec<usize> {
        let rule: FaultRule = rule.parse().unwrap();
        let faults = Faults::default();
        faults.inject(rule.trigger, rule.fault);
        (1..=4).filter(|_| faults.strike(&method, path).is_some()).collect()
    }

    #[track_caller]
    fn refused(rule: &str) -> String {
        rule.parse::<FaultRule>().unwrap_err().to_string()
    }

    #[test]
    fn a_rule_without_conditions_strikes_everything() {
        assert_eq!(struck("drop", Method::GET, "/anything"), [1, 2, 3, 4]);
    }

    #[test]
    fn conditions_narrow_a_rule() {
        let rule = "status=503 method=POST path=/v3/apis nth=2";
        assert_eq!(struck(rule, Method::POST, "/konnect/us/v3/apis"), [2]);
        assert_eq!(struck(rule, Method::GET, "/konnect/us/v3/apis"), [0_usize; 0]);
        assert_eq!(struck(rule, Method::POST, "/konnect/us/v3/portals"), [0_usize; 0]);
        assert_eq!(struck("next=2 lose-answer path=/pulls", Method::POST, "/github/repos/a/b/pulls"), [1, 2]);
    }

    #[test]
    fn each_fault_has_its_word() {
        let fault = |rule: &str| rule.parse::<FaultRule>().unwrap().fault;
        assert_eq!(fault("status=502"), Fault::status(StatusCode::BAD_GATEWAY));
        assert_eq!(fault("drop"), Fault::Drop);
        assert_eq!(fault("lose-answer"), Fault::LoseAnswer);
        assert_eq!(fault("slow-body=1m30s"), Fault::SlowBody(Duration::from_secs(90)));
    }

    #[test]
    fn a_rule_that_cannot_be_understood_says_what_there_is() {
        let all = [
            "",
            "method=POST",
            "statu=503",
            "status",
            "status=99",
            "status=abc",
            "slow-body=soon",
            "slow-body=-1s",
            "method=P(ST drop",
            "path= drop",
            "nth=0 drop",
            "next=some drop",
            "drop status=500",
            "nth=1 next=2 drop",
        ];
        let told: String = all.iter().map(|rule| format!("{rule:?}: {}\n", refused(rule))).collect();
        insta::assert_snapshot!(told);
    }
}
