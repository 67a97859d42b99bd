//! The settings of the service, from flags, variables and the configuration. All that is missing is said at once.

use secrecy::SecretString;
use url::Url;

use super::access::Circle;
use super::keys::Keys;
use crate::manifest::model::Portal;
use crate::operations::{Environment, Failure, Failures};
use transport::variable;

/// The settings, before they are checked.
pub struct SettingsInput<'a> {
    /// The variables.
    pub environment: &'a Environment,
    /// `platform.portal` of the configuration.
    pub portal: &'a Portal,
    /// The address that the service listens on.
    pub port: u16,
    /// What the sandbox provides: the app to sign in with, a key, and who may sign in. `None` for the real GitHub.
    pub sandbox: Option<SandboxSettings>,
}

/// What the sandbox provides.
pub struct SandboxSettings {
    /// The id of its app, and the secret of that.
    pub app: (&'static str, &'static str),
    /// The key that sessions are encrypted with.
    pub key: SecretString,
    /// The owner of the platform repository, whose members may sign in.
    pub organization: String,
}

/// The settings of the service.
pub struct Settings {
    /// The address of the service for browsers, without a slash at its end.
    pub(super) url: Url,
    /// The origin of the UI, which may be another.
    pub(super) frontend: Url,
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    /// Where GitHub sends the browser back to.
    pub(super) redirect_uri: String,
    /// The rights that the app asks for, separated by blanks.
    pub(super) scopes: String,
    pub(super) keys: Keys,
    /// The hours that a session lasts.
    pub(super) hours: u32,
    pub(super) sign_in: Vec<Circle>,
    /// The labels of pull requests that add a service.
    pub(super) labels: Vec<String>,
    pub(super) reviewers: Vec<String>,
}

/// The label of pull requests that add a service.
const LABEL: &str = "new-service";
/// What the service needs of a person: who it is, and which organizations and teams it belongs to. Not `repo`, which may
/// write to every private repository.
const SCOPES: &str = "user:email read:user read:org";
/// The secrets that the Go koctl's containers run with.
const PUBLIC_SECRETS: [&str; 4] =
    ["your-secret-key-change-in-production", "your-session-secret-change-in-production", "change-me", "secret"];
/// The shortest secret that makes a key, in bytes.
const SHORTEST_SECRET: usize = 32;

impl Settings {
    /// Checks the settings.
    ///
    /// # Errors
    /// Everything that is missing or not valid, each with how to get it.
    pub fn check(input: SettingsInput<'_>) -> Result<Self, Failures> {
        let mut reading = Reading { input: &input, failures: Failures::default() };
        let url = reading.url();
        let frontend = reading.address("FRONTEND_URL").unwrap_or_else(|| url.clone());
        let redirect_uri = reading.variable("GITHUB_REDIRECT_URI");
        let redirect_uri =
            redirect_uri.unwrap_or_else(|| format!("{}/auth/github/callback", url.as_str().trim_end_matches('/')));
        let (client_id, client_secret) = reading.client();
        let keys = reading.keys();
        let sign_in = reading.sign_in();
        let hours = reading.hours();
        let Portal { labels, reviewers, .. } = input.portal.clone();
        let labels = if labels.is_empty() { vec![LABEL.to_owned()] } else { labels };
        let scopes = reading.variable("GITHUB_SCOPES").unwrap_or_else(|| SCOPES.to_owned());
        let failures = reading.failures;
        failures.none_or(Self {
            url,
            frontend,
            client_id,
            client_secret,
            redirect_uri,
            scopes,
            keys,
            hours,
            sign_in,
            labels,
            reviewers,
        })
    }

    /// The label that tells the requests of this service from other pull requests.
    pub(super) fn label(&self) -> &str {
        self.labels.first().map(String::as_str).unwrap_or_default()
    }

    /// The address of the service for browsers.
    #[must_use]
    pub fn address(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }
}

/// Settings while they are read.
struct Reading<'a> {
    input: &'a SettingsInput<'a>,
    failures: Failures,
}

