//! A client's request: parameters, media type, page, and a body whose fields are checked one by one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, NestedPath, Path, Query, Request};
use axum::http::{Extensions, HeaderMap, Method, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::accounts::{BOT, LOGIN, operator, signature};
use super::answer::Page;
use super::clock::now;
use super::errors::ApiError;
use super::identity::access::{Access, Refusal};
use super::identity::caller::Caller;
use super::identity::directory::Directory;
use super::identity::permission::{Need, Permission};
use super::links::{Links, encode_segment};
use super::repo_name::RepoName;
use super::repository::Repo;
use super::state::GitHub;

/// Who makes a request, and the accounts at this moment; set by the router's outermost layer.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) caller: Arc<Caller>,
    pub(super) directory: Arc<Directory>,
    /// The addresses in answers.
    pub(super) links: Links,
}

impl Visit {
    /// The caller's rights.
    pub(super) fn access(&self) -> Access<'_> {
        Access { directory: &self.directory, caller: &self.caller }
    }

    /// True if a credential was sent.
    pub(super) fn is_signed_in(&self) -> bool {
        !matches!(*self.caller, Caller::Anonymous)
    }
}

/// One request, with everything that an operation may need.
#[derive(Debug)]
pub(super) struct ApiRequest {
    pub(super) github: Arc<GitHub>,
    pub(super) links: Links,
    pub(super) visit: Visit,
    accept: String,
    path: String,
    params: HashMap<String, String>,
    query: BTreeMap<String, String>,
    body: Bytes,
}

impl FromRequest<Arc<GitHub>> for ApiRequest {
    type Rejection = ApiError;

    async fn from_request(request: Request, github: &Arc<GitHub>) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let visit = parts.extensions.get::<Visit>().cloned();
        let visit = visit.expect("the router's outermost layer sets it on every request");
        let writes = parts.method != Method::GET && parts.method != Method::HEAD;
        if writes && !visit.is_signed_in() {
            return Err(ApiError::requires_authentication());
        }
        let Ok(Path(params)) = Path::from_request_parts(&mut parts, github).await else {
            // Percent-encoded bytes that are not UTF-8 are not a valid name.
            return Err(ApiError::not_found());
        };
        let Ok(Query(query)) = Query::from_request_parts(&mut parts, github).await else {
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "The query string cannot be parsed."));
        };
        let links = visit.links.clone();
        let accept = header_text(&parts.headers, header::ACCEPT);
        let path = parts.uri.path().to_owned();
        let body = Bytes::from_request(Request::from_parts(parts, body), github)
            .await
            .map_err(|rejection| ApiError::new(rejection.status(), rejection.body_text()))?;
        Ok(Self { github: Arc::clone(github), links, visit, accept, path, params, query, body })
    }
}

