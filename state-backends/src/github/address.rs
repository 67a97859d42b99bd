//! `github://OWNER/REPOSITORY/BRANCH`: a branch, the address of the API, and a token.

use std::fmt;

use github_api::{DEFAULT_URL, Repository};
use secrecy::SecretString;
use transport::variable;

use crate::{AddressError, Variables};

/// A branch of a repository, and access to it.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) repository: Repository,
    pub(super) branch: String,
    /// The address of the API.
    pub(super) api: String,
    pub(super) token: Option<SecretString>,
}

impl Address {
    pub(super) fn parse(url: &str, variables: Variables<'_>) -> Result<Self, AddressError> {
        let malformed = |reason: String| {
            AddressError::new(url, reason)
                .help("Write it as `github://OWNER/REPOSITORY/BRANCH`, with a branch for the state alone.")
        };
        let path = url.strip_prefix("github://").unwrap_or_default();
        let mut parts = path.splitn(3, '/');
        let mut next = || parts.next().filter(|part| !part.is_empty());
        let (Some(owner), Some(repository), Some(branch)) = (next(), next(), next()) else {
            return Err(malformed("it does not name an owner, a repository and a branch".to_owned()));
        };
        for name in [owner, repository] {
            if !is_name(name) {
                return Err(malformed(format!("`{name}` is not a valid name on GitHub")));
            }
        }
        if !is_branch(branch) {
            // What follows such a character may be a secret.
            let shown = branch.find(['?', '#', '@']).map_or(branch.to_owned(), |at| format!("{}…", &branch[..=at]));
            return Err(malformed(format!("`{shown}` is not a valid name of a branch")));
        }
        let api = variable(variables, "KOCTL_GITHUB_URL").unwrap_or_else(|| DEFAULT_URL.to_owned());
        Ok(Self {
            repository: Repository { owner: owner.to_owned(), name: repository.to_owned() },
            branch: branch.to_owned(),
            api: api.trim().trim_end_matches('/').to_owned(),
            token: variable(variables, "GITHUB_TOKEN").map(|token| token.trim().to_owned().into()),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the branch `{}` of the GitHub repository `{}`", self.branch, self.repository)
    }
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    name.bytes().all(plain) && name != "." && name != ".."
}

/// The rules of `git check-ref-format`.
fn is_branch(name: &str) -> bool {
    let forbidden = |c: char| c.is_ascii_control() || " ~^:?*[\\#".contains(c);
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let whole = !name.contains("..") && !name.contains("@{") && name != "@" && !name.ends_with('.');
    whole && !name.starts_with('-') && !name.contains(forbidden) && name.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn address(url: &str, variables: &[(&str, &str)]) -> Result<Address, AddressError> {
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Address::parse(url, &find)
    }

    #[test]
    fn an_address_names_owner_repository_and_branch() {
        let address = address("github://Acme/platform.git/koctl/state", &[]).unwrap();
        assert_eq!(address.to_string(), "the branch `koctl/state` of the GitHub repository `Acme/platform.git`");
        assert_eq!((address.api.as_str(), address.token.is_none()), (DEFAULT_URL, true));
    }

    #[test]
    fn the_token_and_the_api_come_from_variables_and_the_token_is_not_shown() {
        let variables = [("GITHUB_TOKEN", "sesame\n"), ("KOCTL_GITHUB_URL", "https://ghe.example.com/api/v3/")];
        let address = address("github://Acme/platform/state", &variables).unwrap();
        assert_eq!(address.api, "https://ghe.example.com/api/v3");
        assert_eq!(address.token.as_ref().unwrap().expose_secret(), "sesame");
        assert!(!format!("{address:?}").contains("sesame"));
    }

    #[test]
    fn what_names_no_branch_is_refused() {
        for (url, reason) in [
            ("github:Acme/platform/state", "does not name an owner"),
            ("github://Acme/platform", "does not name an owner"),
            ("github://Acme/platform/", "does not name an owner"),
            ("github://Ac me/platform/state", "`Ac me` is not a valid name on GitHub"),
            ("github://Acme/../state", "`..` is not a valid name on GitHub"),
            ("github://Acme/platform/a..b", "`a..b` is not a valid name of a branch"),
            ("github://Acme/platform/state?x=1", "`state?…` is not a valid name of a branch"),
            ("github://Acme/platform/state/", "is not a valid name of a branch"),
            ("github://Acme/platform/x.lock/y", "is not a valid name of a branch"),
        ] {
            let error = address(url, &[]).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
            assert!(error.next_step().contains("github://OWNER/REPOSITORY/BRANCH"));
        }
    }
}
