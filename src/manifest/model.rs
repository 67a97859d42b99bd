//! The manifest's types: what a user may write, key by key. The JSON Schema for editors and the checks of
//! unknown keys and wrong types are both made from these types, and their comments are the schema's descriptions.
//!
//! They hold what is written, with defaults filled in; what follows from it is for the compiler.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::path::KeyPath;
use super::secret::Secret;

/// The whole configuration of koctl: the platform repository, the teams and their services, and the Konnect
/// organizations they are brought to.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// The platform repository, and where koctl keeps its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The teams by name, with the services they own.
    #[serde(default)]
    pub teams: BTreeMap<String, Team>,
    /// The Konnect organizations by name.
    #[serde(default)]
    pub organizations: BTreeMap<String, Organization>,
}

impl Manifest {
    /// Every secret that the manifest names, and the path it is named at, always in the same order.
    pub fn secrets(&self) -> Vec<(KeyPath, &Secret)> {
        let mut found = Vec::new();
        if let Some(git) = self.platform.as_ref().and_then(|platform| platform.git.as_ref()) {
            git_secrets(&KeyPath::from(["platform", "git"]), git.github.as_ref(), git.auth.as_ref(), &mut found);
        }
        let state = self.platform.as_ref().and_then(|platform| platform.state.as_ref());
        if let Some(encryption) = state.and_then(|state| state.encryption.as_ref()) {
            encryption_secrets(encryption, &mut found);
        }
        for (name, team) in &self.teams {
            for (key, service) in &team.services {
                let path = KeyPath::from(["teams", name, "services", key, "git"]);
                git_secrets(&path, service.git.github.as_ref(), service.git.auth.as_ref(), &mut found);
            }
        }
        for (name, organization) in &self.organizations {
            let path = KeyPath::from(["organizations", name]);
            found.push((path.key("access-token"), &organization.access_token));
            let oidc = organization.authorization.as_ref().and_then(|authorization| authorization.oidc.as_ref());
            let secret = oidc.and_then(|oidc| oidc.client_secret.as_ref());
            found.extend(secret.map(|secret| (path.key("authorization").key("oidc").key("client-secret"), secret)));
        }
        found
    }
}

fn git_secrets<'m>(
    path: &KeyPath,
    github: Option<&'m GitHub>,
    auth: Option<&'m GitAuth>,
    found: &mut Vec<(KeyPath, &'m Secret)>,
) {
    found.extend(github.map(|github| (path.key("github").key("token"), &github.token)));
    let Some(auth) = auth else { return };
    let path = path.key("auth");
    found.extend(auth.ssh.as_ref().map(|ssh| (path.key("ssh").key("key"), &ssh.key)));
    found.extend(auth.token.as_ref().map(|token| (path.key("token"), token)));
}

fn encryption_secrets<'m>(encryption: &'m Encryption, found: &mut Vec<(KeyPath, &'m Secret)>) {
    let path = KeyPath::from(["platform", "state", "encryption"]);
    found.extend(encryption.passphrase.as_ref().map(|secret| (path.key("passphrase"), secret)));
    for (key, secrets) in [("old-passphrases", &encryption.old_passphrases), ("identities", &encryption.identities)] {
        found.extend(secrets.iter().enumerate().map(|(index, secret)| (path.key(key).index(index), secret)));
    }
}

/// The platform team's own settings.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Platform {
    /// The platform repository, where specifications are staged through pull requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<PlatformGit>,
    /// Where koctl keeps its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
}

/// The platform repository, and how koctl reaches it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlatformGit {
    /// The repository's address; without it, the variable `GITHUB_REPO_URL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// The author of koctl's commits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// Access to GitHub's API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github: Option<GitHub>,
    /// Access to the repository, and to the services' repositories that name none of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<GitAuth>,
}

/// A commit's author.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Author {
    /// The author's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The author's email address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// Access to GitHub's API.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GitHub {
    /// A token for GitHub's API; the variable `GITHUB_TOKEN`, where set, wins over it.
    pub token: Secret,
}

/// Access to a git repository.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GitAuth {
    /// The kind of access.
    pub r#type: GitAuthType,
    /// The SSH key, for the type `ssh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh: Option<Ssh>,
    /// The token, for the type `token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
}

