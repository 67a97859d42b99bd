//! The scope `@platform`: the platform repository itself, koctl's own files in it, and the secrets of its workflows.
//!
//! koctl updates its files unless they were edited. An edited file differs from the digest of koctl's last version, which
//! is in the state. Files that people maintain, the configuration for example, are written once; `add organization` changes
//! single lines of them, and of edited workflows.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::github::resources::actions_secret::{self, ActionsSecret};
use crate::github::resources::repository::{self, Repository};
use crate::github::resources::repository_files::{self, RepositoryFiles};
use crate::manifest::changes::{Change, Files};
use crate::manifest::document::parse_value;
use crate::manifest::edit::{EditError, Entry, Step, insert};
use crate::manifest::load::load_texts;
use crate::manifest::model::Region;
use crate::platform_repository::go_tool::{self, FoundRelic};
use crate::platform_repository::{
    self as files, FILES, File, GITHUB_TOKEN_SECRET, Keeper, ORGANIZATIONS, PLATFORM, Settings, TEAMS, add_token,
};
use engine::address::PLATFORM_SCOPE;
use engine::refresh::Remembered;
use engine::value::digest;
use engine::{Address, Desired, Error, ErrorKind, Expr};

/// The beginning of the titles of koctl's pull requests.
const TITLE: &str = "[Konnect Orchestrator] - ";
/// The branch from which organizations are proposed.
const ORGANIZATIONS_BRANCH: &str = "konnect-orchestrator-organizations";

/// koctl's files in a platform repository, as they are or will be after open pull requests are merged.
#[derive(Debug, Clone, Default)]
pub struct PlatformContents {
    /// The branch that pull requests go to.
    pub default_branch: String,
    /// The texts of the existing files, by path.
    pub texts: BTreeMap<String, String>,
    /// The branch and the title of the last open pull request for koctl's files.
    pub proposal: Option<(String, String)>,
}

/// The operation on the platform repository.
#[derive(Debug, Clone)]
pub enum PlatformWork {
    /// Updates koctl's files.
    Maintain,
    /// Sets the repository up.
    Init(Init),
    /// Adds an organization.
    AddOrganization(AddOrganization),
    /// Changes the configuration.
    Change(Change),
}

/// How a platform repository is set up.
#[derive(Debug, Clone)]
pub struct Init {
    /// Create the repository if it does not exist.
    pub create: bool,
    /// Overwrite edited files of koctl.
    pub force: bool,
    /// Delete what the Go koctl left, as far as nobody edited it.
    pub remove_go_tool: bool,
    /// The URL of the state, for the configuration.
    pub state: String,
    /// The token of koctl in the workflows.
    pub token: SecretString,
}

/// An organization to be added.
#[derive(Debug, Clone)]
pub struct AddOrganization {
    /// Its name.
    pub name: String,
    /// The region of its environments.
    pub region: Region,
    /// The variable, and Actions secret, with its token.
    pub variable: String,
    /// Its token.
    pub token: SecretString,
}

/// The input of the compiler for the platform repository.
#[derive(Debug, Clone, Copy)]
pub struct PlatformInput<'a> {
    /// `owner/name`.
    pub repository: &'a str,
    /// Its address.
    pub remote: &'a str,
    /// Its contents.
    pub found: &'a PlatformContents,
    /// The state of the scope.
    pub remembered: &'a Remembered,
    /// The operation.
    pub work: &'a PlatformWork,
}

/// An edited file of koctl, which is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its path.
    pub path: String,
    /// Its text.
    pub is: String,
    /// The text that koctl would write.
    pub would_be: String,
}

/// The result of compiling the platform repository.
#[derive(Debug, Default)]
pub struct Platform {
    /// The resources.
    pub desired: Vec<Desired>,
    /// The edited files of koctl, which are left alone.
    pub kept: Vec<Kept>,
    /// The files of the Go koctl that stay.
    pub relics: Vec<FoundRelic>,
}

