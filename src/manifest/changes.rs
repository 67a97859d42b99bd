//! Changes of the configuration that a command or the portal makes: teams, services, people and environments. Each is an
//! edit that leaves everything else in the files as it is, to the byte.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::document::parse_value;
use super::edit::{EditError, Entry, Step, insert, push, push_entry, remove, remove_item, replace, source};
use super::model::{EnvironmentType, Manifest, Region, Service};
use super::quote;
use super::suggest::nearest;

/// A change of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Adds a team.
    AddTeam {
        /// Its name.
        team: String,
        /// Its purpose.
        description: Option<String>,
        /// The email addresses of its members.
        users: Vec<String>,
        /// The environments that list their teams, and that take part.
        environments: Vec<EnvironmentName>,
    },
    /// Adds a member to a team.
    AddUser {
        /// The team.
        team: String,
        /// The email address.
        email: String,
    },
    /// Adds a service to a team.
    AddService(Box<NewService>),
    /// Adds an environment to an organization.
    AddEnvironment {
        /// Where it is, and its name.
        environment: EnvironmentName,
        /// Its type.
        kind: EnvironmentType,
        /// Its region.
        region: Region,
        /// The teams that take part. If there are none, all do.
        teams: Vec<String>,
    },
    /// Changes what the configuration says of a service.
    ChangeService(Box<ServiceChange>),
    /// Moves a service to another team, with its part in environments that list it. Its name stays, and so do its APIs.
    MoveService {
        /// The team that has it.
        from: String,
        /// The key of the service.
        key: String,
        /// The team that gets it.
        to: String,
    },
    /// Removes a team, from environments that list it, too.
    RemoveTeam {
        /// Its name.
        team: String,
    },
    /// Removes a service, from environments that list it, too.
    RemoveService {
        /// The team.
        team: String,
        /// The key of the service.
        key: String,
    },
    /// Removes an environment from its organization.
    RemoveEnvironment {
        /// Where it is, and its name.
        environment: EnvironmentName,
    },
    /// Removes a member from a team.
    RemoveUser {
        /// The team.
        team: String,
        /// The email address.
        email: String,
    },
    /// Several changes, one after the other: a new team with its first service.
    All(Vec<Self>),
}

/// A service to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewService {
    /// The team.
    pub team: String,
    /// The key of the service.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its purpose.
    pub description: Option<String>,
    /// The address of its repository.
    pub remote: String,
    /// The path of its specification, if it is not the default.
    pub spec_path: Option<String>,
    /// Its branch for production, if it is not the default.
    pub prod_branch: Option<String>,
    /// Its branch for development, if it is not the default.
    pub dev_branch: Option<String>,
    /// The environments that list their teams or services, and that take part.
    pub environments: Vec<EnvironmentName>,
}

/// A service as it is to be. Everything that is not named here stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceChange {
    /// The team.
    pub team: String,
    /// The key of the service.
    pub key: String,
    /// Its name. Another one than now is written to `moved`, so that its APIs are renamed in place.
    pub name: String,
    /// Its purpose. Empty for none.
    pub description: String,
    /// The path of its specification.
    pub spec_path: String,
    /// Its branch for production.
    pub prod_branch: String,
    /// Its branch for development.
    pub dev_branch: String,
    /// The environments that list their teams or services, and whether it takes part in each. Others stay as they are.
    pub environments: BTreeMap<EnvironmentName, bool>,
}

/// An environment of an organization.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvironmentName {
    /// The organization.
    pub organization: String,
    /// The name of the environment.
    pub name: String,
}

impl std::fmt::Display for EnvironmentName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.organization, self.name)
    }
}

impl std::str::FromStr for EnvironmentName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((organization, name)) if !organization.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Self { organization: organization.to_owned(), name: name.to_owned() })
            }
            _ => Err("write it as ORGANIZATION/ENVIRONMENT".to_owned()),
        }
    }
}

/// The files of a configuration. One file may contain both sections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// The name of the file with the teams.
    pub teams: String,
    /// The name of the file with the organizations.
    pub organizations: String,
    /// The texts by name.
    pub texts: BTreeMap<String, String>,
}

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unchanged {
    /// The reason.
    pub message: String,
    /// The next step for a user.
    pub help: String,
}

impl Unchanged {
    fn new(message: String, help: impl Into<String>) -> Self {
        Self { message, help: help.into() }
    }
}

impl From<EditError> for Unchanged {
    fn from(error: EditError) -> Self {
        let help = match error {
            EditError::Invalid { .. } => "correct the file, and try again",
            EditError::NoMapping { .. } | EditError::NoList { .. } => "correct that part of the file, and try again",
            EditError::Unsafe { .. } | EditError::Fixed { .. } | EditError::Stuck { .. } => {
                "edit the file by hand: an anchor, an alias or a merge key may be in the way"
            }
        };
        Self::new(error.to_string(), help)
    }
}

