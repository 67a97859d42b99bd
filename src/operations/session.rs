//! One run of koctl: the workspace that it works on, and the systems that it works with.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;

use super::asked::Asked;
use super::failure::Failure;
use super::keys;
use super::sandbox::{default_platform, start_sandbox, tenant};
use super::store::StoreAccess;
use super::systems::{Addresses, Systems};
use super::workspace::{Environment, Workspace};
use crate::compiler::platform::PlatformWork;
use crate::github::Listed;
use crate::manifest::Loaded;
use crate::manifest::git::{PlatformRepository, platform_repository};
use crate::manifest::model::Organization;
use crate::manifest::secret::Secret;
use crate::manifest::suggest::nearest;
use engine::address::PLATFORM_SCOPE;
use engine::state::Store;
use transport::variable;

/// Where koctl keeps its state by default.
const DEFAULT_STATE: &str = "file:.koctl/state";

/// The input of [`Session::open`].
pub struct SessionOptions {
    /// The configuration.
    pub loaded: Loaded,
    /// The store of the state. If `None`: `KOCTL_STATE`, `platform.state.url`, or a directory.
    pub state: Option<String>,
    /// The directory of the sandbox that stands for Konnect and GitHub.
    pub sandbox: Option<PathBuf>,
    /// The variables.
    pub environment: Environment,
}

/// One run of koctl.
pub struct Session {
    pub(super) workspace: Workspace,
    pub(super) systems: Systems,
    pub(super) platform: PlatformRepository,
    /// The work to do in the platform repository.
    pub(super) work: PlatformWork,
    /// The organizations that the tokens open.
    pub(super) asked: Asked,
    /// The open pull requests that were listed in this run.
    pub(super) listed: Listed,
}

impl Session {
    /// Opens the state, and starts the sandbox if there is to be one.
    ///
    /// # Errors
    /// The reason why the state, the platform repository or the sandbox cannot be used.
    pub async fn open(options: SessionOptions) -> Result<Self, Failure> {
        let SessionOptions { loaded, state, sandbox, environment } = options;
        let mut platform = platform_repository(&loaded.manifest, &environment)
            .map_err(|error| Failure::new(error.to_string()).help("correct it in konnect/platform.yaml"))?;
        let keys = match keys::state_keys(keys::configured(&loaded), &loaded.directory, &environment) {
            // The sandbox needs no variable: its own state is not encrypted where the configured keys are not at hand.
            Err(_) if sandbox.is_some() && state.is_none() => keys::state_keys(None, &loaded.directory, &environment)?,
            keys => keys?,
        };
        let url = state_url(state, sandbox.as_ref(), &loaded, &environment);
        let sandbox = match sandbox {
            Some(directory) => {
                // First, so that an address that cannot be used leaves no sandbox behind.
                let github = Addresses::real(&environment)?.github;
                access(&loaded, &environment, &platform, &github, true).open(&url)?;
                let first = loaded.manifest.organizations.keys().next();
                let first = first.map(|name| tenant(&directory, &loaded.manifest, name)).transpose()?;
                let remote = default_platform(first.as_deref(), &mut platform)?;
                Some(start_sandbox(&directory, &loaded, Some(&remote), &environment).await?)
            }
            None => None,
        };
        let systems = Systems::new(&environment, sandbox)?;
        let (github, in_sandbox) = (&systems.addresses.github, systems.are_sandboxed());
        let store = access(&loaded, &environment, &platform, github, in_sandbox).open(&url)?.with_keys(keys);
        Ok(Self {
            workspace: Workspace { loaded, environment, store },
            systems,
            platform,
            work: PlatformWork::Maintain,
            asked: Asked::default(),
            listed: Listed::default(),
        })
    }

    /// A session about another configuration, with the same systems and the same states. It ends before this one.
    pub(super) fn about(&self, loaded: Loaded, environment: Environment) -> Self {
        Self {
            workspace: Workspace { loaded, environment, store: self.workspace.store.clone() },
            systems: self.systems.shared(),
            platform: self.platform.clone(),
            work: PlatformWork::Maintain,
            asked: Asked::default(),
            listed: Listed::default(),
        }
    }

    /// The same session with its state elsewhere: for stores that no address opens.
    #[must_use]
    pub fn with_store(self, store: Store) -> Self {
        Self { workspace: Workspace { store, ..self.workspace }, ..self }
    }

