//! The guesses, and how one of them is given up.
//!
//! Parts of a draft know the objects that they were recognised in, so that the reason can be reported for each object.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::inventory::{Inventory, text};
use crate::compiler::Spec;
use crate::konnect::resources::{
    api, authentication_settings, control_plane, identity_provider, notification_subscription, of_name, portal,
    portal_custom_domain, portal_identity_provider, portal_page, portal_snippet, team, user,
};
use crate::manifest::git::Remote;
use crate::manifest::model::{
    Authorization, ControlPlane, EnvironmentPortal, EnvironmentType, Notifications, PortalRole, Region, Visibility,
};
use crate::manifest::same_file;
use crate::resource_type::{Generate, Part};
use engine::Address;

/// Settings of the configuration that Konnect does not have.
#[derive(Debug, Clone)]
pub struct RecogniseOptions {
    /// The name of the organization in the configuration.
    pub organization: String,
    /// The variable with its access token.
    pub token_variable: String,
    /// The variable with the client secret of its OpenID Connect provider.
    pub client_secret_variable: String,
    /// The variable with that of the portal of an environment, by the names of the organization and the environment.
    pub portal_secret_variable: fn(&str, &str) -> String,
    /// The addresses of the services' repositories.
    pub remote: RemotePattern,
}

impl RecogniseOptions {
    /// The variable with the client secret of the portal of an environment.
    pub(super) fn portal_client_secret_variable(&self, environment: &str) -> String {
        (self.portal_secret_variable)(&self.organization, environment)
    }
}

/// The addresses of the services' repositories: an address with `{service}`, and optionally `{team}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemotePattern(String);

impl RemotePattern {
    /// The default: a repository on GitHub with the name of the service, whose owner is named after the organization.
    #[must_use]
    pub fn of_organization(name: &str) -> Self {
        let owner: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let owner = owner.trim_matches('-');
        let owner = if owner.is_empty() { "owner" } else { owner };
        Self(format!("https://github.com/{owner}/{{service}}.git"))
    }

    /// Reads a pattern.
    ///
    /// # Errors
    /// If it has no `{service}` in it, or is not the address of a repository with an owner and a name.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.contains("{service}") {
            return Err("it has no `{service}`, in the place of which the service's name goes".to_owned());
        }
        let pattern = Self(text.to_owned());
        let example = Remote::parse(&pattern.remote("team", "service")).map_err(|error| error.to_string())?;
        match example.owner_and_name() {
            Some(_) => Ok(pattern),
            None => Err("its path is not an owner and a repository, as in `https://github.com/acme/{service}`".into()),
        }
    }

    /// The repository of a service.
    #[must_use]
    pub fn remote(&self, team: &str, service: &str) -> String {
        self.0.replace("{team}", team).replace("{service}", service)
    }

    /// Owner and name of the repository of a service, which are the service's key.
    pub(super) fn key(&self, team: &str, service: &str) -> String {
        let remote = Remote::parse(&self.remote(team, service)).ok();
        let names = remote.as_ref().and_then(Remote::owner_and_name);
        names.map_or_else(|| service.to_owned(), |(owner, name)| format!("{owner}/{name}"))
    }
}

/// An organization, as far as it was recognised.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Settings that Konnect does not have.
    pub options: RecogniseOptions,
    /// By name.
    pub teams: BTreeMap<String, DraftTeam>,
    /// By name.
    pub environments: BTreeMap<String, DraftEnvironment>,
    /// How people sign in. `None` if that is as in a new organization.
    pub authorization: Option<Authorization>,
    /// Which channels notifications take.
    pub notifications: Notifications,
    /// True if koctl's dashboards exist.
    pub custom_reports: bool,
    /// Why an object is not part of the draft, by type and id.
    pub given_up: BTreeMap<(String, String), String>,
}

/// A team that was recognised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftTeam {
    /// Its id.
    pub id: String,
    /// Its description.
    pub description: Option<String>,
    /// The email addresses of its members.
    pub users: Vec<String>,
}