impl Change {
    /// The change in words, for the title of a pull request: `Add Team flight-data`.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::AddTeam { team, .. } => format!("Add Team {team}"),
            Self::AddUser { team, email } => format!("Add {email} to {team}"),
            Self::AddService(service) => format!("Add Service {} of {}", service.key, service.team),
            Self::AddEnvironment { environment, .. } => format!("Add Environment {environment}"),
            Self::ChangeService(service) => format!("Change Service {} of {}", service.key, service.team),
            Self::MoveService { from, key, to } => format!("Move Service {key} from {from} to {to}"),
            Self::RemoveTeam { team } => format!("Remove Team {team}"),
            Self::RemoveService { team, key } => format!("Remove Service {key} of {team}"),
            Self::RemoveEnvironment { environment } => format!("Remove Environment {environment}"),
            Self::RemoveUser { team, email } => format!("Remove {email} from {team}"),
            Self::All(changes) => changes.iter().map(Self::title).collect::<Vec<_>>().join(", "),
        }
    }

    /// The files with the change. They are the same if everything is so already.
    ///
    /// # Errors
    /// If something that it needs is missing, something of its name is there already, or a file cannot be edited without
    /// changing something else.
    pub fn made_in(&self, files: &Files) -> Result<Files, Unchanged> {
        let mut edit = Editing::new(files)?;
        match self {
            Self::AddTeam { team, description, users, environments } => {
                edit.add_team(team, description.as_deref(), users)?;
                for environment in environments {
                    edit.take_part(environment, team, None)?;
                }
            }
            Self::AddUser { team, email } => {
                edit.team(team)?;
                edit.edit_teams(|name, text| push(name, text, &team_path(team, &["users"]), email))?;
            }
            Self::AddService(service) => edit.add_service(service)?,
            Self::AddEnvironment { environment, kind, region, teams } => {
                edit.add_environment(environment, *kind, *region, teams)?;
            }
            Self::ChangeService(service) => edit.change_service(service)?,
            Self::MoveService { from, key, to } => edit.move_service(from, key, to)?,
            Self::RemoveTeam { team } => edit.remove_team(team)?,
            Self::RemoveService { team, key } => edit.remove_service(team, key)?,
            Self::RemoveEnvironment { environment } => edit.remove_environment(environment)?,
            Self::RemoveUser { team, email } => edit.remove_user(team, email)?,
            Self::All(changes) => {
                return changes.iter().try_fold(edit.files, |files, change| change.made_in(&files));
            }
        }
        Ok(edit.files)
    }

    /// True if something leaves the configuration, and objects with it.
    #[must_use]
    pub fn removes(&self) -> bool {
        match self {
            Self::RemoveTeam { .. } | Self::RemoveService { .. } | Self::RemoveEnvironment { .. } => true,
            Self::All(changes) => changes.iter().any(Self::removes),
            _ => false,
        }
    }

    /// The environments that list their teams or services, and in which what was added does not take part.
    #[must_use]
    pub fn left_out(&self, manifest: &Manifest) -> Vec<String> {
        let (team, key) = match self {
            Self::AddTeam { team, .. } => (team, None),
            Self::AddService(service) => (&service.team, Some(&service.key)),
            Self::MoveService { key, to, .. } => (to, Some(key)),
            Self::All(changes) => return changes.iter().flat_map(|change| change.left_out(manifest)).collect(),
            _ => return Vec::new(),
        };
        let mut left_out = Vec::new();
        for (organization, configured) in &manifest.organizations {
            for (name, environment) in &configured.environments {
                let Some(teams) = &environment.teams else { continue };
                let takes_part = teams.get(team).is_some_and(|part| {
                    let services = part.services.as_ref();
                    key.is_none_or(|key| services.is_none_or(|services| services.contains_key(key)))
                });
                if !takes_part {
                    left_out.push(format!("{organization}/{name}"));
                }
            }
        }
        left_out
    }
}

impl NewService {
    /// The service as the configuration describes it.
    fn entry(&self) -> String {
        let given = |value: &Option<String>, default: &str| {
            value.as_ref().filter(|value| *value != default).map(|value| json!(value))
        };
        block([
            ("name", Some(json!(self.name))),
            ("description", given(&self.description, "")),
            ("git", Some(json!({ "remote": self.remote }))),
            ("spec-path", given(&self.spec_path, Service::SPEC_PATH)),
            ("prod-branch-name", given(&self.prod_branch, Service::PROD_BRANCH)),
            ("dev-branch-name", given(&self.dev_branch, Service::DEV_BRANCH)),
        ])
    }
}

/// Files while they are edited.
struct Editing {
    files: Files,
}

type Edited = Result<String, EditError>;

impl Editing {
    fn new(files: &Files) -> Result<Self, Unchanged> {
        let editing = Self { files: files.clone() };
        editing.read(&files.teams)?;
        editing.read(&files.organizations)?;
        Ok(editing)
    }

