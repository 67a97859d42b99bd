//! Who is signed in: an encrypted cookie, and nothing on the server.

use std::collections::HashMap;
use std::sync::Arc;

use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::clock::now;
use super::error::ApiError;
use super::keys::Keys;

/// The cookie with the session.
pub(super) const SESSION: &str = "auth_token";
/// The cookie with the token against forged requests, and before it, with the code that is exchanged for it.
pub(super) const FORGERY: &str = "github_session";
/// The cookie of a sign-in that has begun.
pub(super) const SIGN_IN: &str = "oauth_state";

/// The seconds after which GitHub is asked again if the person may still sign in.
const RENEWAL: i64 = 10 * 60;
/// The seconds before the end of a token at which it is exchanged for the next one.
const MARGIN: i64 = 5 * 60;

/// A session.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Session {
    /// Its own number, which no other has.
    pub(super) id: String,
    /// GitHub's number of the person.
    pub(super) person: u64,
    /// The GitHub login.
    pub(super) login: String,
    /// The verified email address; empty if GitHub shows none.
    pub(super) email: String,
    token: String,
    refresh: Option<String>,
    /// When the token expires. `None` if it does not.
    token_until: Option<i64>,
    /// When the session ends.
    until: i64,
    /// When GitHub was last asked if the person may sign in.
    checked: i64,
}

/// Without the tokens.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("login", &self.login).finish_non_exhaustive()
    }
}

impl Session {
    /// A session that begins now.
    pub(super) fn begin(
        id: String,
        person: &github_api::Person,
        email: String,
        hours: u32,
        token: &github_api::UserToken,
    ) -> Self {
        let session = Self {
            id,
            person: person.id,
            login: person.login.clone(),
            email,
            token: String::new(),
            refresh: None,
            token_until: None,
            until: now() + i64::from(hours) * 3600,
            checked: now(),
        };
        session.with_token(token)
    }

    /// The same with the next token.
    pub(super) fn with_token(mut self, token: &github_api::UserToken) -> Self {
        self.token = token.access.expose_secret().to_owned();
        self.refresh = token.refresh.as_ref().map(|refresh| refresh.expose_secret().to_owned());
        self.token_until = token.expires_in.map(|seconds| now() + i64::try_from(seconds).unwrap_or(i64::MAX / 2));
        self
    }

    /// The same after GitHub said that the person may sign in.
    pub(super) fn checked(mut self, login: String) -> Self {
        self.login = login;
        self.checked = now();
        self
    }

    /// The person's token.
    pub(super) fn token(&self) -> SecretString {
        self.token.clone().into()
    }

    /// What gets the next token, if the present one is about to expire.
    pub(super) fn due_refresh(&self) -> Option<SecretString> {
        let is_due = self.token_until.is_some_and(|until| until - MARGIN < now());
        self.refresh.clone().filter(|_| is_due).map(SecretString::from)
    }

    /// True if GitHub is to be asked again, if the person may sign in.
    pub(super) fn is_due(&self) -> bool {
        self.checked + RENEWAL < now() || self.due_refresh().is_some()
    }

    /// The seconds since GitHub was asked.
    pub(super) fn age(&self) -> i64 {
        now() - self.checked
    }

    /// The seconds until its end.
    pub(super) fn remaining(&self) -> i64 {
        self.until - now()
    }

    /// The cookie with it.
    pub(super) fn cookie(&self, cookies: &Cookies) -> HeaderValue {
        let text = serde_json::to_string(self).unwrap_or_default();
        cookies.sealed(SESSION, &text, self.remaining(), SameSite::Lax)
    }

    /// The session in the cookie of a request. `None` without one.
    ///
    /// # Errors
    /// If there is a cookie that is not a session, or one that is over.
    pub(super) fn of(headers: &HeaderMap, keys: &Keys) -> Result<Option<Self>, ApiError> {
        let Some(sealed) = cookie(headers, SESSION) else { return Ok(None) };
        let opened = keys.open(SESSION, &sealed).and_then(|text| serde_json::from_str::<Self>(&text).ok());
        opened.filter(|session| session.remaining() > 0).map(Some).ok_or_else(ApiError::session_over)
    }
}

/// How cookies are set.
#[derive(Debug, Clone)]
pub(super) struct Cookies {
    pub(super) keys: Keys,
    /// True where the pages are HTTPS.
    pub(super) secure: bool,
    /// The path below which the service is.
    pub(super) path: String,
}

impl Cookies {
    /// A cookie with an encrypted value.
    pub(super) fn sealed(&self, name: &str, text: &str, seconds: i64, same_site: SameSite) -> HeaderValue {
        self.header(name, &self.keys.seal(name, text), seconds, same_site)
    }

    /// The text in a cookie of a request.
    pub(super) fn open(&self, headers: &HeaderMap, name: &str) -> Option<String> {
        self.keys.open(name, &cookie(headers, name)?)
    }

    /// A cookie that takes another away.
    pub(super) fn cleared(&self, name: &str) -> HeaderValue {
        self.header(name, "", 0, if name == FORGERY { SameSite::Strict } else { SameSite::Lax })
    }

    fn header(&self, name: &str, value: &str, seconds: i64, same_site: SameSite) -> HeaderValue {
        let cookie = Cookie::build((name.to_owned(), percent(value)))
            .path(self.path.clone())
            .http_only(true)
            .secure(self.secure)
            .same_site(same_site)
            .max_age(cookie::time::Duration::seconds(seconds.max(0)));
        HeaderValue::try_from(cookie.build().to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// The signs of Base64 that some servers do not expect in a cookie.
fn percent(value: &str) -> String {
    value.replace('=', "%3D")
}

/// The value of a cookie of a request.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value.replace("%3D", "="))
}

/// Sessions that were renewed a moment ago, by their number.
#[derive(Debug, Default)]
pub(super) struct Renewals(HashMap<String, Renewal>);

/// The last renewal of a session, behind a lock that lasts as long as the next one.
pub(super) type Renewal = Arc<Mutex<Option<Session>>>;

/// The number of sessions that are remembered before old ones are forgotten.
const MOST_RENEWALS: usize = 1000;

impl Renewals {
    /// The renewal of a session.
    pub(super) fn of(&mut self, id: &str) -> Renewal {
        if self.0.len() >= MOST_RENEWALS {
            // One that is under way is held by someone else too.
            self.0.retain(|_, renewal| Arc::strong_count(renewal) > 1);
        }
        Arc::clone(self.0.entry(id.to_owned()).or_default())
    }

    /// Forgets a session.
    pub(super) fn forget(&mut self, id: &str) {
        self.0.remove(id);
    }
}