/// Kinds of access to a git repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GitAuthType {
    /// By SSH, with a private key.
    Ssh,
    /// By HTTPS, with a token.
    Token,
}

/// Access by SSH.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Ssh {
    /// The private key.
    pub key: Secret,
}

/// Where koctl keeps its state.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct State {
    /// The store's address, `file:.koctl/state` or `github://owner/repository/branch` for example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What states are encrypted with; without it, they are stored in the clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
}

/// What states are encrypted with, in the format of age, and what opens them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Encryption {
    /// A passphrase; the variable `KOCTL_STATE_PASSPHRASE`, where set, wins over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrase: Option<Secret>,
    /// Passphrases from before: they open states that are not encrypted anew yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub old_passphrases: Vec<Secret>,
    /// Public keys as `age-keygen` prints them, `age1…`: whoever has the identity of one can open the states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
    /// Identities as `age-keygen` writes them: they open states that are encrypted to their public keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<Secret>,
}

/// A team of engineers and the services it owns.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Team {
    /// What the team is for, in at most 250 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The email addresses of the team's members, who are invited to Konnect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// The team's services. A key may hold slashes, `KongAirlines/flights` for example.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// Refuse every plan that would delete the team.
    #[serde(default)]
    pub protect: bool,
}

/// A service: an application with an API.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Service {
    /// The service's name, after which its APIs are named.
    pub name: String,
    /// What the service does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The repository that holds the service's OpenAPI document.
    pub git: ServiceGit,
    /// The path of the OpenAPI document in the repository.
    #[serde(default = "default_spec_path")]
    pub spec_path: String,
    /// The branch that environments of type PROD are made from.
    #[serde(default = "default_prod_branch")]
    pub prod_branch_name: String,
    /// The branch that environments of type DEV are made from.
    #[serde(default = "default_dev_branch")]
    pub dev_branch_name: String,
    /// Refuse every plan that would delete the service's APIs.
    #[serde(default)]
    pub protect: bool,
}

impl Service {
    /// The branch that an environment of this type is made from, unless the environment names another.
    pub fn branch(&self, environment: EnvironmentType) -> &str {
        match environment {
            EnvironmentType::Dev => &self.dev_branch_name,
            EnvironmentType::Prod => &self.prod_branch_name,
        }
    }

    /// The path of the OpenAPI document as git writes it: without `.` and `..`.
    pub fn spec_file(&self) -> String {
        let mut segments: Vec<&str> = Vec::new();
        for segment in self.spec_path.split('/') {
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
}

fn default_spec_path() -> String {
    "openapi.yaml".to_owned()
}

fn default_prod_branch() -> String {
    "main".to_owned()
}

fn default_dev_branch() -> String {
    "dev".to_owned()
}

/// A service's repository, and how koctl reads it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceGit {
    /// The repository's address.
    pub remote: String,
    /// Access to the repository; without it, the platform's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<GitAuth>,
    /// Access to GitHub's API; without it, the platform's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github: Option<GitHub>,
    /// Accepted as everywhere a repository is described, and without effect: koctl commits nothing here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
}

/// A Konnect organization.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Organization {
    /// A token of the organization, which says which organization it is; it needs the role Organization Admin.
    pub access_token: Secret,
    /// The organization's environments by name.
    #[serde(default)]
    pub environments: BTreeMap<String, Environment>,
    /// How people sign in; without it, koctl leaves that alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    /// Which of Konnect's notifications are wanted.
    #[serde(default)]
    pub notifications: Notifications,
    /// Whether to make the dashboards of API usage in every region.
    #[serde(default = "enabled")]
    pub enable_custom_reports: bool,
    /// Refuse every plan that would delete anything that holds other people's work in this organization.
    #[serde(default)]
    pub protect: bool,
}

fn enabled() -> bool {
    true
}

/// An environment: Konnect has none of its own, koctl makes them of names and labels.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Environment {
    /// What the environment is for, which decides on gateways, roles and visibility.
    pub r#type: EnvironmentType,
    /// The Konnect region that the environment is in.
    pub region: Region,
    /// The teams that take part, by name; without it, every team with every service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teams: Option<BTreeMap<String, EnvironmentTeam>>,
    /// Refuse every plan that would delete the environment's gateways, portals or APIs.
    #[serde(default)]
    pub protect: bool,
}