/// An environment that was recognised.
#[derive(Debug, Clone)]
pub struct DraftEnvironment {
    /// Its type.
    pub r#type: EnvironmentType,
    /// The source of the guess. `None` if a label sets the type.
    pub guess: Option<&'static str>,
    /// Its region.
    pub region: Region,
    /// The id of its portal.
    pub portal: String,
    /// Its portal, where it differs from the opinions.
    pub overrides: EnvironmentPortal,
    /// The teams that take part, by name.
    pub members: BTreeMap<String, DraftMember>,
    /// The ids of the pages of its portal, by path.
    pub pages: BTreeMap<String, String>,
    /// The ids of the snippets of its portal, by name.
    pub snippets: BTreeMap<String, String>,
    /// The roles of each team of developers, with the name of the service that each is about.
    pub roles: BTreeMap<String, BTreeSet<(PortalRole, String)>>,
}

impl DraftEnvironment {
    /// True if a service has an API in it.
    #[must_use]
    pub fn has_apis(&self) -> bool {
        self.members.values().any(|member| !member.apis.is_empty())
    }
}

/// A team's part in an environment.
#[derive(Debug, Clone, Default)]
pub struct DraftMember {
    /// The id of its control plane.
    pub plane: String,
    /// The name of its control plane.
    pub plane_name: String,
    /// Its control plane, where it differs from the opinions.
    pub settings: ControlPlane,
    /// Its APIs, by the name of the service.
    pub apis: BTreeMap<String, DraftApi>,
}

/// The API of a service in an environment.
#[derive(Debug, Clone)]
pub struct DraftApi {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who sees it in the portal of the environment, if that differs from the other APIs there.
    pub visibility: Option<Visibility>,
    /// Its description.
    pub description: Option<String>,
    /// Its slug, if Konnect did not make it.
    pub slug: Option<String>,
    /// Its labels, except for those of koctl and of Konnect.
    pub labels: BTreeMap<String, String>,
    /// The key of its auth strategy in the environment, or the word for none, if the configuration is to say it.
    pub auth_strategy: Option<String>,
    /// Its specification.
    pub spec: Spec,
    /// The source of the guess. `None` if a label sets the team.
    pub guess: Option<&'static str>,
}

impl Draft {
    /// Records why an object is not part of the draft. The first reason stays.
    pub fn give_up(&mut self, type_name: &str, id: &str, reason: impl Into<String>) {
        self.given_up.entry((type_name.to_owned(), id.to_owned())).or_insert_with(|| reason.into());
    }

    /// Gives up the part that asks for the resource at `address`, and notes the reason at every object of the part.
    /// Returns false if the draft has no such part.
    pub fn drop_part(&mut self, address: &Address, reason: &str, inventory: &Inventory) -> bool {
        let Some(Generate::Read { part: Some(part), .. }) = of_name(address.type_name()).map(|one| one.generate) else {
            return false;
        };
        let (first, rest) = address.key().split_once('/').unwrap_or((address.key(), ""));
        match part {
            Part::Team => self.drop_team(address.key(), reason),
            Part::User => self.drop_user(None, address.key(), reason, inventory),
            Part::Membership => self.drop_user(Some(first), rest, reason, inventory),
            Part::Environment => self.drop_environment(address.key(), reason),
            Part::ControlPlane => self.drop_plane(first, rest, reason),
            Part::Member => self.drop_member(first, rest, reason),
            Part::Api => self.drop_api(first, rest, reason),
            Part::AuthStrategy => self.drop_strategy(first, rest),
            Part::PortalTeam => self.drop_portal_team(first, rest),
            Part::PortalTeamRole => self.drop_portal_role(first, rest),
            Part::Page => self.drop_page(first, rest, reason),
            Part::Snippet => self.drop_snippet(first, rest, reason),
            Part::PortalCustomization => self.drop_look(first),
            Part::PortalCustomDomain => self.drop_custom_domain(first, reason, inventory),
            Part::PortalAuthorization => self.drop_portal_authorization(first, reason, inventory),
            Part::PortalGroupMapping => self.drop_portal_mapping(first, rest),
            Part::Authorization => self.drop_authorization(reason, inventory),
            Part::GroupMapping => self.drop_mapping(first, rest),
            Part::Notifications => self.drop_notifications(reason, inventory),
            Part::CustomReports => std::mem::replace(&mut self.custom_reports, false),
        }
    }

