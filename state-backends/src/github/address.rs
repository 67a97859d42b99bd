//! `github://OWNER/REPOSITORY/BRANCH`: which branch, through which API, with which token.

use std::fmt;

use secrecy::SecretString;

use crate::{AddressError, Variables};

/// Where GitHub's API is, unless `KOCTL_GITHUB_URL` says otherwise.
const DEFAULT_API: &str = "https://api.github.com";

/// A branch of a repository, and the way there.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) owner: String,
    pub(super) repository: String,
    pub(super) branch: String,
    /// The address of the API, without a slash at its end.
    pub(super) api: String,
    pub(super) token: Option<SecretString>,
}

impl Address {
    pub(super) fn parse(url: &str, variables: Variables<'_>) -> Result<Self, AddressError> {
        let malformed = |reason: String| {
            AddressError::new(url, reason)
                .help("Write it as `github://OWNER/REPOSITORY/BRANCH`, with a branch for the state alone.")
        };
        let place = url.strip_prefix("github://").unwrap_or_default();
        let mut parts = place.splitn(3, '/');
        let mut next = || parts.next().filter(|part| !part.is_empty());
        let (Some(owner), Some(repository), Some(branch)) = (next(), next(), next()) else {
            return Err(malformed("it does not name an owner, a repository and a branch".to_owned()));
        };
        for name in [owner, repository] {
            if !is_name(name) {
                return Err(malformed(format!("`{name}` is no name on GitHub")));
            }
        }
        if !is_branch(branch) {
            return Err(malformed(format!("`{branch}` is no name of a branch")));
        }
        let variable = |name| variables(name).filter(|value| !value.trim().is_empty());
        let api = variable("KOCTL_GITHUB_URL").unwrap_or_else(|| DEFAULT_API.to_owned());
        Ok(Self {
            owner: owner.to_owned(),
            repository: repository.to_owned(),
            branch: branch.to_owned(),
            api: api.trim().trim_end_matches('/').to_owned(),
            token: variable("GITHUB_TOKEN").map(|token| token.trim().to_owned().into()),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, repository, branch, .. } = self;
        write!(f, "the branch `{branch}` of the GitHub repository `{owner}/{repository}`")
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
        assert_eq!((address.api.as_str(), address.token.is_none()), (DEFAULT_API, true));
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
            ("github://Ac me/platform/state", "`Ac me` is no name on GitHub"),
            ("github://Acme/../state", "`..` is no name on GitHub"),
            ("github://Acme/platform/a..b", "`a..b` is no name of a branch"),
            ("github://Acme/platform/state?x=1", "is no name of a branch"),
            ("github://Acme/platform/state/", "is no name of a branch"),
            ("github://Acme/platform/x.lock/y", "is no name of a branch"),
        ] {
            let error = address(url, &[]).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
            assert!(error.next_step().contains("github://OWNER/REPOSITORY/BRANCH"));
        }
    }
}
