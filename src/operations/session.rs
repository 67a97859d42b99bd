//! The configuration, the state and the live systems of one run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::platform::NewHome;
use super::store::Access;
use super::{Failure, keys};
use crate::compiler::platform::PlatformWork;
use crate::manifest::Loaded;
use crate::manifest::git::{PlatformRepository, Remote, platform_repository};
use crate::manifest::secret::Secret;
use ::sandbox::{self, Sandbox};
use engine::state::Store;
use transport::Transport;

/// Where koctl keeps its state when nothing says otherwise.
const DEFAULT_STATE: &str = "file:.koctl/state";

/// The variables of the process, or of a test.
pub type Environment = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What a session is opened with.
pub struct SessionOptions {
    /// The configuration.
    pub loaded: Loaded,
    /// The store of the state; without it, `KOCTL_STATE`, `platform.state.url`, or a directory.
    pub state: Option<String>,
    /// The directory of the sandbox that stands for Konnect and GitHub.
    pub sandbox: Option<PathBuf>,
    /// The variables.
    pub environment: Environment,
}

/// One run of koctl over one configuration.
pub struct Session {
    pub(super) loaded: Loaded,
    pub(super) store: Store,
    pub(super) transport: Transport,
    pub(super) environment: Environment,
    pub(super) konnect_url: String,
    pub(super) github_url: String,
    pub(super) platform: PlatformRepository,
    /// What is to become of the platform repository.
    pub(super) work: PlatformWork,
    pub(super) sandbox: Option<Sandbox>,
    /// Where the state goes once the work is done, where it cannot be there before.
    pub(super) new_home: Option<NewHome>,
}

impl Session {
    /// Opens the state, and with it the sandbox where one is asked for.
    ///
    /// # Errors
    /// What cannot be opened, and why.
    pub async fn open(options: SessionOptions) -> Result<Self, Failure> {
        let SessionOptions { loaded, state, sandbox, environment } = options;
        let mut platform = platform_repository(&loaded.manifest, &environment)
            .map_err(|error| Failure::new(error.to_string()).help("correct it in konnect/platform.yaml"))?;
        let variable = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let mut konnect_url = variable("KOCTL_KONNECT_URL").unwrap_or(crate::konnect::client::DEFAULT_URL.to_owned());
        let mut github_url = variable("KOCTL_GITHUB_URL").unwrap_or(crate::github::client::DEFAULT_URL.to_owned());
        let configured = || loaded.manifest.platform.as_ref()?.state.as_ref()?.url.clone();
        // The sandbox's own state is as little encrypted as the rest of it, unless a variable asks for it.
        let encryption = if sandbox.is_some() && state.is_none() { None } else { keys::configured(&loaded) };
        let keys = keys::state_keys(encryption, &loaded.directory, &environment)?;
        let state = match (&sandbox, state) {
            (_, Some(url)) => url,
            // What is tried out in the sandbox must never mix with the state of real organizations.
            (Some(directory), None) => format!("file:{}", directory.join("state").display()),
            (None, None) => variable("KOCTL_STATE").or_else(configured).unwrap_or(DEFAULT_STATE.to_owned()),
        };
        let access = |github_url: &str, platform: &PlatformRepository, in_sandbox: bool| {
            let (directory, token) = (loaded.directory.as_path(), platform.token.as_ref());
            Access { environment: &environment, directory, github_url, token, in_sandbox }.open(&state)
        };
        // First, so that an address that cannot be used leaves no sandbox behind.
        let mut store = access(&github_url, &platform, sandbox.is_some())?;
        let sandbox = match sandbox {
            Some(directory) => {
                let first = loaded.manifest.organizations.keys().next();
                let remote = default_platform(first.map(String::as_str), &mut platform)?;
                let sandbox = start_sandbox(&directory, &loaded, Some(&remote), &environment).await?;
                konnect_url = sandbox.konnect_url();
                github_url = sandbox.github_url();
                store = access(&github_url, &platform, true)?;
                Some(sandbox)
            }
            None => None,
        };
        let store = store.with_keys(keys);
        let transport = Transport::new().map_err(|error| Failure::new(format!("could not set up HTTP: {error}")))?;
        let work = PlatformWork::Maintain;
        Ok(Self {
            loaded,
            store,
            transport,
            environment,
            konnect_url,
            github_url,
            platform,
            work,
            sandbox,
            new_home: None,
        })
    }

    /// The same session with its state elsewhere: for stores that no address opens.
    #[must_use]
    pub fn with_store(self, store: Store) -> Self {
        Self { store, ..self }
    }

