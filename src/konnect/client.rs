//! Requests to Konnect: URLs, credentials, pages, errors.

use std::collections::BTreeSet;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use http::{Method, Request, StatusCode, header};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::account::Account;
use super::problem;
use engine::{Error, ErrorKind};
use transport::encode::segment;
use transport::{EndlessList, Mask, Pages, Repeat, Sensitive, Transport, excerpt};

/// The address of Konnect, with `{region}` for the region (the `servers` of its published documents).
pub const DEFAULT_URL: &str = "https://{region}.api.konghq.com";

/// The region of objects that belong to the whole organization: teams, users, roles.
pub const GLOBAL: &str = "global";

/// The number of objects in a page of a list (R2).
const PAGE_SIZE: usize = 100;
/// The number of pages of one list that are read at the same time.
const PAGES_AT_ONCE: usize = 8;
/// The number of gateway services in a page: the maximum of `control-planes-config-v2`.
const SERVICE_PAGE_SIZE: usize = 1000;

/// Reads from the Konnect of one organization. It cannot write.
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
    data: Vec<Map<String, Value>>,
    meta: Option<Meta>,
    /// The next page of a gateway's lists.
    offset: Option<String>,
}

/// A list, or a page of one, whatever is around it.
#[derive(serde::Deserialize)]
struct List {
    data: Vec<Map<String, Value>>,
    #[serde(default)]
    meta: Value,
}

#[derive(serde::Deserialize)]
struct Meta {
    page: PageMeta,
}

/// Documented as numbers, sent as `3` or `3.0`.
#[derive(serde::Deserialize)]
struct PageMeta {
    /// The number of objects on all pages.
    total: f64,
    /// The number of objects in a page. Fewer than requested if the server has a lower limit.
    size: f64,
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
    /// If it cannot be sent, or the server refuses it.
    pub async fn get(&self, region: &str, path: &str) -> Result<Value, Error> {
        self.send(Method::GET, region, path, None).await
    }

    /// All pages of a list with `page[number]` and `page[size]`, the pages after the first at the same time.
    ///
    /// # Errors
    /// If it cannot be sent, or the server refuses it.
    pub async fn list(&self, region: &str, path: &str) -> Result<Vec<Value>, Error> {
        let page = async |number: usize| -> Result<Page, Error> {
            let joint = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{joint}page%5Bsize%5D={PAGE_SIZE}&page%5Bnumber%5D={number}");
            let body = self.get(region, &path).await?;
            serde_json::from_value(body).map_err(|error| self.unexpected(region, &path, &error))
        };
        let first = page(1).await?;
        let Some(Meta { page: PageMeta { total, size } }) = first.meta else {
            return Err(self.short(region, path, "the answer does not say how many objects there are"));
        };
        let mut list = self.gather(region, path);
        list.add(first.data)?;
        let pages = (total / size.clamp(1.0, PAGE_SIZE as f64)).ceil() as usize;
        Pages::announce(pages).map_err(|endless| list.endless(endless))?;
        let mut more = stream::iter(2..=pages).map(page).buffered(PAGES_AT_ONCE);
        while let Some(next) = more.try_next().await? {
            if next.data.is_empty() {
                break;
            }
            list.add(next.data)?;
        }
        // An object that was not read must not look deleted.
        if list.objects.len() < total as usize {
            let cause = format!("it has {total} objects, and only {} were listed", list.objects.len());
            return Err(self.short(region, path, &cause));
        }
        Ok(list.objects)
    }

    /// The whole of a list that Konnect does not page.
    ///
    /// # Errors
    /// If it cannot be sent, or the server refuses it.
    pub async fn list_unpaged(&self, region: &str, path: &str) -> Result<Vec<Value>, Error> {
        let body = self.get(region, path).await?;
        let list: List = serde_json::from_value(body).map_err(|error| self.unexpected(region, path, &error))?;
        // What was not read must not look deleted, where the answer says how many there are.
        if let Some(total) = list.meta.pointer("/page/total").and_then(Value::as_f64)
            && (list.data.len() as f64) < total
        {
            let cause = format!("it has {total} objects, and only {} were listed", list.data.len());
            return Err(self.short(region, path, &cause));
        }
        Ok(list.data.into_iter().map(Value::Object).collect())
    }

