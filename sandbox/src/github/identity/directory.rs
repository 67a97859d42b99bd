//! The accounts and apps of the sandbox.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::apps::App;
use super::names::{EVERY_OTHER, same};
use super::permission::Permission;
use crate::github::accounts::LOGIN;

/// All accounts and apps.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::github) struct Directory {
    #[serde(default)]
    pub(in crate::github) people: Vec<Person>,
    #[serde(default)]
    pub(in crate::github) organizations: Vec<Organization>,
    #[serde(default)]
    pub(in crate::github) collaborators: Vec<Collaborator>,
    #[serde(default)]
    pub(in crate::github) apps: Vec<App>,
}

/// A person with an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::github) struct Person {
    pub(in crate::github) login: String,
    #[serde(default)]
    pub(in crate::github) name: Option<String>,
    /// The address; `None` for one below `sandbox.invalid`.
    #[serde(default)]
    pub(in crate::github) email: Option<String>,
    /// True if the profile does not show the address.
    #[serde(default)]
    pub(in crate::github) email_is_private: bool,
}

/// An organization. Its repositories are those whose owner has its login.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::github) struct Organization {
    /// The login, or `*`.
    pub(in crate::github) login: String,
    #[serde(default)]
    pub(in crate::github) description: Option<String>,
    /// The role of every member in every repository.
    #[serde(default = "read")]
    pub(in crate::github) default_repository_permission: Permission,
    #[serde(default)]
    pub(in crate::github) members: Vec<Member>,
    #[serde(default)]
    pub(in crate::github) teams: Vec<Team>,
    /// True if tokens must be authorized for single sign-on before they open what is private.
    #[serde(default)]
    pub(in crate::github) single_sign_on: bool,
}

fn read() -> Permission {
    Permission::Read
}

/// A member of an organization.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::github) struct Member {
    pub(in crate::github) login: String,
    #[serde(default)]
    pub(in crate::github) role: OrganizationRole,
}

/// The role of a member of an organization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::github) enum OrganizationRole {
    #[default]
    Member,
    Admin,
}

impl OrganizationRole {
    /// Its name in the API.
    pub(in crate::github) fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }
}

/// A team of an organization.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::github) struct Team {
    pub(in crate::github) slug: String,
    pub(in crate::github) name: String,
    #[serde(default)]
    pub(in crate::github) description: Option<String>,
    /// True if only its members see the team.
    #[serde(default)]
    pub(in crate::github) secret: bool,
    #[serde(default)]
    pub(in crate::github) members: Vec<TeamMember>,
    /// The team's role by repository; `*` stands for every other one.
    #[serde(default)]
    pub(in crate::github) repositories: BTreeMap<String, Permission>,
}

/// A member of a team.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::github) struct TeamMember {
    pub(in crate::github) login: String,
    #[serde(default)]
    pub(in crate::github) role: TeamRole,
}

/// The role of a member of a team.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::github) enum TeamRole {
    #[default]
    Member,
    Maintainer,
}

impl TeamRole {
    /// Its name in the API.
    pub(in crate::github) fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Maintainer => "maintainer",
        }
    }
}

/// A person with a role in one repository.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::github) struct Collaborator {
    /// `owner/name`.
    pub(in crate::github) repository: String,
    pub(in crate::github) login: String,
    pub(in crate::github) permission: Permission,
}

impl Person {
    /// The e-mail address.
    pub(in crate::github) fn email(&self) -> String {
        self.email.clone().unwrap_or_else(|| format!("{}@sandbox.invalid", self.login))
    }

    /// The name, or the login of a person who gave none.
    pub(in crate::github) fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.login)
    }
}

impl Organization {
    /// The role of a person, `None` if they are not a member.
    pub(in crate::github) fn role_of(&self, login: &str) -> Option<OrganizationRole> {
        self.members.iter().find(|member| same(&member.login, login)).map(|member| member.role)
    }

    /// The team with this slug.
    pub(in crate::github) fn team(&self, slug: &str) -> Option<&Team> {
        self.teams.iter().find(|team| same(&team.slug, slug))
    }
}

impl Team {
    /// The role of a person, `None` if they are not in the team.
    pub(in crate::github) fn role_of(&self, login: &str) -> Option<TeamRole> {
        self.members.iter().find(|member| same(&member.login, login)).map(|member| member.role)
    }

    /// The team's role in a repository of its organization.
    pub(in crate::github) fn permission(&self, repository: &str) -> Permission {
        let named = self.repositories.iter().find(|(name, _)| same(name, repository)).map(|(_, permission)| permission);
        named.or_else(|| self.repositories.get(EVERY_OTHER)).copied().unwrap_or_default()
    }
}

impl Directory {
    /// The person with this login, compared without case.
    pub(in crate::github) fn person(&self, login: &str) -> Option<&Person> {
        self.people.iter().find(|person| same(&person.login, login))
    }

    /// True if the login is that of a person, the sandbox's own user among them.
    pub(in crate::github) fn is_person(&self, login: &str) -> bool {
        login == LOGIN || self.person(login).is_some()
    }

    /// The entry of an organization, which may be the one for every organization that is not listed; `None` for a
    /// person.
    pub(in crate::github) fn organization(&self, login: &str) -> Option<&Organization> {
        if self.is_person(login) {
            return None;
        }
        let entry = |name: &str| self.organizations.iter().find(|organization| same(&organization.login, name));
        entry(login).or_else(|| entry(EVERY_OTHER))
    }

    /// The logins of the organizations with an entry of their own.
    pub(in crate::github) fn listed_organizations(&self) -> impl Iterator<Item = &str> {
        self.organizations.iter().map(|organization| organization.login.as_str()).filter(|login| *login != EVERY_OTHER)
    }

    /// The app with this client id.
    pub(in crate::github) fn app(&self, client_id: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.client_id == client_id)
    }

    /// The GitHub App with this id.
    pub(in crate::github) fn github_app(&self, id: u64) -> Option<&App> {
        self.apps.iter().find(|app| app.github_app.as_ref().is_some_and(|github_app| github_app.id == id))
    }
}