    /// Gives up the teams, environments and services with names of which a file system can mistake one for another: a
    /// configuration with both is not valid.
    pub fn drop_twins(&mut self) {
        for (name, first) in twins(self.teams.keys()) {
            self.drop_team(&name, &is_twin("team", &first));
        }
        for (name, first) in twins(self.environments.keys()) {
            self.drop_environment(&name, &is_twin("environment", &first));
        }
        for team in self.teams.keys().cloned().collect::<Vec<_>>() {
            let members = self.environments.values().filter_map(|environment| environment.members.get(&team));
            let services: BTreeSet<&String> = members.flat_map(|member| member.apis.keys()).collect();
            for (name, first) in twins(services.into_iter()) {
                self.drop_service(&team, &name, &is_twin("service", &first));
            }
        }
    }

    /// Gives up a service of a team in all environments.
    fn drop_service(&mut self, team: &str, service: &str, reason: &str) {
        for environment in self.environments.values_mut() {
            let api = environment.members.get_mut(team).and_then(|member| member.apis.remove(service));
            if let Some(api) = api {
                let given_up = self.given_up.entry((api::SCHEMA.type_name.to_owned(), api.id));
                given_up.or_insert_with(|| reason.to_owned());
            }
        }
    }

    fn drop_team(&mut self, name: &str, reason: &str) -> bool {
        let Some(team) = self.teams.remove(name) else { return false };
        self.give_up(team::SCHEMA.type_name, &team.id, reason);
        let environments: Vec<String> = self.environments.keys().cloned().collect();
        for environment in environments {
            self.drop_member(&environment, name, &format!("its team `{name}` is not taken over: {reason}"));
        }
        true
    }

    fn drop_user(&mut self, team: Option<&str>, email: &str, reason: &str, inventory: &Inventory) -> bool {
        let mut dropped = false;
        for (name, draft) in &mut self.teams {
            if team.is_none_or(|team| team == name) {
                let before = draft.users.len();
                draft.users.retain(|user| user != email);
                dropped |= draft.users.len() < before;
            }
        }
        if let Some(user) = inventory.of(user::SCHEMA.type_name).iter().find(|user| text(user, "email") == email) {
            self.give_up(user::SCHEMA.type_name, &user.id, reason);
        }
        dropped
    }

    fn drop_environment(&mut self, name: &str, reason: &str) -> bool {
        let Some(environment) = self.environments.remove(name) else { return false };
        self.give_up(portal::SCHEMA.type_name, &environment.portal, reason);
        let reason = format!("the environment `{name}` is not taken over, because of its portal: {reason}");
        for member in environment.members.values() {
            self.give_up_member(member, &reason);
        }
        true
    }

    fn give_up_member(&mut self, member: &DraftMember, reason: &str) {
        self.give_up(control_plane::SCHEMA.type_name, &member.plane, reason);
        for api in member.apis.values() {
            self.give_up(api::SCHEMA.type_name, &api.id, reason);
        }
    }

    fn drop_plane(&mut self, environment: &str, plane: &str, reason: &str) -> bool {
        let Some(draft) = self.environments.get(environment) else { return false };
        let of_plane = draft.members.iter().filter(|(_, member)| member.plane_name == plane);
        let teams: Vec<String> = of_plane.map(|(team, _)| team.clone()).collect();
        teams.iter().filter(|team| self.drop_member(environment, team, reason)).count() > 0
    }

