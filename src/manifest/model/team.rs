//! The keys under `teams`: teams and their services.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::{Author, GitAuth, GitHub};
use super::environment_type::EnvironmentType;
use super::visibility::Visibility;

/// A team of engineers and the services that it owns.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Team {
    /// The purpose of the team, in at most 250 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The email addresses of the team's members. koctl invites them to the organizations in which the team takes part in
    /// an environment, or has a mapping of groups. The members of a team without services that takes part in no
    /// environment at all are invited to every organization.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// The team's services by key. A key may contain slashes, for example `KongAirlines/flights`.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// Attributes that koctl sets on a new object and then leaves to others, like `portal.display_name`: the type of the
    /// resource, and the attribute. The list is about the team, its users, roles, control planes and APIs, in all
    /// environments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore_changes: Vec<String>,
    /// Refuse every plan that deletes or replaces the team, its control planes, or the APIs of its services.
    #[serde(default)]
    pub protect: bool,
}

/// A service: an application with an API.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Service {
    /// The name of the service. Its APIs have the same name.
    pub name: String,
    /// The name of the service for developers, which its APIs have instead of `name`. `api-name` of an environment decides
    /// what is added to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The slug of the service's APIs, which is a part of their address in portals. Where the names of APIs contain the
    /// environment, the slug ends with it, too. Without it, Konnect makes one of the first name and version, and keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// The purpose of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who sees the APIs of the service in portals. Without it, what the portal says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// How applications identify themselves to the APIs of the service: a key of `auth-strategies` in the portal of every
    /// environment with the service, or `none`. Without it, what the portal says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_strategy: Option<String>,
    /// Labels of the service's APIs, beside those that koctl sets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Tags of everything that decK makes of the service, so that `--select-tag` of decK finds it. They take the place of
    /// `x-kong-tags` in the OpenAPI document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub select_tags: Vec<String>,
    /// The repository that contains the service's OpenAPI document.
    pub git: ServiceGit,
    /// The path of the OpenAPI document in the repository.
    #[serde(default = "default_spec_path")]
    pub spec_path: String,
    /// A folder of the repository, for example `docs`. Its Markdown files (`.md`) are the documents of the service's APIs in
    /// portals, and its tree of files is their tree. Without it, koctl manages no documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// The branch for environments of type PROD.
    #[serde(default = "default_prod_branch")]
    pub prod_branch_name: String,
    /// The branch for environments of type DEV.
    #[serde(default = "default_dev_branch")]
    pub dev_branch_name: String,
    /// Attributes that koctl sets on a new object and then leaves to others, like `portal.display_name`: the type of the
    /// resource, and the attribute. The list is about the APIs of the service, their versions, documents, publications and
    /// links, in all environments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore_changes: Vec<String>,
    /// Refuse every plan that deletes or replaces the service's APIs.
    #[serde(default)]
    pub protect: bool,
}

impl Service {
    /// The default of `spec-path`.
    pub const SPEC_PATH: &str = "openapi.yaml";
    /// The default of `prod-branch-name`.
    pub const PROD_BRANCH: &str = "main";
    /// The default of `dev-branch-name`.
    pub const DEV_BRANCH: &str = "dev";
    /// The files that are staged in the folder of a service: its specification, and the patch for decK.
    pub const STAGED_FILES: [&str; 2] = ["openapi.yaml", "ko-patch.yaml"];
    /// The file with plugins for decK that people may put in the folder of a service.
    pub const PLUGINS_FILE: &str = "plugins.yaml";

    /// The branch for environments of this type, unless the environment names another.
    pub fn branch(&self, environment: EnvironmentType) -> &str {
        match environment {
            EnvironmentType::Dev => &self.dev_branch_name,
            EnvironmentType::Prod => &self.prod_branch_name,
        }
    }

    /// The path of the OpenAPI document as git writes it: without `.` and `..`.
    pub fn spec_file(&self) -> String {
        as_git_writes(&self.spec_path)
    }

    /// The path of the folder with the documents as git writes it, if the service has one.
    pub fn docs_folder(&self) -> Option<String> {
        self.docs.as_deref().map(as_git_writes)
    }
}

fn as_git_writes(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    segments.join("/")
}

fn default_spec_path() -> String {
    Service::SPEC_PATH.to_owned()
}

fn default_prod_branch() -> String {
    Service::PROD_BRANCH.to_owned()
}

fn default_dev_branch() -> String {
    Service::DEV_BRANCH.to_owned()
}

/// A service's repository, and how koctl reads it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceGit {
    /// The address of the repository.
    pub remote: String,
    /// Access to the repository. Without it, koctl uses the platform's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<GitAuth>,
    /// Access to GitHub's API. Without it, koctl uses the platform's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github: Option<GitHub>,
    /// Accepted wherever a repository is described. It has no effect here, because koctl commits nothing to this
    /// repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
}
