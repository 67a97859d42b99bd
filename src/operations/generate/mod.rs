//! Taking over an organization that has no configuration yet: it is read, described, and the description written
//! with the state that goes with it.

mod folder;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde_json::json;

use super::session::secret_variable;
use super::{Environment, Failure, Session, SessionOptions};
use crate::generate::{
    Inventory, Proven, RecogniseOptions, RemotePattern, UnmanagedObject, Unread, proof, recognise, render, survey,
    unmanaged,
};
use crate::manifest::git::{REPOSITORY_VARIABLE, TOKEN_VARIABLE};
use crate::manifest::load::load_texts;
use crate::manifest::model::Region;
use crate::manifest::secret::Secret;
use crate::manifest::{Loaded, unfit_organization};
use engine::ErrorKind;
use engine::state::{LockOptions, ResourceState, State, Store};
use folder::Folder;

/// What is taken over, and where what is made of it goes.
pub struct GenerateOptions {
    /// The name that the organization gets in the configuration.
    pub organization: String,
    /// The variable with its access token.
    pub token_variable: String,
    /// The regions that are looked at.
    pub regions: BTreeSet<Region>,
    /// Where the repositories of services are, which Konnect does not know.
    pub remote: RemotePattern,
    /// The directory that is made.
    pub out: PathBuf,
    /// Whether files that are there, and a state, may be overwritten.
    pub force: bool,
    /// The store of the state; without it, a folder of the directory, or of the sandbox.
    pub state: Option<String>,
    /// The directory of the sandbox that stands for Konnect.
    pub sandbox: Option<PathBuf>,
    /// The variables.
    pub environment: Environment,
}

/// What was made.
#[derive(Debug)]
pub struct Generated {
    /// How many objects were taken over, by type.
    pub taken: BTreeMap<String, usize>,
    /// How many of them lack labels that koctl would have given them.
    pub unlabelled: usize,
    /// How many APIs wait for a gateway service to be linked with.
    pub deferred: usize,
    /// How many specifications are in the directory, by branch of a service's repository.
    pub specifications: usize,
    /// How many environments have specifications, which the next plan proposes to stage in the platform repository.
    pub to_stage: usize,
    /// What was guessed: the path of a key, and the comment beside it.
    pub guesses: Vec<(String, String)>,
    /// What the configuration has no word for.
    pub left: Vec<UnmanagedObject>,
    /// The variables that the configuration names, what they hold, and whether they are set.
    pub variables: Vec<(String, &'static str, bool)>,
    /// Where the state is.
    pub state: String,
}

/// Describes an organization, and writes what describes it with the state. Konnect is sent nothing but GETs.
///
/// # Errors
/// Everything that could not be read, or why nothing was written. Then there is neither a directory nor a state.
pub async fn generate(options: GenerateOptions) -> Result<Generated, Vec<Failure>> {
    let one = |failure: Failure| vec![failure];
    let loaded = bare(&options).map_err(one)?;
    let folder = Folder::new(&options.out, options.force).map_err(one)?;
    let GenerateOptions { state, sandbox, environment, .. } = options;
    let session = SessionOptions { loaded, state: state.clone(), sandbox, environment };
    let session = Session::open(session).await.map_err(one)?;
    let work = Work {
        session: &session,
        organization: &options.organization,
        token_variable: &options.token_variable,
        regions: &options.regions,
        remote: &options.remote,
        force: options.force,
        keeps_state_elsewhere: state.is_some() || session.in_sandbox(),
    };
    let generated = work.carry_out(folder).await;
    session.close().await;
    generated
}

/// A configuration with nothing in it but the organization and its token.
fn bare(options: &GenerateOptions) -> Result<Loaded, Failure> {
    let GenerateOptions { organization, token_variable, .. } = options;
    if let Some(reason) = unfit_organization(organization) {
        return Err(Failure::new(format!("`{organization}` cannot be the name of an organization: {reason}"))
            .help("give it another with --org; it need not be the one that Konnect shows"));
    }
    let token = json!({ "type": "env", "value": token_variable });
    let text = json!({ "organizations": { organization: { "access-token": token } } }).to_string();
    load_texts(&[("--token-env", &text)], Path::new(".")).map_err(|wrong| {
        Failure::new(format!("`{token_variable}` cannot be the variable of a token: {}", wrong))
            .help("name a variable with --token-env, like KONNECT_TOKEN")
    })
}

/// One run, in an open session.
struct Work<'a> {
    session: &'a Session,
    organization: &'a String,
    token_variable: &'a str,
    regions: &'a BTreeSet<Region>,
    remote: &'a RemotePattern,
    force: bool,
    /// Whether the state is kept in another place than the directory that is made.
    keeps_state_elsewhere: bool,
}