    fn drop_member(&mut self, environment: &str, team: &str, reason: &str) -> bool {
        let Some(draft) = self.environments.get_mut(environment) else { return false };
        let Some(member) = draft.members.remove(team) else { return false };
        self.give_up(control_plane::SCHEMA.type_name, &member.plane, reason);
        let of_apis = format!("team `{team}` has no part in `{environment}`, because of its control plane: {reason}");
        for api in member.apis.values() {
            self.give_up(api::SCHEMA.type_name, &api.id, of_apis.as_str());
        }
        true
    }

    fn drop_api(&mut self, environment: &str, service: &str, reason: &str) -> bool {
        let Some(draft) = self.environments.get_mut(environment) else { return false };
        let Some(api) = draft.members.values_mut().find_map(|member| member.apis.remove(service)) else { return false };
        self.give_up(api::SCHEMA.type_name, &api.id, reason);
        true
    }

    fn drop_strategy(&mut self, environment: &str, key: &str) -> bool {
        let Some(draft) = self.environments.get_mut(environment) else { return false };
        draft.overrides.default_application_auth_strategy.take_if(|default| default == key);
        for api in draft.members.values_mut().flat_map(|member| member.apis.values_mut()) {
            api.auth_strategy.take_if(|own| own == key);
        }
        draft.overrides.auth_strategies.remove(key).is_some()
    }

    fn drop_portal_team(&mut self, environment: &str, name: &str) -> bool {
        let Some(draft) = self.environments.get_mut(environment) else { return false };
        draft.roles.remove(name);
        let mappings = draft.overrides.authorization.as_mut().and_then(|one| one.team_mappings.as_mut());
        if let Some(idp) = mappings.and_then(|mappings| mappings.idp.as_mut()) {
            idp.mappings.remove(name);
        }
        draft.overrides.teams.remove(name).is_some()
    }

    fn drop_portal_role(&mut self, environment: &str, key: &str) -> bool {
        let Some(draft) = self.environments.get_mut(environment) else { return false };
        let Some((service, (team, word))) =
            key.split_once('/').and_then(|(service, rest)| Some((service, rest.rsplit_once('/')?)))
        else {
            return false;
        };
        let Some(roles) = draft.roles.get_mut(team) else { return false };
        let before = roles.len();
        roles.retain(|(role, of)| of != service || role.word() != word);
        roles.len() < before
    }

    fn drop_look(&mut self, environment: &str) -> bool {
        let Some(draft) = self.environments.get_mut(environment) else { return false };
        !std::mem::take(&mut draft.overrides.customization).is_empty()
    }

    fn drop_custom_domain(&mut self, environment: &str, reason: &str, inventory: &Inventory) -> bool {
        let Some(draft) = self.environments.get_mut(environment) else { return false };
        let (portal, dropped) = (draft.portal.clone(), draft.overrides.custom_domain.take().is_some());
        let of_portal = portal_custom_domain::PORTAL_ID.text();
        self.give_up_below(portal_custom_domain::SCHEMA.type_name, of_portal, &portal, reason, inventory);
        dropped
    }

    fn drop_portal_authorization(&mut self, environment: &str, reason: &str, inventory: &Inventory) -> bool {
        let Some(draft) = self.environments.get_mut(environment) else { return false };
        let (portal, dropped) = (draft.portal.clone(), draft.overrides.authorization.take().is_some());
        let of_portal = portal_identity_provider::PORTAL_ID.text();
        self.give_up_below(portal_identity_provider::SCHEMA.type_name, of_portal, &portal, reason, inventory);
        dropped
    }

    /// Gives up the objects of a type that are below a parent, whose id is in the attribute `below`.
    fn give_up_below(&mut self, type_name: &str, below: &str, parent: &str, reason: &str, inventory: &Inventory) {
        for object in inventory.by(type_name, below).get(parent).into_iter().flatten() {
            self.give_up(type_name, &object.id, reason);
        }
    }

