//! Repositories: their names, whether they exist, and how they are created.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Value, json};
use transport::encode::segment;

use crate::client::{Reader, Writer};
use crate::error::{Error, Result};

/// A repository on GitHub: `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    /// A user or an organization.
    pub owner: String,
    /// Its name, without `.git`.
    pub name: String,
}

impl Repository {
    /// The route of this repository, with `rest` after it.
    pub(crate) fn route(&self, rest: &str) -> String {
        format!("/repos/{}/{}{rest}", segment(&self.owner), segment(&self.name))
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// A text that is not `owner/name`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not the name of a repository: expected owner/name")]
pub struct InvalidRepository(String);

impl FromStr for Repository {
    type Err = InvalidRepository;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((owner, name)) if !owner.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
            }
            _ => Err(InvalidRepository(text.to_owned())),
        }
    }
}

/// What GitHub says of a repository (`repos/get`).
#[derive(Debug, Clone, Deserialize)]
pub struct Details {
    /// Its number, which it keeps when it is renamed or transferred.
    pub id: u64,
    /// `owner/name`, as it is called now.
    pub full_name: String,
    /// The branch that pull requests go to.
    pub default_branch: String,
    /// True if nothing can be written any more.
    #[serde(default)]
    pub archived: bool,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

impl Reader {
    /// What GitHub says of a repository (`repos/get`).
    ///
    /// # Errors
    /// [`crate::Error::is_absent`] if there is no such repository, or the token may not read it.
    pub async fn repository(&self, repository: &Repository) -> Result<Details> {
        self.get(&repository.route("")).await
    }

    /// The name that a repository has now, if `error` is the redirect of one that was renamed or transferred. `None` for
    /// other errors, and if GitHub does not say.
    pub async fn new_name(&self, error: &Error) -> Option<String> {
        let route = self.route_of(error.moved_to()?)?;
        // The redirect goes to what was asked for in the repository of this number: `/repositories/1/pulls`.
        let route: Vec<&str> = route.split(['?', '#']).next()?.split('/').take(3).collect();
        let found = self.get::<Details>(&route.join("/")).await.ok()?;
        Some(found.full_name)
    }
}

impl Writer {
    /// Creates a private repository with a README (`repos/create-in-org`, or `repos/create-for-authenticated-user` if
    /// the owner is the token's own user, `users/get-authenticated`).
    pub async fn create_repository(&self, repository: &Repository, description: &str) -> Result<()> {
        let user: User = self.reader().get("/user").await?;
        let is_own = user.login.eq_ignore_ascii_case(&repository.owner);
        let route =
            if is_own { "/user/repos".to_owned() } else { format!("/orgs/{}/repos", segment(&repository.owner)) };
        let body = json!({
            "name": repository.name,
            "description": description,
            "private": true,
            "auto_init": true,
        });
        self.post::<Value>(&route, &body).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_an_owner_and_a_name() {
        assert_eq!("KongAirlines/flights".parse::<Repository>().unwrap().to_string(), "KongAirlines/flights");
        for text in ["", "flights", "/flights", "KongAirlines/", "a/b/c"] {
            assert!(text.parse::<Repository>().is_err(), "{text}");
        }
    }
}
