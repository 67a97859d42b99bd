//! Reading an answer, within a limit and without the secrets of its request.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, Response, StatusCode, Uri};

use crate::error::TransportError;
use crate::marks::{Confidential, Sensitive};
use crate::mask::Mask;

/// The largest body of an error that is read. A longer one is no message for a person.
const LARGEST_ERROR: usize = 32 * 1024;

/// The answer with its whole body, however that arrives. The body of an error is empty if it is too large.
///
/// # Errors
/// `too_large` if the body of a success has more than `most` bytes, and `lost` if it breaks off.
pub(super) async fn read(
    mut response: reqwest::Response,
    most: usize,
    too_large: impl Fn() -> TransportError,
    lost: impl Fn(reqwest::Error) -> TransportError,
) -> Result<Response<Bytes>, TransportError> {
    let is_error = !response.status().is_success();
    let most = if is_error { LARGEST_ERROR } else { most };
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    let announced = response.content_length().unwrap_or(0);
    let mut is_whole = announced <= most as u64;
    let mut body = BytesMut::new();
    while is_whole && let Some(part) = response.chunk().await.map_err(&lost)? {
        body.extend_from_slice(&part);
        is_whole = body.len() <= most;
    }
    match (is_whole, is_error) {
        (true, _) => *answer.body_mut() = body.freeze(),
        (false, true) => {}
        (false, false) => return Err(too_large()),
    }
    Ok(answer)
}

/// An error, or a redirect, without the secrets of its request, which some servers repeat. Other answers are data, and
/// stay as they are.
pub(super) fn without_secrets(request: &Request<Bytes>, mut answer: Response<Bytes>) -> Response<Bytes> {
    if answer.status().is_success() || answer.status() == StatusCode::NOT_MODIFIED {
        return answer;
    }
    let mask = mask(request);
    if let Cow::Owned(masked) = mask.bytes(answer.body()) {
        *answer.body_mut() = masked.into();
    }
    for value in answer.headers_mut().values_mut() {
        if let Cow::Owned(masked) = mask.bytes(value.as_bytes()) {
            // What replaces a secret is ASCII, and what is around it was valid before.
            *value = HeaderValue::from_bytes(&masked).unwrap_or(HeaderValue::from_static("***"));
        }
    }
    answer
}

/// The mask of the secrets that a request carries: its credentials, and those that its [`Sensitive`] names.
fn mask(request: &Request<Bytes>) -> Mask {
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    for value in request.headers().get_all(AUTHORIZATION) {
        secrets.extend(credentials(value.as_bytes()));
    }
    if let Some(Sensitive(named)) = request.extensions().get() {
        secrets.extend(named.iter().map(|secret| secret.as_bytes().to_vec()));
    }
    if request.extensions().get::<Confidential>().is_some() {
        secrets.extend(parts(request.uri()).map(|part| part.as_bytes().to_vec()));
    }
    Mask::new(secrets.iter().map(Vec::as_slice))
}

/// The secrets in a header of credentials: what follows the scheme, and of basic authentication, the password.
fn credentials(header: &[u8]) -> Vec<Vec<u8>> {
    let value = header.splitn(2, |byte| *byte == b' ').last().unwrap_or_default();
    let pair = BASE64.decode(value).ok().filter(|_| header.starts_with(b"Basic "));
    let password = pair.and_then(|pair| Some(pair.splitn(2, |byte| *byte == b':').nth(1)?.to_vec()));
    [Some(value.to_vec()), password].into_iter().flatten().collect()
}

/// The parts of an address that is a secret.
fn parts(uri: &Uri) -> impl Iterator<Item = &str> {
    let query = uri.query().unwrap_or_default().split('&').filter_map(|pair| Some(pair.split_once('=')?.1));
    uri.path().split('/').chain(query)
}
