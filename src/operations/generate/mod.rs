//! Generates the configuration of an organization that has none: reads the organization, describes it, and writes the
//! description and its state.

mod folder;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;

use super::connect::clients;
use super::failure::{Failure, Failures, OfScope as _};
use super::owners::owner;
use super::sandbox::secret_variable;
use super::session::{Session, SessionOptions};
use super::workspace::Environment;
use crate::generate::{
    Inventory, Proven, RecogniseOptions, RemotePattern, UnmanagedObject, Unread, proof, recognise, render, survey,
    unmanaged,
};
use crate::manifest::git::{REPOSITORY_VARIABLE, TOKEN_VARIABLE};
use crate::manifest::load::load_texts;
use crate::manifest::model::Region;
use crate::manifest::secret::Secret;
use crate::manifest::suggest::nearest;
use crate::manifest::{Loaded, unfit_organization};
use engine::state::{LockOptions, LockedState, Owner, ResourceState, State, Store};
use engine::{Address, ErrorKind};
use folder::{Folder, Texts};
use transport::variable;

/// The organization to read, and the folder to write to.
pub struct GenerateOptions {
    /// The name of the organization in the configuration.
    pub organization: String,
    /// The variable with its access token.
    pub token_variable: String,
    /// The regions to read.
    pub regions: BTreeSet<Region>,
    /// The addresses of the services' repositories, which Konnect does not know.
    pub remote: RemotePattern,
    /// The directory to create.
    pub out: PathBuf,
    /// True if existing files and an existing state may be overwritten.
    pub force: bool,
    /// How long to wait for the lock of the state, if another process holds it.
    pub lock_timeout: Duration,
    /// The store of the state. If `None`, a folder of the directory, or of the sandbox.
    pub state: Option<String>,
    /// The directory of the sandbox that stands for Konnect.
    pub sandbox: Option<PathBuf>,
    /// The variables.
    pub environment: Environment,
}

/// The result of generating a configuration.
#[derive(Debug)]
pub struct Generated {
    /// How many objects are described, by type.
    pub taken: BTreeMap<String, usize>,
    /// How many of them lack labels that koctl gives to what it creates.
    pub unlabelled: usize,
    /// How many APIs wait for a gateway service to be linked with.
    pub deferred: usize,
    /// How many specifications are in the directory, by branch of a service's repository.
    pub specifications: usize,
    /// How many environments have specifications, which the next plan proposes to stage in the platform repository.
    pub to_stage: usize,
    /// The guesses: the path of a key, and the comment next to it.
    pub guesses: Vec<(String, String)>,
    /// The objects that the configuration cannot express.
    pub left: Vec<UnmanagedObject>,
    /// The variables of the configuration, what they are for, and if they are set.
    pub variables: Vec<(String, &'static str, bool)>,
    /// Where the state is.
    pub state: String,
}

/// Describes an organization, and writes its configuration and state. Only GET requests are sent to Konnect.
///
/// # Errors
/// All objects that could not be read, or the reason why nothing was written. Then there is neither a directory nor a
/// state.
pub async fn generate(options: GenerateOptions) -> Result<Generated, Failures> {
    let loaded = bare(&options)?;
    let folder = Folder::new(&options.out, options.force)?;
    let GenerateOptions { state, sandbox, environment, .. } = options;
    if let Some(directory) = &sandbox {
        check_in_sandbox(directory, &options.organization)?;
    }
    let session = SessionOptions { loaded, state: state.clone(), sandbox, environment };
    let session = Session::open(session).await?;
    let run = Run {
        session: &session,
        organization: &options.organization,
        token_variable: &options.token_variable,
        regions: &options.regions,
        remote: &options.remote,
        force: options.force,
        lock_timeout: options.lock_timeout,
        keeps_state_elsewhere: state.is_some() || session.systems.are_sandboxed(),
    };
    let generated = run.carry_out(folder).await;
    session.close().await;
    generated
}

/// A configuration with the organization and its token only.
fn bare(options: &GenerateOptions) -> Result<Loaded, Failure> {
    let GenerateOptions { organization, token_variable, .. } = options;
    if let Some(reason) = unfit_organization(organization) {
        return Err(Failure::new(format!("`{organization}` cannot be the name of an organization: {reason}"))
            .help("give another name with --org; it need not be the one in Konnect"));
    }
    let token = json!({ "type": "env", "value": token_variable });
    let text = json!({ "organizations": { organization: { "access-token": token } } }).to_string();
    load_texts(&[("--token-env", &text)], Path::new(".")).map_err(|wrong| {
        Failure::new(format!("the name in --token-env cannot be that of a variable: {wrong}"))
            .help("name a variable with --token-env, like KONNECT_TOKEN")
    })
}

/// Checks that a sandbox with organizations has this one: it would be created empty, as no token says which is meant.
fn check_in_sandbox(directory: &Path, organization: &str) -> Result<(), Failure> {
    let known = ::sandbox::organizations(directory).map_err(|error| {
        Failure::new(format!("could not look for `{organization}` in the sandbox in {}: {error}", directory.display()))
    })?;
    let known = || known.iter().map(String::as_str);
    if known().next().is_none() || known().any(|name| name == organization) {
        return Ok(());
    }
    let near = nearest(organization, known()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let place = directory.display();
    Err(Failure::new(format!("the sandbox in {place} has no organization `{organization}`{near}")).help(format!(
        "name one of {} with --org",
        known().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    )))
}

/// One run, in an open session.
struct Run<'a> {
    session: &'a Session,
    organization: &'a String,
    token_variable: &'a str,
    regions: &'a BTreeSet<Region>,
    remote: &'a RemotePattern,
    force: bool,
    /// How long to wait for the lock of the state.
    lock_timeout: Duration,
    /// True if the state is not stored in the new directory.
    keeps_state_elsewhere: bool,
}

/// The variable with the client secret of the portal of an environment.
fn portal_secret_variable(organization: &str, environment: &str) -> String {
    secret_variable(&format!("{organization}_{environment}"), "OIDC_CLIENT_SECRET")
}

impl Run<'_> {
    async fn carry_out(&self, folder: Folder) -> Result<Generated, Failures> {
        let scope = self.organization;
        let store = match self.keeps_state_elsewhere {
            true => self.session.store().clone(),
            false => self.session.open_store(&folder.state_url()).of_scope(scope)?,
        };
        self.check_state(&store).await.of_scope(scope)?;
        let (inventory, owner) = self.read().await?;
        let proven = self.describe(&inventory).await?;
        let texts = texts(&proven).of_scope(scope)?;
        folder.fill(&texts).of_scope(scope)?;
        let locked = self.lock(&store).await.of_scope(scope)?;
        let state = if self.keeps_state_elsewhere { store.describe() } else { folder.state_place() };
        if self.keeps_state_elsewhere || folder.merges() {
            self.finish_and_record(folder, locked, &proven, owner).await.of_scope(scope)?;
        } else {
            // The directory appears with its state, or not at all.
            self.record(locked, &proven, owner).await.of_scope(scope)?;
            folder.finish().of_scope(scope)?;
        }
        Ok(self.generated(&proven, &inventory, state))
    }

