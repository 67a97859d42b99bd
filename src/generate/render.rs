//! The manifest as a person would write it: keys in the order of the documentation, nothing that is a default, and a
//! comment at each guess. The same configuration always gives the same bytes.

use std::collections::BTreeMap;

use super::configuration::Configuration;
use crate::manifest::model::{
    AuthStrategy, AuthType, Authorization, ClusterType, ControlPlane, Customization, Environment, EnvironmentPortal,
    EnvironmentTeam, Manifest, Notifications, Oidc, Organization, PortalTeam, PortalTeamRole, Saml, Service, Team,
    TeamMappings, Visibility,
};
use crate::manifest::quote;
use crate::manifest::secret::Secret;

/// The file with the teams, `konnect/teams.yaml`.
#[must_use]
pub fn teams(configuration: &Configuration) -> String {
    let Manifest { teams, organizations, .. } = &configuration.manifest;
    let names: Vec<&str> = organizations.keys().map(String::as_str).collect();
    let mut page = Page::new(&configuration.guesses);
    page.comment(&format!(
        "The teams of {}, and the services that each of them owns, as `koctl import --generate` found them.",
        names.join(", ")
    ));
    page.comment("Konnect does not know where specifications come from: check the repositories that are guessed.");
    page.map("teams", teams, Page::team);
    page.text
}

/// The file with the organizations, `konnect/organizations.yaml`.
#[must_use]
pub fn organizations(configuration: &Configuration) -> String {
    let mut page = Page::new(&configuration.guesses);
    page.comment("The Konnect organizations, and the environments in each of them.");
    page.map("organizations", &configuration.manifest.organizations, Page::organization);
    page.text
}

/// A file that is being written.
struct Page<'a> {
    text: String,
    /// The keys above the next one.
    path: Vec<String>,
    guesses: &'a BTreeMap<Vec<String>, String>,
}

impl<'a> Page<'a> {
    fn new(guesses: &'a BTreeMap<Vec<String>, String>) -> Self {
        Self { text: String::new(), path: Vec::new(), guesses }
    }

    fn comment(&mut self, text: &str) {
        self.line(&format!("# {text}"));
    }

    fn line(&mut self, line: &str) {
        let indent = self.path.len() * 2;
        self.text.push_str(&format!("{:indent$}{line}\n", ""));
    }

    /// A key with what is below it.
    fn below(&mut self, key: &str, body: impl FnOnce(&mut Self)) {
        self.line(&format!("{}:", quote::in_block(key)));
        self.path.push(key.to_owned());
        body(self);
        self.path.pop();
    }

    /// A key with a value that is written already.
    fn value(&mut self, key: &str, written: &str) {
        let guess = self.guesses.get(&[self.path.as_slice(), &[key.to_owned()]].concat());
        let comment = guess.map(|guess| format!(" # {guess}")).unwrap_or_default();
        self.line(&format!("{}: {written}{comment}", quote::in_block(key)));
    }

    fn text(&mut self, key: &str, text: &str) {
        self.value(key, &quote::in_block(text));
    }