/// The addresses in the answer to a request.
pub(super) fn links(headers: &HeaderMap, extensions: &Extensions) -> Links {
    let host = header_text(headers, header::HOST);
    let host = if host.is_empty() { "localhost" } else { &host };
    let nested_at = extensions.get::<NestedPath>();
    Links::new(host, nested_at.map_or("", NestedPath::as_str))
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

impl ApiRequest {
    /// The caller's rights.
    pub(super) fn access(&self) -> Access<'_> {
        self.visit.access()
    }

    /// The login of the signed-in person, for what is about them. An app that acts for itself is refused.
    pub(super) fn require_user(&self) -> Result<&str, ApiError> {
        match (self.visit.caller.login(), &*self.visit.caller) {
            (Some(login), _) => Ok(login),
            (None, Caller::Anonymous | Caller::Client(_)) => Err(ApiError::requires_authentication()),
            (None, _) => Err(ApiError::integration()),
        }
    }

    /// The login that records name: that of the person, or of the app that acts for itself.
    pub(super) fn author(&self) -> String {
        if let Some(login) = self.visit.caller.login() {
            return login.to_owned();
        }
        let app = self.visit.caller.github_app(&self.visit.directory).and_then(|app| app.github_app.as_ref());
        app.map_or_else(operator, |app| format!("{}{BOT}", app.slug))
    }

    /// The caller as the author of a commit.
    pub(super) fn signature(&self) -> Result<git2::Signature<'static>, git2::Error> {
        let author = self.author();
        if author == LOGIN {
            return signature(now());
        }
        let time = git2::Time::new(now().as_second(), 0);
        match self.visit.directory.person(&author) {
            Some(person) => git2::Signature::new(person.display_name(), &person.email(), &time),
            None => git2::Signature::new(&author, &format!("{author}@sandbox.invalid"), &time),
        }
    }

    /// Checks the caller's rights for an operation on a repository that is open.
    pub(super) fn check(&self, need: Need, repo: &Repo) -> Result<(), ApiError> {
        let admitted = self.access().admit(need, &repo.name, repo.metadata.settings.private);
        admitted.map(|_| ()).map_err(|refusal| self.refused(refusal, &repo.name))
    }

    /// Admits the caller to a repository for an operation.
    pub(super) fn admit(&self, need: Need, repo: &mut Repo) -> Result<(), ApiError> {
        let admitted = self.access().admit(need, &repo.name, repo.metadata.settings.private);
        repo.permission = admitted.map_err(|refusal| self.refused(refusal, &repo.name))?;
        repo.is_of_person = self.visit.directory.is_person(repo.name.owner());
        Ok(())
    }

    fn refused(&self, refusal: Refusal, repo: &RepoName) -> ApiError {
        match refusal {
            Refusal::Hidden => ApiError::not_found(),
            Refusal::Anonymous => ApiError::requires_authentication(),
            Refusal::Integration => ApiError::integration(),
            Refusal::Role(Permission::Admin) => ApiError::forbidden("Must have admin rights to Repository."),
            Refusal::Role(role) => {
                ApiError::forbidden(format!("Must have {} access to repository {repo}.", role.team_name()))
            }
            Refusal::SingleSignOn => self.requires_single_sign_on(repo.owner()),
        }
    }

    /// 403 that says where the token can be authorized for the organization's single sign-on.
    pub(super) fn requires_single_sign_on(&self, organization: &str) -> ApiError {
        let request = self.visit.caller.issued().map_or("", |issued| &issued.hash);
        let organization = encode_segment(organization);
        let url = self.links.api(&format!("/orgs/{organization}/sso?authorization_request={request}"));
        let message = "Resource protected by organization SAML enforcement. You must grant your OAuth token access to \
                       this organization.";
        ApiError::forbidden(message).with_header("x-github-sso", format!("required; url={url}"))
    }

    /// 403 unless the caller's token has one of the scopes, or their app the permission.
    pub(super) fn require_scope(&self, scopes: &[&str], resource: &str) -> Result<(), ApiError> {
        let access = self.access();
        if scopes.iter().any(|scope| access.has_scope(scope)) || access.app_may(resource, "read") {
            return Ok(());
        }
        if self.visit.caller.github_app(&self.visit.directory).is_some() {
            return Err(ApiError::integration());
        }
        let message = format!("You need at least {} scope for this.", scopes.join(" or "));
        Err(ApiError::forbidden(message).with_header("x-accepted-oauth-scopes", scopes.join(", ")))
    }

    /// A parameter of the path, decoded; empty if the route has none of that name.
    pub(super) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// A number in the path; 404 for anything else.
    pub(super) fn number(&self, name: &str) -> Result<u64, ApiError> {
        self.param(name).parse().map_err(|_| ApiError::not_found())
    }

    /// A parameter of the query, `None` if it is empty.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let value = self.query.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// True if the query has the parameter, with any value.
    pub(super) fn has_query(&self, name: &str) -> bool {
        self.query.contains_key(name)
    }

    /// A parameter of the query that is one of `words`; the first is the default.
    pub(super) fn choice<'a>(&self, resource: &str, name: &str, words: &[&'a str]) -> Result<&'a str, ApiError> {
        let wanted = self.query(name).unwrap_or(words.first().copied().unwrap_or_default());
        let found = words.iter().find(|word| **word == wanted);
        found.copied().ok_or_else(|| ApiError::validation(resource, name, "invalid"))
    }

    /// A time in the query, in ISO 8601.
    pub(super) fn moment(&self, resource: &str, name: &str) -> Result<Option<jiff::Timestamp>, ApiError> {
        let parse = |text: &str| text.parse().ok();
        match self.query(name) {
            None => Ok(None),
            Some(text) => parse(text).map(Some).ok_or_else(|| ApiError::validation(resource, name, "invalid")),
        }
    }

    /// True if the client asked for one of GitHub's media types: `raw`, `object`, `diff`, `patch`. All spellings in use
    /// are supported: `application/vnd.github[.v3].raw[+json]`.
    pub(super) fn wants(&self, media: &str) -> bool {
        self.accept.split(',').any(|range| {
            let range = range.split(';').next().unwrap_or_default().trim();
            let Some(name) = range.strip_prefix("application/vnd.github.") else {
                return false;
            };
            let name = name.strip_prefix("v3.").unwrap_or(name);
            name.strip_suffix("+json").unwrap_or(name) == media
        })
    }

    /// The fields of the JSON body; `resource` is its name in validation errors. A missing body is an empty object.
    pub(super) fn fields(&self, resource: &'static str) -> Result<Fields, ApiError> {
        let body = if self.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&self.body)
                .map_err(|_| ApiError::new(StatusCode::BAD_REQUEST, "Problems parsing JSON"))?
        };
        match body {
            Value::Null => Ok(Fields { resource, fields: Map::new() }),
            Value::Object(fields) => Ok(Fields { resource, fields }),
            _ => Err(ApiError::new(StatusCode::BAD_REQUEST, "Body should be a JSON object")),
        }
    }

    /// The whole JSON body; 422 with the reason if it is not of the type.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| ApiError::unprocessable(format!("Invalid request: {error}.")))
    }

    /// The page that the client asked for with `page` and `per_page` (30 by default, 100 at most).
    pub(super) fn page<T>(&self, items: Vec<T>) -> Page<T> {
        let number = |name, default| match self.query(name).map(str::parse::<usize>) {
            Some(Ok(number)) if number > 0 => number,
            _ => default,
        };
        let (page, per_page) = (number("page", 1), number("per_page", 30).min(100));
        let pages = items.len().div_ceil(per_page).max(1);
        let start = (page - 1).saturating_mul(per_page);
        Page { items: items.into_iter().skip(start).take(per_page).collect(), link: self.link(page, pages) }
    }

    fn link(&self, page: usize, pages: usize) -> Option<String> {
        let mut links = Vec::new();
        let mut add = |page: usize, relation: &str| {
            links.push(format!("<{}>; rel=\"{relation}\"", self.page_url(page)));
        };
        if page > 1 {
            add((page - 1).min(pages), "prev");
        }
        if page < pages {
            add(page + 1, "next");
            add(pages, "last");
        }
        if page > 1 {
            add(1, "first");
        }
        (!links.is_empty()).then(|| links.join(", "))
    }

    fn page_url(&self, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let others = self.query.iter().filter(|(name, _)| *name != "page");
        query.extend_pairs(others);
        query.append_pair("page", &page.to_string());
        format!("{}?{}", self.links.api(&self.path), query.finish())
    }
}

