//! Addresses of git repositories.

use std::fmt;

use thiserror::Error;

/// A valid address of a git repository, without a password.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Remote {
    address: String,
    host: String,
    path: String,
    ssh: bool,
}

/// The reason why an address is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RemoteError {
    /// Neither a URL of a supported kind nor `user@host:path`.
    #[error("it does not begin with `https://`, `http://`, `ssh://` or `git@host:`")]
    Form,
    /// No host between the scheme and the path.
    #[error("the host is missing")]
    Host,
    /// No owner or no repository after the host.
    #[error("the repository is missing, as in `https://host/owner/repository.git`")]
    Path,
    /// It contains a password or a token.
    #[error("it contains a password or a token, which would appear in plans and logs; configure `auth` instead")]
    Password,
    /// It has a query or a fragment.
    #[error("it has a `?` or a `#`, which the address of a repository does not need, and what follows may be a secret")]
    Query,
    /// It contains white space or a control character.
    #[error("it contains white space or a control character")]
    Characters,
}

impl Remote {
    /// Parses an address that begins with `https://`, `http://` or `ssh://`, or is like
    /// `git@host:owner/repository.git`.
    ///
    /// # Errors
    ///
    /// The address is of another kind, or contains a password.
    pub fn parse(address: &str) -> Result<Self, RemoteError> {
        if address.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(RemoteError::Characters);
        }
        let (ssh, (host, path)) = match address.split_once("://") {
            Some((scheme @ ("https" | "http" | "ssh"), rest)) => (scheme == "ssh", url(scheme, rest)?),
            Some(_) => return Err(RemoteError::Form),
            None => (true, scp_like(address)?),
        };
        if host.is_empty() {
            return Err(RemoteError::Host);
        }
        // A password may contain a slash: then it and the host look like a path.
        if path.contains('@') {
            return Err(RemoteError::Password);
        }
        if path.contains(['?', '#']) {
            return Err(RemoteError::Query);
        }
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        if path.is_empty() || path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(RemoteError::Path);
        }
        Ok(Self { address: address.to_owned(), host: host.to_lowercase(), path: path.to_owned(), ssh })
    }

    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The host, in lower case and without its port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// True if the repository is accessed by SSH. A token is then only for the host's API.
    pub fn is_ssh(&self) -> bool {
        self.ssh
    }

    /// Owner and name of the repository, without `.git`. `None` if the path has other parts, as on hosts other than
    /// GitHub.
    pub fn owner_and_name(&self) -> Option<(&str, &str)> {
        self.path.split_once('/').filter(|(_, name)| !name.contains('/'))
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

/// Host and path of a URL, from the text after its scheme. A user name is not secret in SSH, but in HTTP it is likely a
/// token.
fn url<'a>(scheme: &str, rest: &'a str) -> Result<(&'a str, &'a str), RemoteError> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    if user.is_some_and(|user| scheme != "ssh" || user.contains(':')) {
        return Err(RemoteError::Password);
    }
    Ok((host.split(':').next().unwrap_or_default(), path))
}

fn scp_like(address: &str) -> Result<(&str, &str), RemoteError> {
    let (login, path) = address.split_once(':').ok_or(RemoteError::Form)?;
    let (user, host) = login.split_once('@').ok_or(RemoteError::Form)?;
    if user.is_empty() || login.contains('/') { Err(RemoteError::Form) } else { Ok((host, path)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_usual_kind_are_read() {
        for address in [
            "https://github.com/air/flights.git",
            "https://GitHub.com/air/flights",
            "http://github.com:8080/air/flights/",
            "ssh://git@github.com:22/air/flights.git",
            "git@github.com:air/flights.git",
        ] {
            let remote = Remote::parse(address).unwrap();
            assert_eq!(remote.host(), "github.com", "{address}");
            assert_eq!(remote.owner_and_name(), Some(("air", "flights")), "{address}");
            assert_eq!(remote.to_string(), address);
        }
    }

    #[test]
    fn a_path_of_more_than_owner_and_name_is_none_of_github() {
        assert_eq!(Remote::parse("https://gitlab.com/air/data/flights").unwrap().owner_and_name(), None);
        assert_eq!(Remote::parse("https://example.com/flights.git").unwrap().owner_and_name(), None);
    }

    #[test]
    fn addresses_that_cannot_work_are_refused() {
        for (address, reason) in [
            ("https://oauth2:ab/secret@github.com/air/flights.git", RemoteError::Password),
            ("git@github.com:air/flights@secret", RemoteError::Password),
            ("https://github.com/air/flights.git?token=secret", RemoteError::Query),
            ("https://github.com/air/flights.git#secret", RemoteError::Query),
            ("", RemoteError::Form),
            ("flights", RemoteError::Form),
            ("air/flights", RemoteError::Form),
            ("./repos:flights", RemoteError::Form),
            ("file:///srv/flights", RemoteError::Form),
            ("ftp://github.com/air/flights", RemoteError::Form),
            ("https:///air/flights", RemoteError::Host),
            ("https://github.com", RemoteError::Path),
            ("https://github.com/", RemoteError::Path),
            ("https://github.com/air/../flights", RemoteError::Path),
            ("git@github.com:", RemoteError::Path),
            ("https://me:hush@github.com/air/flights", RemoteError::Password),
            ("https://hush@github.com/air/flights", RemoteError::Password),
            ("ssh://git:hush@github.com/air/flights", RemoteError::Password),
            ("https://github.com/air/my flights", RemoteError::Characters),
        ] {
            assert_eq!(Remote::parse(address), Err(reason), "{address}");
        }
    }
}