/// The configuration in a platform repository, for a change of it.
#[must_use]
pub fn files_of(found: &PlatformContents) -> Files {
    let texts = [TEAMS, ORGANIZATIONS].into_iter().filter_map(|path| Some((path, found.texts.get(path)?)));
    Files {
        teams: TEAMS.to_owned(),
        organizations: ORGANIZATIONS.to_owned(),
        texts: texts.map(|(path, text)| (path.to_owned(), text.clone())).collect(),
    }
}

/// The address of koctl's files in a platform repository.
#[must_use]
pub fn files_address(repository: &str) -> Address {
    Desired::<RepositoryFiles>::of(PLATFORM_SCOPE, repository).address
}

/// Compiles the scope `@platform`.
///
/// # Errors
/// A file that must be edited and is invalid, with the place; an organization that exists with other settings, or
/// contradicts the configuration; a repository that was not set up.
pub fn compile(input: PlatformInput<'_>) -> Result<Platform, Error> {
    let repository = self::repository(input);
    let name: Expr = match &repository {
        Some(made) => made.reference(repository::NAME).into(),
        None => input.repository.into(),
    };
    let state = state_url(input)?;
    let mut compiling = Compiling::new(input, state.as_deref());
    for file in FILES {
        match file.keeper {
            Keeper::Koctl => compiling.own(file)?,
            Keeper::People => compiling.shared(file)?,
        }
    }
    compiling.retired();
    if let PlatformWork::AddOrganization(organization) = input.work {
        compiling.add_organization(organization)?;
    }
    if let PlatformWork::Change(change) = input.work {
        compiling.change(change)?;
    }
    compiling.relics();
    let (kept, relics) = (std::mem::take(&mut compiling.kept), std::mem::take(&mut compiling.relics));
    let files = compiling.finish().with(repository_files::REPOSITORY, name.clone());
    let secret = secret(input.work).map(|secret| secret.with(actions_secret::REPOSITORY, name));
    let mut desired: Vec<Desired> = repository.map(Desired::untyped).into_iter().collect();
    desired.push(files.untyped());
    desired.extend(secret.map(Desired::untyped));
    Ok(Platform { desired, kept, relics })
}

/// The Actions secret to set, without its repository.
#[must_use]
pub fn secret(work: &PlatformWork) -> Option<Desired<ActionsSecret>> {
    let (name, value) = match work {
        PlatformWork::Maintain | PlatformWork::Change(_) => return None,
        PlatformWork::Init(init) => (GITHUB_TOKEN_SECRET, &init.token),
        PlatformWork::AddOrganization(organization) => (organization.variable.as_str(), &organization.token),
    };
    let secret = Desired::<ActionsSecret>::of(PLATFORM_SCOPE, name).with(actions_secret::NAME, name);
    Some(secret.with(actions_secret::VALUE, Expr::Secret(value.clone())))
}

/// The repository, if koctl created it or is to create it.
fn repository(input: PlatformInput<'_>) -> Option<Desired<Repository>> {
    let desired = Desired::of(PLATFORM_SCOPE, input.repository).with(repository::NAME, input.repository);
    let creates = matches!(input.work, PlatformWork::Init(Init { create: true, .. }));
    (creates || input.remembered.0.contains_key(&desired.address)).then_some(desired)
}

/// The address of the state's store, for which the workflows have credentials. `None` if the repository names none.
fn state_url(input: PlatformInput<'_>) -> Result<Option<String>, Error> {
    if let PlatformWork::Init(init) = input.work {
        return Ok(Some(init.state.clone()));
    }
    let Some(text) = input.found.texts.get(PLATFORM) else { return Ok(None) };
    let document = parse_value(text).map_err(|error| {
        let attempted = format!("read {PLATFORM} of {}", input.repository);
        Error::new(ErrorKind::Refused, attempted, error.to_string()).help("correct the file in the platform repository")
    })?;
    Ok(document["platform"]["state"]["url"].as_str().map(str::to_owned))
}

