//! Settings of HTTP for stores: `KOCTL_HTTP_…` over the defaults for documents.

use std::time::Duration;

use transport::Settings;

use crate::{AddressError, Variables};

/// A document of the largest platforms is some ten megabytes; GitHub answers with it in Base64.
pub(crate) const LARGEST_DOCUMENT: usize = 256 * 1024 * 1024;

/// For servers that this crate sends requests to itself. A document of the largest platforms on a slow line is in time.
pub(crate) fn of_documents(url: &str, variables: Variables<'_>) -> Result<Settings, AddressError> {
    let defaults = Settings {
        request_timeout: Duration::from_secs(300),
        retries: 4,
        longest_pause: Duration::from_secs(5),
        largest_answer: LARGEST_DOCUMENT,
        ..Settings::default()
    };
    with_variables(defaults, url, variables)
}

/// For object stores, through `object_store`. A few seconds of retries in all: a run that cannot save should say so
/// while its user is watching.
pub(crate) fn of_objects(url: &str, variables: Variables<'_>) -> Result<Settings, AddressError> {
    let defaults = Settings {
        request_timeout: Duration::from_secs(180),
        retries: 5,
        longest_pause: Duration::from_secs(3),
        ..Settings::default()
    };
    with_variables(defaults, url, variables)
}

fn with_variables(defaults: Settings, url: &str, variables: Variables<'_>) -> Result<Settings, AddressError> {
    let settings = defaults.with_variables(variables);
    settings.map_err(|error| {
        let help = error.help();
        let sentence = help[..1].to_uppercase() + &help[1..] + ".";
        AddressError::new(url, error.to_string()).help(sentence)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_variables_override_the_defaults_of_stores() {
        let variables = |name: &str| (name == "KOCTL_HTTP_RETRIES").then(|| "1".to_owned());
        for settings in [of_documents("https://host", &variables), of_objects("s3://states", &variables)] {
            let settings = settings.unwrap();
            assert_eq!(settings.retries, 1);
            assert!(settings.request_timeout > Settings::default().request_timeout);
        }
    }

    #[test]
    fn r13_a_value_that_cannot_be_used_is_refused_before_any_request() {
        let variables = |name: &str| (name == "KOCTL_HTTP_TIMEOUT").then(|| "soon".to_owned());
        for url in ["github://Acme/platform/state", "https://host/states", "s3://states", "gs://states", "az://states"]
        {
            let error = crate::open(url, &variables).unwrap_err().to_string();
            assert!(error.contains("the value of the variable KOCTL_HTTP_TIMEOUT is not a number"), "{error}");
        }
        let help = of_documents("https://host", &variables).unwrap_err().next_step().to_owned();
        assert!(help.starts_with("Set KOCTL_HTTP_TIMEOUT to a number of seconds from 1 to 3600, or"), "{help}");
    }
}
