//! Signing in with GitHub, and out.
//!
//! A sign-in is bound to its browser by a cookie with the state and the verifier, which is encrypted, and works once. What
//! the UI exchanges afterwards, the code in its address, is bound to the same browser by another cookie. So neither has to
//! be kept on the server.

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::Extension;
use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use cookie::SameSite;
use github_api::{Person, Reader, SignIn};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::access::is_allowed;
use super::app::App;
use super::audit::Event;
use super::clock::now;
use super::error::{Answer, ApiError};
use super::session::{Cookies, FORGERY, SESSION, SIGN_IN, Session};
use super::signed::ClientAddress;

/// The seconds that a sign-in may take.
const SIGN_IN_TIME: i64 = 5 * 60;
/// The seconds until the UI must have exchanged its code.
const CODE_TIME: i64 = 2 * 60;
/// The seconds that a renewed session is remembered.
const RENEWAL_TIME: i64 = 60;

/// The parameters of an address.
type Parameters = Query<BTreeMap<String, String>>;

/// A sign-in that has begun.
#[derive(Serialize, Deserialize)]
struct Begun {
    state: String,
    verifier: String,
    until: i64,
}

/// The content of the cookie against forged requests.
#[derive(Serialize, Deserialize)]
enum Forgery {
    /// The code that the UI is to exchange.
    Code { code: String, session: String, until: i64 },
    /// The token that it got.
    Token { token: String, session: String },
}

impl Forgery {
    fn of(headers: &HeaderMap, cookies: &Cookies) -> Option<Self> {
        serde_json::from_str(&cookies.open(headers, FORGERY)?).ok()
    }

    fn cookie(&self, cookies: &Cookies, seconds: i64) -> HeaderValue {
        let text = serde_json::to_string(self).unwrap_or_default();
        cookies.sealed(FORGERY, &text, seconds, SameSite::Strict)
    }
}

/// Something that nobody can guess: 32 bytes in Base64 for URLs, 44 characters.
fn secret() -> String {
    URL_SAFE.encode(random())
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    dryoc::rng::copy_randombytes(&mut bytes);
    bytes
}

/// `GET /auth/github`: to GitHub.
pub(super) async fn begin(State(app): State<App>) -> Response {
    let verifier = URL_SAFE_NO_PAD.encode(random());
    let begun = Begun { state: secret(), verifier, until: now() + SIGN_IN_TIME };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(begun.verifier.as_bytes()));
    let target = app.oauth.authorize_url(SignIn {
        redirect_uri: &app.settings.redirect_uri,
        scope: &app.settings.scopes,
        state: &begun.state,
        challenge: &challenge,
    });
    let text = serde_json::to_string(&begun).unwrap_or_default();
    // Lax: the browser comes back from another site.
    let cookie = app.cookies.sealed(SIGN_IN, &text, SIGN_IN_TIME, SameSite::Lax);
    redirect(&target, [cookie])
}

/// `GET /auth/github/callback`: the browser comes back from GitHub.
pub(super) async fn callback(
    State(app): State<App>,
    Extension(ClientAddress(from)): Extension<ClientAddress>,
    headers: HeaderMap,
    Query(parameters): Parameters,
) -> Response {
    let given = |name: &str| parameters.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let answer = match signed_in(&app, &headers, given("state"), given("code")).await {
        Ok(session) => {
            let code = URL_SAFE_NO_PAD.encode(&random()[..24]);
            let until = now() + CODE_TIME;
            let forgery = Forgery::Code { code: code.clone(), session: session.id.clone(), until };
            app.record(from, Event { who: Some(session.login.clone()), ..Event::new("sign-in") });
            let home = app.settings.frontend.as_str().trim_end_matches('/');
            let cookies = [session.cookie(&app.cookies), forgery.cookie(&app.cookies, CODE_TIME)];
            redirect(&format!("{home}/auth/success?code={code}"), cookies)
        }
        Err(Refused { who, error }) => {
            app.record(from, Event { who, refused: Some(error.message.clone()), ..Event::new("sign-in") });
            error.into_response()
        }
    };
    // Whatever came of it, this sign-in is over.
    with_cookie(answer, app.cookies.cleared(SIGN_IN))
}

/// Why a sign-in failed, and whose it was as far as that is known.
struct Refused {
    who: Option<String>,
    error: ApiError,
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self { who: None, error }
    }
}