    /// The whole of a list that is a bare array, as that of identity providers is.
    ///
    /// # Errors
    /// If it cannot be sent, or the server refuses it.
    pub async fn list_bare(&self, region: &str, path: &str) -> Result<Vec<Value>, Error> {
        let body = self.get(region, path).await?;
        let list: Vec<Map<String, Value>> =
            serde_json::from_value(body).map_err(|error| self.unexpected(region, path, &error))?;
        Ok(list.into_iter().map(Value::Object).collect())
    }

    /// All pages of a list with `page[size]` and `page[after]`, each of which says in `meta.page.next` where the next
    /// one begins.
    ///
    /// # Errors
    /// If it cannot be sent, or the server refuses it.
    pub async fn list_by_cursor(&self, region: &str, path: &str) -> Result<Vec<Value>, Error> {
        let mut list = self.gather(region, path);
        let mut seen = BTreeSet::new();
        let mut next = format!("{path}?page%5Bsize%5D={PAGE_SIZE}");
        loop {
            let body = self.get(region, &next).await?;
            let page: List = serde_json::from_value(body).map_err(|error| self.unexpected(region, &next, &error))?;
            list.add(page.data)?;
            let Some(link) = page.meta.pointer("/page/next").and_then(Value::as_str) else { return Ok(list.objects) };
            let cursor =
                cursor(link).ok_or_else(|| self.short(region, path, "a page does not say what comes after"))?;
            if !seen.insert(cursor.clone()) {
                return Err(self.short(region, path, "its pages lead back to where they began"));
            }
            next = format!("{path}?page%5Bsize%5D={PAGE_SIZE}&page%5Bafter%5D={}", segment(&cursor));
        }
    }

    /// The first `pages` pages, of `size` objects each, of a list with `page[after]`. `None` if it has more. `path` has a
    /// query.
    ///
    /// # Errors
    /// If it cannot be sent, or the server refuses it.
    pub async fn first_by_cursor(
        &self,
        region: &str,
        path: &str,
        size: usize,
        pages: usize,
    ) -> Result<Option<Vec<Value>>, Error> {
        let mut list = self.gather(region, path);
        let first = format!("{path}&page%5Bsize%5D={size}");
        let mut next = first.clone();
        for _ in 0..pages {
            let body = self.get(region, &next).await?;
            let page: List = serde_json::from_value(body).map_err(|error| self.unexpected(region, &next, &error))?;
            list.add(page.data)?;
            let Some(link) = page.meta.pointer("/page/next").and_then(Value::as_str) else {
                return Ok(Some(list.objects));
            };
            let cursor =
                cursor(link).ok_or_else(|| self.short(region, path, "a page does not say what comes after"))?;
            next = format!("{first}&page%5Bafter%5D={}", segment(&cursor));
        }
        Ok(None)
    }

    /// All pages of a list with `size` and `offset`, as those of a control plane's entities are.
    ///
    /// # Errors
    /// If it cannot be sent, or the server refuses it.
    pub async fn list_by_offset(&self, region: &str, path: &str) -> Result<Vec<Value>, Error> {
        let mut list = self.gather(region, path);
        let mut next = format!("{path}?size={SERVICE_PAGE_SIZE}");
        let mut seen = BTreeSet::new();
        loop {
            let body = self.get(region, &next).await?;
            let page: Page = serde_json::from_value(body).map_err(|error| self.unexpected(region, &next, &error))?;
            list.add(page.data)?;
            match page.offset.filter(|offset| !offset.is_empty()) {
                Some(offset) if !seen.insert(offset.clone()) => {
                    return Err(self.short(region, path, "its pages lead back to where they began"));
                }
                Some(offset) => next = format!("{path}?size={SERVICE_PAGE_SIZE}&offset={}", segment(&offset)),
                None => return Ok(list.objects),
            }
        }
    }

