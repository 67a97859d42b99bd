//! Requests: authentication, headers, bodies, and the pages of lists.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Uri};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use transport::{ComeAgain, Mask, NoRedirects, Pages, Repeat, Transport, TransportError};

use crate::error::{Error, Result, pause_of, refusal};

/// The address of GitHub's own API.
pub const DEFAULT_URL: &str = "https://api.github.com";

/// Entries of a page of a list: GitHub's maximum.
const PAGE_SIZE: usize = 100;

const JSON: HeaderValue = HeaderValue::from_static("application/vnd.github+json");
const RAW: HeaderValue = HeaderValue::from_static("application/vnd.github.raw+json");
const API_VERSION: HeaderValue = HeaderValue::from_static("2022-11-28");

/// Address of the API, and credentials.
#[derive(Debug, Clone)]
pub struct Access {
    /// The address of the API.
    pub url: String,
    /// A token; without one, only public repositories can be read.
    pub token: Option<SecretString>,
}

/// An [`Access`] that cannot be part of a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// The address is not one of HTTP.
    #[error("`{0}` is not the address of an API")]
    Url(String),
    /// The token has line breaks or other characters that no header may have.
    #[error("the token has characters that no token has")]
    Token,
}

/// Reads from GitHub, and can do nothing else. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reader {
    transport: Transport,
    /// The address of the API, without a slash at its end.
    url: String,
    authorization: Option<HeaderValue>,
    /// Of the token.
    mask: Mask,
}

/// Writes to GitHub. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Writer(Reader);

/// A request, before it becomes one of HTTP.
struct Operation<'a> {
    method: Method,
    /// Path and query.
    route: &'a str,
    accept: HeaderValue,
    body: Bytes,
    /// `None` for what the method implies.
    repeat: Option<Repeat>,
}

impl Reader {
    /// A client over `transport`.
    ///
    /// # Errors
    /// If the address or the token cannot be part of a request.
    pub fn new(transport: Transport, access: &Access) -> Result<Self, AccessError> {
        let url = access.url.trim_end_matches('/').to_owned();
        let is_http = |uri: &Uri| matches!(uri.scheme_str(), Some("https" | "http")) && uri.authority().is_some();
        url.parse().ok().filter(is_http).ok_or_else(|| AccessError::Url(access.url.clone()))?;
        let authorization = access.token.as_ref().map(bearer).transpose()?;
        let mask = Mask::new(access.token.iter().map(|token| token.expose_secret().as_bytes()));
        Ok(Self { transport, url, authorization, mask })
    }