/// koctl's files while they are compared with the repository.
struct Compiling<'a> {
    input: PlatformInput<'a>,
    settings: Settings<'a>,
    /// Digests of koctl's last versions of its own files.
    wrote: Map<String, Value>,
    files: Map<String, Value>,
    shared: Map<String, Value>,
    kept: Vec<Kept>,
    /// The files of the Go koctl that are deleted.
    removed: Map<String, Value>,
    /// Those that stay.
    relics: Vec<FoundRelic>,
}

impl<'a> Compiling<'a> {
    fn new(input: PlatformInput<'a>, state_url: Option<&'a str>) -> Self {
        let state = input.remembered.0.get(&files_address(input.repository));
        let remembered = |name: &str| {
            let value = state.and_then(|state| state.attributes.get(name));
            value.and_then(Value::as_object).cloned().unwrap_or_default()
        };
        let (wrote, shared) = (remembered("files"), remembered("shared_files"));
        let settings = Settings { remote: input.remote, state: state_url, default_branch: &input.found.default_branch };
        let (files, removed) = (Map::new(), Map::new());
        Self { input, settings, wrote, files, shared, kept: Vec::new(), removed, relics: Vec::new() }
    }

    fn found(&self, path: &str) -> Option<&'a String> {
        self.input.found.texts.get(path)
    }

    /// A file that koctl maintains.
    fn own(&mut self, file: &File) -> Result<(), Error> {
        let text = file.text(self.settings, &self.tokens(file)).map_err(refused)?;
        let Some(found) = self.found(file.path) else {
            self.files.insert(file.path.to_owned(), text.into());
            return Ok(());
        };
        let wrote = self.wrote.get(file.path);
        let force = matches!(self.input.work, PlatformWork::Init(Init { force: true, .. }));
        if *found == text || wrote == Some(&digest(found)) || force {
            self.files.insert(file.path.to_owned(), text.into());
            return Ok(());
        }
        if let Some(wrote) = wrote {
            self.files.insert(file.path.to_owned(), wrote.clone());
        }
        self.kept.push(Kept { path: file.path.to_owned(), is: found.clone(), would_be: text });
        if let (PlatformWork::AddOrganization(organization), true) = (self.input.work, file.takes_tokens()) {
            let edited = add_token(file.path, found, &organization.variable).map_err(refused)?;
            if edited != *found {
                self.shared.insert(file.path.to_owned(), edited.into());
            }
        }
        Ok(())
    }

    /// Deletes unedited files that an older koctl wrote and this one does not have.
    fn retired(&mut self) {
        let known = |path: &str| FILES.iter().any(|file| file.path == path && file.keeper == Keeper::Koctl);
        for (path, wrote) in self.wrote.iter().filter(|(path, _)| !known(path)) {
            if self.found(path).is_some_and(|found| digest(found) != *wrote) {
                self.files.insert(path.clone(), wrote.clone());
            }
        }
    }

    /// Deletes what the Go koctl left, if that was agreed to and nobody edited it.
    fn relics(&mut self) {
        let removes = matches!(self.input.work, PlatformWork::Init(Init { remove_go_tool: true, .. }));
        let (gone, stay): (Vec<_>, Vec<_>) =
            go_tool::found(&self.input.found.texts).into_iter().partition(|found| removes && found.is_unedited);
        self.removed.extend(gone.iter().map(|found| (found.relic.path.to_owned(), Value::Null)));
        self.relics = stay;
    }

    /// The tokens of a workflow: its present ones in their order, those of other workflows, and new ones. Setting the
    /// repository up brings those of the organizations that are there already, as the Go koctl leaves them.
    fn tokens(&self, file: &File) -> Vec<String> {
        if !file.takes_tokens() {
            return Vec::new();
        }
        let has = self.found(file.path).map(|found| files::tokens(found)).unwrap_or_default();
        let mut all = has;
        let others = FILES.iter().filter(|other| other.takes_tokens()).filter_map(|other| self.found(other.path));
        let new = match self.input.work {
            PlatformWork::AddOrganization(organization) => vec![organization.variable.clone()],
            PlatformWork::Init(_) => self.found(ORGANIZATIONS).map(|text| variables(text)).unwrap_or_default(),
            PlatformWork::Maintain | PlatformWork::Change(_) => Vec::new(),
        };
        for token in others.flat_map(|other| files::tokens(other)).chain(new) {
            if !all.contains(&token) {
                all.push(token);
            }
        }
        all
    }

    /// A file that people maintain. It is written when the repository is set up, if it is missing. Settings of the platform
    /// that do not say where the state is get that: the workflows read it there.
    fn shared(&mut self, file: &File) -> Result<(), Error> {
        let PlatformWork::Init(init) = self.input.work else { return Ok(()) };
        let text = match self.found(file.path) {
            None => file.text(self.settings, &[]).map_err(refused)?,
            Some(found) if file.path == PLATFORM => init.with_state(found)?,
            Some(_) => return Ok(()),
        };
        if self.found(file.path) != Some(&text) {
            self.shared.insert(file.path.to_owned(), text.into());
        }
        Ok(())
    }

    fn add_organization(&mut self, organization: &AddOrganization) -> Result<(), Error> {
        let Some(found) = self.found(ORGANIZATIONS).filter(|_| !self.wrote.is_empty()) else {
            let attempted = format!("add the organization {}", organization.name);
            let cause = format!("koctl did not set up the platform repository {} yet", self.input.repository);
            return Err(Error::new(ErrorKind::NotFound, attempted, cause).help("run `koctl init` first"));
        };
        let text = organization.added_to(found)?;
        self.check(&[(ORGANIZATIONS, &text)], &format!("add the organization {}", organization.name))?;
        if text != *found {
            self.shared.insert(ORGANIZATIONS.to_owned(), text.into());
        }
        Ok(())
    }

    /// The edits of a change of the configuration.
    fn change(&mut self, change: &Change) -> Result<(), Error> {
        let attempted = || format!("{} in {}", change.title(), self.input.repository);
        let files = files_of(self.input.found);
        if self.wrote.is_empty() || files.texts.is_empty() {
            let cause = "koctl did not set up the platform repository yet";
            return Err(Error::new(ErrorKind::NotFound, attempted(), cause).help("run `koctl init` first"));
        }
        let changed = change.made_in(&files).map_err(|refused| {
            Error::new(ErrorKind::Refused, attempted(), refused.message.clone()).help(refused.help)
        })?;
        let texts: Vec<(&str, &str)> =
            changed.texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        self.check(&texts, &attempted())?;
        let edited = changed.texts.iter().filter(|(name, text)| files.texts.get(*name) != Some(text));
        self.shared.extend(edited.map(|(name, text)| (name.clone(), text.as_str().into())));
        Ok(())
    }

    /// Checks the future configuration, in which these files have other texts.
    fn check(&self, edited: &[(&str, &str)], attempted: &str) -> Result<(), Error> {
        let is_edited = |path: &str| edited.iter().any(|(name, _)| *name == path);
        let others = [TEAMS, ORGANIZATIONS, PLATFORM].into_iter().filter(|path| !is_edited(path));
        let others = others.filter_map(|path| Some((path, self.found(path)?.as_str())));
        let texts: Vec<(&str, &str)> = others.chain(edited.iter().copied()).collect();
        load_texts(&texts, Path::new(".")).map(drop).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(crate::manifest::Diagnostic::line).collect();
            let help = errors.iter().next().and_then(crate::manifest::Diagnostic::help).map(str::to_owned);
            let error = Error::new(ErrorKind::Refused, attempted, lines.join("; "));
            error.help(help.unwrap_or_else(|| "correct it in the platform repository".to_owned()))
        })
    }

    fn finish(self) -> Desired<RepositoryFiles> {
        let (branch, title) = self.proposal();
        let files = Desired::of(PLATFORM_SCOPE, self.input.repository)
            .with(repository_files::BRANCH, branch)
            .with(repository_files::TITLE, title)
            .with(repository_files::FILES, Value::Object(self.files));
        let shared = Some(self.shared).filter(|shared| !shared.is_empty()).map(Value::Object);
        let removed = Some(self.removed).filter(|removed| !removed.is_empty()).map(Value::Object);
        files.with_some(repository_files::SHARED_FILES, shared).with_some(repository_files::REMOVED_FILES, removed)
    }

    /// The branch and the title of the pull request. If there is nothing to propose, those of the last one.
    fn proposal(&self) -> (String, String) {
        let state = self.input.remembered.0.get(&files_address(self.input.repository));
        let last = |name: &str| state?.attributes.get(name)?.as_str().map(str::to_owned);
        if let (false, Some(branch), Some(title)) = (self.has_changes(), last("branch"), last("title")) {
            return (branch, title);
        }
        let open = self.input.found.proposal.clone();
        match (self.input.work, open) {
            (PlatformWork::AddOrganization(organization), Some((branch, title))) if branch == ORGANIZATIONS_BRANCH => {
                let name = &organization.name;
                let named = title.split([' ', ',']).any(|word| word == name);
                (branch, if named { title } else { format!("{title}, {name}") })
            }
            (PlatformWork::Change(change), Some((branch, title))) => {
                let what = change.title();
                (branch, if title.contains(&what) { title } else { format!("{title}, {what}") })
            }
            (PlatformWork::Change(change), None) => {
                ("konnect-orchestrator-configuration".to_owned(), format!("{TITLE}{}", change.title()))
            }
            (PlatformWork::AddOrganization(organization), _) => {
                (ORGANIZATIONS_BRANCH.to_owned(), format!("{TITLE}Add Organization {}", organization.name))
            }
            // An open pull request takes the change along.
            (_, Some(open)) => open,
            (PlatformWork::Init(_), None) => ("konnect-orchestrator-init".to_owned(), format!("{TITLE}Init Platform")),
            (PlatformWork::Maintain, None) => {
                ("konnect-orchestrator-update".to_owned(), format!("{TITLE}Update Platform"))
            }
        }
    }

    fn has_changes(&self) -> bool {
        let mut wanted = self.files.iter().chain(&self.shared).filter(|(_, file)| file.is_string());
        let differs = wanted.any(|(path, file)| self.found(path).map(String::as_str) != file.as_str());
        let goes = |path: &&String| !self.files.contains_key(*path) && self.found(path).is_some();
        differs || !self.removed.is_empty() || self.wrote.keys().any(|path| goes(&path))
    }
}