    fn gather<'a>(&'a self, region: &'a str, path: &'a str) -> Gathered<'a> {
        Gathered { client: self, region, path, objects: Vec::new(), pages: Pages::default() }
    }

    fn url(&self, region: &str, path: &str) -> String {
        format!("{}{path}", self.account.url.trim_end_matches('/').replace("{region}", region))
    }

    fn short(&self, region: &str, path: &str, cause: &str) -> Error {
        let attempted = format!("read all pages of {}", self.url(region, path));
        Error::new(ErrorKind::Unexpected, attempted, cause).help("it may be changing right now: try again")
    }

    fn unexpected(&self, region: &str, path: &str, error: &serde_json::Error) -> Error {
        let error = self.without_token(error);
        let cause = format!("the answer is not what the published document promises: {error}");
        Error::new(ErrorKind::Unexpected, format!("read {}", self.url(region, path)), cause)
    }

    /// The text of an error in an answer, which shows the value that is wrong: without the token, if the server has
    /// repeated that.
    pub(super) fn without_token(&self, error: &serde_json::Error) -> String {
        let mask = Mask::new([self.account.token.expose_secret().as_bytes()]);
        excerpt(&mask.text(&error.to_string()))
    }

    async fn send(&self, method: Method, region: &str, path: &str, body: Option<&Value>) -> Result<Value, Error> {
        self.send_marked(method, region, path, body, false).await
    }

    async fn send_marked(
        &self,
        method: Method,
        region: &str,
        path: &str,
        body: Option<&Value>,
        repeatable: bool,
    ) -> Result<Value, Error> {
        if !region.bytes().all(|byte| byte.is_ascii_lowercase()) {
            // It becomes part of the host's name, and the token goes there.
            let attempted = format!("send a request to the region `{region}`");
            return Err(Error::new(ErrorKind::Refused, attempted, "it is not a valid region").help("make a new plan"));
        }
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
                request = request.extension(Sensitive(secrets(body)));
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        if repeatable {
            request = request.extension(Repeat::Harmless);
        }
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

/// The objects of a list whose pages are being read.
struct Gathered<'a> {
    client: &'a ReadClient,
    region: &'a str,
    path: &'a str,
    objects: Vec<Value>,
    pages: Pages,
}

impl Gathered<'_> {
    /// Adds the objects of the next page.
    ///
    /// # Errors
    /// If the list has no end.
    fn add(&mut self, page: Vec<Map<String, Value>>) -> Result<(), Error> {
        let content = if page.is_empty() { Ok(Vec::new()) } else { serde_json::to_vec(&page) };
        let content = content.map_err(|error| self.client.unexpected(self.region, self.path, &error))?;
        self.pages.count(&content).map_err(|endless| self.endless(endless))?;
        self.objects.extend(page.into_iter().map(Value::Object));
        Ok(())
    }

    fn endless(&self, endless: EndlessList) -> Error {
        let attempted = format!("read all pages of {}", self.client.url(self.region, self.path));
        Error::new(ErrorKind::Unexpected, attempted, endless.to_string())
            .help("check KOCTL_KONNECT_URL and the proxy, if there is one: Konnect's own lists have an end")
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
    /// If it cannot be sent, or the server refuses it.
    pub async fn post(&self, region: &str, path: &str, body: &Value) -> Result<Value, Error> {
        self.0.send(Method::POST, region, path, Some(body)).await
    }

    /// `POST` of something that does no harm twice, so that it may be sent again when its answer was lost.
    ///
    /// # Errors
    /// If it cannot be sent, or the server refuses it.
    pub async fn post_repeatable(&self, region: &str, path: &str) -> Result<Value, Error> {
        self.0.send_marked(Method::POST, region, path, None, true).await
    }

    /// `PATCH`.
    ///
    /// # Errors
    /// If it cannot be sent, or the server refuses it.
    pub async fn patch(&self, region: &str, path: &str, body: &Value) -> Result<Value, Error> {
        self.0.send(Method::PATCH, region, path, Some(body)).await
    }

    /// `PUT`.
    ///
    /// # Errors
    /// If it cannot be sent, or the server refuses it.
    pub async fn put(&self, region: &str, path: &str, body: &Value) -> Result<Value, Error> {
        self.0.send(Method::PUT, region, path, Some(body)).await
    }

    /// `DELETE`. An object that is gone already is as good as deleted.
    ///
    /// # Errors
    /// If it cannot be sent, or the server refuses it.
    pub async fn delete(&self, region: &str, path: &str) -> Result<(), Error> {
        match self.0.send(Method::DELETE, region, path, None).await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

/// The secrets in the body of a request: the texts under keys that are named after them.
fn secrets(body: &Value) -> Vec<String> {
    let in_pair = |(key, value): (&String, &Value)| match value.as_str() {
        Some(text) if ["secret", "password", "private_key"].iter().any(|name| key.ends_with(name)) => {
            vec![text.to_owned()]
        }
        _ => secrets(value),
    };
    match body {
        Value::Object(map) => map.iter().flat_map(in_pair).collect(),
        Value::Array(list) => list.iter().flat_map(secrets).collect(),
        _ => Vec::new(),
    }
}

/// The `page[after]` in the link to a next page.
fn cursor(link: &str) -> Option<String> {
    let (_, query) = link.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "page[after]")
        .map(|(_, value)| value.into_owned())
}
