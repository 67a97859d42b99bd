//! The sandbox as a server of its own, for koctl and any other client.

use std::path::PathBuf;

use secrecy::SecretString;

use super::secrets::{sandbox_token, secret_variable};
use super::start::{default_platform, prepare_repositories};
use crate::manifest::Loaded;
use crate::manifest::git::{PlatformRepository, platform_repository};
use crate::manifest::model::Organization;
use crate::operations::failure::Failure;
use crate::operations::workspace::Environment;
use ::sandbox::{Account, Sandbox, SandboxOptions, Wire};

/// How to serve a sandbox.
pub struct ServeOptions {
    /// The directory that keeps its data.
    pub directory: PathBuf,
    /// The loopback port, or 0 for any that is free.
    pub port: u16,
    /// The organizations.
    pub tenants: Tenants,
    /// The faults and the recording between it and its clients.
    pub wire: Wire,
    /// The variables.
    pub environment: Environment,
}

/// The organizations of a sandbox.
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
    /// The variables for koctl and other clients, and their values. They contain tokens of the sandbox only.
    pub variables: Vec<(String, String)>,
}

/// Serves a sandbox.
///
/// Its organizations accept made-up tokens. They also accept the tokens of the configuration that can be read, so that a
/// koctl with the same configuration gets in.
///
/// # Errors
/// If the repositories cannot be prepared, or the port cannot be used.
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
        // The state of the sandbox must never mix with the state of real organizations.
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
    /// The variable with its token, for clients.
    variable: String,
    /// The made-up token for it.
    token: String,
    /// The token in the configuration.
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
    // A token that cannot be read does not matter: the organization also accepts the made-up one.
    Tenant::new(name, secret.variable(), secret.resolve(&loaded.directory, environment).ok())
}