impl Reading<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        variable(self.input.environment, name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn miss(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.failures.push(Failure::new(message).help(help));
    }

    /// The address in a variable, if it has one that browsers can use.
    fn address(&mut self, name: &str) -> Option<Url> {
        let text = self.variable(name)?;
        match web_address(&text) {
            Some(url) => Some(url),
            None => {
                self.miss(
                    format!("the variable {name} is not the address of a page"),
                    "write it like https://portal.example.com, without a user, a `?` or a `#`",
                );
                None
            }
        }
    }

    /// The address of the service for browsers: as configured, or on this machine.
    fn url(&mut self) -> Url {
        let local = format!("http://localhost:{}", self.input.port);
        let local = web_address(&local).expect("an address of this machine is one of a page");
        let Some(text) = &self.input.portal.url else { return local };
        web_address(text).unwrap_or_else(|| {
            self.miss(
                "`platform.portal.url` is not the address of a page",
                "write it like https://portal.example.com, without a user, a `?` or a `#`",
            );
            local
        })
    }

    fn client(&mut self) -> (String, SecretString) {
        if let Some(sandbox) = &self.input.sandbox {
            let (id, secret) = sandbox.app;
            return (id.to_owned(), secret.into());
        }
        let (id, secret) = (self.variable("GITHUB_CLIENT_ID"), self.variable("GITHUB_CLIENT_SECRET"));
        let redirect = self.variable("GITHUB_REDIRECT_URI");
        let missing = match (&id, &secret) {
            (Some(_), Some(_)) => None,
            (None, None) => Some("the variables GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET are not set"),
            (None, _) => Some("the variable GITHUB_CLIENT_ID is not set"),
            (_, None) => Some("the variable GITHUB_CLIENT_SECRET is not set"),
        };
        if let Some(missing) = missing {
            let callback = redirect.unwrap_or_else(|| "https://…/auth/github/callback".to_owned());
            let help = "create a GitHub App or an OAuth App under Settings, Developer settings of your GitHub organization, \
                        with the callback URL";
            self.miss(missing, format!("{help} {callback}, and set its id and secret"));
        }
        (id.unwrap_or_default(), secret.unwrap_or_default().into())
    }

    /// The keys: `SESSION_SECRET`, or `JWT_SECRET` if only that is set. Several, separated by blanks, replace each other.
    fn keys(&mut self) -> Keys {
        if let Some(sandbox) = &self.input.sandbox {
            return Keys::new(std::slice::from_ref(&sandbox.key));
        }
        const MAKE: &str = "make one with `openssl rand -base64 48`, and give the same to all replicas";
        let name = if self.variable("SESSION_SECRET").is_some() { "SESSION_SECRET" } else { "JWT_SECRET" };
        let Some(text) = self.variable(name) else {
            self.miss("the variable SESSION_SECRET is not set", MAKE);
            return Keys::new(&[]);
        };
        let secrets: Vec<&str> = text.split_whitespace().collect();
        if secrets.iter().any(|secret| PUBLIC_SECRETS.contains(secret)) {
            self.miss(format!("the variable {name} has a value that everybody knows"), MAKE);
        } else if secrets.iter().any(|secret| secret.len() < SHORTEST_SECRET) {
            self.miss(format!("the variable {name} has fewer than {SHORTEST_SECRET} characters"), MAKE);
        }
        Keys::new(&secrets.into_iter().map(SecretString::from).collect::<Vec<_>>())
    }

    fn sign_in(&mut self) -> Vec<Circle> {
        let variable = self.variable("KOCTL_PORTAL_SIGN_IN");
        let texts: Vec<String> = match (&variable, &self.input.sandbox) {
            (Some(text), _) => text.split([',', ' ']).filter(|text| !text.is_empty()).map(str::to_owned).collect(),
            (None, Some(sandbox)) if self.input.portal.sign_in.is_empty() => vec![sandbox.organization.clone()],
            (None, _) => self.input.portal.sign_in.clone(),
        };
        if texts.is_empty() {
            self.miss(
                "no one may sign in: neither `platform.portal.sign-in` nor the variable KOCTL_PORTAL_SIGN_IN names an \
                 organization or a team of GitHub",
                "name those whose members may sign in, for example `sign-in: [acme]` or `sign-in: [acme/developers]`",
            );
        }
        let mut circles = Vec::new();
        for text in texts {
            match text.parse() {
                Ok(circle) => circles.push(circle),
                Err(reason) => self.miss(format!("`{text}` may not sign in: {reason}"), "correct the list"),
            }
        }
        circles
    }

    fn hours(&mut self) -> u32 {
        const DEFAULT: u32 = 24;
        let Some(text) = self.variable("JWT_EXPIRATION_HOURS") else { return DEFAULT };
        match text.parse() {
            Ok(hours @ 1..=720) => hours,
            _ => {
                self.miss(
                    "the variable JWT_EXPIRATION_HOURS is not a number of hours from 1 to 720",
                    "correct it, or unset it",
                );
                DEFAULT
            }
        }
    }
}

