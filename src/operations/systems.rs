//! The systems that an operation works with: Konnect and GitHub, or the sandbox that stands for both.

use super::failure::Failure;
use super::workspace::Environment;
use ::sandbox::Sandbox;
use transport::{Settings, Transport, variable};

/// Konnect and GitHub, or the sandbox that stands for both.
pub struct Systems {
    pub(super) transport: Transport,
    pub(super) addresses: Addresses,
    sandbox: Option<Sandbox>,
}

/// Where Konnect and GitHub are.
pub(super) struct Addresses {
    pub(super) konnect: String,
    pub(super) github: String,
}

impl Addresses {
    /// The addresses of the real systems: those that the variables name, or else the public ones.
    pub(super) fn real(environment: &Environment) -> Self {
        let or = |name: &str, default: &str| variable(environment, name).unwrap_or_else(|| default.to_owned());
        Self {
            konnect: or("KOCTL_KONNECT_URL", crate::konnect::client::DEFAULT_URL),
            github: or("KOCTL_GITHUB_URL", crate::github::DEFAULT_URL),
        }
    }
}

impl Systems {
    /// The sandbox if there is one, or else the real systems.
    ///
    /// # Errors
    /// If HTTP cannot be set up, or a variable has a setting of HTTP that cannot be used.
    pub(super) fn new(environment: &Environment, sandbox: Option<Sandbox>) -> Result<Self, Failure> {
        let addresses = match &sandbox {
            Some(sandbox) => Addresses { konnect: sandbox.konnect_url(), github: sandbox.github_url() },
            None => Addresses::real(environment),
        };
        let settings = Settings::from_variables(environment.as_ref());
        let settings = settings.map_err(|error| Failure::new(error.to_string()).help(error.help()))?;
        let transport = Transport::new(&settings);
        let transport = transport.map_err(|error| Failure::new(format!("could not set up HTTP: {error}")))?;
        Ok(Self { transport, addresses, sandbox })
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
        self.sandbox.is_some()
    }

    /// Stops the sandbox. Its data stays on disk.
    pub(super) async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
    }
}