    /// The workspace of the session.
    #[must_use]
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// The systems that it works with.
    #[must_use]
    pub fn systems(&self) -> &Systems {
        &self.systems
    }

    /// The store of the states.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.workspace.store
    }

    /// Another store, opened like that of this session and with the same keys.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open_store(&self, url: &str) -> Result<Store, Failure> {
        let Workspace { loaded, environment, store } = &self.workspace;
        let (github, in_sandbox) = (&self.systems.addresses.github, self.systems.are_sandboxed());
        let access = access(loaded, environment, &self.platform, github, in_sandbox);
        Ok(access.open(url)?.with_keys(store.keys().clone()))
    }

    /// Ends the session. A sandbox stops; its data stays on disk.
    pub async fn close(self) {
        self.systems.close().await;
    }

    /// The organizations of the configuration.
    pub(super) fn organizations(&self) -> &BTreeMap<String, Organization> {
        &self.workspace.loaded.manifest.organizations
    }

    /// Checks that a scope is an organization of the configuration, the platform repository, or one with a state.
    ///
    /// # Errors
    /// If it is none of them, with the nearest organization; and if the store cannot be read.
    pub async fn check_scope(&self, scope: &str) -> Result<(), Failure> {
        if scope == PLATFORM_SCOPE || self.workspace.remembered_scopes().await?.iter().any(|one| one == scope) {
            return Ok(());
        }
        self.organization(scope).map(|_| ())
    }

    /// The digest of what the configuration says of a scope.
    pub(super) fn digest_of(&self, scope: &str) -> String {
        let manifest = &self.workspace.loaded.manifest;
        match scope {
            PLATFORM_SCOPE => manifest.of_platform().digest(),
            organization => manifest.of_organization(organization).digest(),
        }
    }

    /// An organization of the configuration.
    ///
    /// # Errors
    /// If there is none of this name, with the nearest one.
    pub(super) fn organization(&self, name: &str) -> Result<&Organization, Failure> {
        let organizations = self.organizations();
        organizations.get(name).ok_or_else(|| {
            let near = nearest(name, organizations.keys().map(String::as_str));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let failure = Failure::new(format!("the configuration has no organization `{name}`{near}"));
            failure.help("name an organization of konnect/organizations.yaml")
        })
    }

    /// True if koctl keeps the platform repository: it was set up, or is about to be.
    pub(super) async fn keeps_platform_repository(&self) -> Result<bool, Failure> {
        if !matches!(self.work, PlatformWork::Maintain) {
            return Ok(true);
        }
        let snapshot = self.workspace.store.read(PLATFORM_SCOPE).await?;
        Ok(snapshot.is_some_and(|snapshot| !snapshot.state.resources.is_empty()))
    }

    /// A secret of the configuration. In the sandbox, `made_up` stands for one that cannot be read.
    pub(super) fn secret(&self, secret: &Secret, made_up: &str) -> Result<SecretString, Failure> {
        let resolved = secret.resolve(&self.workspace.loaded.directory, &self.workspace.environment);
        match resolved {
            Err(_) if self.systems.are_sandboxed() => Ok(made_up.to_owned().into()),
            other => other.map_err(|error| Failure::new(error.to_string())),
        }
    }
}

/// Where the state is: as the flag says, in the sandbox, or as the variable or the configuration says.
fn state_url(state: Option<String>, sandbox: Option<&PathBuf>, loaded: &Loaded, environment: &Environment) -> String {
    let configured = || loaded.manifest.platform.as_ref()?.state.as_ref()?.url.clone();
    match (state, sandbox) {
        (Some(url), _) => url,
        // The state of the sandbox must never mix with the state of real organizations.
        (None, Some(directory)) => format!("file:{}", directory.join("state").display()),
        (None, None) => variable(environment, "KOCTL_STATE").or_else(configured).unwrap_or(DEFAULT_STATE.to_owned()),
    }
}

fn access<'a>(
    loaded: &'a Loaded,
    environment: &'a Environment,
    platform: &'a PlatformRepository,
    github_url: &'a str,
    in_sandbox: bool,
) -> StoreAccess<'a> {
    StoreAccess { environment, directory: &loaded.directory, github_url, token: platform.token.as_ref(), in_sandbox }
}
