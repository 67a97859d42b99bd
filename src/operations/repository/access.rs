//! Opens a platform repository for `koctl init` and `koctl add`.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::work::{NewHome, RepositorySession};
use super::{contents, relics};
use crate::compiler::platform::{PlatformContents, PlatformWork, files_of};
use crate::github::{self, Access, Listed, Repository};
use crate::manifest::changes::Change;
use crate::manifest::document::parse_value;
use crate::manifest::git::{PlatformRepository, Remote};
use crate::manifest::model::{Author, Manifest, Portal, Region, State as StateSettings};
use crate::manifest::secret::Secret;
use crate::manifest::{Loaded, files};
use crate::operations::asked::Asked;
use crate::operations::change::{made, read};
use crate::operations::connect::on_github;
use crate::operations::failure::{Failure, Failures};
use crate::operations::sandbox::{FirstFiles, start_sandbox};
use crate::operations::session::Session;
use crate::operations::systems::Systems;
use crate::operations::workspace::{Environment, Workspace};
use crate::operations::{keys, store};
use crate::platform_repository::{ORGANIZATIONS, PLATFORM, TEAMS, go_tool};
use engine::refresh::Remembered;
use engine::state::{Store, carries_secret};

/// How to reach a platform repository.
pub struct RepositoryOptions {
    /// Its address, or `owner/name`.
    pub remote: String,
    /// The token for it. The sandbox takes any.
    pub token: Secret,
    /// The author of commits. Without one, the owner of the token.
    pub author: Author,
    /// The directory of the sandbox that stands for GitHub.
    pub sandbox: Option<PathBuf>,
    /// True if no one named the repository: then the sandbox has it, with only a README.
    pub provided: bool,
    /// The files that the sandbox's repository begins with, if there is none yet.
    pub first_files: FirstFiles,
    /// The variables.
    pub environment: Environment,
}

/// An organization that the platform repository's configuration has already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownOrganization {
    /// The variable with its token. `None` if the token comes from elsewhere.
    pub variable: Option<String>,
    /// The region of its first environment.
    pub region: Option<Region>,
}

/// A platform repository that was read, before anything is changed in it.
pub struct RepositoryAccess {
    platform: PlatformRepository,
    repository: Repository,
    directory: Option<PathBuf>,
    systems: Systems,
    environment: Environment,
    token: SecretString,
    found: Option<PlatformContents>,
}

impl RepositoryAccess {
    /// Reads the repository, which need not exist.
    ///
    /// # Errors
    /// If the address is not that of a repository on GitHub, and if GitHub refuses.
    pub async fn open(options: RepositoryOptions) -> Result<Self, Failure> {
        let RepositoryOptions { remote, token, author, sandbox: directory, provided, first_files, environment } =
            options;
        let remote = parse_remote(&remote)?;
        let repository = on_github(&remote, directory.is_some())?;
        let sandbox = match &directory {
            Some(directory) => {
                first_files.create_in(directory, &repository)?;
                let loaded = first_files.configuration();
                Some(start_sandbox(directory, &loaded, provided.then_some(&remote), &environment).await?)
            }
            None => None,
        };
        let systems = Systems::new(&environment, sandbox)?;
        let value = token.resolve(Path::new("."), &environment);
        let value = value.map_err(|error| Failure::new(format!("could not get the GitHub token: {error}")))?;
        let access = Access {
            url: systems.addresses.github.clone(),
            token: Some(value.clone()),
            token_source: token.to_string(),
        };
        let client = github::ReadClient::new(systems.transport.clone(), access)?;
        let mut found = contents::read(&client, &repository, &Remembered::default()).await?;
        let lacks_configuration = found.as_ref().is_some_and(|found| !found.texts.contains_key(TEAMS));
        if directory.is_some() && lacks_configuration && first_files.add_to(&client, &repository).await? {
            found = contents::read(&client, &repository, &Remembered::default()).await?;
        }
        let platform = PlatformRepository { remote: Some(remote), author, token: Some(token), credentials: None };
        let token = value;
        Ok(Self { platform, repository, directory, systems, environment, token, found })
    }

