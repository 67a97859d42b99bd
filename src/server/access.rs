//! Who may sign in: members of GitHub organizations and teams.

use std::fmt;
use std::str::FromStr;

use github_api::{Reader, Result};

/// An organization, or a team in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Circle {
    organization: String,
    team: Option<String>,
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.team {
            None => f.write_str(&self.organization),
            Some(team) => write!(f, "{}/{team}", self.organization),
        }
    }
}

impl FromStr for Circle {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (organization, team) = match text.split_once('/') {
            Some((organization, team)) => (organization, Some(team)),
            None => (text, None),
        };
        if !is_name(organization) || !team.is_none_or(is_name) {
            return Err(
                "it is not a GitHub organization, such as `acme`, or a team, such as `acme/platform`".to_owned()
            );
        }
        Ok(Self { organization: organization.to_owned(), team: team.map(str::to_owned) })
    }
}

/// True if a text has only characters of names of GitHub, and leads nowhere else as a part of an address.
pub(super) fn is_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !matches!(text, "" | "." | "..") && text.chars().all(is_plain)
}

impl Circle {
    async fn has(&self, reader: &Reader, login: &str) -> Result<bool> {
        match &self.team {
            None => reader.am_member(&self.organization).await,
            Some(team) => reader.is_in_team(&self.organization, team, login).await,
        }
    }
}

/// True if whoever `reader`'s token belongs to is in one of the circles.
///
/// # Errors
/// If GitHub does not say. Nobody gets in then.
pub(super) async fn is_allowed(circles: &[Circle], reader: &Reader, login: &str) -> Result<bool> {
    for circle in circles {
        if circle.has(reader, login).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_an_organization_or_a_team() {
        for text in ["acme", "acme/platform", "a-c_m.e/x"] {
            assert_eq!(text.parse::<Circle>().unwrap().to_string(), text);
        }
        for text in ["", "/", "acme/", "/team", "a/b/c", "../user", "acme team", "acme?x"] {
            assert!(text.parse::<Circle>().is_err(), "{text}");
        }
    }
}
