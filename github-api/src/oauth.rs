//! Signing in with GitHub: the web flow of OAuth Apps and GitHub Apps.
//!
//! From "Authorizing OAuth apps" and "Generating a user access token for a GitHub App" in GitHub's documentation. The
//! browser goes to [`OAuthApp::authorize_url`], comes back with a code, and [`OAuthApp::exchange`] makes a token of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use transport::encode::segment;
use transport::{Repeat, Sensitive, Transport, TransportError};

use crate::error::{Error, Result, refusal};

/// The address of GitHub's pages.
pub const DEFAULT_WEB_URL: &str = "https://github.com";

/// An application that people sign in to with GitHub.
#[derive(Debug, Clone)]
pub struct OAuthApp {
    transport: Transport,
    /// The address of GitHub's pages, without a slash at its end.
    web: String,
    /// The address of GitHub's API, without a slash at its end.
    api: String,
    id: String,
    secret: SecretString,
}

/// What a browser takes along to GitHub.
#[derive(Debug, Clone, Copy)]
pub struct SignIn<'a> {
    /// Where the browser comes back to.
    pub redirect_uri: &'a str,
    /// The rights that are asked for, separated by blanks. Those of a GitHub App are its own.
    pub scope: &'a str,
    /// What comes back unchanged, and which nobody can guess.
    pub state: &'a str,
    /// The SHA-256 of the verifier, in Base64 for URLs (RFC 7636).
    pub challenge: &'a str,
}

/// A token of a person.
#[derive(Clone)]
pub struct UserToken {
    /// The token.
    pub access: SecretString,
    /// The seconds until it expires. `None` if it does not.
    pub expires_in: Option<u64>,
    /// What gets the next one.
    pub refresh: Option<SecretString>,
    /// The seconds until that expires.
    pub refresh_expires_in: Option<u64>,
}

/// Without the token.
impl std::fmt::Debug for UserToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserToken").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// The answer of the token's address. GitHub answers with 200 also if it refuses.
#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
    refresh_token_expires_in: Option<u64>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Why there is no token.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SignInError {
    /// GitHub says that the code, the secret or the address does not fit.
    #[error("{code}: {description}")]
    Refused {
        /// GitHub's name of the reason: `bad_verification_code`.
        code: String,
        /// GitHub's words.
        description: String,
    },
    /// GitHub could not be asked.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl OAuthApp {
    /// An application with this id and secret, at GitHub's pages `web` and API `api`.
    #[must_use]
    pub fn new(transport: Transport, web: &str, api: &str, id: &str, secret: SecretString) -> Self {
        let plain = |url: &str| url.trim_end_matches('/').to_owned();
        Self { transport, web: plain(web), api: plain(api), id: id.to_owned(), secret }
    }

    /// Where the browser goes to sign in.
    #[must_use]
    pub fn authorize_url(&self, sign_in: SignIn<'_>) -> String {
        let SignIn { redirect_uri, scope, state, challenge } = sign_in;
        let scope = segment(scope).replace("%20", "+");
        format!(
            "{}/login/oauth/authorize?access_type=online&client_id={}&redirect_uri={}&response_type=code&scope={scope}\
             &state={}&code_challenge={}&code_challenge_method=S256",
            self.web,
            segment(&self.id),
            segment(redirect_uri),
            segment(state),
            segment(challenge)
        )
    }

    /// Exchanges the code that the browser came back with for a token.
    ///
    /// # Errors
    /// If GitHub refuses the code, and if it cannot be asked.
    pub async fn exchange(
        &self,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
    ) -> std::result::Result<UserToken, SignInError> {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ])
        .await
    }

    /// Exchanges a refresh token of a GitHub App for the next token.
    ///
    /// # Errors
    /// As of [`Self::exchange`].
    pub async fn refresh(&self, refresh: &SecretString) -> std::result::Result<UserToken, SignInError> {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh.expose_secret())]).await
    }

    async fn token(&self, fields: &[(&str, &str)]) -> std::result::Result<UserToken, SignInError> {
        let own = [("client_id", self.id.as_str()), ("client_secret", self.secret.expose_secret())];
        let form: Vec<String> =
            own.iter().chain(fields).map(|(name, value)| format!("{name}={}", segment(value))).collect();
        let secrets = own[1..].iter().chain(fields).map(|(_, value)| (*value).to_owned()).collect();
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/login/oauth/access_token", self.web))
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            // A code works once.
            .extension(Repeat::Never)
            .extension(Sensitive(secrets))
            .body(Bytes::from(form.join("&")));
        let request = request.map_err(|error| Error::from(TransportError::Invalid(error.to_string())))?;
        let answer = self.transport.send(request).await.map_err(Error::from)?;
        let body: Option<Answer> = serde_json::from_slice(answer.body()).ok();
        match body {
            Some(Answer {
                access_token: Some(access), expires_in, refresh_token, refresh_token_expires_in, ..
            }) if answer.status().is_success() => Ok(UserToken {
                access: access.into(),
                expires_in,
                refresh: refresh_token.map(SecretString::from),
                refresh_expires_in: refresh_token_expires_in,
            }),
            Some(Answer { error: Some(code), error_description, .. }) => {
                Err(SignInError::Refused { code, description: error_description.unwrap_or_default() })
            }
            _ if answer.status().is_success() => {
                Err(Error::Unexpected("it has neither a token nor an error".to_owned()).into())
            }
            _ => Err(refusal(answer).into()),
        }
    }

    /// Revokes a token (`apps/delete-token`). One that GitHub does not know counts as revoked.
    ///
    /// # Errors
    /// If GitHub refuses, or cannot be asked.
    pub async fn revoke(&self, token: &SecretString) -> Result<()> {
        let basic = STANDARD.encode(format!("{}:{}", self.id, self.secret.expose_secret()));
        let mut basic = HeaderValue::try_from(format!("Basic {basic}"))
            .map_err(|error| TransportError::Invalid(error.to_string()))?;
        basic.set_sensitive(true);
        let body = json!({ "access_token": token.expose_secret() }).to_string();
        let request = Request::builder()
            .method(Method::DELETE)
            .uri(format!("{}/applications/{}/token", self.api, segment(&self.id)))
            .header(ACCEPT, "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28")
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, basic)
            .extension(Sensitive(vec![token.expose_secret().to_owned(), self.secret.expose_secret().to_owned()]))
            .body(Bytes::from(body))
            .map_err(|error| TransportError::Invalid(error.to_string()))?;
        let answer = self.transport.send(request).await?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => Ok(()),
            _ => Err(refusal(answer)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_to_sign_in_at_carries_a_challenge_and_no_secret() {
        let transport = Transport::new(&transport::Settings::default()).unwrap();
        let app = OAuthApp::new(transport, "https://github.com/", "https://api.github.com", "id", "sesame".into());
        let url = app.authorize_url(SignIn {
            redirect_uri: "http://localhost:8080/auth/github/callback",
            scope: "user:email read:user",
            state: "a=b",
            challenge: "xyz",
        });
        assert_eq!(
            url,
            "https://github.com/login/oauth/authorize?access_type=online&client_id=id\
             &redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fauth%2Fgithub%2Fcallback&response_type=code\
             &scope=user%3Aemail+read%3Auser&state=a%3Db&code_challenge=xyz&code_challenge_method=S256"
        );
        assert!(!format!("{app:?}").contains("sesame"));
    }
}
