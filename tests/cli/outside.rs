//! Changes outside koctl: requests straight to the sandbox's Konnect and GitHub.

use http::Method;
use sandbox::Sandbox;
use serde_json::Value;

/// The region of the global parts of Konnect.
pub(crate) const GLOBAL: &str = "global";

/// A person with a token for both.
pub(crate) struct Outsider<'a>(pub(crate) &'a Sandbox);

impl Outsider<'_> {
    async fn send(&self, method: &Method, url: String, token: &str, body: Option<Value>) -> Value {
        let mut request = crate::world::client().request(method.clone(), &url).bearer_auth(token);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{method} {url} {body:?}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// A request to Konnect in a region, which must succeed.
    pub(crate) async fn konnect(&self, method: Method, region: &str, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.0.konnect_url().replace("{region}", region));
        self.send(&method, url, "acme-token", body).await
    }

    /// Makes an object in Konnect and returns its id.
    pub(crate) async fn made(&self, region: &str, path: &str, body: Value) -> String {
        self.konnect(Method::POST, region, path, Some(body)).await["id"].as_str().unwrap().to_owned()
    }

    /// A single object of Konnect. `null` if the API only lists its type.
    pub(crate) async fn shown(&self, region: &str, path: &str) -> Value {
        let url = format!("{}{path}", self.0.konnect_url().replace("{region}", region));
        let answer = crate::world::client().get(url).bearer_auth("acme-token").send().await.unwrap();
        if answer.status().is_success() { answer.json().await.unwrap() } else { Value::Null }
    }

    /// A request to GitHub, which must succeed.
    pub(crate) async fn github(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        self.send(&method, format!("{}{path}", self.0.github_url()), "reviewer", body).await
    }

    /// The object of a list of Konnect whose `name` that is.
    pub(crate) async fn named(&self, region: &str, path: &str, name: &str) -> Value {
        let listed = self.konnect(Method::GET, region, path, None).await;
        let found = listed["data"].as_array().unwrap().iter().find(|one| one["name"] == name);
        found.unwrap_or_else(|| panic!("{path} has no {name}: {listed:#}")).clone()
    }
}