    /// The values of a file.
    fn read(&self, name: &str) -> Result<Value, Unchanged> {
        let text = self.files.texts.get(name).map(String::as_str).unwrap_or_default();
        parse_value(text).map_err(|error| {
            let message = format!("{name}:{}:{}: {}", error.line, error.column, error.message);
            Unchanged::new(message, "correct the file, and try again")
        })
    }

    fn teams(&self) -> Result<Value, Unchanged> {
        Ok(taken(self.read(&self.files.teams)?, "teams"))
    }

    fn organizations(&self) -> Result<Value, Unchanged> {
        Ok(taken(self.read(&self.files.organizations)?, "organizations"))
    }

    fn edit_teams(&mut self, edit: impl FnOnce(&str, &str) -> Edited) -> Result<(), Unchanged> {
        let name = self.files.teams.clone();
        self.edit(&name, edit)
    }

    fn edit_organizations(&mut self, edit: impl FnOnce(&str, &str) -> Edited) -> Result<(), Unchanged> {
        let name = self.files.organizations.clone();
        self.edit(&name, edit)
    }

    fn edit(&mut self, name: &str, edit: impl FnOnce(&str, &str) -> Edited) -> Result<(), Unchanged> {
        let text = self.files.texts.entry(name.to_owned()).or_default();
        let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
        let edited = edit(name, text)?;
        if is_json(text) && !is_json(&edited) {
            let message = format!("the file {name} is JSON, in which koctl makes no such change");
            return Err(Unchanged::new(message, "edit the file by hand, or write it in YAML"));
        }
        *text = edited;
        Ok(())
    }

    /// What the configuration says of a team.
    fn team(&self, team: &str) -> Result<Value, Unchanged> {
        let mut teams = self.teams()?;
        match teams.get_mut(team) {
            Some(found) => Ok(found.take()),
            None => Err(missing("team", team, &teams, &self.files.teams, "koctl add team")),
        }
    }

    /// What the configuration says of a service.
    fn service(&self, team: &str, key: &str) -> Result<Value, Unchanged> {
        let mut services = taken(self.team(team)?, "services");
        match services.get_mut(key) {
            Some(found) => Ok(found.take()),
            None => Err(missing("service", key, &services, &self.files.teams, "koctl add service")),
        }
    }

    /// What the configuration says of an environment.
    fn environment(&self, name: &EnvironmentName) -> Result<Value, Unchanged> {
        let mut environments = self.environments(&name.organization)?;
        match environments.get_mut(&name.name) {
            Some(found) => Ok(found.take()),
            None => {
                let file = &self.files.organizations;
                Err(missing("environment", &name.name, &environments, file, "koctl add environment"))
            }
        }
    }

    fn environments(&self, organization: &str) -> Result<Value, Unchanged> {
        let mut organizations = self.organizations()?;
        match organizations.get_mut(organization) {
            Some(found) => Ok(taken(found.take(), "environments")),
            None => {
                let file = &self.files.organizations;
                Err(missing("organization", organization, &organizations, file, "koctl add organization"))
            }
        }
    }

    fn add_team(&mut self, team: &str, description: Option<&str>, users: &[String]) -> Result<(), Unchanged> {
        if self.teams()?.get(team).is_some() {
            let message = format!("the team `{team}` is in {} already", self.files.teams);
            return Err(Unchanged::new(message, "add its members with `koctl add user`, or edit the file"));
        }
        let entry = block([
            ("description", description.map(|text| json!(text))),
            ("users", (!users.is_empty()).then(|| json!(users))),
            ("services", Some(json!({}))),
        ]);
        self.edit_teams(|name, text| insert(name, text, &[Step::Key("teams")], team, Entry::Mapping(&entry)))
    }

    fn add_service(&mut self, service: &NewService) -> Result<(), Unchanged> {
        let NewService { team, key, environments, .. } = service;
        if self.team(team)?["services"].get(key).is_some() {
            let message = format!("the service `{key}` of `{team}` is in {} already", self.files.teams);
            return Err(Unchanged::new(message, "choose another key, or edit the file"));
        }
        let entry = service.entry();
        let path = team_path(team, &["services"]);
        self.edit_teams(|name, text| insert(name, text, &path, key, Entry::Mapping(&entry)))?;
        environments.iter().try_for_each(|environment| self.take_part(environment, team, Some(key)))
    }

