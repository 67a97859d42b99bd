//! The keys under `organizations`: organizations and their environments.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::authorization::Authorization;
use super::control_plane::ControlPlane;
use super::environment_type::EnvironmentType;
use super::portal::EnvironmentPortal;
use super::team::{Service, Team};
use super::visibility::Visibility;
use crate::manifest::path::KeyPath;
use crate::manifest::secret::Secret;

/// A Konnect organization.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Organization {
    /// An access token of the organization. It determines which organization this is, and needs the role Organization
    /// Admin.
    pub access_token: Secret,
    /// The organization's environments by name.
    #[serde(default)]
    pub environments: BTreeMap<String, Environment>,
    /// How users sign in. Without it, koctl does not change the sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    /// The notifications that Konnect sends.
    #[serde(default)]
    pub notifications: Notifications,
    /// Create the dashboards of API usage in every region.
    #[serde(default = "enabled")]
    pub enable_custom_reports: bool,
    /// Attributes that koctl sets on a new object and then leaves to others, like `portal.display_name`: the type of the
    /// resource, and the attribute. The list is about all resources of the organization.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore_changes: Vec<String>,
    /// Refuse every plan that deletes or replaces a team, an identity provider, a control plane, a portal, its custom domain
    /// or one of its pages or snippets, or an API of this organization.
    #[serde(default)]
    pub protect: bool,
}

impl Organization {
    /// The secrets of the resources of the organization `name`, by their paths in the manifest.
    pub fn resource_secrets(&self, name: &str) -> Vec<(KeyPath, &Secret)> {
        let mut found = Vec::new();
        let oidc = self.authorization.as_ref().and_then(|authorization| authorization.oidc.as_ref());
        let secret = oidc.and_then(|oidc| oidc.client_secret.as_ref());
        found.extend(secret.map(|secret| (Self::client_secret(name), secret)));
        for (environment, settings) in &self.environments {
            let oidc = settings.portal.authorization.as_ref().and_then(|authorization| authorization.oidc.as_ref());
            let secret = oidc.and_then(|oidc| oidc.client_secret.as_ref());
            found.extend(secret.map(|secret| (Self::portal_client_secret(name, environment), secret)));
            let domain = settings.portal.custom_domain.as_ref();
            let certificate = domain.and_then(|domain| domain.certificate.as_ref());
            let private_key = domain.and_then(|domain| domain.private_key.as_ref());
            for (key, secret) in [("certificate", certificate), ("private-key", private_key)] {
                found.extend(secret.map(|secret| (Self::custom_domain(name, environment).key(key), secret)));
            }
        }
        found
    }

    /// The path of the client secret with which people sign in to the organization `name`.
    pub fn client_secret(name: &str) -> KeyPath {
        KeyPath::from(["organizations", name, "authorization", "oidc", "client-secret"])
    }

    /// The path of the custom domain of the portal of an environment.
    pub fn custom_domain(name: &str, environment: &str) -> KeyPath {
        KeyPath::from(["organizations", name, "environments", environment, "portal", "custom-domain"])
    }

    /// The path of the client secret with which developers sign in to the portal of an environment.
    pub fn portal_client_secret(name: &str, environment: &str) -> KeyPath {
        let portal = KeyPath::from(["organizations", name, "environments", environment, "portal"]);
        portal.key("authorization").key("oidc").key("client-secret")
    }
}

fn enabled() -> bool {
    true
}

/// An environment. Konnect has no environments: koctl forms them from names and labels.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Environment {
    /// The purpose of the environment. It determines gateways, roles and visibility.
    pub r#type: EnvironmentType,
    /// The Konnect region of the environment.
    pub region: Region,
    /// The teams in this environment by name. Without it, every team with every service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teams: Option<BTreeMap<String, EnvironmentTeam>>,
    /// The names of the environment's APIs, in which `{service}` stands for the `display-name` or the name of the service,
    /// and `{environment}` for the environment. Without it, `{service}-{environment}` in environments of type DEV, and
    /// `{service}` in those of type PROD, of which two in one region need different names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_name: Option<String>,
    /// The control planes of the environment.
    #[serde(default, skip_serializing_if = "ControlPlane::is_empty")]
    pub control_plane: ControlPlane,
    /// The tags that decK selects objects of the environment's gateways by: a sync gives them to all that it makes, and
    /// leaves objects without them alone. Without it, a control plane has nothing except what decK makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub select_tags: Vec<String>,
    /// The developer portal of the environment.
    #[serde(default, skip_serializing_if = "EnvironmentPortal::is_empty")]
    pub portal: EnvironmentPortal,
    /// Attributes that koctl sets on a new object and then leaves to others, like `portal.display_name`: the type of the
    /// resource, and the attribute. The list is about all resources of the environment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore_changes: Vec<String>,
    /// Refuse every plan that deletes or replaces the environment's control planes, its portal, the portal's custom domain,
    /// identity providers, pages or snippets, or its APIs.
    #[serde(default)]
    pub protect: bool,
}

