//! Rules about teams and their services.

use std::collections::BTreeMap;

use super::Rules;
use super::names;
use crate::manifest::model::{Service, Team};
use crate::manifest::path::KeyPath;

/// The longest description of a team that Konnect accepts (schema `Team` of the identity API, `identity-v3`).
const DESCRIPTION_LENGTH: usize = 250;

/// What to do about a pattern in the place of a path.
const NO_PATTERN: &str = "write a service for each file, with its own key and `name` and the same `git.remote`: `koctl add \
                          service TEAM KEY --repository URL --spec-path PATH`";

impl Rules<'_> {
    pub(super) fn teams(&mut self) {
        let teams = KeyPath::from(["teams"]);
        let mut services_by_name = BTreeMap::new();
        for (name, team) in &self.manifest.teams {
            let path = teams.key(name);
            self.team(&path, name, team);
            for (key, service) in &team.services {
                let path = path.key("services").key(key);
                self.service(&path, key, service);
                self.service_name_is_free(&path, service, &mut services_by_name);
            }
        }
    }

    fn team(&mut self, path: &KeyPath, name: &str, team: &Team) {
        self.check_name(path, "a team", name);
        let length = team.description.as_ref().map_or(0, |description| description.chars().count());
        if length > DESCRIPTION_LENGTH {
            self.report(
                &path.key("description"),
                "koctl::manifest::too_long",
                format!("the description of the team `{name}` is too long: it has {length} characters"),
                format!("shorten it to {DESCRIPTION_LENGTH} characters, the limit of Konnect"),
            );
        }
        let users = path.key("users");
        for (position, email) in team.users.iter().enumerate() {
            if !is_email(email) {
                self.report(
                    &users.index(position),
                    "koctl::manifest::email",
                    format!("`{email}` is not a valid email address"),
                    "write an address like `name@example.com`: users are invited by email",
                );
            }
        }
        self.check_unique(&users, "user", &team.users, str::to_lowercase);
    }

    fn service(&mut self, path: &KeyPath, key: &str, service: &Service) {
        if let Some(reason) = names::service_key(key) {
            self.report(
                path,
                "koctl::manifest::name",
                format!("`{key}` is not a valid key for a service: {reason}"),
                "write a key like `flights` or `KongAirlines/flights`: it becomes a path in the platform repository",
            );
        }
        self.report_name(&path.key("name"), "a service", &service.name, names::label_value(&service.name));
        self.spec_path(&path.key("spec-path"), &service.spec_path);
        if let Some(docs) = &service.docs
            && let Some(reason) = names::docs_path(docs)
        {
            self.report(
                &path.key("docs"),
                "koctl::manifest::docs",
                format!("`{docs}` is not a valid folder for documents: {reason}"),
                "write the path from the root of the service's repository, like `docs` or `api/docs`",
            );
        }
        self.service_overrides(path, service);
        self.check_branch(&path.key("prod-branch-name"), &service.prod_branch_name);
        self.check_branch(&path.key("dev-branch-name"), &service.dev_branch_name);
        let git = path.key("git");
        self.check_remote(&git.key("remote"), &service.git.remote);
        if let Some(auth) = &service.git.auth {
            self.check_git_auth(&git.key("auth"), auth);
        }
    }

    fn spec_path(&mut self, path: &KeyPath, spec_path: &str) {
        let (reason, help) = match names::spec_path(spec_path) {
            Some(reason) => {
                (reason, "write the path from the root of the service's repository, like `api/openapi.yaml`")
            }
            None if names::is_pattern(spec_path) => {
                ("it is a pattern, and a service has one specification", NO_PATTERN)
            }
            None => return,
        };
        let message = format!("`{spec_path}` is not a valid path for a specification: {reason}");
        self.report(path, "koctl::manifest::spec_path", message, help);
    }

    fn service_name_is_free<'m>(
        &mut self,
        path: &KeyPath,
        service: &'m Service,
        by_name: &mut BTreeMap<&'m str, KeyPath>,
    ) {
        let path = path.key("name");
        match by_name.get(service.name.as_str()) {
            Some(first) => self.report_conflict(
                [(first, "first here"), (&path, "again here")],
                "koctl::manifest::duplicate",
                format!("two services are named `{}`", service.name),
                "give each service a unique name across all teams: APIs are named after services",
            ),
            None => {
                by_name.insert(&service.name, path);
            }
        }
    }
}

/// True if a text looks like an email address.
pub(crate) fn is_email(text: &str) -> bool {
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    let parts = text.split_once('@').filter(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    plain && parts.is_some()
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn an_email_address_has_something_on_both_sides_of_one_at_sign() {
        assert!(is_email("ann+flights@example.com"));
        for text in ["", "ann", "@example.com", "ann@", "a@b@c", "ann @example.com"] {
            assert!(!is_email(text), "{text}");
        }
    }
}