    fn add_environment(
        &mut self,
        environment: &EnvironmentName,
        kind: EnvironmentType,
        region: Region,
        teams: &[String],
    ) -> Result<(), Unchanged> {
        if self.environments(&environment.organization)?.get(&environment.name).is_some() {
            let message = format!("the environment `{environment}` is in {} already", self.files.organizations);
            return Err(Unchanged::new(message, "choose another name, or edit the file"));
        }
        teams.iter().try_for_each(|team| self.team(team).map(drop))?;
        let listed: Map<String, Value> = teams.iter().map(|team| (team.clone(), json!({}))).collect();
        let (organization, name) = (&environment.organization, &environment.name);
        let path = [Step::Key("organizations"), Step::Key(organization), Step::Key("environments")];
        let entry = block([
            ("type", Some(json!(kind.as_str()))),
            ("region", Some(json!(region.as_str()))),
            ("teams", (!listed.is_empty()).then_some(Value::Object(listed))),
        ]);
        self.edit_organizations(|file, text| insert(file, text, &path, name, Entry::Mapping(&entry)))
    }

    /// Lists a team, or a service of it, in an environment that lists its teams. In one that does not, all take part.
    fn take_part(&mut self, name: &EnvironmentName, team: &str, service: Option<&str>) -> Result<(), Unchanged> {
        let environment = self.environment(name)?;
        if environment["teams"].is_null() {
            return Ok(());
        }
        let path = environment_path(name, &["teams"]);
        let part = environment["teams"].get(team);
        match (part, service) {
            (None, None) => self.edit_organizations(|file, text| insert(file, text, &path, team, Entry::Mapping("{}"))),
            (None, Some(key)) => {
                let entry = block([("services", Some(json!({ key: {} })))]);
                self.edit_organizations(|file, text| insert(file, text, &path, team, Entry::Mapping(&entry)))
            }
            (Some(part), Some(key)) if !part["services"].is_null() => {
                let path = environment_path(name, &["teams", team, "services"]);
                self.edit_organizations(|file, text| insert(file, text, &path, key, Entry::Mapping("{}")))
            }
            (Some(_), _) => Ok(()),
        }
    }

    fn change_service(&mut self, change: &ServiceChange) -> Result<(), Unchanged> {
        let ServiceChange { team, key, .. } = change;
        let now = self.service(team, key)?;
        let path = team_path(team, &["services", key]);
        let texts = [
            ("name", &change.name, ""),
            ("description", &change.description, ""),
            ("spec-path", &change.spec_path, Service::SPEC_PATH),
            ("prod-branch-name", &change.prod_branch, Service::PROD_BRANCH),
            ("dev-branch-name", &change.dev_branch, Service::DEV_BRANCH),
        ];
        for (name, wanted, default) in texts {
            if now[name].as_str().unwrap_or(default) == wanted {
                continue;
            }
            self.edit_teams(|file, text| match wanted.as_str() == default {
                true => remove(file, text, &path, name),
                false => replace(file, text, &path, name, wanted),
            })?;
        }
        if let Some(name) = now["name"].as_str().filter(|name| *name != change.name) {
            self.note_rename("service", name, &change.name)?;
        }
        for (environment, takes_part) in &change.environments {
            match takes_part {
                true => self.take_part(environment, team, Some(key))?,
                false => self.stay_away(environment, team, key)?,
            }
        }
        Ok(())
    }

    /// Adds an entry to `moved`, beside those that are there.
    fn note_rename(&mut self, kind: &str, from: &str, to: &str) -> Result<(), Unchanged> {
        let has_some = |name: &String| self.read(name).is_ok_and(|whole| whole.get("moved").is_some());
        let file = [&self.files.teams, &self.files.organizations].into_iter().find(|name| has_some(name));
        let file = file.unwrap_or(&self.files.teams).clone();
        let quoted = |text: &str| quote::in_flow(text);
        let entry = format!("{{type: {kind}, from: {}, to: {}}}", quoted(from), quoted(to));
        self.edit(&file, |file, text| push_entry(file, text, "moved", &entry))
    }

    /// Takes a service of a team out of an environment that lists its teams.
    fn stay_away(&mut self, name: &EnvironmentName, team: &str, key: &str) -> Result<(), Unchanged> {
        let environment = self.environment(name)?;
        if environment["teams"].is_null() {
            let message = format!("every service takes part in `{name}`, because it does not list its teams");
            return Err(Unchanged::new(message, "list the teams of the environment first"));
        }
        let Some(part) = environment["teams"].get(team) else { return Ok(()) };
        if part["services"].is_null() {
            self.list_services(name, team)?;
        }
        let path = environment_path(name, &["teams", team, "services"]);
        self.edit_organizations(|file, text| remove(file, text, &path, key))
    }

    /// Names each service of a team in an environment in which all of them take part.
    fn list_services(&mut self, name: &EnvironmentName, team: &str) -> Result<(), Unchanged> {
        let services = taken(self.team(team)?, "services");
        let keys = services.as_object().into_iter().flatten().map(|(key, _)| (key.clone(), json!({})));
        let entry = written(&Value::Object(keys.collect()));
        let path = environment_path(name, &["teams", team]);
        self.edit_organizations(|file, text| {
            // A key without a value would count as one that is there.
            let text = remove(file, text, &path, "services")?;
            insert(file, &text, &path, "services", Entry::Mapping(&entry))
        })
    }

