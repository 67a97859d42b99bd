//! The platform repository: what is in it, and sessions that are about nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use tempfile::TempDir;

use super::connect::on_github;
use super::plan::{Compared, PlanRequest, ScopeRequest};
use super::session::start_sandbox;
use super::{Environment, Failure, Locks, Session, keys, store};
use crate::compiler::platform::{self, Kept, PlatformContents, PlatformInput, PlatformWork, files_address};
use crate::github::client::Access;
use crate::github::resources::actions_secret;
use crate::github::resources::platform::{Platform, contents};
use crate::github::{self, Repository};
use crate::manifest::Loaded;
use crate::manifest::document::parse_value;
use crate::manifest::git::{PlatformRepository, Remote};
use crate::manifest::model::{Author, State as StateSettings};
use crate::manifest::secret::Secret;
use crate::platform_repository::{FILES, PLATFORM, Settings};
use ::sandbox::Sandbox;
use engine::address::PLATFORM_SCOPE;
use engine::refresh::Remembered;
use engine::state::{LockOptions, Store};
use engine::{Error, Mode, Readers, ScopePlan, Secrets};
use transport::Transport;

/// How to get to a platform repository.
pub struct PlatformOptions {
    /// Its address, or `owner/name`.
    pub remote: String,
    /// The token for it. In the sandbox any will do.
    pub token: Secret,
    /// The directory of the sandbox that stands for GitHub.
    pub sandbox: Option<PathBuf>,
    /// Whether nobody named the repository: then the sandbox has it, with nothing but a README.
    pub provided: bool,
    /// The variables.
    pub environment: Environment,
}

/// A platform repository that was looked at, before anything is asked of it.
pub struct PlatformAccess {
    platform: PlatformRepository,
    repository: Repository,
    directory: Option<PathBuf>,
    sandbox: Option<Sandbox>,
    transport: Transport,
    github_url: String,
    environment: Environment,
    token: SecretString,
    found: Option<PlatformContents>,
}

/// Where a state belongs that cannot be kept there before the work is done.
pub(super) struct NewHome {
    url: String,
    token: SecretString,
    aside: TempDir,
}

impl NewHome {
    fn new(url: String, token: SecretString) -> Result<Self, Failure> {
        let aside = TempDir::new().map_err(|error| {
            Failure::new(format!("could not make a folder in which the state is kept until {url} exists: {error}"))
                .help("check TMPDIR, and that the disk is not full")
        })?;
        Ok(Self { url, token, aside })
    }

    /// The store where it is kept until then.
    fn aside(&self) -> String {
        format!("file:{}", self.aside.path().display())
    }
}

impl PlatformAccess {
    /// Reads the repository, which need not exist.
    ///
    /// # Errors
    /// An address that is none of a repository on GitHub, and what GitHub answered.
    pub async fn open(options: PlatformOptions) -> Result<Self, Failure> {
        let PlatformOptions { remote, token, sandbox: directory, provided, environment } = options;
        let remote = parse_remote(&remote)?;
        let repository = on_github(&remote, directory.is_some())?;
        let sandbox = match &directory {
            Some(directory) => {
                let nothing = Loaded::empty();
                Some(start_sandbox(directory, &nothing, provided.then_some(&remote), &environment).await?)
            }
            None => None,
        };
        let variable = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let github_url = match &sandbox {
            Some(sandbox) => sandbox.github_url(),
            None => variable("KOCTL_GITHUB_URL").unwrap_or(github::client::DEFAULT_URL.to_owned()),
        };
        let transport = Transport::new().map_err(|error| Failure::new(format!("could not set up HTTP: {error}")))?;
        let value = token.resolve(Path::new("."), &environment);
        let value = value.map_err(|error| Failure::new(format!("could not get the GitHub token: {error}")))?;
        let access = Access { url: github_url.clone(), token: Some(value.clone()), token_source: token.to_string() };
        let client = github::ReadClient::new(transport.clone(), access)?;
        let found = look(&client, &repository, &Remembered::default()).await?;
        let platform = PlatformRepository {
            remote: Some(remote),
            author: Author::default(),
            token: Some(token),
            credentials: None,
        };
        let token = value;
        Ok(Self { platform, repository, directory, sandbox, transport, github_url, environment, token, found })
    }