/// The variables with the tokens of these organizations, as far as Actions secrets can have their names.
fn variables(organizations: &str) -> Vec<String> {
    let document = parse_value(organizations).unwrap_or_default();
    let organizations = document["organizations"].as_object().into_iter().flatten();
    let tokens = organizations.map(|(_, organization)| &organization["access-token"]);
    let named = tokens.filter(|token| token["type"] == "env").filter_map(|token| token["value"].as_str());
    named.filter(|name| is_secret_name(name)).map(str::to_owned).collect()
}

/// GitHub's rules for names of secrets.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    word && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() && !name.starts_with("GITHUB_")
}

impl Init {
    /// The settings of the platform with the address of the state. Unchanged if they have one.
    fn with_state(&self, settings: &str) -> Result<String, Error> {
        let path = [Step::Key("platform"), Step::Key("state")];
        let entry = format!("url: {}\n", self.state);
        let has_state = parse_value(settings).is_ok_and(|document| !document["platform"]["state"].is_null());
        if has_state {
            return insert(PLATFORM, settings, &path, "url", Entry::Text(&self.state)).map_err(refused);
        }
        insert(PLATFORM, settings, &path[..1], "state", Entry::Mapping(&entry)).map_err(refused)
    }
}

impl AddOrganization {
    /// The organizations with this one as the last. Unchanged if it is present with the same settings.
    fn added_to(&self, organizations: &str) -> Result<String, Error> {
        let Self { region, variable, .. } = self;
        let region = region.as_str();
        let entry = format!(
            "access-token:\n  type: env\n  value: {variable}\n\
             environments:\n  dev:\n    type: DEV\n    region: {region}\n  prd:\n    type: PROD\n    region: {region}\n"
        );
        let path = [Step::Key("organizations")];
        let text = insert(ORGANIZATIONS, organizations, &path, &self.name, Entry::Mapping(&entry)).map_err(refused)?;
        self.is_ours(&text)?;
        Ok(text)
    }

