//! The tokens that the sandbox issued. As on GitHub, only their hashes are kept.
//!
//! A token of the sandbox has a mark after its prefix (`gho_sandbox…`), by which a token that was revoked is told from
//! one that never was of the sandbox: any of the latter signs in the sandbox's own user.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::scopes::Scopes;
use crate::github::clock::now;
use crate::github::errors::GitHubSandboxError;
use crate::github::files::replace_file;
use crate::github::ids::stable_id;

/// The mark of the sandbox's tokens, after the prefix.
const MARK: &str = "sandbox";

/// The prefixes of tokens: OAuth Apps, people of GitHub Apps and their refresh tokens, installations, and personal ones.
const PREFIXES: [&str; 5] = ["gho_", "ghu_", "ghr_", "ghs_", "ghp_"];

/// The name of the file.
const FILE: &str = "tokens.json";

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(in crate::github) enum Grant {
    /// A person, given to an OAuth App.
    OAuthApp { login: String, client_id: String, scopes: Scopes },
    /// A person, given to a GitHub App.
    GitHubApp { login: String, client_id: String },
    /// The token that renews one of a GitHub App.
    Refresh { login: String, client_id: String },
    /// A person's own token.
    Personal { login: String, scopes: Scopes },
    /// An installation of a GitHub App.
    Installation {
        app: u64,
        account: String,
        /// The names of repositories; `None` for all that the installation has.
        repositories: Option<Vec<String>>,
        permissions: BTreeMap<String, String>,
    },
}

impl Grant {
    fn prefix(&self) -> &'static str {
        match self {
            Self::OAuthApp { .. } => "gho_",
            Self::GitHubApp { .. } => "ghu_",
            Self::Refresh { .. } => "ghr_",
            Self::Personal { .. } => "ghp_",
            Self::Installation { .. } => "ghs_",
        }
    }

    /// The person whom the token signs in.
    pub(in crate::github) fn login(&self) -> Option<&str> {
        match self {
            Self::OAuthApp { login, .. } | Self::GitHubApp { login, .. } | Self::Personal { login, .. } => Some(login),
            Self::Refresh { .. } | Self::Installation { .. } => None,
        }
    }

    /// The app that a person gave the token to, and the person.
    fn authorization(&self) -> Option<(&str, &str)> {
        match self {
            Self::OAuthApp { login, client_id, .. }
            | Self::GitHubApp { login, client_id }
            | Self::Refresh { login, client_id } => Some((client_id, login)),
            Self::Personal { .. } | Self::Installation { .. } => None,
        }
    }

    /// The app that a person gave the token to.
    pub(in crate::github) fn client_id(&self) -> Option<&str> {
        self.authorization().map(|(client_id, _)| client_id)
    }

    /// The scopes of a token that has scopes.
    pub(in crate::github) fn scopes(&self) -> Option<&Scopes> {
        match self {
            Self::OAuthApp { scopes, .. } | Self::Personal { scopes, .. } => Some(scopes),
            _ => None,
        }
    }
}

/// An issued token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::github) struct Issued {
    /// The SHA-256 of the token, in hexadecimal digits.
    pub(in crate::github) hash: String,
    pub(in crate::github) last_eight: String,
    pub(in crate::github) grant: Grant,
    pub(in crate::github) created_at: Timestamp,
    /// `None` for a token that does not expire.
    pub(in crate::github) expires_at: Option<Timestamp>,
    /// The hash of the token that was issued together with this one: an access token and its refresh token.
    #[serde(default)]
    pub(in crate::github) partner: Option<String>,
    /// The organizations for whose single sign-on the token is authorized, in lower case.
    #[serde(default)]
    pub(in crate::github) single_sign_on: BTreeSet<String>,
}

impl Issued {
    /// The id of the authorization.
    pub(in crate::github) fn id(&self) -> u64 {
        stable_id(&self.hash)
    }

    fn is_alive(&self, at: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| at < expires_at)
    }
}

/// All issued tokens, by hash.
#[derive(Debug)]
pub(in crate::github) struct Tokens {
    file: PathBuf,
    /// `None` until the file was read.
    issued: Mutex<Option<BTreeMap<String, Issued>>>,
}

impl Tokens {
    /// The tokens in the file below `root`.
    pub(in crate::github) fn new(root: &std::path::Path) -> Self {
        Self { file: root.join(FILE), issued: Mutex::default() }
    }

    /// Issues a token, and returns it. This is the only time that it is known.
    pub(in crate::github) fn issue(
        &self,
        grant: Grant,
        lifetime: Option<SignedDuration>,
    ) -> Result<(String, Issued), GitHubSandboxError> {
        self.change(|issued| add(issued, grant, lifetime))
    }