    fn move_service(&mut self, from: &str, key: &str, to: &str) -> Result<(), Unchanged> {
        let service = self.service(from, key)?;
        if self.team(to)?["services"].get(key).is_some() {
            let message = format!("the service `{key}` of `{to}` is in {} already", self.files.teams);
            return Err(Unchanged::new(message, "choose another team"));
        }
        let (old, new) = (team_path(from, &["services"]), team_path(to, &["services"]));
        self.edit_teams(|file, text| shift(file, text, [&old, &new], key, &service))?;
        let is_there = |environment: &Value| {
            let part = environment["teams"].get(from);
            part.is_some_and(|part| part["services"].is_null() || part["services"].get(key).is_some())
        };
        self.listing(is_there)?.iter().try_for_each(|environment| self.move_part(environment, from, key, to))
    }

    /// Lists a service in an environment under its new team, as it was under the old one.
    fn move_part(&mut self, name: &EnvironmentName, from: &str, key: &str, to: &str) -> Result<(), Unchanged> {
        let teams = taken(self.environment(name)?, "teams");
        let own = teams[from]["services"].get(key).filter(|own| own.as_object().is_some_and(|own| !own.is_empty()));
        let Some(own) = own else {
            self.take_part(name, to, Some(key))?;
            let path = environment_path(name, &["teams", from, "services"]);
            return self.edit_organizations(|file, text| remove(file, text, &path, key));
        };
        match teams.get(to) {
            None => {
                let path = environment_path(name, &["teams"]);
                let entry = block([("services", Some(json!({})))]);
                self.edit_organizations(|file, text| insert(file, text, &path, to, Entry::Mapping(&entry)))?;
            }
            Some(part) if part["services"].is_null() => {
                self.list_services(name, to)?;
                // What the service has of its own here takes the place of the plain entry.
                let path = environment_path(name, &["teams", to, "services"]);
                self.edit_organizations(|file, text| remove(file, text, &path, key))?;
            }
            Some(_) => {}
        }
        let old = environment_path(name, &["teams", from, "services"]);
        let new = environment_path(name, &["teams", to, "services"]);
        self.edit_organizations(|file, text| shift(file, text, [&old, &new], key, own))
    }

    /// Refuses to remove something of a team that takes part in a protected environment or organization.
    fn refuse_where_protected(&self, team: &str, what: &str) -> Result<(), Unchanged> {
        for (organization, configured) in self.organizations()?.as_object().into_iter().flatten() {
            for (name, environment) in configured["environments"].as_object().into_iter().flatten() {
                let takes_part = environment["teams"].is_null() || environment["teams"].get(team).is_some();
                if takes_part && (environment["protect"] == true || configured["protect"] == true) {
                    let message = format!("{what} takes part in `{organization}/{name}`, which is protected");
                    return Err(Unchanged::new(message, TAKE_AWAY));
                }
            }
        }
        Ok(())
    }

    fn remove_team(&mut self, team: &str) -> Result<(), Unchanged> {
        let found = self.team(team)?;
        refuse_protected("team", team, &found)?;
        for (key, service) in found["services"].as_object().into_iter().flatten() {
            refuse_protected("service", key, service)?;
        }
        self.refuse_where_protected(team, &format!("the team `{team}`"))?;
        self.edit_teams(|name, text| remove(name, text, &[Step::Key("teams")], team))?;
        for environment in self.listing(|environment| environment["teams"].get(team).is_some())? {
            let path = environment_path(&environment, &["teams"]);
            self.edit_organizations(|file, text| remove(file, text, &path, team))?;
        }
        Ok(())
    }

    fn remove_service(&mut self, team: &str, key: &str) -> Result<(), Unchanged> {
        refuse_protected("team", team, &self.team(team)?)?;
        refuse_protected("service", key, &self.service(team, key)?)?;
        self.refuse_where_protected(team, &format!("the service `{key}`"))?;
        let path = team_path(team, &["services"]);
        self.edit_teams(|name, text| remove(name, text, &path, key))?;
        for environment in self.listing(|environment| environment["teams"][team]["services"].get(key).is_some())? {
            let path = environment_path(&environment, &["teams", team, "services"]);
            self.edit_organizations(|file, text| remove(file, text, &path, key))?;
        }
        Ok(())
    }