impl Work<'_> {
    async fn carry_out(&self, folder: Folder) -> Result<Generated, Vec<Failure>> {
        let one = |failure: Failure| vec![failure.of(self.organization)];
        let store = match self.keeps_state_elsewhere {
            true => self.session.store().clone(),
            false => self.session.open_store(&folder.state_url()).map_err(one)?,
        };
        self.check_state(&store).await.map_err(one)?;
        let inventory = self.read().await?;
        let proven = self.describe(&inventory).await?;
        let texts = texts(&proven).map_err(one)?;
        folder.fill(&texts).map_err(one)?;
        self.record(&store, &proven).await.map_err(one)?;
        let state = if self.keeps_state_elsewhere { store.describe() } else { folder.state_place() };
        folder.finish().map_err(|failure| {
            let message = format!("{}; the state in {state} is written already", failure.message);
            one(if self.keeps_state_elsewhere { Failure { message, ..failure } } else { failure })
        })?;
        Ok(self.generated(&proven, &inventory, state))
    }

    async fn read(&self) -> Result<Inventory, Vec<Failure>> {
        let organization = self.session.loaded.manifest.organizations.get(self.organization);
        let clients = organization.map(|organization| self.session.clients(self.organization, organization));
        let clients = clients.unwrap_or_else(|| Err(Failure::new("the organization is not configured")));
        let clients = clients.map_err(|failure| vec![failure])?;
        let read = survey(clients.konnect(), self.regions).await;
        read.map_err(|unread| unread.into_iter().map(|one| unreadable(one).of(self.organization)).collect())
    }

    async fn describe(&self, inventory: &Inventory) -> Result<Proven, Vec<Failure>> {
        let options = RecogniseOptions {
            organization: self.organization.clone(),
            token_variable: self.token_variable.to_owned(),
            client_secret_variable: self.client_secret_variable(),
            remote: self.remote.clone(),
        };
        let proven = proof(recognise(inventory, options), inventory).await;
        proven.map_err(|errors| errors.into_iter().map(|error| Failure::from(error).of(self.organization)).collect())
    }

    fn client_secret_variable(&self) -> String {
        secret_variable(self.organization, "OIDC_CLIENT_SECRET")
    }

    /// The client secret, where it is at hand.
    fn client_secret(&self) -> Option<SecretString> {
        self.session.secret(&Secret::Env(self.client_secret_variable()), "sandbox").ok()
    }

    /// Refuses to overwrite what koctl knows of the organization already.
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
            return Err(Failure::new(message)
                .help("name another store with --state, or give --force to replace what is known by what is found"));
        }
        Ok(())
    }

    /// Puts what is taken over into the state, in the place of what was there.
    async fn record(&self, store: &Store, proven: &Proven) -> Result<(), Failure> {
        let locked = store.lock(self.organization, &LockOptions::new("import --generate")).await?;
        // Reading the organization has taken its time: somebody else may have written a state meanwhile.
        if let Err(refused) = self.may_replace(&locked.state(), &store.describe()) {
            locked.release().await?;
            return Err(refused);
        }
        let lineage = locked.state().lineage().to_owned();
        let records: BTreeMap<String, ResourceState> = proven.records(&lineage, self.client_secret().as_ref());
        let recorded = locked.record(move |state| state.resources = records).await;
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
        let is_set = |name: &str| (self.session.environment)(name).is_some_and(|value| !value.trim().is_empty());
        let named = |(path, secret): (_, &Secret)| match secret {
            Secret::Env(name) => Some((name.clone(), what(&path), is_set(name))),
            Secret::File(_) | Secret::Literal(_) => None,
        };
        let mut variables: Vec<_> = proven.configuration.manifest.secrets().into_iter().filter_map(named).collect();
        if !self.session.in_sandbox() {
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
    Failure { scope: None, message: unread.to_string(), help }
}

/// The files of the directory, by path.
type Texts = BTreeMap<String, String>;

/// The configuration, checked as any other is, and the specifications as repositories have them.
fn texts(proven: &Proven) -> Result<Texts, Failure> {
    let configuration = &proven.configuration;
    let (teams, organizations) = (render::teams(configuration), render::organizations(configuration));
    let files = [("konnect/teams.yaml", teams.as_str()), ("konnect/organizations.yaml", organizations.as_str())];
    let loaded = load_texts(&files, Path::new(".")).map_err(|wrong| mistaken(&wrong.to_string()))?;
    if json!(loaded.manifest) != json!(configuration.manifest) {
        return Err(mistaken("what was written is read as something else"));
    }
    let mut texts: Texts = files.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    for (address, spec) in &configuration.specs {
        if let Some(folder) = folder::repository(&address.remote) {
            texts.insert(format!("{folder}/{}/{}", address.branch, address.path), spec.content.clone());
        }
    }
    Ok(texts)
}

fn mistaken(cause: &str) -> Failure {
    Failure::new(format!("could not write the configuration: {cause}"))
        .help("this is a mistake of koctl; please report it")
}