    /// The repository.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// True if koctl's files are there, or are proposed.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.found
            .as_ref()
            .is_some_and(|found| found.texts.keys().any(|path| path.starts_with(".github/workflows/koctl-")))
    }

    /// Where the state is, as the repository's own configuration says.
    ///
    /// # Errors
    /// If the configuration cannot be read.
    pub fn configured_state(&self) -> Result<Option<String>, Failure> {
        Ok(self.state_settings()?.and_then(|settings| settings.url))
    }

    /// `platform.portal` of the repository's own configuration.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn portal(&self) -> Result<Portal, Failure> {
        Ok(self.setting::<Portal>("portal")?.unwrap_or_default())
    }

    /// A part of the platform's settings in the repository's own configuration. `None` if it has none.
    fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Failure> {
        let setting = self.document(PLATFORM)?["platform"][key].clone();
        serde_json::from_value(setting).map_err(|error| self.unreadable(PLATFORM, &error))
    }

    /// The settings of the state in the repository's own configuration.
    fn state_settings(&self) -> Result<Option<StateSettings>, Failure> {
        self.setting("state")
    }

    /// What is to be asked about files that the Go koctl left and koctl can delete. `None` if there are none.
    #[must_use]
    pub fn go_tool_question(&self) -> Option<String> {
        relics::question(&go_tool::found(&self.found.as_ref()?.texts))
    }

    /// What the repository's own configuration says of an organization. `None` if it has none of this name.
    ///
    /// # Errors
    /// If the configuration cannot be read.
    pub fn organization(&self, name: &str) -> Result<Option<KnownOrganization>, Failure> {
        let document = self.document(ORGANIZATIONS)?;
        let Some(organization) = document["organizations"].get(name) else { return Ok(None) };
        let token = &organization["access-token"];
        let variable = (token["type"] == "env").then(|| token["value"].as_str()).flatten();
        let environments = organization["environments"].as_object().into_iter().flatten();
        let region = environments.filter_map(|(_, one)| serde_json::from_value(one["region"].clone()).ok()).next();
        Ok(Some(KnownOrganization { variable: variable.map(str::to_owned), region }))
    }

    /// A file of the repository's own configuration; null if there is none.
    fn document(&self, path: &str) -> Result<Value, Failure> {
        let Some(text) = self.found.as_ref().and_then(|found| found.texts.get(path)) else { return Ok(Value::Null) };
        parse_value(text).map_err(|error| self.unreadable(path, &error))
    }

    fn unreadable(&self, path: &str, cause: &dyn std::error::Error) -> Failure {
        Failure::new(format!("could not read {path} of {}: {cause}", self.repository))
            .help("correct the file in the platform repository")
    }

    /// The value of a variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        transport::variable(&self.environment, name)
    }

    /// The configuration of the repository after a change, which is valid.
    ///
    /// # Errors
    /// If the repository was not set up, the change cannot be made, or the configuration would not be valid.
    pub fn changed(&self, change: &Change) -> Result<Manifest, Failures> {
        let found = self.found.as_ref().filter(|_| self.is_set_up()).ok_or_else(|| {
            let failure = Failure::new(format!("the platform repository {} was not set up yet", self.repository));
            failure.help("run `koctl init` first, or edit the files here with --local")
        })?;
        let settings = found.texts.get(PLATFORM).map(String::as_str);
        made(change, &files_of(found), settings).map(|(_, loaded)| loaded.manifest)
    }

    /// The configuration of the repository. `None` if there is none, or if it is not valid.
    #[must_use]
    pub fn configured(&self) -> Option<Manifest> {
        let found = self.found.as_ref()?;
        let loaded = read(&files_of(found), found.texts.get(PLATFORM).map(String::as_str));
        loaded.ok().map(|loaded| loaded.manifest)
    }

    /// Where the state is by default: on a branch of the repository, which needs nothing else.
    #[must_use]
    pub fn suggested_state(&self) -> String {
        format!("github://{}/koctl-state", self.repository)
    }

    /// A session for `work` on the repository, with the state at `state`. If `state` is `None`, the sandbox keeps it in
    /// its own folder.
    ///
    /// # Errors
    /// If the repository does not exist and is not to be created, and if the state cannot be opened.
    pub fn session(self, state: Option<&str>, work: PlatformWork) -> Result<RepositorySession, Failure> {
        let creates = matches!(&work, PlatformWork::Init(init) if init.create);
        if self.found.is_none() && !creates {
            let failure =
                Failure::new(format!("there is no repository {}, or the token may not read it", self.repository));
            return Err(failure.help("check the name and the token, or let `koctl init --create` create it"));
        }
        if let PlatformWork::Init(init) = &work {
            self.require_no_secret_in(&init.state)?;
        }
        let (store, new_home) = self.store(state)?;
        let workspace = Workspace { loaded: Loaded::empty(), environment: self.environment, store };
        let (systems, platform, asked, listed) = (self.systems, self.platform, Asked::default(), Listed::default());
        let session = Session { workspace, systems, platform, work, asked, listed };
        Ok(RepositorySession { session, new_home })
    }

    /// The address of a state becomes a part of the configuration, which everybody who sees the repository reads.
    fn require_no_secret_in(&self, state: &str) -> Result<(), Failure> {
        if !carries_secret(state) || self.configured_state()?.as_deref() == Some(state) {
            return Ok(());
        }
        let failure = Failure::new(format!(
            "the address of the state has a password or a token, and would be written to {PLATFORM} of {}",
            self.repository
        ));
        Err(failure.help(
            "leave it out, and give it to koctl in a variable such as PGPASSWORD or TF_HTTP_PASSWORD, here and in the \
             workflows",
        ))
    }

    /// Opens the store of the state. A state that belongs in the repository is kept aside until that exists.
    fn store(&self, state: Option<&str>) -> Result<(Store, Option<NewHome>), Failure> {
        let url = match (&self.directory, state) {
            (_, Some(url)) => url.to_owned(),
            (Some(directory), None) => format!("file:{}", directory.join("state").display()),
            (None, None) => self.configured_state()?.unwrap_or_else(|| self.suggested_state()),
        };
        // Like the rest of the sandbox, its own state is not encrypted, unless a variable asks for it.
        let settings = if self.directory.is_some() && state.is_none() { None } else { self.state_settings()? };
        let encryption = settings.and_then(|settings| settings.encryption);
        let keys = keys::state_keys(encryption.as_ref(), Path::new("."), &self.environment)?;
        let is_inside = url.starts_with(&format!("github://{}/", self.repository));
        let new_home =
            (self.found.is_none() && is_inside).then(|| NewHome::new(url.clone(), self.token.clone())).transpose()?;
        let url = new_home.as_ref().map_or(url, NewHome::aside);
        let variables = store::variables(&self.environment, &self.systems.addresses.github, Some(&self.token));
        Ok((Store::open(&url, &variables)?.with_keys(keys), new_home))
    }

    /// Ends without a session.
    pub async fn close(self) {
        self.systems.close().await;
    }
}

/// The address of the platform repository in the configuration in `directory`. `None` if it names none.
///
/// # Errors
/// If the settings cannot be read.
pub fn local_repository(directory: &Path) -> Result<Option<String>, Failure> {
    let path = directory.join(PLATFORM);
    let failed = |cause: String| Failure::new(format!("could not read {PLATFORM}: {cause}")).help("correct the file");
    let text = match files::read_text(&path, files::LARGEST_TEXT) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error.to_string())),
    };
    let document = parse_value(&text).map_err(|error| failed(error.to_string()))?;
    Ok(document["platform"]["git"]["remote"].as_str().map(str::to_owned))
}

/// The address of a repository, which may be written as `owner/name`.
fn parse_remote(text: &str) -> Result<Remote, Failure> {
    let address = match text.parse::<Repository>() {
        Ok(repository) if !text.contains(':') => format!("https://github.com/{repository}.git"),
        _ => text.to_owned(),
    };
    Remote::parse(&address).map_err(|reason| {
        // The address may hold a password, and must not be shown.
        Failure::new(format!("the address of the platform repository cannot be used: {reason}"))
            .help("write it like https://github.com/owner/platform")
    })
}
