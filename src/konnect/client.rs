//! Requests to Konnect: URLs, credentials, pages, errors.

use axum::body::Bytes;
use futures::future::try_join_all;
use http::{Method, Request, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::problem;
use crate::engine::{Error, ErrorKind};
use crate::http::Transport;

/// Where Konnect is, with `{region}` in the place of the region (the `servers` of its published documents).
pub const DEFAULT_URL: &str = "https://{region}.api.konghq.com";

/// The region of what belongs to the whole organization: teams, users, roles.
pub const GLOBAL: &str = "global";

/// How many objects a page of a list holds (R2).
const PAGE_SIZE: usize = 100;
/// How many gateway services a page holds: the most that `control-planes-config-v2` allows.
const SERVICE_PAGE_SIZE: usize = 1000;

/// Whose Konnect it is, and how to get in.
#[derive(Debug, Clone)]
pub struct Account {
    /// The organization, as the configuration calls it.
    pub organization: String,
    /// Its access token.
    pub token: SecretString,
    /// Where the token comes from, for messages: `the variable KONGAIRLINES_KONNECT_TOKEN`.
    pub token_source: String,
    /// The address with `{region}` in it.
    pub url: String,
}

/// Reads from the Konnect of one organization, and can do nothing else.
#[derive(Debug, Clone)]
pub struct ReadClient {
    transport: Transport,
    account: Account,
}

/// Writes to the Konnect of one organization.
#[derive(Debug, Clone)]
pub struct WriteClient(ReadClient);

/// One page of a list, as Konnect's documents describe it.
#[derive(serde::Deserialize)]
struct Page {
    data: Vec<Value>,
    meta: Option<Meta>,
    /// The next page of a gateway's lists.
    offset: Option<String>,
}

#[derive(serde::Deserialize)]
struct Meta {
    page: PageMeta,
}

#[derive(serde::Deserialize)]
struct PageMeta {
    /// How many objects there are on all pages; documented as a number, sent as `3` or `3.0`.
    total: f64,
}

impl ReadClient {
    /// A client for one organization.
    #[must_use]
    pub fn new(transport: Transport, account: Account) -> Self {
        Self { transport, account }
    }

    /// `GET` of one object.
    ///
    /// # Errors
    /// What the server answered, in its own words.
    pub async fn get(&self, region: &str, path: &str) -> Result<Value, Error> {
        self.send(Method::GET, region, path, None).await
    }

    /// All pages of a list with `page[number]` and `page[size]`, the pages after the first at the same time.
    ///
    /// # Errors
    /// What the server answered, in its own words.
    pub async fn list(&self, region: &str, path: &str) -> Result<Vec<Value>, Error> {
        let page = async |number: usize| -> Result<Page, Error> {
            let joint = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{joint}page%5Bsize%5D={PAGE_SIZE}&page%5Bnumber%5D={number}");
            let body = self.get(region, &path).await?;
            serde_json::from_value(body).map_err(|error| self.unexpected(region, &path, &error))
        };
        let first = page(1).await?;
        let total = first.meta.as_ref().map_or(0.0, |meta| meta.page.total);
        let mut objects = first.data;
        let pages = (total / PAGE_SIZE as f64).ceil() as usize;
        for more in try_join_all((2..=pages).map(page)).await? {
            objects.extend(more.data);
        }
        Ok(objects)
    }

    /// The whole of a list that Konnect does not page.
    ///
    /// # Errors
    /// What the server answered, in its own words.
    pub async fn list_unpaged(&self, region: &str, path: &str) -> Result<Vec<Value>, Error> {
        let body = self.get(region, path).await?;
        let page: Page = serde_json::from_value(body).map_err(|error| self.unexpected(region, path, &error))?;
        Ok(page.data)
    }

    /// All pages of a list with `size` and `offset`, as those of a control plane's entities are.
    ///
    /// # Errors
    /// What the server answered, in its own words.
    pub async fn list_by_offset(&self, region: &str, path: &str) -> Result<Vec<Value>, Error> {
        let mut objects = Vec::new();
        let mut next = format!("{path}?size={SERVICE_PAGE_SIZE}");
        loop {
            let body = self.get(region, &next).await?;
            let page: Page = serde_json::from_value(body).map_err(|error| self.unexpected(region, &next, &error))?;
            objects.extend(page.data);
            match page.offset.filter(|offset| !offset.is_empty()) {
                Some(offset) => next = format!("{path}?size={SERVICE_PAGE_SIZE}&offset={}", encode(&offset)),
                None => return Ok(objects),
            }
        }
    }

    fn url(&self, region: &str, path: &str) -> String {
        format!("{}{path}", self.account.url.trim_end_matches('/').replace("{region}", region))
    }

    fn unexpected(&self, region: &str, path: &str, error: &serde_json::Error) -> Error {
        let cause = format!("the answer is not what the published document promises: {error}");
        Error::new(ErrorKind::Unexpected, format!("read {}", self.url(region, path)), cause)
    }

    async fn send(&self, method: Method, region: &str, path: &str, body: Option<&Value>) -> Result<Value, Error> {
        let url = self.url(region, path);
        let attempted = format!("{} {url}", problem::verb(&method));
        let mut token = header::HeaderValue::try_from(format!("Bearer {}", self.account.token.expose_secret()))
            .map_err(|_| self.bad_token(&attempted))?;
        token.set_sensitive(true);
        let mut request = Request::builder()
            .method(method)
            .uri(&url)
            .header(header::AUTHORIZATION, token)
            .header(header::ACCEPT, "application/json, application/problem+json");
        let bytes = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let request = request
            .body(bytes)
            .map_err(|error| Error::new(ErrorKind::Refused, &attempted, format!("not a valid request: {error}")))?;
        let response = self.transport.send(request).await.map_err(|error| problem::transport(&attempted, &error))?;
        let (status, bytes) = (response.status(), response.body());
        if !status.is_success() {
            return Err(problem::answer(&attempted, &self.account, status, bytes));
        }
        if bytes.is_empty() || status == StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        serde_json::from_slice(bytes).map_err(|error| self.unexpected(region, path, &error))
    }

    fn bad_token(&self, attempted: &str) -> Error {
        let cause = format!("{} holds characters that no token has", self.account.token_source);
        Error::new(ErrorKind::Unauthorized, attempted, cause).help("check it for line breaks and spaces")
    }
}

impl WriteClient {
    /// A client that may also write.
    #[must_use]
    pub fn new(read: ReadClient) -> Self {
        Self(read)
    }

    /// The client that can only read.
    #[must_use]
    pub fn reader(&self) -> &ReadClient {
        &self.0
    }

    /// `POST`; [`ErrorKind::FateUnknown`] when the answer was lost.
    ///
    /// # Errors
    /// What the server answered, in its own words.
    pub async fn post(&self, region: &str, path: &str, body: Option<&Value>) -> Result<Value, Error> {
        self.0.send(Method::POST, region, path, body).await
    }

    /// `PATCH`.
    ///
    /// # Errors
    /// What the server answered, in its own words.
    pub async fn patch(&self, region: &str, path: &str, body: &Value) -> Result<Value, Error> {
        self.0.send(Method::PATCH, region, path, Some(body)).await
    }

    /// `PUT`.
    ///
    /// # Errors
    /// What the server answered, in its own words.
    pub async fn put(&self, region: &str, path: &str, body: &Value) -> Result<Value, Error> {
        self.0.send(Method::PUT, region, path, Some(body)).await
    }

    /// `DELETE`. An object that is gone already is as good as deleted.
    ///
    /// # Errors
    /// What the server answered, in its own words.
    pub async fn delete(&self, region: &str, path: &str) -> Result<(), Error> {
        match self.0.send(Method::DELETE, region, path, None).await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

/// `text` as part of a query.
#[must_use]
pub fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
