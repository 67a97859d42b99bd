//! A sandbox with two organizations, and plain requests to it.

use std::path::{Path, PathBuf};

use http::Method;
use reqwest::Client;
use sandbox::{Account, Sandbox, SandboxError, SandboxOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(super) const SPEC: &str = "openapi: 3.0.3\ninfo: {title: Flights, version: 1.2.0}\npaths: {}\n";
pub(super) const NOWHERE: &str = "00000000-0000-4000-8000-000000000000";

/// A sandbox with the organizations `one` and `two`, and plain requests to it.
pub(super) struct World {
    pub(super) sandbox: Sandbox,
    pub(super) client: Client,
    pub(super) directory: PathBuf,
    _temporary: Option<TempDir>,
}

/// An answer: its status, its content type, and its body, which is null if it is empty.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) kind: String,
    pub(super) body: Value,
}

pub(super) fn account(organization: &str, token: &str) -> Account {
    Account { organization: organization.to_owned(), token: token.to_owned().into() }
}

pub(super) async fn start(directory: &Path) -> Result<Sandbox, SandboxError> {
    let organizations = vec![account("one", "token-one"), account("one", "token-other"), account("two", "token-two")];
    Sandbox::start(SandboxOptions { dir: directory.to_owned(), port: 0, organizations }).await
}

impl World {
    pub(super) async fn new() -> World {
        let temporary = tempfile::tempdir().unwrap();
        let world = World::at(temporary.path()).await;
        World { _temporary: Some(temporary), ..world }
    }

    pub(super) async fn at(directory: &Path) -> World {
        let sandbox = start(directory).await.unwrap();
        World { sandbox, client: client(), directory: directory.to_owned(), _temporary: None }
    }

    pub(super) async fn restart(self) -> World {
        let World { sandbox, directory, _temporary, .. } = self;
        sandbox.stop().await;
        World { _temporary, ..World::at(&directory).await }
    }

    pub(super) fn url(&self, region: &str, path: &str) -> String {
        format!("{}{path}", self.sandbox.konnect_url().replace("{region}", region))
    }

    pub(super) async fn send(
        &self,
        token: &str,
        method: Method,
        region: &str,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let mut request = self.client.request(method, self.url(region, path)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer(request.send().await.unwrap()).await
    }

    /// Identity and notifications are global, everything else here is of the region `us`.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let global = [
            "/v3/teams",
            "/v3/users",
            "/v3/invites",
            "/v3/organizations",
            "/v3/identity",
            "/v3/authentication-settings",
            "/v3/system-accounts",
            "/v3/roles",
            "/v1/notifications",
        ];
        let region = if global.iter().any(|prefix| path.starts_with(prefix)) { "global" } else { "us" };
        self.send("token-one", method, region, path, body).await
    }

    pub(super) async fn try_get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        let answer = self.try_get(path).await;
        assert_eq!(answer.status, 200, "GET {path}: {answer:?}");
        answer.body
    }

    pub(super) async fn total(&self, path: &str) -> u64 {
        self.get(path).await["meta"]["page"]["total"].as_u64().unwrap()
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PUT, path, Some(body)).await
    }

    pub(super) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PATCH, path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> u16 {
        self.ask(Method::DELETE, path, None).await.status
    }

    pub(super) async fn created(&self, path: &str, body: Value) -> Value {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, 201, "POST {path}: {answer:?}");
        answer.body
    }

    pub(super) async fn team(&self, name: &str) -> String {
        id(&self.created("/v3/teams", json!({ "name": name })).await)
    }

    pub(super) async fn control_plane(&self, name: &str) -> String {
        id(&self.created("/v2/control-planes", json!({ "name": name })).await)
    }

    pub(super) async fn service(&self, control_plane: &str, name: &str) -> String {
        let body = json!({ "name": name, "host": "example.com", "tags": ["a", name] });
        id(&self.created(&services(control_plane), body).await)
    }

    pub(super) async fn api(&self, name: &str) -> String {
        id(&self.created("/v3/apis", json!({ "name": name })).await)
    }

    pub(super) async fn portal(&self, name: &str) -> String {
        id(&self.created("/v3/portals", json!({ "name": name })).await)
    }
}

pub(super) async fn answer(response: reqwest::Response) -> Answer {
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    let text = response.text().await.unwrap();
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    Answer { status, kind: kind.unwrap_or_default(), body }
}

pub(super) fn id(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("no id: {object}")).to_owned()
}

pub(super) fn uuid(index: usize) -> String {
    format!("00000000-0000-4000-8000-{index:012}")
}

pub(super) fn services(control_plane: &str) -> String {
    format!("/v2/control-planes/{control_plane}/core-entities/services")
}

pub(super) fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list["data"].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

/// The fields that a 400 names, and the rules that they broke, in order.
pub(super) fn invalid(answer: &Answer) -> Vec<(&str, &str)> {
    assert_eq!(answer.status, 400, "{answer:?}");
    let parameters = answer.body["invalid_parameters"].as_array().unwrap();
    parameters.iter().map(|entry| (entry["field"].as_str().unwrap(), entry["rule"].as_str().unwrap())).collect()
}

/// A client for plain HTTP. reqwest cannot build one without a provider of cryptography.
pub(crate) fn client() -> Client {
    // An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}
