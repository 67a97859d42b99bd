//! The manifest's types: every key that a user may write. The JSON Schema for editors, the reference of all keys in
//! docs/configuration.md, and the checks of unknown keys and wrong types are made from these types. Their comments are
//! the descriptions in the schema and in the reference.
//!
//! The types contain the written values, with defaults filled in. The compiler derives everything else.

mod access;
mod auth_strategy;
mod authorization;
mod control_plane;
mod custom_domain;
mod customization;
mod environment_type;
mod moved;
mod organization;
mod platform;
mod portal;
mod portal_authorization;
mod portal_team;
mod proxy_url;
mod team;
mod visibility;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::path::KeyPath;
use super::secret::Secret;

pub use access::{Author, GitAuth, GitAuthType, GitHub, Ssh};
pub use auth_strategy::{AuthStrategy, NO_STRATEGY, StrategyType, Ttl};
pub use authorization::{Authorization, BuiltIn, ClaimMappings, IdpMappings, Oidc, Saml, TeamMappings};
pub use control_plane::{AuthType, ClusterType, ControlPlane};
pub use custom_domain::CustomDomain;
pub use customization::{Customization, Menu, MenuItem, MenuSection, SpecRenderer, Theme, ThemeMode};
pub use environment_type::EnvironmentType;
pub use moved::{Moved, MovedType};
pub use organization::{
    ENVIRONMENT, Environment, EnvironmentService, EnvironmentTeam, Member, Notifications, Organization, Placement,
    Region, SERVICE,
};
pub(super) use platform::PLATFORM_SCOPE;
pub use platform::{Encryption, Platform, PlatformGit, Portal, State};
pub use portal::EnvironmentPortal;
pub use portal_authorization::{PortalAuthorization, PortalIdpMappings, PortalOidc, PortalSaml, PortalTeamMappings};
pub use portal_team::{PortalRole, PortalTeam, PortalTeamRole};
pub use proxy_url::ProxyUrl;
pub use team::{Service, ServiceGit, Team};
pub use visibility::Visibility;

/// The whole configuration of koctl: the platform repository, the teams and their services, and the Konnect
/// organizations.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// The platform repository, and where koctl stores its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The teams by name, with the services that they own.
    #[serde(default)]
    pub teams: BTreeMap<String, Team>,
    /// The Konnect organizations by name.
    #[serde(default)]
    pub organizations: BTreeMap<String, Organization>,
    /// What was renamed, so that it keeps its objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Moved>,
}

impl Manifest {
    /// The SHA-256 of the manifest's meaning, as 64 hexadecimal digits. Formatting, comments, the order of keys, the
    /// division into files and explicit defaults do not change it. A literal secret is part of it as a hash of its own.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        let canonical = serde_json::to_vec(self)
            .expect("a manifest is made of strings, flags and maps with string keys, all of which JSON can hold");
        digest.update(Sha256::digest(canonical));
        for (_, secret) in self.secrets() {
            if let Secret::Literal(value) = secret {
                digest.update(Sha256::digest(value.expose_secret().as_bytes()));
            }
        }
        hex::encode(digest.finalize())
    }

    /// What concerns one organization: itself, all teams, and the platform.
    #[must_use]
    pub fn of_organization(&self, name: &str) -> Self {
        let organizations = self.organizations.get_key_value(name);
        Self {
            platform: self.platform.clone(),
            teams: self.teams.clone(),
            organizations: organizations.map(|(name, one)| (name.clone(), one.clone())).into_iter().collect(),
            moved: self.moved.iter().filter(|moved| moved.concerns(name)).cloned().collect(),
        }
    }

    /// What concerns the platform repository.
    #[must_use]
    pub fn of_platform(&self) -> Self {
        let is_meant = |moved: &&Moved| moved.r#type == MovedType::Resource && moved.concerns(PLATFORM_SCOPE);
        let moved = self.moved.iter().filter(is_meant).cloned().collect();
        Self { platform: self.platform.clone(), moved, ..Self::default() }
    }

    /// All secrets of the manifest with their paths, always in the same order.
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
            found.extend(organization.resource_secrets(name));
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

/// The JSON Schema of the manifest (draft 2020-12), for editors.
pub fn json_schema() -> Value {
    let mut schema = types_schema();
    accept_scalars(&mut schema);
    schema
}

/// The JSON Schema of the manifest's types.
pub(super) fn types_schema() -> Value {
    schemars::schema_for!(Manifest).to_value()
}

/// Accepts numbers and flags as texts, as the manifest does: `name: 1.10` is the name "1.10".
fn accept_scalars(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            let is_text = |kind: &Value| kind == "string" || kind[0] == "string";
            let lists_values = keywords.contains_key("enum") || keywords.contains_key("const");
            if let Some(kind) = keywords.get_mut("type").filter(|kind| is_text(kind) && !lists_values) {
                let mut kinds = if kind.is_array() { kind.take() } else { json!(["string"]) };
                kinds.as_array_mut().into_iter().for_each(|kinds| kinds.extend([json!("number"), json!("boolean")]));
                *kind = kinds;
            }
            keywords.values_mut().for_each(accept_scalars);
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(accept_scalars),
        _ => {}
    }
}
