//! The systems that an operation works with: Konnect and GitHub, or the sandbox that stands for both.

use super::failure::Failure;
use super::workspace::Environment;
use ::sandbox::Sandbox;
use transport::{Settings, Transport, tls, variable};
use url::Url;

/// Konnect and GitHub, or the sandbox that stands for both.
pub struct Systems {
    pub(super) transport: Transport,
    pub(super) addresses: Addresses,
    are_sandboxed: bool,
    /// The sandbox, if these are the systems that stop it.
    sandbox: Option<Sandbox>,
}

/// Where Konnect and GitHub are.
#[derive(Clone)]
pub(super) struct Addresses {
    pub(super) konnect: String,
    pub(super) github: String,
}

impl Addresses {
    /// The addresses of the real systems: those that the variables name, or else the public ones.
    ///
    /// # Errors
    /// If a variable has an address to which no token may be sent.
    pub(super) fn real(environment: &Environment) -> Result<Self, Failure> {
        let or = |name: &str, default: &str| match variable(environment, name) {
            Some(address) => checked(name, address.trim()),
            None => Ok(default.to_owned()),
        };
        Ok(Self {
            konnect: or(KONNECT_URL, crate::konnect::client::DEFAULT_URL)?,
            github: or(GITHUB_URL, crate::github::DEFAULT_URL)?,
        })
    }
}

/// The variable with the address of Konnect.
const KONNECT_URL: &str = "KOCTL_KONNECT_URL";
/// The variable with the address of GitHub's API.
const GITHUB_URL: &str = "KOCTL_GITHUB_URL";

/// `address`, from the variable `name`, if tokens may be sent there, and if plans and errors may show it. The error does
/// not show it, as it may have a password.
fn checked(name: &str, address: &str) -> Result<String, Failure> {
    let refused = |cause: &str, help: &str| {
        Err(Failure::new(format!("the address in the variable {name} cannot be used: {cause}")).help(help))
    };
    let example = match name {
        KONNECT_URL => "write it like https://{region}.api.konghq.com, or unset the variable",
        _ => "write it like https://api.github.com, or unset the variable",
    };
    let Ok(url) = Url::parse(&address.replace("{region}", "global")) else {
        return refused("it is not one of a web server", example);
    };
    let is_local = url.host_str().is_some_and(transport::is_local);
    if !matches!(url.scheme(), "https" | "http") {
        return refused("it does not begin with https://", example);
    }
    if !url.username().is_empty() || url.password().is_some() {
        let help = "remove it; tokens are in the configuration and in variables of their own";
        return refused("it has a user or a password, which plans and errors would show", help);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refused("it has a `?` or a `#`, which the paths of requests cannot follow", example);
    }
    if url.scheme() == "http" && !is_local {
        let help = "use https://; http:// is only for servers on this machine, such as `koctl sandbox`";
        return refused("it begins with http://, so that tokens would travel unencrypted", help);
    }
    Ok(address.to_owned())
}

impl Systems {
    /// The sandbox if there is one, or else the real systems.
    ///
    /// # Errors
    /// If HTTP cannot be set up, or a variable has a setting of HTTP that cannot be used.
    pub(super) fn new(environment: &Environment, sandbox: Option<Sandbox>) -> Result<Self, Failure> {
        let addresses = match &sandbox {
            Some(sandbox) => Addresses { konnect: sandbox.konnect_url(), github: sandbox.github_url() },
            None => Addresses::real(environment)?,
        };
        let settings = Settings::from_variables(environment.as_ref());
        let settings = settings.map_err(|error| Failure::new(error.to_string()).help(error.help()))?;
        tls::check_authorities(&|name| environment(name).map(Into::into))
            .map_err(|error| Failure::new(error.to_string()).help("correct the variable, or unset it"))?;
        let transport = Transport::new(&settings);
        let transport = transport.map_err(|error| Failure::new(format!("could not set up HTTP: {error}")))?;
        Ok(Self { transport, addresses, are_sandboxed: sandbox.is_some(), sandbox })
    }

    /// The same systems for another session, which does not stop the sandbox when it ends.
    pub(super) fn shared(&self) -> Self {
        let Self { transport, addresses, are_sandboxed, .. } = self;
        Self {
            transport: transport.clone(),
            addresses: addresses.clone(),
            are_sandboxed: *are_sandboxed,
            sandbox: None,
        }
    }

    /// The systems, as plans name them.
    #[must_use]
    pub fn describe(&self) -> String {
        if self.are_sandboxed() {
            return "the sandbox".to_owned();
        }
        format!("{} and {}", self.addresses.konnect, self.addresses.github)
    }

    /// True if a sandbox stands for Konnect and GitHub.
    #[must_use]
    pub fn are_sandboxed(&self) -> bool {
        self.are_sandboxed
    }

    /// Stops the sandbox. Its data stays on disk.
    pub(super) async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn real(name: &'static str, address: &'static str) -> Result<Addresses, Failure> {
        let environment: Environment = Box::new(move |asked| (asked == name).then(|| address.to_owned()));
        Addresses::real(&environment)
    }

    #[test]
    fn r13_without_variables_the_systems_are_the_public_ones() {
        let addresses = real("OTHER", "").unwrap();
        assert_eq!(addresses.konnect, "https://{region}.api.konghq.com");
        assert_eq!(addresses.github, "https://api.github.com");
    }

    #[test]
    fn r13_tokens_go_to_https_or_to_this_machine() {
        for address in ["https://{region}.example.com/konnect", "http://127.0.0.1:1/{region}", " http://localhost:1 "] {
            assert_eq!(real(KONNECT_URL, address).unwrap().konnect, address.trim());
        }
        for address in ["http://example.com", "http://{region}.localhost.example.com", "ftp://127.0.0.1", "here"] {
            let failure = real(KONNECT_URL, address).map(|_| ()).unwrap_err();
            let start = "the address in the variable KOCTL_KONNECT_URL cannot be used: ";
            assert!(failure.message.starts_with(start) && failure.help.is_some(), "{failure:?}");
        }
    }

    #[test]
    fn r11_an_address_with_a_password_is_refused_and_not_shown() {
        for address in ["https://ada:sesame@host", "https://sesame@host", "https://host/?token=sesame", "sesame@host"] {
            for name in [KONNECT_URL, GITHUB_URL] {
                let failure = real(name, address).map(|_| ()).unwrap_err();
                assert!(!format!("{failure:?}").contains("sesame"), "{failure:?}");
            }
        }
    }
}