    /// Brings the files into their place, and only then writes the state: a plan with the state of an organization and
    /// without its configuration would destroy all of it.
    async fn finish_and_record(
        &self,
        folder: Folder,
        locked: LockedState,
        proven: &Proven,
        owner: Owner,
    ) -> Result<(), Failure> {
        let place = folder.named();
        if let Err(failure) = folder.finish() {
            locked.release().await?;
            return Err(failure);
        }
        self.record(locked, proven, owner).await.map_err(|failure| {
            let message = format!("{}; the files in {place} are written already, without a state", failure.message);
            let help = failure.help.map(|help| format!("{help}; then "));
            let help = format!("{}run the command once more, with --force", help.unwrap_or_default());
            Failure { message, help: Some(help), ..failure }
        })
    }

    /// Reads the organization. Also returns which one it is.
    async fn read(&self) -> Result<(Inventory, Owner), Failures> {
        let organization = self.session.organizations().get(self.organization);
        let clients = organization.map(|organization| clients(self.session, self.organization, organization));
        let clients = clients.unwrap_or_else(|| Err(Failure::new("the organization is not configured")));
        let clients = clients?;
        let owner = owner(self.session, &clients).await.of_scope(self.organization)?;
        let read = survey(clients.konnect(), self.regions).await;
        let inventory = read.map_err(|unread| {
            let failures = unread.into_iter().map(|one| unreadable(one).of(self.organization));
            failures.collect::<Failures>()
        })?;
        Ok((inventory, owner))
    }

    async fn describe(&self, inventory: &Inventory) -> Result<Proven, Failures> {
        let options = RecogniseOptions {
            organization: self.organization.clone(),
            token_variable: self.token_variable.to_owned(),
            client_secret_variable: self.client_secret_variable(),
            portal_secret_variable,
            remote: self.remote.clone(),
        };
        proof(recognise(inventory, options), inventory).await.of_scope(self.organization)
    }

    fn client_secret_variable(&self) -> String {
        secret_variable(self.organization, "OIDC_CLIENT_SECRET")
    }

    /// The client secret of an identity provider, if it can be read.
    fn client_secret(&self, provider: &Address) -> Option<SecretString> {
        let variable = match provider.key().split_once('/') {
            Some((environment, _)) => portal_secret_variable(self.organization, environment),
            None => self.client_secret_variable(),
        };
        self.session.secret(&Secret::Env(variable), "sandbox").ok()
    }

    /// Refuses to overwrite a state of the organization.
    async fn check_state(&self, store: &Store) -> Result<(), Failure> {
        let Some(snapshot) = store.read(self.organization).await? else { return Ok(()) };
        self.may_replace(&snapshot.state, &store.describe())
    }