    /// Refuses an organization that exists with another token, and a token of another organization.
    fn is_ours(&self, organizations: &str) -> Result<(), Error> {
        let Self { name, variable, .. } = self;
        let document = parse_value(organizations).unwrap_or_default();
        let refused = |cause: String, help: &str| {
            let attempted = format!("add the organization {name}");
            Err(Error::new(ErrorKind::Conflict, attempted, format!("{ORGANIZATIONS}: {cause}")).help(help))
        };
        for (other, organization) in document["organizations"].as_object().into_iter().flatten() {
            let token = &organization["access-token"];
            let ours = token["type"] == "env" && token["value"] == **variable;
            if other == name && !ours {
                let cause = format!("`{name}` is there already, and its token comes from elsewhere");
                return refused(cause, "name its variable with --token-env to set its secret, or choose another name");
            }
            let regions =
                || organization["environments"].as_object().into_iter().flatten().map(|(_, it)| &it["region"]);
            if other == name && !regions().any(|region| *region == self.region.as_str()) {
                let cause =
                    format!("`{name}` is there already, and nothing of it is in the region {}", self.region.as_str());
                return refused(
                    cause,
                    "change its environments in that file; to set its secret, give the region it has",
                );
            }
            if other != name && ours {
                let cause = format!("`{other}` has its token from the variable {variable} as well");
                return refused(cause, "name another variable with --token-env");
            }
        }
        Ok(())
    }
}

