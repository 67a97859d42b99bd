//! The scopes of OAuth tokens: <https://docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps>.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The scopes that have others in them, and these.
const INCLUDED: [(&str, &[&str]); 9] = [
    ("repo", &["repo:status", "repo_deployment", "public_repo", "repo:invite", "security_events"]),
    ("user", &["read:user", "user:email", "user:follow"]),
    ("admin:org", &["write:org", "read:org"]),
    ("write:org", &["read:org"]),
    ("admin:repo_hook", &["write:repo_hook", "read:repo_hook"]),
    ("write:repo_hook", &["read:repo_hook"]),
    ("admin:public_key", &["write:public_key", "read:public_key"]),
    ("write:public_key", &["read:public_key"]),
    ("project", &["read:project"]),
];

/// The other scopes.
const PLAIN: [&str; 8] = [
    "admin:org_hook",
    "gist",
    "notifications",
    "delete_repo",
    "workflow",
    "write:packages",
    "read:packages",
    "codespace",
];

/// A set of scopes in which none is included in another, as GitHub normalizes what an app asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::github) struct Scopes(BTreeSet<String>);

impl Scopes {
    /// Reads scopes that are separated by spaces or commas. Those that do not exist are left out.
    pub(in crate::github) fn parse(text: &str) -> Self {
        let words = text.split([' ', ',', '+']).map(str::trim);
        let known: BTreeSet<String> = words.filter(|word| is_known(word)).map(str::to_owned).collect();
        let redundant = |scope: &String| known.iter().any(|other| included(other).contains(&scope.as_str()));
        Self(known.iter().filter(|scope| !redundant(scope)).cloned().collect())
    }

    /// True if the scope is one of these, or included in one.
    pub(in crate::github) fn have(&self, scope: &str) -> bool {
        self.0.iter().any(|own| own == scope || included(own).contains(&scope))
    }

    /// The scopes by name.
    pub(in crate::github) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The scopes with commas between them.
    pub(in crate::github) fn with_commas(&self) -> String {
        self.iter().collect::<Vec<_>>().join(",")
    }
}

impl fmt::Display for Scopes {
    /// As in the header `X-OAuth-Scopes`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().collect::<Vec<_>>().join(", "))
    }
}

fn included(scope: &str) -> &'static [&'static str] {
    INCLUDED.iter().find(|(outer, _)| *outer == scope).map_or(&[], |(_, inner)| inner)
}

fn is_known(scope: &str) -> bool {
    PLAIN.contains(&scope) || INCLUDED.iter().any(|(outer, inner)| *outer == scope || inner.contains(&scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_scope_is_no_right() {
        let none = Scopes::parse(" ");
        assert_eq!((none.with_commas().as_str(), none.have("repo")), ("", false));
    }

    #[test]
    fn what_another_scope_includes_is_left_out_and_what_does_not_exist_too() {
        let scopes = Scopes::parse("user,gist user:email nonsense");
        assert_eq!(scopes.to_string(), "gist, user");
        assert!(scopes.have("user:email") && !scopes.have("repo"));
    }
}
