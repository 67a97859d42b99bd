//! Rules about organizations, their environments and sign-in.

use url::Url;

use super::Rules;
use super::names;
use crate::manifest::credentials;
use crate::manifest::diagnostic::counted;
use crate::manifest::model::{Authorization, Environment, EnvironmentTeam, IdpMappings, Oidc, Saml, Team};
use crate::manifest::path::KeyPath;
use crate::manifest::suggest::{nearest, one_of};

/// The valid lengths of a control plane's name (schema `CreateControlPlaneRequest` of `control-planes-v2`).
const CONTROL_PLANE_NAME: std::ops::RangeInclusive<usize> = 2..=256;

impl Rules<'_> {
    pub(super) fn organizations(&mut self) {
        let organizations = KeyPath::from(["organizations"]);
        if self.manifest.organizations.is_empty() {
            self.report(
                &organizations,
                "koctl::manifest::no_organization",
                "no organization is configured".to_owned(),
                "add one with `koctl add organization`, or write one under `organizations:` with its `access-token` and \
                 `environments`",
            );
        }
        for (name, organization) in &self.manifest.organizations {
            let path = organizations.key(name);
            self.report_name(&path, "an organization", name, names::path_part(name));
            for (name, environment) in &organization.environments {
                let path = path.key("environments").key(name);
                self.check_name(&path, "an environment", name);
                self.environment(&path, environment);
            }
            if let Some(authorization) = &organization.authorization {
                self.authorization(&path.key("authorization"), authorization);
            }
        }
    }

    fn environment(&mut self, path: &KeyPath, environment: &Environment) {
        self.environment_overrides(path, environment);
        self.pages(&path.key("portal").key("pages"), &environment.portal.pages);
        self.snippets(&path.key("portal").key("snippets"), &environment.portal.snippets);
        for (name, team) in environment.teams.iter().flatten() {
            let path = path.key("teams").key(name);
            self.control_plane_name(&path.key("control-plane-name"), team);
            self.team_overrides(&path, team);
            let defined = &self.manifest.teams;
            if let Some(definition) = defined.get(name) {
                self.environment_services(&path, name, team, definition);
            } else if let Some(now) = self.name_now(name) {
                self.report_renamed(&path, name, &now);
            } else {
                let message = format!("the team `{name}` is not defined");
                self.report_undefined(&path, &KeyPath::from(["teams"]), name, defined.keys(), message);
            }
        }
    }

    fn control_plane_name(&mut self, path: &KeyPath, team: &EnvironmentTeam) {
        let Some(name) = &team.control_plane_name else {
            return;
        };
        let length = name.chars().count();
        let reason = if name.chars().any(char::is_control) {
            "it contains a control character".to_owned()
        } else if CONTROL_PLANE_NAME.contains(&length) {
            return;
        } else {
            format!("it is {} long", counted(length, "character"))
        };
        self.report(
            path,
            "koctl::manifest::name",
            format!("`{name}` is not a valid name for a control plane: {reason}"),
            "write a name of 2 to 256 characters",
        );
    }

    fn environment_services(&mut self, path: &KeyPath, team_name: &str, team: &EnvironmentTeam, definition: &Team) {
        for (key, service) in team.services.iter().flatten() {
            let path = path.key("services").key(key);
            if !definition.services.contains_key(key) {
                let services = KeyPath::from(["teams", team_name, "services"]);
                let message = format!("the team `{team_name}` has no service `{key}`");
                self.report_undefined(&path, &services, key, definition.services.keys(), message);
            }
            if let Some(branch) = &service.branch {
                self.check_branch(&path.key("branch"), branch);
            }
        }
    }

    /// Reports a name that is not one of the names at `definitions`, unless the definitions themselves are wrong.
    pub(super) fn report_undefined<'k>(
        &mut self,
        path: &KeyPath,
        definitions: &KeyPath,
        name: &str,
        known: impl Iterator<Item = &'k String> + Clone,
        message: String,
    ) {
        if self.locations.is_wrong(definitions) {
            return;
        }
        let known = known.map(String::as_str);
        let help = match nearest(name, known.clone()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => match one_of(known.take(10)) {
                names if names.is_empty() => format!("define it under {definitions}"),
                names => format!("define it under {definitions}, or use one of its names, such as {names}"),
            },
        };
        self.report(path, "koctl::manifest::undefined", message, help);
    }

    /// Checks the sign-in at `path`, to an organization or to a portal.
    pub(super) fn authorization(&mut self, path: &KeyPath, authorization: &Authorization) {
        let enabled = |path: KeyPath| path.key("enabled");
        let oidc = authorization.oidc.as_ref();
        let saml = authorization.saml.as_ref();
        if oidc.is_some_and(|oidc| oidc.enabled) && saml.is_some_and(|saml| saml.enabled) {
            self.report_conflict(
                [
                    (&enabled(path.key("oidc")), "OIDC is enabled here"),
                    (&enabled(path.key("saml")), "SAML is enabled here"),
                ],
                "koctl::manifest::two_sign_ins",
                "OIDC and SAML are both enabled".to_owned(),
                "disable one of them: Konnect allows only one at a time",
            );
        }
        let is_off = |method: Option<bool>| method == Some(false);
        let single = [oidc.map(|oidc| oidc.enabled), saml.map(|saml| saml.enabled)];
        if is_off(authorization.built_in.as_ref().map(|built_in| built_in.enabled))
            && single.contains(&Some(false))
            && !single.contains(&Some(true))
        {
            self.report(
                &enabled(path.key("built-in")),
                "koctl::manifest::no_sign_in",
                "no user could sign in: every sign-in method is disabled".to_owned(),
                "enable `built-in`, or one of `oidc` and `saml`",
            );
        }
        if let Some(oidc) = oidc {
            self.oidc(&path.key("oidc"), oidc);
        }
        if let Some(saml) = saml {
            self.saml(&path.key("saml"), saml);
        }
        if let Some(idp) = authorization.team_mappings.as_ref().and_then(|mappings| mappings.idp.as_ref()) {
            let path = path.key("team-mappings").key("idp").key("mappings");
            if !(oidc.is_some_and(Oidc::is_whole) || saml.is_some_and(Saml::is_whole) || idp.mappings.is_empty()) {
                self.report(
                    &path,
                    "koctl::manifest::no_provider",
                    "groups are mapped to teams, but no identity provider is configured".to_owned(),
                    "add `oidc` with `issuer` and `client-id`, or `saml` with `idp-metadata-url`; or remove the mappings",
                );
            }
            self.idp_mappings(&path, idp);
        }
    }

    fn oidc(&mut self, path: &KeyPath, oidc: &Oidc) {
        if oidc.enabled {
            self.needed_for("OIDC", &path.key("issuer"), oidc.issuer.as_ref());
            self.needed_for("OIDC", &path.key("client-id"), oidc.client_id.as_ref());
            self.needed_for("OIDC", &path.key("client-secret"), oidc.client_secret.as_ref());
        }
        self.check_url(&path.key("issuer"), oidc.issuer.as_deref());
    }

    fn saml(&mut self, path: &KeyPath, saml: &Saml) {
        if saml.enabled {
            self.needed_for("SAML", &path.key("idp-metadata-url"), saml.idp_metadata_url.as_ref());
        }
        self.check_url(&path.key("idp-metadata-url"), saml.idp_metadata_url.as_deref());
    }

    fn needed_for<T>(&mut self, method: &str, path: &KeyPath, value: Option<&T>) {
        if value.is_none() {
            let key = path.last().unwrap_or_default();
            self.report(
                path,
                "koctl::manifest::missing_key",
                format!("{method} is enabled without `{key}`"),
                format!("add `{key}`, or set `enabled: false`"),
            );
        }
    }

    pub(super) fn check_url(&mut self, path: &KeyPath, value: Option<&str>) {
        let Some(value) = value else { return };
        if !is_web_address(value) {
            self.report(
                path,
                "koctl::manifest::url",
                format!("`{}` is not a valid web address", credentials::address(value)),
                "write a complete address that begins with `https://`",
            );
        }
    }

    fn idp_mappings(&mut self, path: &KeyPath, idp: &IdpMappings) {
        for (team, groups) in &idp.mappings {
            let path = path.key(team);
            if groups.is_empty() {
                self.report(
                    &path,
                    "koctl::manifest::empty_mapping",
                    format!("no group is mapped to the team `{team}`"),
                    "list groups of the identity provider, or remove the team",
                );
            }
            if groups.iter().any(String::is_empty) {
                self.report(
                    &path,
                    "koctl::manifest::empty_mapping",
                    format!("a group that is mapped to the team `{team}` has no name"),
                    "write the name of the group as in the identity provider",
                );
            }
            self.check_unique(&path, "group", groups, str::to_owned);
        }
    }
}

/// True if a text is a complete web address.
pub(crate) fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