impl Environment {
    /// An environment without optional keys.
    #[must_use]
    pub fn new(r#type: EnvironmentType, region: Region) -> Self {
        let (teams, api_name, control_plane, select_tags, portal, ignore_changes) = Default::default();
        Self { r#type, region, teams, api_name, control_plane, select_tags, portal, ignore_changes, protect: false }
    }

    /// The teams that take part, with their definitions in `teams`, and what the environment says of them. Teams that are
    /// not defined are left out.
    pub fn members<'a>(&'a self, teams: &'a BTreeMap<String, Team>) -> Vec<Member<'a>> {
        let Some(chosen) = &self.teams else {
            return teams.iter().map(|(name, team)| (name.as_str(), team, None)).collect();
        };
        let member = |(name, part): (&'a String, &'a EnvironmentTeam)| {
            let team = teams.get(name)?;
            Some((name.as_str(), team, Some(part)))
        };
        chosen.iter().filter_map(member).collect()
    }

    /// The services that take part, in the order of teams and keys.
    pub fn services<'a>(&'a self, teams: &'a BTreeMap<String, Team>) -> Vec<Placement<'a>> {
        let of_team = |(name, team, part): Member<'a>| {
            let chosen = part.and_then(|part| part.services.as_ref());
            let takes_part = move |key: &str| chosen.is_none_or(|services| services.contains_key(key));
            let services = team.services.iter().filter(move |(key, _)| takes_part(key));
            services.map(move |(key, service)| {
                let part = chosen.and_then(|services| services.get(key));
                let branch = part.and_then(|part| part.branch.as_deref());
                let branch = branch.unwrap_or_else(|| service.branch(self.r#type));
                Placement { team_name: name, team, key, service, part, branch }
            })
        };
        self.members(teams).into_iter().flat_map(of_team).collect()
    }

    /// The name of the portal of the environment `name`.
    pub fn portal_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.portal.name.as_deref().unwrap_or(name)
    }

    /// The name of the portal for developers.
    #[must_use]
    pub fn portal_display_name(&self, organization: &str, name: &str) -> String {
        self.portal.display_name.clone().unwrap_or_else(|| match self.r#type {
            EnvironmentType::Dev => format!("{organization} ({name})"),
            EnvironmentType::Prod => organization.to_owned(),
        })
    }