    fn some_text(&mut self, key: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    /// A text of several lines, as a block where YAML reads that as the same text.
    fn some_lines(&mut self, key: &str, text: Option<&String>) {
        match text.and_then(|text| quote::lines(text, (self.path.len() + 1) * 2)) {
            Some(lines) => self.value(key, &lines),
            None => self.some_text(key, text),
        }
    }

    fn flag(&mut self, key: &str, on: bool) {
        self.value(key, if on { "true" } else { "false" });
    }

    fn some_word(&mut self, key: &str, word: Option<&str>) {
        if let Some(word) = word {
            self.text(key, word);
        }
    }

    fn some_flag(&mut self, key: &str, on: Option<bool>) {
        if let Some(on) = on {
            self.flag(key, on);
        }
    }

    /// A list. Nothing if it is empty.
    fn list(&mut self, key: &str, items: &[String]) {
        if !items.is_empty() {
            self.below(key, |page| items.iter().for_each(|item| page.line(&format!("- {}", quote::in_block(item)))));
        }
    }

    /// A list, which may be empty. Nothing if there is none.
    fn some_list(&mut self, key: &str, items: Option<&Vec<String>>) {
        match items.map(Vec::as_slice) {
            Some([]) => self.value(key, "[]"),
            Some(items) => self.list(key, items),
            None => {}
        }
    }

    /// A map, with `body` for what is below each key.
    fn map<T>(&mut self, key: &str, entries: &BTreeMap<String, T>, body: fn(&mut Self, &T)) {
        self.entries(key, entries.iter().collect(), body);
    }

    fn entries<T>(&mut self, key: &str, entries: Vec<(&String, &T)>, body: fn(&mut Self, &T)) {
        if entries.is_empty() {
            return self.value(key, "{}");
        }
        self.below(key, |page| {
            entries.into_iter().for_each(|(name, entry)| page.entry(name, |page| body(page, entry)))
        });
    }

    /// A key with the lines below it. An empty map if there are none.
    fn entry(&mut self, key: &str, body: impl FnOnce(&mut Self)) {
        let start = self.text.len();
        self.below(key, body);
        if self.text[start..].lines().count() == 1 {
            self.text.truncate(start);
            self.value(key, "{}");
        }
    }

    /// Labels. Nothing if there are none.
    fn labels(&mut self, labels: &BTreeMap<String, String>) {
        if !labels.is_empty() {
            self.below("labels", |page| labels.iter().for_each(|(key, value)| page.text(key, value)));
        }
    }

    fn team(&mut self, team: &Team) {
        self.some_text("description", team.description.as_ref());
        self.list("users", &team.users);
        if !team.services.is_empty() {
            self.map("services", &team.services, Self::service);
        }
    }

    fn service(&mut self, service: &Service) {
        self.text("name", &service.name);
        self.some_text("display-name", service.display_name.as_ref());
        self.some_text("slug", service.slug.as_ref());
        self.some_text("description", service.description.as_ref());
        self.labels(&service.labels);
        self.below("git", |page| page.text("remote", &service.git.remote));
    }

    fn organization(&mut self, organization: &Organization) {
        self.secret("access-token", &organization.access_token);
        // Production comes last: changes reach it last.
        let mut environments: Vec<_> = organization.environments.iter().collect();
        environments.sort_by_key(|(_, environment)| environment.r#type);
        self.entries("environments", environments, Self::environment);
        if let Some(authorization) = &organization.authorization {
            self.below("authorization", |page| page.authorization(authorization));
        }
        let Notifications { email, in_app } = organization.notifications;
        if organization.notifications != Notifications::default() {
            self.below("notifications", |page| {
                page.flag("email", email);
                page.flag("in-app", in_app);
            });
        }
        if !organization.enable_custom_reports {
            self.flag("enable-custom-reports", false);
        }
    }

    fn secret(&mut self, key: &str, secret: &Secret) {
        // A generated configuration only names variables. Other secrets must not be written here.
        if let Secret::Env(variable) = secret {
            self.below(key, |page| {
                page.text("type", "env");
                page.text("value", variable);
            });
        }
    }

    fn environment(&mut self, environment: &Environment) {
        self.text("type", environment.r#type.as_str());
        self.text("region", environment.region.as_str());
        self.control_plane(&environment.control_plane);
        if !environment.portal.is_empty() {
            self.below("portal", |page| page.portal(&environment.portal));
        }
        if let Some(teams) = &environment.teams {
            self.map("teams", teams, Self::environment_team);
        }
    }

    fn control_plane(&mut self, settings: &ControlPlane) {
        if settings.is_empty() {
            return;
        }
        self.below("control-plane", |page| {
            page.some_word("cluster-type", settings.cluster_type.map(ClusterType::as_str));
            page.some_text("description", settings.description.as_ref());
            page.some_word("auth-type", settings.auth_type.map(AuthType::as_str));
            page.some_list("proxy-urls", settings.proxy_urls.as_ref());
            page.labels(&settings.labels);
        });
    }

    fn portal(&mut self, portal: &EnvironmentPortal) {
        self.some_text("name", portal.name.as_ref());
        self.some_text("display-name", portal.display_name.as_ref());
        self.some_text("description", portal.description.as_ref());
        self.some_flag("authentication", portal.authentication);
        if let Some(domain) = &portal.custom_domain {
            self.below("custom-domain", |page| {
                page.text("hostname", &domain.hostname);
                page.some_flag("enabled", domain.enabled);
            });
        }
        if !portal.customization.is_empty() {
            self.below("customization", |page| page.customization(&portal.customization));
        }
        if let Some(authorization) = &portal.authorization {
            self.below("authorization", |page| page.authorization(&authorization.of_organization()));
        }
        self.some_flag("rbac", portal.rbac);
        self.some_flag("ip-allow-list", portal.ip_allow_list);
        self.some_word("default-api-visibility", portal.default_api_visibility.map(Visibility::as_str));
        self.some_word("default-page-visibility", portal.default_page_visibility.map(Visibility::as_str));
        self.some_flag("auto-approve-developers", portal.auto_approve_developers);
        self.some_flag("auto-approve-applications", portal.auto_approve_applications);
        self.some_flag("developers-in-notifications", portal.developers_in_notifications);
        self.labels(&portal.labels);
        if !portal.auth_strategies.is_empty() {
            self.map("auth-strategies", &portal.auth_strategies, Self::auth_strategy);
        }
        self.some_text("default-application-auth-strategy", portal.default_application_auth_strategy.as_ref());
        if !portal.teams.is_empty() {
            self.map("teams", &portal.teams, Self::portal_team);
        }
    }

    /// What of the look is recognised.
    fn customization(&mut self, look: &Customization) {
        self.some_lines("css", look.css.as_ref());
        let renderer = &look.spec_renderer;
        let switches = [
            ("try-it-ui", renderer.try_it_ui),
            ("try-it-insomnia", renderer.try_it_insomnia),
            ("infinite-scroll", renderer.infinite_scroll),
            ("show-schemas", renderer.show_schemas),
            ("hide-internal", renderer.hide_internal),
            ("hide-deprecated", renderer.hide_deprecated),
            ("allow-custom-server-urls", renderer.allow_custom_server_urls),
        ];
        if switches.iter().any(|(_, on)| on.is_some()) {
            self.below("spec-renderer", |page| switches.iter().for_each(|(key, on)| page.some_flag(key, *on)));
        }
        self.some_lines("robots", look.robots.as_ref());
    }

    fn auth_strategy(&mut self, strategy: &AuthStrategy) {
        self.text("strategy-type", strategy.strategy_type.as_str());
        self.some_text("name", strategy.name.as_ref());
        self.some_text("display-name", strategy.display_name.as_ref());
        self.some_list("key-names", strategy.key_names.as_ref());
        self.some_text("ttl", strategy.ttl.as_ref());
        self.some_text("issuer", strategy.issuer.as_ref());
        self.some_list("credential-claim", strategy.credential_claim.as_ref());
        self.some_list("scopes", strategy.scopes.as_ref());
        self.some_list("auth-methods", strategy.auth_methods.as_ref());
        self.labels(&strategy.labels);
    }

    fn portal_team(&mut self, team: &PortalTeam) {
        self.some_text("description", team.description.as_ref());
        self.some_flag("can-own-applications", team.can_own_applications);
        if !team.roles.is_empty() {
            self.below("roles", |page| team.roles.iter().for_each(|role| page.portal_role(role)));
        }
    }

    fn portal_role(&mut self, role: &PortalTeamRole) {
        self.line(&format!("- role: {}", quote::in_block(role.role.as_str())));
        if let Some(services) = &role.services {
            self.line("  services:");
            services.iter().for_each(|service| self.line(&format!("    - {}", quote::in_block(service))));
        }
    }

    fn environment_team(&mut self, team: &EnvironmentTeam) {
        self.some_text("control-plane-name", team.control_plane_name.as_ref());
        self.control_plane(&team.control_plane);
        if let Some(services) = &team.services {
            self.map("services", services, |page, service| {
                page.some_text("branch", service.branch.as_ref());
                page.some_text("api-name", service.api_name.as_ref());
                page.some_text("slug", service.slug.as_ref());
                page.some_text("description", service.description.as_ref());
                page.some_word("visibility", service.visibility.map(Visibility::as_str));
                page.some_text("auth-strategy", service.auth_strategy.as_ref());
                page.labels(&service.labels);
            });
        }
    }

    fn authorization(&mut self, authorization: &Authorization) {
        let enabled = |on: bool| move |page: &mut Self| page.flag("enabled", on);
        if let Some(built_in) = &authorization.built_in {
            self.below("built-in", enabled(built_in.enabled));
        }
        if let Some(oidc) = &authorization.oidc {
            self.below("oidc", |page| page.oidc(oidc));
        }
        if let Some(saml) = &authorization.saml {
            self.below("saml", |page| page.saml(saml));
        }
        if let Some(mappings) = &authorization.team_mappings {
            self.below("team-mappings", |page| page.team_mappings(mappings));
        }
    }

    fn oidc(&mut self, oidc: &Oidc) {
        self.flag("enabled", oidc.enabled);
        self.some_text("login-path", oidc.login_path.as_ref());
        self.some_text("issuer", oidc.issuer.as_ref());
        self.some_text("client-id", oidc.client_id.as_ref());
        if let Some(secret) = &oidc.client_secret {
            self.secret("client-secret", secret);
        }
        if let Some(claims) = &oidc.claim_mappings {
            self.below("claim-mappings", |page| {
                page.some_text("name", claims.name.as_ref());
                page.some_text("email", claims.email.as_ref());
                page.some_text("groups", claims.groups.as_ref());
            });
        }
        if let Some(scopes) = &oidc.scopes {
            self.list("scopes", scopes);
        }
    }

    fn saml(&mut self, saml: &Saml) {
        self.flag("enabled", saml.enabled);
        self.some_text("login-path", saml.login_path.as_ref());
        self.some_text("idp-metadata-url", saml.idp_metadata_url.as_ref());
    }

    fn team_mappings(&mut self, mappings: &TeamMappings) {
        if let Some(built_in) = &mappings.built_in {
            self.below("built-in", |page| page.flag("enabled", built_in.enabled));
        }
        let Some(idp) = &mappings.idp else { return };
        self.below("idp", |page| {
            page.flag("enabled", idp.enabled);
            if !idp.mappings.is_empty() {
                page.below("mappings", |page| {
                    idp.mappings.iter().for_each(|(team, groups)| page.list(team, groups));
                });
            }
        });
    }
}
