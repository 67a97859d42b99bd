//! Repositories: their names, whether they exist, and how they are created.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Value, json};
use transport::encode::segment;

use crate::client::{Reader, Writer};
use crate::error::Result;

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

#[derive(Deserialize)]
struct Details {
    default_branch: String,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

impl Reader {
    /// The branch that pull requests go to (`repos/get`).
    ///
    /// # Errors
    /// [`crate::Error::is_absent`] if there is no such repository, or the token may not read it.
    pub async fn default_branch(&self, repository: &Repository) -> Result<String> {
        Ok(self.get::<Details>(&repository.route("")).await?.default_branch)
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