    fn remove_environment(&mut self, name: &EnvironmentName) -> Result<(), Unchanged> {
        let environment = self.environment(name)?;
        refuse_protected("environment", &name.to_string(), &environment)?;
        refuse_protected("organization", &name.organization, &self.organizations()?[&name.organization])?;
        // Control planes of a protected team are protected, and so are the APIs of a protected service.
        for (team, found) in self.teams()?.as_object().into_iter().flatten() {
            if !environment["teams"].is_null() && environment["teams"].get(team).is_none() {
                continue;
            }
            let listed = &environment["teams"][team]["services"];
            let services = found["services"].as_object().into_iter().flatten();
            let services = services.filter(|(key, _)| listed.is_null() || listed.get(key.as_str()).is_some());
            let mut parts = services.map(|(key, service)| ("service", key, service)).chain([("team", team, found)]);
            if let Some((what, part, _)) = parts.find(|(.., found)| found["protect"] == true) {
                let message = format!("the {what} `{part}` takes part in `{name}`, and is protected");
                return Err(Unchanged::new(message, TAKE_AWAY));
            }
        }
        let path = [Step::Key("organizations"), Step::Key(&name.organization), Step::Key("environments")];
        self.edit_organizations(|file, text| remove(file, text, &path, &name.name))
    }

    fn remove_user(&mut self, team: &str, email: &str) -> Result<(), Unchanged> {
        let users = taken(self.team(team)?, "users");
        let users: Vec<&str> = users.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        // Konnect does not see upper and lower case in an email address.
        let Some(written) = users.iter().find(|user| user.eq_ignore_ascii_case(email)) else {
            let near = nearest(email, users.iter().copied());
            let help = near.map_or_else(
                || "`koctl graph` shows who belongs to which team".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Unchanged::new(format!("`{email}` is no user of the team `{team}`"), help));
        };
        let path = team_path(team, &["users"]);
        self.edit_teams(|name, text| remove_item(name, text, &path, written))
    }

    /// The environments of which this is true.
    fn listing(&self, is_meant: impl Fn(&Value) -> bool) -> Result<Vec<EnvironmentName>, Unchanged> {
        let organizations = self.organizations()?;
        let mut found = Vec::new();
        for (organization, configured) in organizations.as_object().into_iter().flatten() {
            let environments = configured["environments"].as_object().into_iter().flatten();
            let meant = environments.filter(|(_, environment)| is_meant(environment));
            found.extend(
                meant.map(|(name, _)| EnvironmentName { organization: organization.clone(), name: name.clone() }),
            );
        }
        Ok(found)
    }
}

/// Takes the entry of a key from one mapping to another, as it is written.
fn shift(file: &str, text: &str, [from, to]: [&[Step<'_>]; 2], key: &str, value: &Value) -> Edited {
    let place: Vec<Step<'_>> = from.iter().copied().chain([Step::Key(key)]).collect();
    let entry = source(text, &place).unwrap_or_else(|| written(value));
    let text = insert(file, text, to, key, Entry::Mapping(&entry))?;
    remove(file, &text, from, key)
}

/// The value of a key. Null if there is none, and if the whole is not a mapping.
fn taken(whole: Value, key: &str) -> Value {
    match whole {
        Value::Object(mut entries) => entries.remove(key).unwrap_or_default(),
        _ => Value::Null,
    }
}

fn team_path<'a>(team: &'a str, below: &[&'a str]) -> Vec<Step<'a>> {
    [Step::Key("teams"), Step::Key(team)].into_iter().chain(below.iter().map(|key| Step::Key(key))).collect()
}

fn environment_path<'a>(name: &'a EnvironmentName, below: &[&'a str]) -> Vec<Step<'a>> {
    let path = ["organizations", &name.organization, "environments", &name.name];
    path.into_iter().chain(below.iter().copied()).map(Step::Key).collect()
}

/// Something that the configuration does not have.
fn missing(what: &str, name: &str, found: &Value, file: &str, command: &str) -> Unchanged {
    let known = found.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let help = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add it first: `{command}`"),
    };
    Unchanged::new(format!("there is no {what} `{name}` in {file}"), help)
}

fn refuse_protected(what: &str, name: &str, found: &Value) -> Result<(), Unchanged> {
    if found["protect"] != true {
        return Ok(());
    }
    Err(Unchanged::new(format!("the {what} `{name}` is protected"), TAKE_AWAY))
}

/// What to do about protection.
const TAKE_AWAY: &str = "take `protect: true` away first, and apply that; then remove it";

/// The entries that have a value, in YAML's block style. A text is written plainly if that is read as the same text.
fn block<const N: usize>(entries: [(&str, Option<Value>); N]) -> String {
    let mut out = String::new();
    for (key, value) in entries {
        if let Some(value) = value {
            write(&mut out, &json!({ key: value }), 0);
        }
    }
    out
}

/// A mapping in YAML's block style.
fn written(value: &Value) -> String {
    let mut out = String::new();
    match value.as_object().is_none_or(Map::is_empty) {
        true => out.push_str("{}\n"),
        false => write(&mut out, value, 0),
    }
    out
}

fn write(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                out.push_str(&format!("{:indent$}{}:", "", quote::in_block(key)));
                match value {
                    Value::Object(below) if !below.is_empty() => {
                        out.push('\n');
                        write(out, value, indent + 2);
                    }
                    Value::Array(items) if !items.is_empty() => {
                        out.push('\n');
                        let item = |item: &Value| format!("{:width$}- {}\n", "", inline(item), width = indent + 2);
                        out.extend(items.iter().map(item));
                    }
                    _ => out.push_str(&format!(" {}\n", inline(value))),
                }
            }
        }
        _ => out.push_str(&inline(value)),
    }
}

