//! The sandbox as a server of its own, for koctl and any other client.

use std::path::PathBuf;

use secrecy::SecretString;

use super::Failure;
use super::session::{Environment, default_platform, prepare_repositories, sandbox_token, secret_variable};
use crate::manifest::Loaded;
use crate::manifest::git::{PlatformRepository, platform_repository};
use crate::manifest::model::Organization;
use crate::manifest::secret::Secret;
use ::sandbox::{Account, Sandbox, SandboxOptions, Wire};

/// What a sandbox is served with.
pub struct ServeOptions {
    /// The directory that keeps its data.
    pub directory: PathBuf,
    /// The loopback port, or 0 for any that is free.
    pub port: u16,
    /// Whose organizations there are.
    pub tenants: Tenants,
    /// What lies between it and its clients.
    pub wire: Wire,
    /// The variables.
    pub environment: Environment,
}

/// Whose organizations a sandbox has.
pub enum Tenants {
    /// Those of a configuration, with its service repositories.
    Configuration(Box<Loaded>),
    /// Those of these names.
    Named(Vec<String>),
}

/// A sandbox that is being served.
pub struct Serving {
    /// The server.
    pub sandbox: Sandbox,
    /// The variables that point koctl and other clients at it, and their values. They hold tokens of the sandbox, and
    /// none that opens anything else.
    pub variables: Vec<(String, String)>,
}

/// Serves a sandbox.
///
/// Its organizations are opened by tokens that are made up. Those that the configuration names open them as well, where
/// they can be had, so that a koctl that reads the same configuration gets in.
///
/// # Errors
///
/// What cannot be prepared or served, and why.
pub async fn serve(options: ServeOptions) -> Result<Serving, Failure> {
    let ServeOptions { directory, port, tenants, wire, environment } = options;
    let failed = |cause: &dyn std::fmt::Display| {
        Failure::new(format!("could not serve the sandbox in {}: {cause}", directory.display()))
    };
    let directory = std::path::absolute(&directory).map_err(|error| failed(&error))?;
    let (mut platform, folder) = match &tenants {
        Tenants::Configuration(loaded) => {
            let platform = platform_repository(&loaded.manifest, &environment);
            (platform.map_err(|error| failed(&error))?, loaded.directory.clone())
        }
        Tenants::Named(_) => (PlatformRepository::default(), PathBuf::new()),
    };
    let configured = platform.remote.is_some();
    let organizations = organizations(&tenants, &environment);
    let first = organizations.first().map(|organization| organization.name.as_str());
    let remote = default_platform(first, &mut platform)?;
    prepare_repositories(&directory, &folder, Some(&remote))?;

    let accounts = organizations.iter().flat_map(Tenant::accounts).collect();
    let options = SandboxOptions { dir: directory.clone(), port, organizations: accounts };
    let sandbox = Sandbox::start_with(options, wire).await.map_err(|error| failed(&error))?;

    let mut variables = vec![
        ("KOCTL_KONNECT_URL".to_owned(), sandbox.konnect_url()),
        ("KOCTL_GITHUB_URL".to_owned(), sandbox.github_url()),
        // What is tried out in the sandbox must never mix with the state of real organizations.
        ("KOCTL_STATE".to_owned(), format!("file:{}", directory.join("state").display())),
        ("GITHUB_TOKEN".to_owned(), "sandbox".to_owned()),
    ];
    if !configured {
        variables.push(("GITHUB_REPO_URL".to_owned(), remote.to_string()));
    }
    variables.extend(organizations.into_iter().map(|organization| (organization.variable, organization.token)));
    Ok(Serving { sandbox, variables })
}

/// An organization of the sandbox.
struct Tenant {
    name: String,
    /// The variable that clients take its token from.
    variable: String,
    /// The token that is made up for it.
    token: String,
    /// The token that the configuration has for it.
    configured: Option<SecretString>,
}

impl Tenant {
    fn new(name: &str, variable: Option<&str>, configured: Option<SecretString>) -> Self {
        let variable = variable.map_or_else(|| secret_variable(name, "KONNECT_TOKEN"), str::to_owned);
        Self { name: name.to_owned(), variable, token: sandbox_token(name), configured }
    }

    fn accounts(&self) -> impl Iterator<Item = Account> {
        let tokens = std::iter::once(SecretString::from(self.token.clone())).chain(self.configured.clone());
        tokens.map(|token| Account { organization: self.name.clone(), token })
    }
}

fn organizations(tenants: &Tenants, environment: &Environment) -> Vec<Tenant> {
    match tenants {
        Tenants::Named(names) => names.iter().map(|name| Tenant::new(name, None, None)).collect(),
        Tenants::Configuration(loaded) => {
            let organizations = loaded.manifest.organizations.iter();
            organizations.map(|(name, organization)| configured(name, organization, loaded, environment)).collect()
        }
    }
}

fn configured(name: &str, organization: &Organization, loaded: &Loaded, environment: &Environment) -> Tenant {
    let secret = &organization.access_token;
    let variable = match secret {
        Secret::Env(variable) => Some(variable.as_str()),
        Secret::File(_) | Secret::Literal(_) => None,
    };
    // One that cannot be had is no matter here: the one that is made up opens the organization.
    Tenant::new(name, variable, secret.resolve(&loaded.directory, environment).ok())
}