async fn signed_in(
    app: &App,
    headers: &HeaderMap,
    state: Option<&str>,
    code: Option<&str>,
) -> Result<Session, Refused> {
    let state = state.ok_or_else(|| ApiError::bad_request("Missing state parameter"))?;
    let begun = app.cookies.open(headers, SIGN_IN).and_then(|text| serde_json::from_str::<Begun>(&text).ok());
    let begun = begun.filter(|begun| same(&begun.state, state) && begun.until > now());
    let begun = begun.ok_or_else(|| ApiError::bad_request("Invalid state parameter"))?;
    let code = code.ok_or_else(|| ApiError::bad_request("Missing code parameter"))?;
    let token = app.oauth.exchange(code, &app.settings.redirect_uri, &begun.verifier).await;
    let token = token.map_err(|error| {
        // The reason is for whoever runs the service: it may name an address or an app.
        tracing::warn!(%error, "GitHub gave no token for a sign-in");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "Failed to exchange code for token")
    })?;
    let reader = app.reader_with(token.access.clone())?;
    let person = reader.me().await.map_err(|error| {
        tracing::warn!(%error, "GitHub did not say who signed in");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "Failed to get user from GitHub")
    })?;
    if let Err(error) = admit(app, &reader, &person).await {
        // A token that gets nobody in is of no use to anybody.
        if let Err(error) = app.oauth.revoke(&token.access).await {
            tracing::warn!(%error, "could not revoke the token of a sign-in that was refused");
        }
        return Err(Refused { who: Some(person.login), error });
    }
    let email = verified_email(&reader).await;
    Ok(Session::begin(secret(), &person, email, app.settings.hours, &token))
}

/// Refuses whoever may not sign in.
async fn admit(app: &App, reader: &Reader, person: &Person) -> Answer<()> {
    let circles = &app.settings.sign_in;
    let is_allowed = is_allowed(circles, reader, &person.login).await;
    if is_allowed.map_err(|error| ApiError::of_github("find out if you may sign in", &error))? {
        return Ok(());
    }
    let names: Vec<String> = circles.iter().map(ToString::to_string).collect();
    Err(ApiError::shut_out(format!("{} may not sign in: members of {} may", person.login, names.join(", "))))
}

/// The address that the person proved to read; empty if GitHub shows none.
pub(super) async fn verified_email(reader: &Reader) -> String {
    let emails = reader.my_emails().await.unwrap_or_default();
    emails.into_iter().find(|email| email.primary && email.verified).map(|email| email.email).unwrap_or_default()
}

/// `GET /auth/verify`: the UI exchanges its code for a token against forged requests.
pub(super) async fn verify(State(app): State<App>, headers: HeaderMap, Query(parameters): Parameters) -> Answer {
    let code = parameters.get("code").filter(|code| !code.is_empty());
    let code = code.ok_or_else(|| ApiError::bad_request("Missing code parameter"))?;
    let session = match Forgery::of(&headers, &app.cookies) {
        Some(Forgery::Code { code: known, session, until }) if same(&known, code) && until > now() => session,
        _ => return Err(ApiError::new(StatusCode::UNAUTHORIZED, "Invalid or expired code")),
    };
    let token = secret();
    let body = json!({ "success": true, "message": "Authentication successful", "csrf_token": token });
    let forgery = Forgery::Token { token, session };
    let seconds = i64::from(app.settings.hours) * 3600;
    Ok(with_cookie(Json(body).into_response(), forgery.cookie(&app.cookies, seconds)))
}

/// Checks the token against forged requests.
fn check_forgery(app: &App, headers: &HeaderMap, session: Option<&Session>) -> Answer<()> {
    let given = headers.get("x-csrf-token").and_then(|token| token.to_str().ok());
    let given = given.ok_or_else(|| ApiError::forbidden("CSRF token missing"))?;
    match Forgery::of(headers, &app.cookies) {
        Some(Forgery::Token { token, session: of }) => {
            let fits = same(&token, given) && session.is_none_or(|session| session.id == of);
            if fits { Ok(()) } else { Err(ApiError::forbidden("CSRF token invalid")) }
        }
        _ => Err(ApiError::forbidden("No CSRF token in session")),
    }
}