    /// The route of an address of this API. `None` for another place, where the token must not go.
    pub(crate) fn route_of<'a>(&self, address: &'a str) -> Option<&'a str> {
        let route = address.strip_prefix(&self.url).unwrap_or(address);
        (route.starts_with('/') && !route.starts_with("//")).then_some(route)
    }

    /// The JSON at `route`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, route: &str) -> Result<T> {
        self.parse(&self.send(Operation::get(route, JSON)).await?)
    }

    /// The bytes at `route`, as they are stored.
    pub(crate) async fn get_raw(&self, route: &str) -> Result<Bytes> {
        self.send(Operation::get(route, RAW)).await
    }

    /// The entries of all pages of the list at `route`, which has a query already. `entries` takes them out of a page.
    pub(crate) async fn pages<P: DeserializeOwned, T>(&self, route: &str, entries: fn(P) -> Vec<T>) -> Result<Vec<T>> {
        let (mut all, mut pages) = (Vec::new(), Pages::default());
        for number in 1_usize.. {
            let body = self.send(Operation::get(&format!("{route}per_page={PAGE_SIZE}&page={number}"), JSON)).await?;
            let page = entries(self.parse(&body)?);
            let is_last = page.len() < PAGE_SIZE;
            if !is_last {
                pages.count(&body)?;
            }
            all.extend(page);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    /// The JSON of an answer. The error has what the answer has instead, but not the token.
    fn parse<'a, T: Deserialize<'a>>(&self, body: &'a [u8]) -> Result<T> {
        serde_json::from_slice(body).map_err(|error| Error::Unexpected(self.mask.text(&error.to_string())))
    }

    async fn send(&self, operation: Operation<'_>) -> Result<Bytes> {
        let request = self.request(operation).map_err(|error| TransportError::Invalid(error.to_string()))?;
        let answer = self.transport.send(request).await?;
        if answer.status().is_success() { Ok(answer.into_body()) } else { Err(refusal(answer)) }
    }

    fn request(&self, operation: Operation<'_>) -> Result<Request<Bytes>, http::Error> {
        let Operation { method, route, accept, body, repeat } = operation;
        let request = Request::builder().method(method).uri(format!("{}{route}", self.url));
        let request = request.header(ACCEPT, accept).header("x-github-api-version", API_VERSION);
        // GitHub redirects where a repository was renamed: its new name is worth knowing, before something is written.
        let mut request = request.extension(NoRedirects).extension(ComeAgain(pause_of));
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(repeat) = repeat {
            request = request.extension(repeat);
        }
        request.body(body)
    }
}

impl Writer {
    /// A client that may also write.
    #[must_use]
    pub fn new(reader: Reader) -> Self {
        Self(reader)
    }

    /// The client that can only read.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.0
    }

    /// Creates what must not be created twice.
    pub(crate) async fn post<T: DeserializeOwned>(&self, route: &str, body: &impl Serialize) -> Result<T> {
        self.0.parse(&self.change(Method::POST, route, body, None).await?)
    }

    /// Creates a git object. Nothing points to it yet, and it has the same id each time.
    pub(crate) async fn post_object<T: DeserializeOwned>(&self, route: &str, body: &impl Serialize) -> Result<T> {
        self.0.parse(&self.change(Method::POST, route, body, Some(Repeat::Harmless)).await?)
    }

    pub(crate) async fn patch(&self, route: &str, body: &impl Serialize) -> Result<()> {
        self.change(Method::PATCH, route, body, None).await.map(drop)
    }

    pub(crate) async fn put(&self, route: &str, body: &impl Serialize) -> Result<()> {
        self.change(Method::PUT, route, body, None).await.map(drop)
    }

    pub(crate) async fn delete(&self, route: &str) -> Result<()> {
        let (method, body) = (Method::DELETE, Bytes::new());
        self.0.send(Operation { method, route, accept: JSON, body, repeat: None }).await.map(drop)
    }

    async fn change(
        &self,
        method: Method,
        route: &str,
        body: &impl Serialize,
        repeat: Option<Repeat>,
    ) -> Result<Bytes> {
        let body = serde_json::to_vec(body).map_err(|error| TransportError::Invalid(error.to_string()))?;
        self.0.send(Operation { method, route, accept: JSON, body: body.into(), repeat }).await
    }
}

impl<'a> Operation<'a> {
    fn get(route: &'a str, accept: HeaderValue) -> Self {
        Self { method: Method::GET, route, accept, body: Bytes::new(), repeat: None }
    }
}

fn bearer(token: &SecretString) -> Result<HeaderValue, AccessError> {
    let value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()));
    let mut value = value.map_err(|_| AccessError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(url: &str, token: Option<&str>) -> Result<Reader, AccessError> {
        let access = Access { url: url.to_owned(), token: token.map(SecretString::from) };
        Reader::new(Transport::new(&transport::Settings::default()).unwrap(), &access)
    }

    #[test]
    fn access_that_cannot_be_part_of_a_request_is_refused() {
        for url in ["", "nowhere", "/api", "ftp://host", "https://"] {
            assert_eq!(reader(url, None).unwrap_err(), AccessError::Url(url.to_owned()));
        }
        assert_eq!(reader(DEFAULT_URL, Some("ses\name")).unwrap_err(), AccessError::Token);
        assert!(!format!("{:?}", reader("https://host/api/v3/", Some("sesame")).unwrap()).contains("sesame"));
    }

    #[test]
    fn a_request_has_githubs_headers() {
        let reader = reader("https://host/api/v3/", Some("sesame")).unwrap();
        let request = reader.request(Operation::get("/user", JSON)).unwrap();
        assert_eq!(request.uri(), "https://host/api/v3/user");
        assert_eq!(request.headers()["x-github-api-version"], "2022-11-28");
        assert_eq!(request.headers()[AUTHORIZATION], "Bearer sesame");
        assert!(!request.headers().contains_key(CONTENT_TYPE));
    }
}