fn refused(error: EditError) -> Error {
    let help = match error {
        EditError::Invalid { .. } => "correct the file in the platform repository, and try again",
        EditError::NoMapping { .. } | EditError::NoList { .. } => {
            "restore that part of the file, or let `koctl init --force` write it anew"
        }
        EditError::Unsafe { .. } | EditError::Fixed { .. } | EditError::Stuck { .. } => {
            "add it by hand: an anchor or an alias may be in the way"
        }
    };
    Error::new(ErrorKind::Refused, "edit the platform repository's files", error.to_string()).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::state::ResourceState;

    const RULES: &str = "konnect/rules/openapi.yaml";
    const REPOSITORY: &str = "Acme/platform";

    fn init() -> Init {
        let (state, token) = ("file:.koctl/state".to_owned(), "token".to_owned().into());
        Init { create: false, force: false, remove_go_tool: false, state, token }
    }

    fn found() -> PlatformContents {
        PlatformContents { default_branch: "main".to_owned(), ..PlatformContents::default() }
    }

    fn compiled(found: &PlatformContents, remembered: &Remembered, work: &PlatformWork) -> Platform {
        let remote = "https://github.com/Acme/platform.git";
        compile(PlatformInput { repository: REPOSITORY, remote, found, remembered, work }).unwrap()
    }

    fn literals(platform: &Platform) -> &BTreeMap<String, Expr> {
        let files = platform.desired.iter().find(|resource| resource.address == files_address(REPOSITORY)).unwrap();
        &files.attributes
    }

    fn literal<'a>(platform: &'a Platform, name: &str) -> &'a Value {
        match &literals(platform)[name] {
            Expr::Value(value) => value,
            other => panic!("{other:?}"),
        }
    }

    /// The state after `platform` was applied, and what the repository holds then.
    fn applied(platform: &Platform) -> (PlatformContents, Remembered) {
        let mut found = found();
        let mut state = ResourceState { type_name: "repository_files".to_owned(), ..ResourceState::default() };
        for name in ["branch", "title"] {
            state.attributes.insert(name.to_owned(), literal(platform, name).clone());
        }
        for name in ["files", "shared_files"] {
            let files = literal(platform, name).as_object().unwrap();
            let digests = files.iter().map(|(path, text)| (path.clone(), digest(text.as_str().unwrap())));
            state.attributes.insert(name.to_owned(), Value::Object(digests.collect()));
            found.texts.extend(files.iter().map(|(path, text)| (path.clone(), text.as_str().unwrap().to_owned())));
        }
        (found, Remembered(BTreeMap::from([(files_address(REPOSITORY), state)])))
    }

    fn set_up() -> (PlatformContents, Remembered) {
        applied(&compiled(&found(), &Remembered::default(), &PlatformWork::Init(init())))
    }

    #[test]
    fn after_an_init_everything_is_as_it_was_written_and_nothing_is_proposed() {
        let (found, remembered) = set_up();
        for work in [PlatformWork::Maintain, PlatformWork::Init(init())] {
            let again = compiled(&found, &remembered, &work);
            assert_eq!(again.kept, []);
            for (path, text) in literal(&again, "files").as_object().unwrap() {
                assert_eq!(text.as_str(), found.texts.get(path).map(String::as_str), "{path}");
            }
            let shared = literal(&again, "shared_files").as_object().unwrap();
            assert!(shared.values().all(Value::is_object), "what people keep is left to them: {shared:?}");
            assert_eq!(literal(&again, "title"), "[Konnect Orchestrator] - Init Platform");
        }
    }

    #[test]
    fn an_edited_file_is_kept_and_stays_known_by_what_koctl_wrote() {
        let (mut found, remembered) = set_up();
        found.texts.insert(RULES.to_owned(), "rules: {}\n".to_owned());
        let platform = compiled(&found, &remembered, &PlatformWork::Maintain);
        assert_eq!(platform.kept.iter().map(|kept| kept.path.as_str()).collect::<Vec<_>>(), [RULES]);
        let wrote = &remembered.0[&files_address(REPOSITORY)].attributes["files"][RULES];
        assert_eq!(&literal(&platform, "files")[RULES], wrote);
        let forced = compiled(&found, &remembered, &PlatformWork::Init(Init { force: true, ..init() }));
        assert_eq!(forced.kept, []);
        assert!(literal(&forced, "files")[RULES].is_string());
    }

    #[test]
    fn a_file_that_was_there_before_koctl_is_not_koctls() {
        let mut found = found();
        found.texts.insert(RULES.to_owned(), "rules: {}\n".to_owned());
        let platform = compiled(&found, &Remembered::default(), &PlatformWork::Init(init()));
        assert_eq!(platform.kept.len(), 1);
        assert_eq!(literal(&platform, "files").get(RULES), None);
    }

    #[test]
    fn settings_without_the_address_of_the_state_get_it_and_others_stay() {
        let edited = |text: &str| {
            let mut found = found();
            found.texts.insert(PLATFORM.to_owned(), text.to_owned());
            let platform = compiled(&found, &Remembered::default(), &PlatformWork::Init(init()));
            let shared = literal(&platform, "shared_files");
            shared.get(PLATFORM).and_then(Value::as_str).map(str::to_owned)
        };
        let git = "# Ours.\nplatform:\n  git:\n    remote: https://github.com/Acme/platform.git\n";
        let with_state = format!("{git}  state:\n    url: file:.koctl/state\n");
        assert_eq!(edited(git).as_deref(), Some(with_state.as_str()));
        assert_eq!(edited(&with_state), None);
        assert_eq!(edited("platform:\n  state:\n    url: s3://states/koctl # ours\n"), None);
    }

    #[test]
    fn a_file_that_koctl_no_longer_has_goes_unless_somebody_edited_it() {
        let (mut found, mut remembered) = set_up();
        let state = remembered.0.get_mut(&files_address(REPOSITORY)).unwrap();
        for path in ["old", "edited"] {
            state.attributes.get_mut("files").unwrap()[path] = digest("as koctl wrote it");
        }
        found.texts.insert("old".to_owned(), "as koctl wrote it".to_owned());
        found.texts.insert("edited".to_owned(), "ours now".to_owned());
        let platform = compiled(&found, &remembered, &PlatformWork::Maintain);
        let files = literal(&platform, "files");
        assert_eq!((files.get("old"), files.get("edited")), (None, Some(&digest("as koctl wrote it"))));
        assert_eq!(literal(&platform, "title"), "[Konnect Orchestrator] - Update Platform");
    }

    #[test]
    fn what_the_go_tool_left_goes_only_by_agreement_and_unedited() {
        let [applies, syncs] = [0, 1].map(|index| go_tool::RELICS[index].path.to_owned());
        let workflow = "jobs: {a: {steps: [{run: koctl apply}]}}\n".to_owned();
        let mut found = found();
        found.texts.extend([(applies.clone(), workflow), (syncs.clone(), "on: push\n".to_owned())]);
        let left = |platform: &Platform| platform.relics.iter().map(|one| one.relic.path).collect::<Vec<_>>();
        let refused = compiled(&found, &Remembered::default(), &PlatformWork::Init(init()));
        assert_eq!(left(&refused), [&applies, &syncs]);
        assert!(!literals(&refused).contains_key("removed_files"));
        let agreed = PlatformWork::Init(Init { remove_go_tool: true, ..init() });
        let agreed = compiled(&found, &Remembered::default(), &agreed);
        assert_eq!(left(&agreed), [&syncs]);
        assert_eq!(literal(&agreed, "removed_files"), &serde_json::json!({ applies: null }));
        let later = compiled(&found, &Remembered::default(), &PlatformWork::Maintain);
        assert!(
            !literals(&later).contains_key("removed_files"),
            "what is brought back is not deleted without a new agreement"
        );
    }

    #[test]
    fn an_init_brings_the_tokens_of_the_organizations_that_are_there() {
        let mut found = found();
        let organizations = "\
organizations:
  A: {access-token: {type: env, value: A_KONNECT_TOKEN}}
  B: {access-token: {type: file, value: token}}
  C: {access-token: {type: env, value: not-a-secret}}
";
        found.texts.insert(ORGANIZATIONS.to_owned(), organizations.to_owned());
        let platform = compiled(&found, &Remembered::default(), &PlatformWork::Init(init()));
        let workflow = literal(&platform, "files")[".github/workflows/koctl-drift.yml"].as_str().unwrap();
        assert_eq!(files::tokens(workflow), ["A_KONNECT_TOKEN"]);
    }

    #[test]
    fn what_is_under_way_takes_an_update_along() {
        let (mut found, remembered) = set_up();
        found.texts.remove(RULES);
        found.proposal = Some(("konnect-orchestrator-organizations".to_owned(), "Add Acme".to_owned()));
        let platform = compiled(&found, &remembered, &PlatformWork::Maintain);
        assert_eq!(literal(&platform, "branch"), "konnect-orchestrator-organizations");
        assert_eq!(literal(&platform, "title"), "Add Acme");
    }

    #[test]
    fn a_token_that_another_organization_has_is_refused_with_its_name() {
        let organization = |name: &str| AddOrganization {
            name: name.to_owned(),
            region: Region::Eu,
            variable: "TOKEN".to_owned(),
            token: "t".to_owned().into(),
        };
        let one = organization("Acme").added_to("organizations: {}\n").unwrap();
        assert_eq!(organization("Acme").added_to(&one).unwrap(), one);
        let error = organization("Beta").added_to(&one).unwrap_err();
        assert!(error.to_string().contains("`Acme` has its token from the variable TOKEN as well"), "{error}");
        let elsewhere = AddOrganization { variable: "OTHER".to_owned(), ..organization("Acme") };
        assert!(elsewhere.added_to(&one).unwrap_err().to_string().contains("its token comes from elsewhere"));
        let region = AddOrganization { region: Region::Us, ..organization("Acme") };
        assert!(region.added_to(&one).unwrap_err().to_string().contains("nothing of it is in the region us"));
    }
}