/// `POST /auth/logout`: the session ends, and its token is revoked. Without the header, a page that was reloaded could not
/// sign out; the origin decides then.
pub(super) async fn logout(
    State(app): State<App>,
    Extension(ClientAddress(from)): Extension<ClientAddress>,
    headers: HeaderMap,
    session: Option<Session>,
) -> Answer {
    if headers.contains_key("x-csrf-token") || headers.get("origin").is_none() {
        check_forgery(&app, &headers, session.as_ref())?;
    }
    if let Some(session) = session {
        end(&app, from, session).await;
    }
    let body = Json(json!({ "message": "Logged out successfully" })).into_response();
    let answer = with_cookie(body, app.cookies.cleared(SESSION));
    Ok(with_cookie(answer, app.cookies.cleared(FORGERY)))
}

/// Ends a session: its number is remembered until it would have ended by itself, and its token is revoked.
pub(super) async fn end(app: &App, from: IpAddr, session: Session) {
    let mut ended = app.ended.lock().await;
    let now = now();
    ended.retain(|_, until| *until > now);
    ended.insert(session.id.clone(), now + session.remaining());
    drop(ended);
    app.renewals.lock().await.forget(&session.id);
    if let Err(error) = app.oauth.revoke(&session.token()).await {
        tracing::warn!(%error, "could not revoke the token of a session that ended");
    }
    app.record(from, Event { who: Some(session.login), ..Event::new("sign-out") });
}

/// `POST /auth/refresh`: a longer session, with another token against forged requests. No token of GitHub is in the answer.
pub(super) async fn refresh(State(app): State<App>, headers: HeaderMap, session: Session) -> Answer {
    check_forgery(&app, &headers, Some(&session))?;
    let renewed = renew(&app, session).await?;
    let token = secret();
    let body = json!({ "token": renewed.id, "csrf_token": token });
    let forgery = Forgery::Token { token, session: renewed.id.clone() };
    let answer = with_cookie(Json(body).into_response(), renewed.cookie(&app.cookies));
    Ok(with_cookie(answer, forgery.cookie(&app.cookies, renewed.remaining())))
}

/// The session of a request, after it was renewed if that was due. The second is the one that the browser is to keep from
/// now on.
pub(super) async fn renewed(
    app: &App,
    session: Result<Option<Session>, ApiError>,
) -> (Result<Option<Session>, ApiError>, Option<Session>) {
    let session = match session {
        Ok(Some(session)) => session,
        other => return (other, None),
    };
    if app.ended.lock().await.contains_key(&session.id) {
        return (Err(ApiError::session_over()), None);
    }
    if !session.is_due() {
        return (Ok(Some(session)), None);
    }
    match renew(app, session).await {
        Ok(session) => (Ok(Some(session.clone())), Some(session)),
        Err(error) => (Err(error), None),
    }
}

/// Asks GitHub again if the person may sign in, with the next token if the present one is about to expire.
async fn renew(app: &App, session: Session) -> Answer<Session> {
    // One at a time for each session: the requests of a page come together, and a refresh token works once.
    let of_session = app.renewals.lock().await.of(&session.id);
    let mut renewed = of_session.lock().await;
    if let Some(renewed) = renewed.as_ref().filter(|renewed| renewed.age() < RENEWAL_TIME) {
        return Ok(renewed.clone());
    }
    let session = match session.due_refresh() {
        Some(refresh) => {
            let token = app.oauth.refresh(&refresh).await.map_err(|_| ApiError::session_over())?;
            session.with_token(&token)
        }
        None => session,
    };
    let login = check_again(app, &session).await?.login;
    let session = session.checked(login);
    *renewed = Some(session.clone());
    Ok(session)
}

/// The person, who may sign in still. Also asked before something is changed in their name.
pub(super) async fn check_again(app: &App, session: &Session) -> Answer<Person> {
    let reader = app.reader(session)?;
    let person = reader.me().await.map_err(|error| ApiError::of_github("get user profile", &error))?;
    if person.id != session.person {
        return Err(ApiError::session_over());
    }
    admit(app, &reader, &person).await?;
    Ok(person)
}

/// True for equal texts. It takes the same time whatever they have in common.
fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one.as_bytes()) == Sha256::digest(other.as_bytes())
}

fn redirect<const N: usize>(target: &str, cookies: [HeaderValue; N]) -> Response {
    let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
    if let Ok(target) = HeaderValue::try_from(target) {
        response.headers_mut().insert(LOCATION, target);
    }
    cookies.into_iter().fold(response, with_cookie)
}

fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(SET_COOKIE, cookie);
    response
}