    /// The store of the state.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Another store, opened like that of this session and with the same keys.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open_store(&self, url: &str) -> Result<Store, Failure> {
        let access = Access {
            environment: &self.environment,
            directory: &self.loaded.directory,
            github_url: &self.github_url,
            token: self.platform.token.as_ref(),
            in_sandbox: self.in_sandbox(),
        };
        Ok(access.open(url)?.with_keys(self.store.keys().clone()))
    }

    /// The systems that this session is about, as plans name them: a sandbox, or the addresses of Konnect and GitHub.
    #[must_use]
    pub fn systems(&self) -> String {
        if self.in_sandbox() {
            "the sandbox".to_owned()
        } else {
            format!("{} and {}", self.konnect_url, self.github_url)
        }
    }

    /// Whether a sandbox stands for Konnect and GitHub.
    #[must_use]
    pub fn in_sandbox(&self) -> bool {
        self.sandbox.is_some()
    }

    /// Ends the session. The sandbox stops; what is in it stays on disk.
    pub async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
    }

    /// A secret of the configuration; in the sandbox, one that cannot be had is made up.
    pub(super) fn secret(&self, secret: &Secret, made_up: &str) -> Result<SecretString, Failure> {
        let resolved = secret.resolve(&self.loaded.directory, &self.environment);
        match resolved {
            Err(_) if self.in_sandbox() => Ok(made_up.to_owned().into()),
            other => other.map_err(|error| Failure::new(error.to_string())),
        }
    }
}

/// The token that opens an organization of the sandbox when its own cannot be had.
#[must_use]
pub fn sandbox_token(organization: &str) -> String {
    format!("sandbox-{organization}")
}

/// The variable with a secret of an organization, where nobody names one: `KONG_AIR_KONNECT_TOKEN` for an organization
/// `Kong-Air`.
pub(super) fn secret_variable(organization: &str, secret: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = organization.chars().map(word).collect();
    let digit = name.starts_with(|c: char| c.is_ascii_digit());
    format!("{}{name}_{secret}", if digit { "_" } else { "" })
}

/// The platform repository of the sandbox: the configured one, or `<first organization>/platform`.
pub(super) fn default_platform(first: Option<&str>, platform: &mut PlatformRepository) -> Result<Remote, Failure> {
    if let Some(remote) = &platform.remote {
        return Ok(remote.clone());
    }
    let first = first.unwrap_or("sandbox");
    let owner: String = first.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let remote = Remote::parse(&format!("https://github.com/{owner}/platform.git"))
        .map_err(|error| Failure::new(format!("could not name the sandbox's platform repository: {error}")))?;
    platform.remote = Some(remote.clone());
    Ok(remote)
}

/// Starts the sandbox in `directory`, with the organizations of the configuration and, if it is to be provided, the
/// platform repository.
pub(super) async fn start_sandbox(
    directory: &Path,
    loaded: &Loaded,
    platform: Option<&Remote>,
    environment: &Environment,
) -> Result<Sandbox, Failure> {
    let mut organizations = Vec::new();
    for (name, organization) in &loaded.manifest.organizations {
        let token = organization.access_token.resolve(&loaded.directory, environment);
        let token = token.unwrap_or_else(|_| sandbox_token(name).into());
        organizations.push(sandbox::Account { organization: name.clone(), token });
    }
    prepare_repositories(directory, &loaded.directory, platform)?;
    let options = sandbox::SandboxOptions { dir: directory.to_owned(), port: 0, organizations };
    Sandbox::start_with(options, sandbox::Wire::default())
        .await
        .map_err(|error| Failure::new(format!("could not start the sandbox in {}: {error}", directory.display())))
}

/// On first use, service repositories come from the folder `services/` beside `konnect/`, and the platform
/// repository has nothing but a README.
pub(super) fn prepare_repositories(
    directory: &Path,
    manifest: &Path,
    platform: Option<&Remote>,
) -> Result<(), Failure> {
    let root = directory.join("github");
    let failed = |error: sandbox::github::GitHubSandboxError| {
        Failure::new(format!("could not prepare the repositories of the sandbox in {}: {error}", root.display()))
    };
    let services = manifest.join("services");
    if services.is_dir() {
        sandbox::github::seed(&root, &services).map_err(failed)?;
    }
    if let Some((owner, name)) = platform.and_then(Remote::owner_and_name) {
        let readme = format!("# {name}\n\nThe platform repository of {owner}.\n");
        let files = BTreeMap::from([("README.md".to_owned(), readme.into_bytes())]);
        sandbox::github::ensure_repository(&root, owner, name, &files).map_err(failed)?;
    }
    Ok(())
}
