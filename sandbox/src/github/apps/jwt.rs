//! JSON Web Tokens of GitHub Apps:
//! <https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app>.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::key::signed;
use crate::github::clock::now;
use crate::github::errors::ApiError;
use crate::github::identity::apps::App;
use crate::github::identity::caller::Caller;
use crate::github::identity::directory::Directory;

/// The longest time from now until a token expires, in seconds.
const LONGEST: i64 = 600;
/// The difference between two clocks that is forgiven, in seconds.
const DRIFT: i64 = 60;

/// The app that signed a token, `None` if the credential does not look like a JSON Web Token.
pub(in crate::github) fn caller(token: &str, directory: &Directory) -> Option<Result<Caller, ApiError>> {
    let mut parts = token.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    // Every header is an object, and so begins with `{"`.
    if parts.next().is_some() || !header.starts_with("eyJ") {
        return None;
    }
    let message = &token[..header.len() + 1 + payload.len()];
    Some(check(message, header, payload, signature, directory))
}

fn check(
    message: &str,
    header: &str,
    payload: &str,
    signature: &str,
    directory: &Directory,
) -> Result<Caller, ApiError> {
    let undecodable = || refused("A JSON web token could not be decoded");
    let header = object(header).ok_or_else(undecodable)?;
    let claims = object(payload).ok_or_else(undecodable)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| undecodable())?;
    if header["alg"] != "RS256" || !signed(message.as_bytes(), &signature) {
        return Err(undecodable());
    }
    let at = now().as_second();
    let expires = claims["exp"].as_i64().filter(|expires| *expires > at).ok_or_else(|| {
        refused(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the \
             assertion expires",
        )
    })?;
    if expires > at + LONGEST + DRIFT {
        return Err(refused("'Expiration time' claim ('exp') is too far in the future"));
    }
    if claims["iat"].as_i64().is_none_or(|issued| issued > at + DRIFT) {
        return Err(refused(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        ));
    }
    let app = issuer(&claims["iss"], directory).and_then(|app| app.github_app.as_ref());
    let app = app.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "Integration not found"))?;
    Ok(Caller::App(app.id))
}

/// The app by its id, a number or text, or by its client id.
fn issuer<'a>(claim: &Value, directory: &'a Directory) -> Option<&'a App> {
    let id = claim.as_u64().or_else(|| claim.as_str()?.parse().ok());
    match id {
        Some(id) => directory.github_app(id),
        None => directory.app(claim.as_str()?),
    }
}

fn object(part: &str) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok().filter(Value::is_object)
}

fn refused(message: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, message)
}
