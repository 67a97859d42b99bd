//! The rights of a caller: the rights of the person, limited by those of the token.

use super::apps::{Installation, includes};
use super::caller::Caller;
use super::directory::{Directory, OrganizationRole};
use super::names::same;
use super::permission::{Need, Permission};
use super::tokens::Grant;
use crate::github::repo_name::RepoName;

/// The reason why an operation is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::github) enum Refusal {
    /// The repository seems not to exist.
    Hidden,
    /// Nobody is signed in.
    Anonymous,
    /// The person's role is too low.
    Role(Permission),
    /// The app lacks a permission, or is not installed there.
    Integration,
    /// The token is not authorized for the single sign-on of the organization.
    SingleSignOn,
}

/// The relation of a person to a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::github) enum Affiliation {
    Owner,
    Collaborator,
    OrganizationMember,
}

/// A caller before the accounts.
#[derive(Clone, Copy, Debug)]
pub(in crate::github) struct Access<'a> {
    pub(in crate::github) directory: &'a Directory,
    pub(in crate::github) caller: &'a Caller,
}

impl Access<'_> {
    /// The caller's role in a repository.
    pub(in crate::github) fn permission(&self, repo: &RepoName, private: bool) -> Permission {
        let public = if private { Permission::None } else { Permission::Read };
        let Caller::Token(issued) = self.caller else {
            return if matches!(self.caller, Caller::Operator) { Permission::Admin } else { public };
        };
        match &issued.grant {
            Grant::OAuthApp { login, scopes, .. } | Grant::Personal { login, scopes } => {
                let own = self.of_person(login, repo, private);
                let all = scopes.have("repo") || (!private && scopes.have("public_repo"));
                if all { own } else { own.min(public) }
            }
            Grant::GitHubApp { login, .. } => {
                let own = self.of_person(login, repo, private);
                if self.installation(repo.owner()).is_some_and(|installation| installation.covers(repo)) {
                    own
                } else {
                    own.min(public)
                }
            }
            Grant::Installation { .. } if self.is_covered(repo) => {
                let may = |resource, level| self.app_may(resource, level);
                if may("administration", "write") {
                    Permission::Admin
                } else if may("contents", "write") || may("pull_requests", "write") {
                    Permission::Write
                } else {
                    Permission::Read
                }
            }
            Grant::Installation { .. } | Grant::Refresh { .. } => public,
        }
    }

    /// The caller's role in a repository, if it is enough for an operation.
    pub(in crate::github) fn admit(&self, need: Need, repo: &RepoName, private: bool) -> Result<Permission, Refusal> {
        let permission = self.permission(repo, private);
        let known = match self.caller.login() {
            Some(login) => self.of_person(login, repo, private),
            None => permission,
        };
        if private && known >= Permission::Read && !self.is_signed_on(repo.owner()) {
            return Err(Refusal::SingleSignOn);
        }
        if permission < Permission::Read {
            return Err(Refusal::Hidden);
        }
        if matches!(self.caller, Caller::Anonymous) && (need.writes || need.role > Permission::Read) {
            return Err(Refusal::Anonymous);
        }
        let public_read = !private && !need.writes && need.role <= Permission::Read;
        let is_app = self.caller.github_app(self.directory).is_some();
        if is_app && !public_read {
            let level = if need.writes { "write" } else { "read" };
            if !self.is_covered(repo) || !self.app_may(need.resource, level) {
                return Err(Refusal::Integration);
            }
        }
        let acts_alone =
            matches!(self.caller, Caller::Token(issued) if matches!(issued.grant, Grant::Installation { .. }));
        if permission < need.role && !acts_alone {
            return Err(Refusal::Role(need.role));
        }
        Ok(permission)
    }

    /// The role of a person in a repository, whatever their token may do.
    pub(in crate::github) fn of_person(&self, login: &str, repo: &RepoName, private: bool) -> Permission {
        let mut permission = if private { Permission::None } else { Permission::Read };
        let is_operator = matches!(self.caller, Caller::Operator) && self.caller.login() == Some(login);
        if is_operator || same(login, repo.owner()) {
            return Permission::Admin;
        }
        if let Some(organization) = self.directory.organization(repo.owner())
            && let Some(role) = organization.role_of(login)
        {
            if role == OrganizationRole::Admin {
                return Permission::Admin;
            }
            permission = permission.max(organization.default_repository_permission);
            let teams = organization.teams.iter().filter(|team| team.role_of(login).is_some());
            permission = teams.map(|team| team.permission(repo.name())).fold(permission, Permission::max);
        }
        permission.max(self.as_collaborator(login, repo).unwrap_or_default())
    }

    fn as_collaborator(&self, login: &str, repo: &RepoName) -> Option<Permission> {
        let full_name = repo.to_string();
        let mut all = self.directory.collaborators.iter();
        let found = all.find(|one| same(&one.login, login) && same(&one.repository, &full_name));
        found.map(|collaborator| collaborator.permission)
    }

    /// The relation of a person to a repository that `GET /user/repos` lists for them; `None` for one that they only
    /// see because everyone does.
    pub(in crate::github) fn affiliation(&self, login: &str, repo: &RepoName) -> Option<Affiliation> {
        if same(login, repo.owner()) {
            return Some(Affiliation::Owner);
        }
        if matches!(self.caller, Caller::Operator) {
            return Some(Affiliation::OrganizationMember);
        }
        if self.as_collaborator(login, repo).is_some() {
            return Some(Affiliation::Collaborator);
        }
        let member = self.role_in(repo.owner(), login).is_some();
        (member && self.of_person(login, repo, true) >= Permission::Read).then_some(Affiliation::OrganizationMember)
    }

    /// The role of a person in an organization. The sandbox's own user owns all of them.
    pub(in crate::github) fn role_in(&self, organization: &str, login: &str) -> Option<OrganizationRole> {
        if matches!(self.caller, Caller::Operator) && self.caller.login() == Some(login) {
            return self.directory.organization(organization).map(|_| OrganizationRole::Admin);
        }
        self.directory.organization(organization)?.role_of(login)
    }

    /// True if the caller's token has a scope. Tokens without scopes, those of GitHub Apps, have none.
    pub(in crate::github) fn has_scope(&self, scope: &str) -> bool {
        match self.caller {
            Caller::Operator => true,
            Caller::Token(issued) => issued.grant.scopes().is_some_and(|scopes| scopes.have(scope)),
            _ => false,
        }
    }

    /// True if the caller's GitHub App has a permission.
    pub(in crate::github) fn app_may(&self, resource: &str, level: &str) -> bool {
        if resource == "metadata" && level == "read" {
            return true;
        }
        let Some(issued) = self.caller.issued() else { return false };
        let granted = match &issued.grant {
            Grant::Installation { permissions, .. } => Some(permissions),
            Grant::GitHubApp { .. } => {
                let app = self.caller.github_app(self.directory).and_then(|app| app.github_app.as_ref());
                app.map(|app| &app.permissions)
            }
            _ => None,
        };
        granted.is_some_and(|granted| includes(granted.get(resource), level))
    }

    /// True if the caller's token may be used for an organization's private things.
    pub(in crate::github) fn is_signed_on(&self, organization: &str) -> bool {
        let required = self.directory.organization(organization).is_some_and(|entry| entry.single_sign_on);
        let Some(issued) = self.caller.issued().filter(|issued| issued.grant.login().is_some()) else {
            // Installations and the sandbox's own user need no session.
            return true;
        };
        !required || issued.single_sign_on.contains(&organization.to_ascii_lowercase())
    }

    /// The installation of the caller's GitHub App on an account.
    pub(in crate::github) fn installation<'s>(&'s self, account: &'s str) -> Option<Installation<'s>> {
        self.caller.github_app(self.directory)?.installed_on(account)
    }

    /// True if the caller's GitHub App is installed on a repository, and the token is for it.
    fn is_covered(&self, repo: &RepoName) -> bool {
        let narrowed = match self.caller.issued().map(|issued| &issued.grant) {
            Some(Grant::Installation { account, repositories, .. }) => {
                same(account, repo.owner())
                    && repositories.as_ref().is_none_or(|names| names.iter().any(|name| same(name, repo.name())))
            }
            _ => true,
        };
        narrowed && self.installation(repo.owner()).is_some_and(|installation| installation.covers(repo))
    }
}