    fn drop_portal_mapping(&mut self, environment: &str, key: &str) -> bool {
        let Some((team, group)) = key.split_once('/') else { return false };
        let authorization = self.environments.get_mut(environment).and_then(|one| one.overrides.authorization.as_mut());
        let mappings = authorization.and_then(|authorization| authorization.team_mappings.as_mut());
        let Some(idp) = mappings.and_then(|mappings| mappings.idp.as_mut()) else { return false };
        let Some(groups) = idp.mappings.get_mut(team) else { return false };
        let before = groups.len();
        groups.retain(|one| one != group);
        let dropped = groups.len() < before;
        idp.mappings.retain(|_, groups| !groups.is_empty());
        dropped
    }

    /// Gives up a page, and with it the pages below it.
    fn drop_page(&mut self, environment: &str, path: &str, reason: &str) -> bool {
        let Some(draft) = self.environments.get_mut(environment) else { return false };
        if draft.overrides.pages.remove(path).is_none() {
            return false;
        }
        let below = format!("{path}/");
        draft.overrides.pages.retain(|page, _| !page.starts_with(&below));
        let pages = std::mem::take(&mut draft.pages);
        let (gone, pages): (BTreeMap<_, _>, _) =
            pages.into_iter().partition(|(page, _)| page == path || page.starts_with(&below));
        draft.pages = pages;
        for (page, id) in gone {
            let of_parent = format!("the page `{path}` above it is not taken over");
            self.give_up(portal_page::SCHEMA.type_name, &id, if page == path { reason } else { of_parent.as_str() });
        }
        true
    }

    fn drop_snippet(&mut self, environment: &str, name: &str, reason: &str) -> bool {
        let Some(draft) = self.environments.get_mut(environment) else { return false };
        let dropped = draft.overrides.snippets.remove(name).is_some();
        if let Some(id) = draft.snippets.remove(name) {
            self.give_up(portal_snippet::SCHEMA.type_name, &id, reason);
        }
        dropped
    }

    fn drop_authorization(&mut self, reason: &str, inventory: &Inventory) -> bool {
        for type_name in [authentication_settings::SCHEMA.type_name, identity_provider::SCHEMA.type_name] {
            for object in inventory.of(type_name) {
                self.give_up(type_name, &object.id, reason);
            }
        }
        self.authorization.take().is_some()
    }

    fn drop_mapping(&mut self, team: &str, group: &str) -> bool {
        let mappings = self.authorization.as_mut().and_then(|authorization| authorization.team_mappings.as_mut());
        let Some(idp) = mappings.and_then(|mappings| mappings.idp.as_mut()) else { return false };
        let Some(groups) = idp.mappings.get_mut(team) else { return false };
        let before = groups.len();
        groups.retain(|one| one != group);
        let dropped = groups.len() < before;
        idp.mappings.retain(|_, groups| !groups.is_empty());
        dropped
    }

    fn drop_notifications(&mut self, reason: &str, inventory: &Inventory) -> bool {
        for subscription in inventory.of(notification_subscription::SCHEMA.type_name) {
            self.give_up(notification_subscription::SCHEMA.type_name, &subscription.id, reason);
        }
        std::mem::take(&mut self.notifications) != Notifications::default()
    }
}

/// The names that a file system can mistake for an earlier one, each with that.
fn twins<'a>(names: impl Iterator<Item = &'a String>) -> Vec<(String, String)> {
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    let twin = |name: &'a String| match seen.entry(same_file(name)) {
        Entry::Vacant(entry) => {
            entry.insert(name);
            None
        }
        Entry::Occupied(first) => Some((name.clone(), (*first.get()).clone())),
    };
    names.filter_map(twin).collect()
}

fn is_twin(what: &str, first: &str) -> String {
    format!(
        "its name and that of the {what} `{first}` differ only in upper and lower case, or in the encoding of letters"
    )
}