impl Environment {
    /// An environment without optional keys.
    #[must_use]
    pub fn new(r#type: EnvironmentType, region: Region) -> Self {
        Self { r#type, region, teams: None, protect: false }
    }
}

/// What an environment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum EnvironmentType {
    /// For development: serverless gateways, a private portal.
    Dev,
    /// For production: hybrid gateways, a public portal.
    Prod,
}

impl EnvironmentType {
    /// As the manifest and the label `env-type` write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dev => "DEV",
            Self::Prod => "PROD",
        }
    }
}

impl fmt::Display for EnvironmentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Us, Self::Eu, Self::Au, Self::Me, Self::In, Self::Sg];

    /// As the manifest and the host name of the region's API write it.
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

/// A team's part in an environment.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EnvironmentTeam {
    /// The name of the team's control plane, which teams may share; without it, `<team>-<environment>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_plane_name: Option<String>,
    /// The services that take part, by the keys they have in the team; without it, all of the team's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<BTreeMap<String, EnvironmentService>>,
}

/// A service's part in an environment.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EnvironmentService {
    /// The branch of the service's repository; without it, the one that the environment's type implies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

/// How people sign in to an organization, and how they get into its teams.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Authorization {
    /// Konnect's own sign-in by email and password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_in: Option<BuiltIn>,
    /// Single sign-on by OpenID Connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<Oidc>,
    /// Single sign-on by SAML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saml: Option<Saml>,
    /// How people get into teams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_mappings: Option<TeamMappings>,
}

/// Something that Konnect does by itself.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BuiltIn {
    /// Whether it is on.
    pub enabled: bool,
}

/// Single sign-on by OpenID Connect.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Oidc {
    /// Whether people sign in this way. Of OIDC and SAML, one at most.
    #[serde(default)]
    pub enabled: bool,
    /// The last part of the address where people sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_path: Option<String>,
    /// The issuer's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Konnect's client id at the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Konnect's client secret at the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// Which claims hold what Konnect needs to know of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_mappings: Option<ClaimMappings>,
    /// The scopes that Konnect asks for; without it, Konnect's own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}

impl Oidc {
    /// Whether it says enough for an identity provider, in use or not (schema `OIDCIdentityProviderConfig` of
    /// `identity-v3`).
    pub fn is_whole(&self) -> bool {
        self.issuer.is_some() && self.client_id.is_some()
    }
}

/// Names of OpenID Connect claims; a name that is left out is Konnect's own choice.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClaimMappings {
    /// The claim that holds the person's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The claim that holds the person's email address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The claim that holds the person's groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<String>,
}

/// Single sign-on by SAML.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Saml {
    /// Whether people sign in this way. Of OIDC and SAML, one at most.
    #[serde(default)]
    pub enabled: bool,
    /// The last part of the address where people sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_path: Option<String>,
    /// The address of the identity provider's metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp_metadata_url: Option<String>,
}

impl Saml {
    /// Whether it says enough for an identity provider, in use or not.
    pub fn is_whole(&self) -> bool {
        self.idp_metadata_url.is_some()
    }
}

/// How people get into teams.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TeamMappings {
    /// By an administrator, in Konnect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_in: Option<BuiltIn>,
    /// By the groups that the identity provider tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp: Option<IdpMappings>,
}

/// Teams by the groups of the identity provider.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IdpMappings {
    /// Whether the mappings are in force.
    #[serde(default)]
    pub enabled: bool,
    /// The groups of each team. A key is the team's name in Konnect, a predefined team's title-cased
    /// (`Organization Admin`); its value lists names of groups, in which upper and lower case differ.
    #[serde(default)]
    pub mappings: BTreeMap<String, Vec<String>>,
}

/// Which of Konnect's notifications are wanted, all of them unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Notifications {
    /// By email.
    #[serde(default = "enabled")]
    pub email: bool,
    /// In Konnect's own interface.
    #[serde(default = "enabled")]
    pub in_app: bool,
}

impl Default for Notifications {
    fn default() -> Self {
        Self { email: true, in_app: true }
    }
}

/// The JSON Schema of the manifest (draft 2020-12), for editors.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Manifest).to_value()
}