/// The address of a page, without what could not be part of one.
fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let is_web = matches!(url.scheme(), "https" | "http") && url.host().is_some();
    (is_plain && is_web).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(set: &'static [(&'static str, &'static str)], portal: &Portal) -> Result<Settings, Vec<String>> {
        let environment: Environment =
            Box::new(move |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()));
        let input = SettingsInput { environment: &environment, portal, port: 8080, sandbox: None };
        Settings::check(input).map_err(|failures| failures.iter().map(|failure| failure.message.clone()).collect())
    }

    const SET: &[(&str, &str)] = &[
        ("GITHUB_CLIENT_ID", "id"),
        ("GITHUB_CLIENT_SECRET", "sesame"),
        ("SESSION_SECRET", "0123456789abcdef0123456789abcdef"),
        ("KOCTL_PORTAL_SIGN_IN", "acme, acme/platform"),
    ];

    #[test]
    fn everything_that_is_missing_is_said_at_once() {
        let missing = checked(&[], &Portal::default()).err().unwrap();
        assert_eq!(
            missing,
            [
                "the variables GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET are not set",
                "the variable SESSION_SECRET is not set",
                "no one may sign in: neither `platform.portal.sign-in` nor the variable KOCTL_PORTAL_SIGN_IN names an \
                 organization or a team of GitHub",
            ]
        );
    }

    #[test]
    fn the_defaults_are_those_that_the_ui_expects() {
        let settings = checked(SET, &Portal::default()).unwrap();
        assert_eq!(settings.address(), "http://localhost:8080");
        assert_eq!(settings.redirect_uri, "http://localhost:8080/auth/github/callback");
        assert_eq!((settings.hours, settings.labels.as_slice()), (24, ["new-service".to_owned()].as_slice()));
        assert_eq!(settings.sign_in.len(), 2);
        assert!(!settings.scopes.split(' ').any(|scope| scope == "repo"));
    }

    #[test]
    fn a_secret_that_everybody_knows_or_can_guess_is_refused() {
        for (secret, error) in [
            ("your-secret-key-change-in-production", "the variable SESSION_SECRET has a value that everybody knows"),
            ("short", "the variable SESSION_SECRET has fewer than 32 characters"),
        ] {
            let set: &'static [(&str, &str)] =
                Box::leak(Box::new([SET[0], SET[1], ("SESSION_SECRET", secret), SET[3]]));
            assert_eq!(checked(set, &Portal::default()).err().unwrap(), [error]);
        }
    }

    #[test]
    fn what_is_not_valid_is_named_and_no_secret_is_shown() {
        let portal = Portal { url: Some("ftp://x".to_owned()), sign_in: vec!["a b".to_owned()], ..Portal::default() };
        let set: &'static [(&str, &str)] = &[
            ("GITHUB_CLIENT_ID", "id"),
            ("GITHUB_CLIENT_SECRET", "sesame"),
            ("SESSION_SECRET", "0123456789abcdef0123456789abcdef"),
            ("FRONTEND_URL", "https://ada:sesame@host"),
            ("JWT_EXPIRATION_HOURS", "0"),
        ];
        let errors = checked(set, &portal).err().unwrap();
        assert_eq!(errors.len(), 4, "{errors:?}");
        assert!(!errors.concat().contains("sesame"));
    }
}