    /// True if developers sign in to the portal.
    #[must_use]
    pub fn signs_in(&self) -> bool {
        self.portal.authentication.unwrap_or(self.r#type.signs_in())
    }

    /// Who sees the portal's APIs, unless a service says otherwise.
    #[must_use]
    pub fn api_visibility(&self) -> Visibility {
        self.portal.default_api_visibility.unwrap_or(self.r#type.visibility())
    }

    /// Who sees the portal's new pages.
    #[must_use]
    pub fn page_visibility(&self) -> Visibility {
        self.portal.default_page_visibility.unwrap_or(self.r#type.visibility())
    }

    /// The name of an auth strategy of the environment `name`.
    #[must_use]
    pub fn auth_strategy_name(&self, name: &str, key: &str) -> String {
        let configured = self.portal.auth_strategies.get(key).and_then(|strategy| strategy.name.clone());
        configured.unwrap_or_else(|| self.r#type.api_name(key, name))
    }

    /// The key of the auth strategy of the API of a service. `None` if the configuration leaves that as it is.
    #[must_use]
    pub fn auth_strategy<'a>(&'a self, placement: &Placement<'a>) -> Option<&'a str> {
        let own = placement.part.and_then(|part| part.auth_strategy.as_deref());
        let own = own.or(placement.service.auth_strategy.as_deref());
        own.or(self.portal.default_application_auth_strategy.as_deref())
    }

    /// The name of the API of a service in the environment `name`.
    #[must_use]
    pub fn api_name(&self, name: &str, placement: &Placement<'_>) -> String {
        let Placement { service, part, .. } = placement;
        let shown = service.display_name.as_deref().unwrap_or(&service.name);
        match part.and_then(|part| part.api_name.as_deref()).or(self.api_name.as_deref()) {
            Some(pattern) => pattern.replace(ENVIRONMENT, name).replace(SERVICE, shown),
            None => self.r#type.api_name(shown, name),
        }
    }

    /// The slug of the API of a service in the environment `name`. `None` if the configuration leaves it to Konnect.
    #[must_use]
    pub fn slug(&self, name: &str, placement: &Placement<'_>) -> Option<String> {
        let own = placement.part.and_then(|part| part.slug.clone());
        // Where the names of APIs contain the environment, so do their slugs: one slug is one API in a region.
        let is_plain = self.r#type == EnvironmentType::Prod && self.api_name.is_none();
        own.or_else(|| {
            let slug = placement.service.slug.as_deref()?;
            Some(if is_plain { slug.to_owned() } else { format!("{slug}-{name}") })
        })
    }

    /// The name of a team's control plane in the environment `name`, if the configuration sets none.
    #[must_use]
    pub fn control_plane_name(team: &str, name: &str) -> String {
        format!("{team}-{name}")
    }
}

/// Stands for the name of a service in the pattern of `api-name`.
pub const SERVICE: &str = "{service}";
/// Stands for the name of the environment in the pattern of `api-name`.
pub const ENVIRONMENT: &str = "{environment}";

/// A service that takes part in an environment.
#[derive(Debug, Clone, Copy)]
pub struct Placement<'a> {
    /// The name of its team.
    pub team_name: &'a str,
    /// Its team.
    pub team: &'a Team,
    /// Its key in the team.
    pub key: &'a str,
    /// Its definition.
    pub service: &'a Service,
    /// What the environment says of it.
    pub part: Option<&'a EnvironmentService>,
    /// The branch that the environment is made from.
    pub branch: &'a str,
}

impl Placement<'_> {
    /// The description of its API.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        let own = self.part.and_then(|part| part.description.as_deref());
        own.or(self.service.description.as_deref()).filter(|text| !text.is_empty())
    }

    /// Who sees its API. `None` if that is left to the portal.
    #[must_use]
    pub fn visibility(&self) -> Option<Visibility> {
        self.part.and_then(|part| part.visibility).or(self.service.visibility)
    }

    /// The labels of its API, beside those that koctl sets.
    pub fn labels(&self) -> impl Iterator<Item = (&String, &String)> {
        // Of one key, the last one counts.
        self.service.labels.iter().chain(self.part.into_iter().flat_map(|part| &part.labels))
    }
}

/// A team that takes part in an environment: its name, its definition, and what the environment says of it.
pub type Member<'a> = (&'a str, &'a Team, Option<&'a EnvironmentTeam>);

/// Konnect's regions, from the servers of its regional API documents (`api-builder-v3`, `control-planes-v2`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    /// United States.
    Us,
    /// Europe.
    Eu,
    /// Australia.
    Au,
    /// Middle East.
    Me,
    /// India.
    In,
    /// Singapore.
    Sg,
}

impl Region {
    /// All regions.
    pub const ALL: [Self; 6] = [Self::Us, Self::Eu, Self::Au, Self::Me, Self::In, Self::Sg];

    /// The region as written in the manifest and in the host name of its API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
            Self::Au => "au",
            Self::Me => "me",
            Self::In => "in",
            Self::Sg => "sg",
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A team in an environment.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EnvironmentTeam {
    /// The name of the team's control plane, which several teams may share. Without it, `<team>-<environment>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_plane_name: Option<String>,
    /// The team's control plane, where it differs from the others of the environment. Teams that share a control plane
    /// must not contradict each other.
    #[serde(default, skip_serializing_if = "ControlPlane::is_empty")]
    pub control_plane: ControlPlane,
    /// The services in this environment, by their keys in the team. Without it, all services of the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<BTreeMap<String, EnvironmentService>>,
}

/// A service in an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EnvironmentService {
    /// The branch of the service's repository. Without it, the service's branch for the type of the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The name of the API. It may contain `{service}` and `{environment}`, as the `api-name` of an environment does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_name: Option<String>,
    /// The slug of the API, which is a part of its address in portals. Without it, that of the service, followed by the
    /// environment where the names of APIs are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// The description of the API. Without it, that of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who sees the API in the portal. Without it, what the service says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// How applications identify themselves to the API: the key of one of the `auth-strategies` of the portal, or `none`.
    /// Without it, what the service says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_strategy: Option<String>,
    /// Labels of the API, beside those of the service.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// The notifications that Konnect sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Notifications {
    /// Notify by email.
    #[serde(default = "enabled")]
    pub email: bool,
    /// Notify in Konnect's user interface.
    #[serde(default = "enabled")]
    pub in_app: bool,
}

impl Default for Notifications {
    fn default() -> Self {
        Self { email: true, in_app: true }
    }
}