    /// Issues an access token and the token that renews it.
    pub(in crate::github) fn issue_pair(
        &self,
        access: (Grant, SignedDuration),
        refresh: (Grant, SignedDuration),
    ) -> Result<(String, String), GitHubSandboxError> {
        self.change(|issued| {
            let (access, one) = add(issued, access.0, Some(access.1));
            let (refresh, other) = add(issued, refresh.0, Some(refresh.1));
            for (own, partner) in [(&one.hash, &other.hash), (&other.hash, &one.hash)] {
                if let Some(issued) = issued.get_mut(own) {
                    issued.partner = Some(partner.clone());
                }
            }
            (access, refresh)
        })
    }

    /// A token that is neither revoked nor expired.
    pub(in crate::github) fn find(&self, token: &str) -> Result<Option<Issued>, GitHubSandboxError> {
        let guard = self.read()?;
        let found = guard.as_ref().and_then(|issued| issued.get(&hash(token)));
        Ok(found.filter(|issued| issued.is_alive(now())).cloned())
    }

    /// Revokes a token, and the one that was issued together with it.
    pub(in crate::github) fn revoke(&self, token: &Issued) -> Result<(), GitHubSandboxError> {
        self.change(|issued| {
            issued.remove(&token.hash);
            if let Some(partner) = &token.partner {
                issued.remove(partner);
            }
        })
    }

    /// Revokes all tokens that a person gave to an app.
    pub(in crate::github) fn revoke_grant(&self, client_id: &str, login: &str) -> Result<(), GitHubSandboxError> {
        self.change(|issued| issued.retain(|_, token| token.grant.authorization() != Some((client_id, login))))
    }

    /// The scopes that a person has given to an OAuth App so far.
    pub(in crate::github) fn scopes_of(&self, client_id: &str, login: &str) -> Result<Scopes, GitHubSandboxError> {
        let guard = self.read()?;
        let own = guard
            .iter()
            .flat_map(BTreeMap::values)
            .filter(|token| token.grant.authorization() == Some((client_id, login)) && token.is_alive(now()));
        let scopes: Vec<String> = own.filter_map(|token| Some(token.grant.scopes()?.with_commas())).collect();
        Ok(Scopes::parse(&scopes.join(",")))
    }

    /// Authorizes a token for the single sign-on of an organization. Returns false if there is no such token.
    pub(in crate::github) fn authorize(&self, hash: &str, organization: &str) -> Result<bool, GitHubSandboxError> {
        self.change(|issued| match issued.get_mut(hash) {
            Some(token) => {
                token.single_sign_on.insert(organization.to_ascii_lowercase());
                true
            }
            None => false,
        })
    }

    fn read(&self) -> Result<MutexGuard<'_, Option<BTreeMap<String, Issued>>>, GitHubSandboxError> {
        let mut guard = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.is_none() {
            *guard = Some(self.load()?);
        }
        Ok(guard)
    }

    fn load(&self) -> Result<BTreeMap<String, Issued>, GitHubSandboxError> {
        let path = self.file.clone();
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| GitHubSandboxError::Accounts { path, reason: error.to_string() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(source) => Err(GitHubSandboxError::Io { action: "read", path, source }),
        }
    }

    /// Changes the tokens, and writes them before anyone learns of it.
    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<String, Issued>) -> T) -> Result<T, GitHubSandboxError> {
        let mut guard = self.read()?;
        let mut issued = guard.clone().unwrap_or_default();
        let at = now();
        issued.retain(|_, token| token.is_alive(at));
        let result = change(&mut issued);
        let path = self.file.clone();
        let bytes = serde_json::to_vec_pretty(&issued)
            .map_err(|error| GitHubSandboxError::Accounts { path: path.clone(), reason: error.to_string() })?;
        let folder = path.parent().unwrap_or(&path);
        std::fs::create_dir_all(folder)
            .and_then(|()| replace_file(&path, &bytes))
            .map_err(|source| GitHubSandboxError::Io { action: "write", path, source })?;
        *guard = Some(issued);
        Ok(result)
    }
}

fn add(issued: &mut BTreeMap<String, Issued>, grant: Grant, lifetime: Option<SignedDuration>) -> (String, Issued) {
    let token = format!("{}{MARK}{}", grant.prefix(), random_text());
    let created_at = now();
    let record = Issued {
        hash: hash(&token),
        last_eight: token.chars().skip(token.len() - 8).collect(),
        grant,
        created_at,
        expires_at: lifetime.and_then(|lifetime| created_at.checked_add(lifetime).ok()),
        partner: None,
        single_sign_on: BTreeSet::new(),
    };
    issued.insert(record.hash.clone(), record.clone());
    (token, record)
}

/// 32 random hexadecimal digits.
pub(in crate::github) fn random_text() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// The hash under which a token is kept.
pub(in crate::github) fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// True if a token was issued by a sandbox, even if it is not valid any more.
pub(in crate::github) fn is_marked(token: &str) -> bool {
    PREFIXES.iter().any(|prefix| token.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(MARK)))
}