fn inline(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), quote::in_block)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEAMS: &str = "\
# The teams.
teams:
  orders: # takes orders
    users: [kim@example.com]
    services:
      # Where all pay.
      Acme/checkout:
        name: checkout
        git: {remote: https://github.com/Acme/checkout.git}
  vault:
    protect: true
";

    const ORGANIZATIONS: &str = "\
organizations:
  Acme:
    access-token: {type: env, value: ACME_TOKEN}
    environments:
      dev: {type: DEV, region: eu}
      # Few take part.
      prd:
        type: PROD
        region: eu
        teams:
          orders:
            services:
              Acme/checkout:
";

    fn files() -> Files {
        let texts = [("teams.yaml", TEAMS), ("organizations.yaml", ORGANIZATIONS)];
        Files {
            teams: "teams.yaml".to_owned(),
            organizations: "organizations.yaml".to_owned(),
            texts: texts.map(|(name, text)| (name.to_owned(), text.to_owned())).into(),
        }
    }

    fn service() -> NewService {
        NewService {
            team: "orders".to_owned(),
            key: "Acme/cart".to_owned(),
            name: "cart".to_owned(),
            description: Some("Keeps: what is chosen".to_owned()),
            remote: "https://github.com/Acme/cart.git".to_owned(),
            spec_path: Some("api/openapi.yaml".to_owned()),
            prod_branch: Some("main".to_owned()),
            dev_branch: None,
            environments: Vec::new(),
        }
    }

    fn prd() -> EnvironmentName {
        "Acme/prd".parse().unwrap()
    }

    /// The removed and added lines, or the reason why there are none.
    fn shown(change: &Change) -> String {
        let before = files();
        match change.made_in(&before) {
            Err(Unchanged { message, help }) => format!("{message}\n  help: {help}\n"),
            Ok(after) => {
                let of = |(name, text): (&String, &String)| {
                    let diff = similar::TextDiff::from_lines(&before.texts[name], text);
                    let changed = diff.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal);
                    changed.map(|change| format!("{name} {}{}", change.tag(), change.value())).collect::<String>()
                };
                after.texts.iter().map(of).collect()
            }
        }
    }

    #[test]
    fn each_change_touches_only_its_own_lines() {
        let team = |environments| Change::AddTeam {
            team: "stock".to_owned(),
            description: Some("Keeps stock.".to_owned()),
            users: vec!["robin@example.com".to_owned()],
            environments,
        };
        let user = |email: &str| Change::AddUser { team: "orders".to_owned(), email: email.to_owned() };
        let environment = |teams| Change::AddEnvironment {
            environment: "Acme/test".parse().unwrap(),
            kind: EnvironmentType::Dev,
            region: Region::Us,
            teams,
        };
        let changes = [
            user("kim@example.com"),
            user("robin@example.com"),
            team(Vec::new()),
            team(vec![prd()]),
            Change::AddService(Box::new(service())),
            Change::AddService(Box::new(NewService { environments: vec![prd()], ..service() })),
            environment(Vec::new()),
            environment(vec!["orders".to_owned()]),
            Change::RemoveTeam { team: "orders".to_owned() },
            Change::RemoveService { team: "orders".to_owned(), key: "Acme/checkout".to_owned() },
            Change::RemoveUser { team: "orders".to_owned(), email: "Kim@example.com".to_owned() },
            Change::RemoveEnvironment { environment: prd() },
        ];
        let shown = changes.map(|change| format!("{}\n{}", change.title(), shown(&change)));
        insta::assert_snapshot!(shown.join("\n"));
    }

    /// The service of the files as it is.
    fn same() -> ServiceChange {
        ServiceChange {
            team: "orders".to_owned(),
            key: "Acme/checkout".to_owned(),
            name: "checkout".to_owned(),
            description: String::new(),
            spec_path: Service::SPEC_PATH.to_owned(),
            prod_branch: Service::PROD_BRANCH.to_owned(),
            dev_branch: Service::DEV_BRANCH.to_owned(),
            environments: BTreeMap::from([(prd(), true)]),
        }
    }

    fn moved(to: &str) -> Change {
        Change::MoveService { from: "orders".to_owned(), key: "Acme/checkout".to_owned(), to: to.to_owned() }
    }

    #[test]
    fn a_service_that_is_changed_or_moved_touches_only_its_own_lines() {
        let change = |service| Change::ChangeService(Box::new(service));
        let changes = [
            change(same()),
            change(ServiceChange {
                description: "Pays: all of it".to_owned(),
                dev_branch: "next".to_owned(),
                ..same()
            }),
            change(ServiceChange { name: "till".to_owned(), spec_path: "api/openapi.yaml".to_owned(), ..same() }),
            change(ServiceChange { environments: BTreeMap::from([(prd(), false)]), ..same() }),
            moved("vault"),
        ];
        let shown = changes.map(|change| format!("{}\n{}", change.title(), shown(&change)));
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn what_a_service_has_of_its_own_goes_along_and_what_is_said_again_goes_back() {
        let mut files = files();
        let teams = "teams:\n  orders:\n    services:\n      # Where all pay.\n      Acme/checkout:\n        # short\n        \
                     name: checkout # soon v2\n        git:\n          remote: https://github.com/Acme/checkout.git\n        \
                     labels: {a: b}\n      Acme/cart:\n        name: cart\n        dev-branch-name: next # for now\n        \
                     git: {remote: https://github.com/Acme/cart.git}\n  stock:\n    services:\n      Acme/shelf:\n        \
                     name: shelf\n        git: {remote: https://github.com/Acme/shelf.git}\nmoved:\n  - {type: team, from: a, to: b}\n";
        let organizations = "organizations:\n  Acme:\n    access-token: {type: env, value: T}\n    environments:\n      \
                             dev: {type: DEV, region: eu}\n      prd:\n        type: PROD\n        region: eu\n        teams:\n          \
                             orders:\n            services:\n              Acme/checkout:\n                branch: release\n              \
                             Acme/cart:\n          stock: {}\n      two:\n        type: DEV\n        region: us\n        teams: {orders: {}}\n";
        files.texts = [("teams.yaml", teams), ("organizations.yaml", organizations)]
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into();
        let changes = [
            Change::MoveService { from: "orders".into(), key: "Acme/checkout".into(), to: "stock".into() },
            Change::ChangeService(Box::new(ServiceChange {
                key: "Acme/cart".to_owned(),
                name: "basket".to_owned(),
                environments: BTreeMap::from([(prd(), true), ("Acme/two".parse().unwrap(), false)]),
                ..same()
            })),
        ];
        let after = Change::All(changes.into()).made_in(&files).unwrap();
        insta::assert_snapshot!(after.texts.values().map(String::as_str).collect::<Vec<_>>().join("---\n"));
    }

    #[test]
    fn a_service_is_not_moved_to_nowhere_and_not_taken_out_of_where_all_take_part() {
        let dev = BTreeMap::from([("Acme/dev".parse().unwrap(), false)]);
        let changes = [
            moved("nobody"),
            moved("orders"),
            Change::ChangeService(Box::new(ServiceChange { environments: dev, ..same() })),
            Change::ChangeService(Box::new(ServiceChange { key: "Acme/chekout".to_owned(), ..same() })),
        ];
        insta::assert_snapshot!(changes.map(|change| shown(&change)).join("\n"));
    }

    #[test]
    fn a_change_that_cannot_be_made_says_why() {
        let (orders, near) = ("orders".to_owned(), "order".to_owned());
        let add_service = |service| Change::AddService(Box::new(service));
        let changes = [
            Change::AddTeam { team: orders.clone(), description: None, users: Vec::new(), environments: Vec::new() },
            Change::AddUser { team: near.clone(), email: "a@example.com".to_owned() },
            add_service(NewService { team: near.clone(), ..service() }),
            add_service(NewService { key: "Acme/checkout".to_owned(), ..service() }),
            add_service(NewService { environments: vec!["Acme/pdr".parse().unwrap()], ..service() }),
            add_service(NewService { environments: vec!["Nobody/prd".parse().unwrap()], ..service() }),
            Change::AddEnvironment {
                environment: prd(),
                kind: EnvironmentType::Prod,
                region: Region::Eu,
                teams: Vec::new(),
            },
            Change::RemoveTeam { team: "vault".to_owned() },
            Change::RemoveTeam { team: near },
            Change::RemoveService { team: orders.clone(), key: "Acme/chekout".to_owned() },
            Change::RemoveUser { team: orders, email: "kin@example.com".to_owned() },
            Change::RemoveEnvironment { environment: "Acme/pdr".parse().unwrap() },
            // The protected team `vault` takes part.
            Change::RemoveEnvironment { environment: "Acme/dev".parse().unwrap() },
        ];
        insta::assert_snapshot!(changes.map(|change| shown(&change)).join("\n"));
    }

    #[test]
    fn an_environment_that_lists_others_is_named() {
        let manifest = |change: &Change| {
            let texts = change.made_in(&files()).unwrap().texts;
            let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            super::super::load::load_texts(&texts, std::path::Path::new(".")).unwrap().manifest
        };
        let without = Change::AddService(Box::new(service()));
        assert_eq!(without.left_out(&manifest(&without)), ["Acme/prd"]);
        let with = Change::AddService(Box::new(NewService { environments: vec![prd()], ..service() }));
        assert!(with.left_out(&manifest(&with)).is_empty());
    }
}
