//! The one who makes a request.

use super::apps::App;
use super::directory::Directory;
use super::tokens::{Grant, Issued, Tokens, is_marked};
use crate::github::accounts::LOGIN;
use crate::github::errors::GitHubSandboxError;

/// The one who makes a request.
#[derive(Clone, Debug)]
pub(in crate::github) enum Caller {
    /// Anyone: no credential was sent.
    Anonymous,
    /// The sandbox's own user, who may do everything. Every token that the sandbox did not issue is theirs.
    Operator,
    /// An app that sent its client id and secret, to ask about its tokens.
    Client(String),
    /// A GitHub App that signed a JSON Web Token.
    App(u64),
    /// Whoever was given a token.
    Token(Box<Issued>),
}

/// A credential as it was sent.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::github) enum Credential<'a> {
    Token(&'a str),
    /// A name and a password, as git clients send their token, and apps their secret.
    Basic(&'a str, &'a str),
}

impl Caller {
    /// The caller with this credential, `None` if it is not valid, or no longer.
    pub(in crate::github) fn of(
        credential: &Credential<'_>,
        directory: &Directory,
        tokens: &Tokens,
    ) -> Result<Option<Self>, GitHubSandboxError> {
        let token = match credential {
            Credential::Token(token) => token,
            Credential::Basic(name, password) => {
                if let Some(app) = directory.app(name) {
                    let right = app.client_secret == *password;
                    return Ok(right.then(|| Self::Client(app.client_id.clone())));
                }
                password
            }
        };
        if !is_marked(token) {
            return Ok(Some(Self::Operator));
        }
        let known = tokens.find(token)?.filter(|issued| is_usable(issued, directory));
        Ok(known.map(|issued| Self::Token(Box::new(issued))))
    }

    /// The login of the person, or of the sandbox's own user.
    pub(in crate::github) fn login(&self) -> Option<&str> {
        match self {
            Self::Operator => Some(LOGIN),
            Self::Token(issued) => issued.grant.login(),
            Self::Anonymous | Self::Client(_) | Self::App(_) => None,
        }
    }

    /// The token, if one was issued.
    pub(in crate::github) fn issued(&self) -> Option<&Issued> {
        match self {
            Self::Token(issued) => Some(issued),
            _ => None,
        }
    }

    /// The one whose budget of requests is spent: all tokens of a person share one.
    pub(in crate::github) fn budget(&self) -> String {
        match self {
            Self::Anonymous | Self::Client(_) => String::new(),
            Self::App(id) => format!("app {id}"),
            Self::Operator => LOGIN.to_owned(),
            Self::Token(issued) => match &issued.grant {
                Grant::Installation { app, account, .. } => format!("installation {app} {account}"),
                grant => grant.login().unwrap_or_default().to_owned(),
            },
        }
    }

    /// The GitHub App that the caller's token belongs to.
    pub(in crate::github) fn github_app<'a>(&self, directory: &'a Directory) -> Option<&'a App> {
        match &self.issued()?.grant {
            Grant::GitHubApp { client_id, .. } => directory.app(client_id),
            Grant::Installation { app, .. } => directory.github_app(*app),
            _ => None,
        }
    }
}

/// True if a token still opens something: its person and its app exist, and it is not one that only renews others.
fn is_usable(issued: &Issued, directory: &Directory) -> bool {
    let app_exists = issued.grant.client_id().is_none_or(|client_id| directory.app(client_id).is_some());
    match &issued.grant {
        Grant::Refresh { .. } => false,
        Grant::Installation { app, account, .. } => {
            let app = directory.github_app(*app);
            app.and_then(|app| app.installed_on(account)).is_some_and(|installation| !installation.suspended)
        }
        grant => app_exists && grant.login().is_some_and(|login| directory.person(login).is_some()),
    }
}