    fn may_replace(&self, state: &State, place: &str) -> Result<(), Failure> {
        let known = state.resources.len();
        if !state.intents.is_empty() {
            let message = format!("the state of `{}` in {place} is of an apply that did not end", self.organization);
            return Err(Failure::new(message).help("run `koctl apply` with its configuration first, which ends it"));
        }
        if known > 0 && !self.force {
            let message =
                format!("koctl manages `{}` already: its state in {place} has {known} resources", self.organization);
            return Err(
                Failure::new(message).help("give another store in --state, or add --force to replace that state")
            );
        }
        Ok(())
    }

    /// Locks the state, which may be replaced.
    async fn lock(&self, store: &Store) -> Result<LockedState, Failure> {
        let options = LockOptions { timeout: self.lock_timeout, ..LockOptions::new("import --generate") };
        let locked = store.lock(self.organization, &options).await?;
        // Reading the organization took a while: another process may have written a state meanwhile.
        if let Err(refused) = self.may_replace(&locked.state(), &store.describe()) {
            locked.release().await?;
            return Err(refused);
        }
        Ok(locked)
    }

    /// Records the described objects in the state, instead of what was there.
    async fn record(&self, locked: LockedState, proven: &Proven, owner: Owner) -> Result<(), Failure> {
        let lineage = locked.state().lineage().to_owned();
        let records: BTreeMap<String, ResourceState> =
            proven.records(&lineage, &|provider| self.client_secret(provider));
        let recorded = locked.record(move |state| {
            state.resources = records;
            state.owner = Some(owner);
        });
        let recorded = recorded.await;
        let released = locked.release().await;
        recorded?;
        Ok(released?)
    }

    fn generated(&self, proven: &Proven, inventory: &Inventory, state: String) -> Generated {
        let guesses = proven.configuration.guesses.iter();
        let taken = proven.taken().into_iter();
        Generated {
            taken: taken.map(|(type_name, count)| (type_name.to_owned(), count)).collect(),
            unlabelled: proven.unlabelled(),
            deferred: proven.deferred().count(),
            specifications: proven.configuration.specs.len(),
            to_stage: proven.draft.environments.values().filter(|environment| environment.has_apis()).count(),
            guesses: guesses.map(|(path, text)| (path.join("."), text.clone())).collect(),
            left: unmanaged(proven, inventory),
            variables: self.variables(proven),
            state,
        }
    }

    fn variables(&self, proven: &Proven) -> Vec<(String, &'static str, bool)> {
        let is_set = |name: &str| variable(&self.session.workspace.environment, name).is_some();
        let named =
            |(path, secret): (_, &Secret)| secret.variable().map(|name| (name.to_owned(), what(&path), is_set(name)));
        let mut variables: Vec<_> = proven.configuration.manifest.secrets().into_iter().filter_map(named).collect();
        if !self.session.systems.are_sandboxed() {
            let platform = "the address of the platform repository, unless `platform.git` names it";
            let token = "a token for GitHub, for the platform repository and the specifications";
            let of_github = [(REPOSITORY_VARIABLE, platform), (TOKEN_VARIABLE, token)];
            variables.extend(of_github.map(|(name, what)| (name.to_owned(), what, is_set(name))));
        }
        variables
    }
}

fn what(path: &crate::manifest::path::KeyPath) -> &'static str {
    match path.last() {
        Some("client-secret") => "the client secret of the OpenID Connect provider, which Konnect does not show",
        _ => "the access token of the organization",
    }
}

fn unreadable(unread: Unread) -> Failure {
    let help = match (&unread.error.help, unread.error.kind) {
        (_, ErrorKind::NotFound) => Some("name the regions that the organization uses with --region".to_owned()),
        (help, _) => help.clone(),
    };
    Failure { help, ..Failure::new(unread.to_string()) }
}

/// The configuration, checked like any other, with the content of portals, and the specifications in the layout of repositories.
fn texts(proven: &Proven) -> Result<Texts, Failure> {
    let configuration = proven.configuration.without_content();
    let (teams, organizations) = (render::teams(&configuration), render::organizations(&configuration));
    let files = [("konnect/teams.yaml", teams.as_str()), ("konnect/organizations.yaml", organizations.as_str())];
    let loaded = load_texts(&files, Path::new(".")).map_err(|wrong| mistaken(&wrong.to_string()))?;
    if json!(loaded.manifest) != json!(configuration.manifest) {
        return Err(mistaken("the written text is read as something else"));
    }
    let mut texts: Texts = files.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    texts.extend(proven.configuration.content());
    for (address, spec) in &configuration.specs {
        if let Some(folder) = folder::repository(&address.remote) {
            texts.insert(format!("{folder}/{}/{}", address.branch, address.path), spec.content.clone());
        }
    }
    Ok(texts)
}

fn mistaken(cause: &str) -> Failure {
    Failure::new(format!("could not write the configuration: {cause}")).help("this is a bug in koctl; please report it")
}