/// The fields of a body or of an object in it. A field that is `null` counts as absent.
#[derive(Debug)]
pub(super) struct Fields {
    resource: &'static str,
    fields: Map<String, Value>,
}

impl Fields {
    /// 422 about a field, with GitHub's code `invalid`.
    pub(super) fn invalid(&self, field: &str) -> ApiError {
        ApiError::validation(self.resource, field, "invalid")
    }

    /// 422 about a field, with a message.
    pub(super) fn refuse(&self, field: &str, message: impl Into<String>) -> ApiError {
        ApiError::custom(self.resource, field, message)
    }

    /// True if the field is present, even as `null`.
    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// The field's value.
    pub(super) fn value(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// A string.
    pub(super) fn text(&self, field: &str) -> Result<Option<&str>, ApiError> {
        self.typed(field, Value::as_str)
    }

    /// A string that git can put into a commit: it contains no NUL.
    pub(super) fn plain(&self, field: &str) -> Result<Option<&str>, ApiError> {
        match self.text(field)? {
            Some(text) if text.contains('\0') => Err(self.invalid(field)),
            text => Ok(text),
        }
    }

    /// A commit's message, which is required.
    pub(super) fn message(&self) -> Result<&str, ApiError> {
        self.plain("message")?.ok_or_else(|| ApiError::validation(self.resource, "message", "missing_field"))
    }

    /// A required string.
    pub(super) fn required(&self, field: &str) -> Result<&str, ApiError> {
        self.text(field)?.ok_or_else(|| ApiError::validation(self.resource, field, "missing_field"))
    }

    /// A required string that is not blank and that git accepts.
    pub(super) fn required_words(&self, field: &str) -> Result<&str, ApiError> {
        let text = self.plain(field)?.filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| ApiError::validation(self.resource, field, "missing_field"))
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, field: &str) -> Result<Option<bool>, ApiError> {
        self.typed(field, Value::as_bool)
    }

    /// A list.
    pub(super) fn list(&self, field: &str) -> Result<Option<&Vec<Value>>, ApiError> {
        self.typed(field, Value::as_array)
    }

    /// An object.
    pub(super) fn object(&self, field: &str) -> Result<Option<Fields>, ApiError> {
        let resource = self.resource;
        let fields = self.typed(field, Value::as_object)?.cloned();
        Ok(fields.map(|fields| Fields { resource, fields }))
    }

    /// The objects in a required list.
    pub(super) fn required_objects(&self, field: &str) -> Result<Vec<Fields>, ApiError> {
        let resource = self.resource;
        let list = self.list(field)?.ok_or_else(|| ApiError::validation(resource, field, "missing_field"))?;
        let objects = list.iter().map(|item| match item {
            Value::Object(fields) => Ok(Fields { resource, fields: fields.clone() }),
            _ => Err(self.invalid(field)),
        });
        objects.collect()
    }

    fn typed<'a, T>(&'a self, field: &str, read: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>, ApiError> {
        match self.value(field) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| self.invalid(field)),
        }
    }
}