    /// The repository.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Whether koctl's files are there, or are proposed.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.found
            .as_ref()
            .is_some_and(|found| found.texts.keys().any(|path| path.starts_with(".github/workflows/koctl-")))
    }

    /// Where the repository's own configuration says that the state is kept.
    ///
    /// # Errors
    /// A configuration that cannot be read.
    pub fn configured_state(&self) -> Result<Option<String>, Failure> {
        Ok(self.state_settings()?.and_then(|settings| settings.url))
    }

    /// What the repository's own configuration says of the state.
    fn state_settings(&self) -> Result<Option<StateSettings>, Failure> {
        let Some(text) = self.found.as_ref().and_then(|found| found.texts.get(PLATFORM)) else { return Ok(None) };
        let failed = |cause: String| {
            Failure::new(format!("could not read {PLATFORM} of {}: {cause}", self.repository))
                .help("correct the file in the platform repository")
        };
        let document = parse_value(text).map_err(|error| failed(error.to_string()))?;
        let settings = document["platform"]["state"].clone();
        serde_json::from_value(settings).map_err(|error| failed(error.to_string()))
    }

    /// Where the state is best kept if nobody says otherwise: on a branch of the repository, which needs nothing else.
    #[must_use]
    pub fn suggested_state(&self) -> String {
        format!("github://{}/koctl-state", self.repository)
    }

    /// A session for `work` on the repository, with the state at `state`; in the sandbox, in its own folder unless
    /// `state` was asked for.
    ///
    /// # Errors
    /// A repository that does not exist and is not to be made, and a state that cannot be opened.
    pub fn session(self, state: Option<&str>, work: PlatformWork) -> Result<Session, Failure> {
        let creates = matches!(&work, PlatformWork::Init(init) if init.create);
        if self.found.is_none() && !creates {
            let failure =
                Failure::new(format!("there is no repository {}, or the token may not read it", self.repository));
            return Err(failure.help("check the name and the token, or let `koctl init --create` make it"));
        }
        let (store, new_home) = self.store(state)?;
        let konnect_url = crate::konnect::client::DEFAULT_URL.to_owned();
        Ok(Session {
            loaded: Loaded::empty(),
            store,
            transport: self.transport,
            environment: self.environment,
            konnect_url,
            github_url: self.github_url,
            platform: self.platform,
            sandbox: self.sandbox,
            work,
            new_home,
        })
    }

    /// Opens the store of the state. That of a repository that is still to be made is kept aside, if it belongs there.
    fn store(&self, state: Option<&str>) -> Result<(Store, Option<NewHome>), Failure> {
        let url = match (&self.directory, state) {
            (_, Some(url)) => url.to_owned(),
            (Some(directory), None) => format!("file:{}", directory.join("state").display()),
            (None, None) => self.configured_state()?.unwrap_or_else(|| self.suggested_state()),
        };
        // The sandbox's own state is as little encrypted as the rest of it, unless a variable asks for it.
        let settings = if self.directory.is_some() && state.is_none() { None } else { self.state_settings()? };
        let encryption = settings.and_then(|settings| settings.encryption);
        let keys = keys::state_keys(encryption.as_ref(), Path::new("."), &self.environment)?;
        let is_inside = url.starts_with(&format!("github://{}/", self.repository));
        let new_home =
            (self.found.is_none() && is_inside).then(|| NewHome::new(url.clone(), self.token.clone())).transpose()?;
        let url = new_home.as_ref().map_or(url, NewHome::aside);
        let variables = store::variables(&self.environment, &self.github_url, Some(&self.token));
        Ok((Store::open(&url, &variables)?.with_keys(keys), new_home))
    }

    /// Ends without a session.
    pub async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
    }
}

/// The address of the platform repository that the configuration in `directory` names; none where it names none.
///
/// # Errors
/// Settings that cannot be read.
pub fn local_platform(directory: &Path) -> Result<Option<String>, Failure> {
    let path = directory.join(PLATFORM);
    let failed = |cause: String| Failure::new(format!("could not read {PLATFORM}: {cause}")).help("correct the file");
    let text = match std::fs::read_to_string(&path) {
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
        // What holds a password must not be shown.
        Failure::new(format!("the address of the platform repository cannot be used: {reason}"))
            .help("write it like https://github.com/owner/platform")
    })
}

/// What a platform repository holds of koctl's files, this koctl's and those that the state knows; none where there is
/// no such repository.
async fn look(
    client: &github::ReadClient,
    repository: &Repository,
    remembered: &Remembered,
) -> Result<Option<PlatformContents>, Error> {
    let Some(branch) = client.default_branch_if_there(repository).await? else { return Ok(None) };
    let platform = Platform::read_upon(client, repository.clone(), branch).await?;
    let outlook = platform.outlook(client).await?;
    let state = remembered.0.get(&files_address(&repository.to_string()));
    let known = state.and_then(|state| state.attributes.get("files")?.as_object());
    let known: BTreeSet<&str> = known.into_iter().flat_map(|files| files.keys()).map(String::as_str).collect();
    let ours = |path: &str| known.contains(path) || FILES.iter().any(|file| file.path == path);
    let files = outlook.files.into_iter().filter(|(path, _)| ours(path)).collect();
    let texts = contents(client, repository, files, &plain_texts(&platform.branch)).await?;
    let texts = texts.into_iter().filter_map(|(path, text)| Some((path, text.as_str()?.to_owned())));
    let proposal = platform.last_proposal();
    let proposal = proposal.map(|pull| (pull.head.ref_field.clone(), pull.title.clone().unwrap_or_default()));
    Ok(Some(PlatformContents { default_branch: platform.branch.clone(), texts: texts.collect(), proposal }))
}

