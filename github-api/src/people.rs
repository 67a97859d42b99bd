//! People: who a token belongs to, and the organizations, teams and repositories that it shows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use transport::encode::segment;

use crate::client::Reader;
use crate::error::{Result, absent_as_none};
use crate::repository::Repository;

/// A person (`users/get-authenticated`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The number, which stays if the login changes.
    pub id: u64,
    /// The login.
    pub login: String,
    /// The name; empty if there is none.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// The address of the picture.
    #[serde(default)]
    pub avatar_url: String,
    /// The page of the person.
    #[serde(default)]
    pub html_url: String,
    /// A few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bio: Option<String>,
    /// The company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// An email address of a person (`users/list-emails-for-authenticated-user`).
#[derive(Debug, Clone, Deserialize)]
pub struct Email {
    /// The address.
    pub email: String,
    /// True for the one that GitHub writes to.
    pub primary: bool,
    /// True if the person proved to read it.
    pub verified: bool,
}

/// An organization of a person (`orgs/list-for-authenticated-user`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationOf {
    /// The number.
    pub id: u64,
    /// The login.
    pub login: String,
    /// The name. Lists rarely have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address of the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// The page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html_url: Option<String>,
}

/// A repository in a list (`repos/list-for-authenticated-user`, `repos/list-for-org`, `repos/list-for-user`), or by its
/// name (`repos/get`).
#[derive(Debug, Clone, Deserialize)]
pub struct ListedRepository {
    /// The number.
    pub id: u64,
    /// The name.
    pub name: String,
    /// `owner/name`.
    pub full_name: String,
    /// A few words.
    pub description: Option<String>,
    /// True if not everybody may read it.
    pub private: bool,
    /// The page.
    pub html_url: String,
    /// The address for git over HTTPS.
    pub clone_url: Option<String>,
    /// The address for git over SSH.
    pub ssh_url: Option<String>,
    /// The owner.
    pub owner: Owner,
    /// The branch that pull requests go to.
    pub default_branch: Option<String>,
    /// True if nothing can be written any more.
    #[serde(default)]
    pub archived: bool,
    /// The time of its creation.
    pub created_at: Option<Timestamp>,
    /// The time of its last change.
    pub updated_at: Option<Timestamp>,
    /// What the owner of the token may do.
    #[serde(default)]
    pub permissions: Permissions,
}

/// The owner of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The login.
    pub login: String,
    /// The number.
    pub id: u64,
    /// The address of the picture.
    #[serde(default)]
    pub avatar_url: String,
}

/// What someone may do in a repository. An answer that does not say grants nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Permissions {
    /// Everything.
    pub admin: bool,
    /// Most of its settings.
    pub maintain: bool,
    /// Its contents.
    pub push: bool,
}

/// A branch in a list (`repos/list-branches`).
#[derive(Debug, Clone, Deserialize)]
pub struct Branch {
    /// The name.
    pub name: String,
    /// The last commit.
    pub commit: BranchCommit,
    /// True if a rule protects it.
    #[serde(default)]
    pub protected: bool,
}

/// The last commit of a branch.
#[derive(Debug, Clone, Deserialize)]
pub struct BranchCommit {
    /// Its id.
    pub sha: String,
}

#[derive(Deserialize)]
struct Membership {
    state: String,
}

impl Membership {
    /// False for someone who was only invited.
    fn is_active(&self) -> bool {
        self.state == "active"
    }
}

fn or_default<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Reader {
    /// The owner of the token (`users/get-authenticated`).
    pub async fn me(&self) -> Result<Person> {
        self.get("/user").await
    }

    /// The email addresses of the owner of the token (`users/list-emails-for-authenticated-user`).
    pub async fn my_emails(&self) -> Result<Vec<Email>> {
        self.pages("/user/emails?", |page: Vec<Email>| page).await
    }

    /// The organizations of the owner of the token (`orgs/list-for-authenticated-user`).
    pub async fn my_organizations(&self) -> Result<Vec<OrganizationOf>> {
        self.pages("/user/orgs?", |page: Vec<OrganizationOf>| page).await
    }

    /// True if the owner of the token is a member of an organization (`orgs/get-membership-for-authenticated-user`).
    pub async fn am_member(&self, organization: &str) -> Result<bool> {
        let route = format!("/user/memberships/orgs/{}", segment(organization));
        Ok(absent_as_none(self.get::<Membership>(&route).await)?.is_some_and(|found| found.is_active()))
    }

    /// True if `login` is a member of a team, or of a team below it (`teams/get-membership-for-user-in-org`).
    pub async fn is_in_team(&self, organization: &str, team: &str, login: &str) -> Result<bool> {
        let (organization, team, login) = (segment(organization), segment(team), segment(login));
        let route = format!("/orgs/{organization}/teams/{team}/memberships/{login}");
        Ok(absent_as_none(self.get::<Membership>(&route).await)?.is_some_and(|found| found.is_active()))
    }

    /// The repositories of the owner of the token (`repos/list-for-authenticated-user`).
    pub async fn my_repositories(&self, visibility: &str, affiliation: &str) -> Result<Vec<ListedRepository>> {
        let route = format!("/user/repos?visibility={}&affiliation={}&", segment(visibility), segment(affiliation));
        self.pages(&route, |page: Vec<ListedRepository>| page).await
    }

    /// The repositories of an organization that the owner of the token may read (`repos/list-for-org`).
    pub async fn organization_repositories(&self, organization: &str, kind: &str) -> Result<Vec<ListedRepository>> {
        let route = format!("/orgs/{}/repos?type={}&", segment(organization), segment(kind));
        self.pages(&route, |page: Vec<ListedRepository>| page).await
    }

    /// The public repositories of a person (`repos/list-for-user`).
    pub async fn repositories_of(&self, login: &str, kind: &str) -> Result<Vec<ListedRepository>> {
        let route = format!("/users/{}/repos?type={}&", segment(login), segment(kind));
        self.pages(&route, |page: Vec<ListedRepository>| page).await
    }

    /// A repository as the owner of the token sees it, with what they may do in it (`repos/get`).
    pub async fn listed_repository(&self, repository: &Repository) -> Result<ListedRepository> {
        self.get(&repository.route("")).await
    }

    /// The branches of a repository (`repos/list-branches`).
    pub async fn branches(&self, repository: &Repository) -> Result<Vec<Branch>> {
        self.pages(&repository.route("/branches?"), |page: Vec<Branch>| page).await
    }
}
