//! Where a repository is: what a git remote says of it.

use std::fmt;

/// A repository on GitHub: `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    /// A user or an organization.
    pub owner: String,
    /// Its name, without `.git`.
    pub name: String,
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl Repository {
    /// The repository that a remote on github.com names: `https://github.com/owner/name.git`,
    /// `git@github.com:owner/name`, `ssh://git@github.com/owner/name`. None for remotes elsewhere.
    #[must_use]
    pub fn on_github(remote: &str) -> Option<Self> {
        let (host, path) = split(remote)?;
        let host = host.rsplit('@').next().unwrap_or(host);
        let host = host.split(':').next().unwrap_or(host);
        if host.eq_ignore_ascii_case("github.com") { Self::from_path(path) } else { None }
    }

    /// The repository that the last two segments of any remote name: how the sandbox, which stands for every
    /// host, finds its copy.
    #[must_use]
    pub fn anywhere(remote: &str) -> Option<Self> {
        let path = split(remote).map_or(remote, |(_, path)| path);
        let trimmed = path.trim_matches('/');
        let start = trimmed.rmatch_indices('/').nth(1).map_or(0, |(index, _)| index + 1);
        Self::from_path(&trimmed[start..])
    }

    fn from_path(path: &str) -> Option<Self> {
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let (owner, name) = path.split_once('/')?;
        let plain = |part: &str| !part.is_empty() && !part.contains('/') && part != "." && part != "..";
        (plain(owner) && plain(name)).then(|| Self { owner: owner.to_owned(), name: name.to_owned() })
    }
}

/// Host (with user and port) and path of a remote, as a URL or in the short form of SSH.
fn split(remote: &str) -> Option<(&str, &str)> {
    match remote.split_once("://") {
        Some((_, rest)) => rest.split_once('/'),
        None => remote.split_once(':'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_github_remote_names_the_repository() {
        for remote in [
            "https://github.com/KongAirlines/flights.git",
            "https://github.com/KongAirlines/flights",
            "https://user@GitHub.com/KongAirlines/flights/",
            "git@github.com:KongAirlines/flights.git",
            "ssh://git@github.com:22/KongAirlines/flights.git",
        ] {
            let repository = Repository::on_github(remote).unwrap_or_else(|| panic!("{remote}"));
            assert_eq!(repository.to_string(), "KongAirlines/flights");
        }
    }

    #[test]
    fn a_remote_elsewhere_is_not_on_github() {
        for remote in ["https://gitlab.com/a/b", "git@example.org:a/b", "https://github.com/a", "/srv/git/a/b"] {
            assert_eq!(Repository::on_github(remote), None, "{remote}");
        }
    }

    #[test]
    fn the_sandbox_finds_any_remote_by_its_last_two_segments() {
        let name = |remote| Repository::anywhere(remote).map(|repository| repository.to_string());
        assert_eq!(name("https://gitlab.com/group/sub/app.git").as_deref(), Some("sub/app"));
        assert_eq!(name("git@example.org:team/app").as_deref(), Some("team/app"));
        assert_eq!(name("nothing"), None);
    }
}