/// The texts of koctl's files where nothing is special, which need not be read.
fn plain_texts(default_branch: &str) -> BTreeMap<String, String> {
    let settings = Settings { remote: "", state: None, default_branch };
    FILES.iter().filter_map(|file| Some((file.path.to_owned(), file.text(settings, &[]).ok()?))).collect()
}

impl Session {
    /// Whether the platform repository is koctl's to keep: it was set up, or is right now.
    pub(super) async fn keeps_platform(&self) -> Result<bool, Failure> {
        if !matches!(self.work, PlatformWork::Maintain) {
            return Ok(true);
        }
        let snapshot = self.store.read(PLATFORM_SCOPE).await?;
        Ok(snapshot.is_some_and(|snapshot| !snapshot.state.resources.is_empty()))
    }

    /// Whether a plan is about the platform repository too. Destroying what the configuration describes does not
    /// include where the configuration lives, and comparing with the state alone needs none of its files.
    pub(super) async fn plans_platform(
        &self,
        request: &PlanRequest,
        locks: Option<&Locks>,
    ) -> Result<bool, Vec<Failure>> {
        if request.mode == Mode::Destroy || request.no_refresh {
            return Ok(false);
        }
        match locks {
            Some(locks) => Ok(locks.0.contains_key(PLATFORM_SCOPE)),
            None => self.keeps_platform().await.map_err(|failure| vec![failure]),
        }
    }

    /// What reads the platform repository.
    pub(super) fn platform_readers(&self) -> Result<Readers, Vec<Failure>> {
        self.github_clients().map(|clients| clients.readers()).map_err(|failure| vec![failure])
    }

    /// The secrets that the work on the platform repository sets.
    pub(super) fn platform_secrets(&self) -> Secrets {
        Secrets::of(platform::secret(&self.work).map(engine::Desired::untyped).as_slice())
    }

    /// Brings the state to where it belongs, if that was only made by the work.
    ///
    /// # Errors
    /// When it cannot be stored there. Nothing is lost: what was made is found again, and taken over.
    pub async fn settle(&self) -> Result<(), Failure> {
        let Some(home) = &self.new_home else { return Ok(()) };
        let Some(snapshot) = self.store.read(PLATFORM_SCOPE).await? else { return Ok(()) };
        let variables = store::variables(&self.environment, &self.github_url, Some(&home.token));
        let store = Store::open(&home.url, &variables)?.with_keys(self.store.keys().clone());
        // The repository is new: whatever else there is on the branch was made by this very work.
        let any = |_: &_| Ok::<_, engine::state::Error>(());
        let stored = store.replace(&snapshot.state, &LockOptions::new("init"), any).await;
        stored.map(drop).map_err(|error| {
            let failure = Failure::new(format!("the platform repository was set up, but {error}"));
            failure.help(format!("{}; then run `koctl init` again, which takes over what was made", error.help()))
        })
    }

    /// Plans the scope `@platform`, and tells which of koctl's files are left alone.
    pub(super) async fn plan_platform(&self, scope: &ScopeRequest<'_>) -> Result<(ScopePlan, Vec<Kept>), Vec<Failure>> {
        let one = |failure: Failure| vec![failure];
        let state = scope.state(PLATFORM_SCOPE).await.map_err(one)?;
        let mut remembered = Remembered::new(state.as_deref()).map_err(|error| one(error.into()))?;
        let recovered = scope.recover(state.as_deref(), &mut remembered).await?;
        let repository = self.platform_repository().map_err(one)?;
        let client = self.github(self.platform.token.as_ref()).map_err(one)?;
        let found = look(&client, &repository, &remembered).await.map_err(|error| one(error.into()))?;
        let found = found
            .unwrap_or_else(|| PlatformContents { default_branch: "main".to_owned(), ..PlatformContents::default() });
        let remote = format!("https://github.com/{repository}.git");
        let input = PlatformInput {
            repository: &repository.to_string(),
            remote: self.platform.remote.as_ref().map_or(remote.as_str(), Remote::as_str),
            found: &found,
            remembered: &remembered,
            work: &self.work,
        };
        let compiled = platform::compile(input).map_err(|error| one(error.into()))?;
        let remembered = without_other_secrets(remembered, &compiled);
        let compared = Compared { desired: &compiled.desired, remembered: &remembered, recovered, protected: None };
        let plan = scope.planned(PLATFORM_SCOPE, state.as_deref(), compared).await?;
        Ok((plan, compiled.kept))
    }
}

/// The state without the secrets that this plan is not about. Their values are known to nobody here, and reading their
/// names takes a permission that a plan can do without.
fn without_other_secrets(mut remembered: Remembered, compiled: &platform::Platform) -> Remembered {
    let wanted: BTreeSet<_> = compiled.desired.iter().map(|resource| &resource.address).collect();
    remembered
        .0
        .retain(|address, _| address.type_name() != actions_secret::SCHEMA.type_name || wanted.contains(address));
    remembered
}
