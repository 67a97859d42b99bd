//! Fault rules, as the command line takes them: `status=503 method=POST path=/v3/apis nth=2`.

use std::str::FromStr;
use std::time::Duration;

use http::{Method, StatusCode};
use jiff::SignedDuration;

use super::faults::{Fault, Trigger};

/// A fault, and the requests that it strikes, as words separated by spaces:
///
/// - one fault: `status=CODE` answers with that status and does nothing; `drop` closes the connection and does nothing;
///   `lose-answer` does the work and then closes the connection; `slow-body=TIME` pauses that long (`2s`, `500ms`) in
///   the middle of the answer's body;
/// - which requests: `method=METHOD`, and `path=PATTERN`, which matches the end of a path and in which `*` stands for
///   any text; by default, all requests;
/// - how many of those: `nth=N` strikes only the Nth, `next=N` the first N; by default, all.
#[derive(Debug, Clone)]
pub struct FaultRule {
    /// The requests that it strikes.
    pub trigger: Trigger,
    /// The fault.
    pub fault: Fault,
}

/// The reasons why a text is not a valid [`FaultRule`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultRuleError {
    /// It names no fault.
    #[error("it names no fault; add `status=CODE`, `drop`, `lose-answer` or `slow-body=TIME`")]
    NoFault,
    /// A word that is not one of a rule's.
    #[error(
        "`{0}` is not part of a rule; use `status=CODE`, `drop`, `lose-answer`, `slow-body=TIME`, `method=METHOD`, \
         `path=PATTERN`, `nth=N` and `next=N`"
    )]
    Unknown(String),
    /// A word with an invalid value.
    #[error("`{word}` is not valid: {reason}")]
    Value {
        /// The word.
        word: String,
        /// The rule that its value breaks.
        reason: &'static str,
    },
    /// Two words that exclude each other, or one word given twice.
    #[error("`{0}` and `{1}` exclude each other; for two faults, give `--fault` twice")]
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
                let pause = parse_duration(time).ok_or_else(|| wrong("write a time as in `500ms`, `2s` or `1m`"))?;
                set(&mut self.fault, word, Fault::SlowBody(pause))
            }
            ("method", Some(method)) => {
                let method = method.parse().map_err(|_| wrong("a method is a word such as `POST`"))?;
                set(&mut self.method, word, method)
            }
            ("path", Some(path)) if !path.is_empty() => set(&mut self.path, word, path),
            ("path", Some(_)) => Err(wrong("a pattern is the end of a path, such as `/v3/apis/*`")),
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

fn set<'a, T>(slot: &mut Option<(&'a str, T)>, word: &'a str, value: T) -> Result<(), FaultRuleError> {
    match slot.replace((word, value)) {
        None => Ok(()),
        Some((earlier, _)) => Err(FaultRuleError::Twice(earlier.to_owned(), word.to_owned())),
    }
}

/// A status that can end an exchange, as those below 200 cannot.
fn status(code: &str) -> Option<StatusCode> {
    let code = code.parse().ok().filter(|code| (200..600).contains(code))?;
    StatusCode::from_u16(code).ok()
}

fn count(number: &str) -> Option<usize> {
    number.parse().ok().filter(|number| *number > 0)
}

/// A duration such as `500ms`, `2s` or `1m30s`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    text.parse::<SignedDuration>().ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Faults;

    /// The numbers of those of the first four requests that the rule strikes.
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
        let messages: String = all.iter().map(|rule| format!("{rule:?}: {}\n", refused(rule))).collect();
        insta::assert_snapshot!(messages);
    }
}
