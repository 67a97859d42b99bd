//! Settings of HTTP, and the environment variables that set them.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::variable;

/// The variable with the time limit for connecting.
pub(crate) const CONNECT_TIMEOUT: &str = "KOCTL_HTTP_CONNECT_TIMEOUT";
/// The variable with the time limit for a request.
pub(crate) const REQUEST_TIMEOUT: &str = "KOCTL_HTTP_TIMEOUT";
/// The variable with the number of retries.
const RETRIES: &str = "KOCTL_HTTP_RETRIES";

/// Timeouts, retries and limits of a [`Transport`](crate::Transport).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Time limit for connecting.
    pub connect_timeout: Duration,
    /// Time limit for a request, including the body of its answer.
    pub request_timeout: Duration,
    /// Number of times that a request is sent again.
    pub retries: usize,
    /// Longest pause between two tries, unless the server asks for a longer one.
    pub longest_pause: Duration,
    /// Largest body of an answer, in bytes.
    pub largest_answer: usize,
    /// Value of the header `User-Agent`.
    pub user_agent: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            retries: 6,
            longest_pause: Duration::from_secs(20),
            largest_answer: 64 * 1024 * 1024,
            user_agent: concat!("koctl/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// An environment variable whose value cannot be used. The value is not shown, as a secret may be there by mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the value of the variable {variable} is not {expected}")]
pub struct SettingsError {
    variable: &'static str,
    expected: String,
}

impl SettingsError {
    /// One thing to do about it, as a sentence without a period.
    #[must_use]
    pub fn help(&self) -> String {
        format!("set {} to {}, or unset it to use the default", self.variable, self.expected)
    }
}

impl Settings {
    /// The defaults, or the values of `KOCTL_HTTP_CONNECT_TIMEOUT`, `KOCTL_HTTP_TIMEOUT` and `KOCTL_HTTP_RETRIES` if
    /// these are set.
    ///
    /// # Errors
    /// If one of them is set to something other than a number in its range.
    pub fn from_variables(variables: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        Self::default().with_variables(variables)
    }

    /// These settings, overridden by the variables of [`Settings::from_variables`].
    ///
    /// # Errors
    /// If one of them is set to something other than a number in its range.
    pub fn with_variables(self, variables: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let seconds = |name| number(variables, name, 1..=3600, "a number of seconds").map(seconds);
        let connect_timeout = seconds(CONNECT_TIMEOUT)?.unwrap_or(self.connect_timeout);
        let request_timeout = seconds(REQUEST_TIMEOUT)?.unwrap_or(self.request_timeout);
        let retries = number(variables, RETRIES, 0..=100, "a number")?;
        let retries = retries.map_or(self.retries, usize::from);
        Ok(Self { connect_timeout, request_timeout, retries, ..self })
    }
}

fn seconds(number: Option<u16>) -> Option<Duration> {
    number.map(|seconds| Duration::from_secs(seconds.into()))
}

fn number(
    variables: &dyn Fn(&str) -> Option<String>,
    name: &'static str,
    range: RangeInclusive<u16>,
    noun: &str,
) -> Result<Option<u16>, SettingsError> {
    let Some(value) = variable(variables, name) else { return Ok(None) };
    match value.trim().parse() {
        Ok(number) if range.contains(&number) => Ok(Some(number)),
        _ => {
            let expected = format!("{noun} from {} to {}", range.start(), range.end());
            Err(SettingsError { variable: name, expected })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(set: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let variables = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Settings::from_variables(&variables)
    }

    #[test]
    fn r13_without_variables_the_defaults_apply() {
        assert_eq!(settings(&[]), Ok(Settings::default()));
        assert_eq!(settings(&[("KOCTL_HTTP_TIMEOUT", " "), ("KOCTL_HTTP_RETRIES", "")]), Ok(Settings::default()));
    }

    #[test]
    fn r13_variables_override_the_defaults_of_every_caller() {
        let set = [("KOCTL_HTTP_CONNECT_TIMEOUT", "3"), ("KOCTL_HTTP_TIMEOUT", " 7 "), ("KOCTL_HTTP_RETRIES", "0")];
        let own = settings(&set).unwrap();
        assert_eq!((own.connect_timeout, own.request_timeout), (Duration::from_secs(3), Duration::from_secs(7)));
        assert_eq!((own.retries, own.longest_pause), (0, Settings::default().longest_pause));
        let patient = Settings { request_timeout: Duration::from_secs(300), ..Settings::default() };
        let one = |name: &str| (name == "KOCTL_HTTP_RETRIES").then(|| "2".to_owned());
        let patient = patient.with_variables(&one).unwrap();
        assert_eq!((patient.request_timeout, patient.retries), (Duration::from_secs(300), 2));
    }

    #[test]
    fn r13_a_value_that_is_no_number_in_range_is_refused() {
        for (name, value) in [
            ("KOCTL_HTTP_TIMEOUT", "sesame"),
            ("KOCTL_HTTP_TIMEOUT", "0"),
            ("KOCTL_HTTP_TIMEOUT", "1.5"),
            ("KOCTL_HTTP_CONNECT_TIMEOUT", "3601"),
            ("KOCTL_HTTP_RETRIES", "-1"),
            ("KOCTL_HTTP_RETRIES", "101"),
        ] {
            let error = settings(&[(name, value)]).unwrap_err();
            assert!(error.to_string().starts_with(&format!("the value of the variable {name} is not a number")));
            assert!(error.help().starts_with(&format!("set {name} to a number")), "{}", error.help());
            assert!(!format!("{error} {error:?} {}", error.help()).contains("sesame"), "r11: {error:?}");
        }
    }
}
