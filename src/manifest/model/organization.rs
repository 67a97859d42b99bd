//! The keys under `organizations`: organizations and their environments.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::authorization::Authorization;
use super::environment_type::EnvironmentType;
use super::team::{Service, Team};
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
    /// Refuse every plan that deletes a guarded resource of this organization.
    #[serde(default)]
    pub protect: bool,
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
    /// The developer portal of the environment.
    #[serde(default, skip_serializing_if = "EnvironmentPortal::is_empty")]
    pub portal: EnvironmentPortal,
    /// Refuse every plan that deletes the environment's control planes, portals or APIs.
    #[serde(default)]
    pub protect: bool,
}

impl Environment {
    /// An environment without optional keys.
    #[must_use]
    pub fn new(r#type: EnvironmentType, region: Region) -> Self {
        Self { r#type, region, teams: None, portal: EnvironmentPortal::default(), protect: false }
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

    /// The services that take part, in the order of teams and keys: the team, the key, and the service.
    pub fn services<'a>(&'a self, teams: &'a BTreeMap<String, Team>) -> Vec<(&'a str, &'a str, &'a Service)> {
        let of_team = |(name, team, part): Member<'a>| {
            let chosen = part.and_then(|part| part.services.as_ref());
            let takes_part = move |key: &str| chosen.is_none_or(|services| services.contains_key(key));
            let services = team.services.iter().filter(move |(key, _)| takes_part(key));
            services.map(move |(key, service)| (name, key.as_str(), service))
        };
        self.members(teams).into_iter().flat_map(of_team).collect()
    }

    /// The name of a team's control plane in the environment `name`, if the configuration sets none.
    #[must_use]
    pub fn control_plane(team: &str, name: &str) -> String {
        format!("{team}-{name}")
    }
}

/// A team that takes part in an environment: its name, its definition, and what the environment says of it.
pub type Member<'a> = (&'a str, &'a Team, Option<&'a EnvironmentTeam>);

/// The developer portal of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EnvironmentPortal {
    /// Pages in Markdown, by path: `guides/start` is a page below `guides`, which must be a page of the configuration, too.
    /// The title of a page is that of its front matter, its first heading, or the end of its path. An existing page of the path is imported and gets this content, also a
    /// default page of Konnect. A page is not deleted while pages that are not managed are below it; a changed path is
    /// another page. All other pages belong to the authors of the portal.
    #[serde(default)]
    pub pages: BTreeMap<String, String>,
}

impl EnvironmentPortal {
    /// True if it configures nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

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
    /// The services in this environment, by their keys in the team. Without it, all services of the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<BTreeMap<String, EnvironmentService>>,
}

/// A service in an environment.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EnvironmentService {
    /// The branch of the service's repository. Without it, the service's branch for the type of the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
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
