//! A small world for tests: a served sandbox, and short requests to it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap};
use reqwest::{Method, StatusCode};
use sandbox::github::ensure_repository;
use sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A served sandbox with a folder of its own.
pub(crate) struct World {
    folder: TempDir,
    root: PathBuf,
    pub(crate) server: Server,
}

/// One run of the server; another one may follow on the same folder.
pub(crate) struct Server {
    pub(crate) base: String,
    sandbox: Sandbox,
}

async fn serve(folder: &Path) -> Server {
    let options = SandboxOptions { dir: folder.to_owned(), port: 0, organizations: Vec::new() };
    let sandbox = Sandbox::start(options).await.unwrap();
    Server { base: sandbox.github_url(), sandbox }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&self.bytes)))
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        let text = String::from_utf8_lossy(&self.bytes);
        assert_eq!(self.status.as_u16(), status, "{text}");
        if self.bytes.is_empty() {
            return Value::Null;
        }
        self.json()
    }

    /// The message of a refusal, whose body must have GitHub's fields.
    #[track_caller]
    pub(crate) fn refusal(self, status: u16) -> String {
        let body = self.expect(status);
        assert_eq!(body["status"], status.to_string());
        assert_eq!(body["documentation_url"], "https://docs.github.com/rest");
        body["message"].as_str().unwrap().to_owned()
    }

    /// The only error of a failed validation.
    #[track_caller]
    pub(crate) fn invalid(self) -> Value {
        let body = self.expect(422);
        assert_eq!(body["message"], "Validation Failed");
        let errors = body["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors[0].clone()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("github");
        std::fs::create_dir(&root).unwrap();
        let server = serve(folder.path()).await;
        Self { folder, root, server }
    }

    /// A world with `Org/repo`, whose branch `main` holds the files.
    pub(crate) async fn with(files: &[(&str, &str)]) -> Self {
        let world = Self::new().await;
        assert!(ensure_repository(world.root(), "Org", "repo", &texts(files)).unwrap());
        world
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) async fn restart(self) -> Self {
        self.server.sandbox.stop().await;
        Self { server: serve(self.folder.path()).await, ..self }
    }

    pub(crate) fn git_dir(&self, repo: &str) -> PathBuf {
        self.root().join(format!("{repo}.git"))
    }

    /// A request without a credential.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        client().request(method, format!("{}{path}", self.server.base))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.anonymous(method, path).header(AUTHORIZATION, "Bearer any-token")
    }

    /// A request as a browser sends it, which does not follow redirections here.
    pub(crate) fn browser(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        // Called for the provider of cryptography.
        let _ = client();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        client.request(method, format!("{}{path}", self.server.base))
    }

    /// A request with a token that does not follow redirections.
    pub(crate) fn browser_as(&self, token: &str, path: &str) -> reqwest::RequestBuilder {
        self.browser(Method::GET, path).bearer_auth(token)
    }

    /// A personal access token.
    pub(crate) async fn token(&self, login: &str, scopes: &str) -> String {
        let made = self.post(&format!("/_sandbox/people/{login}/tokens"), json!({"scopes": scopes})).await;
        text(&made.expect(201)["token"])
    }

    /// The token with which a person signs in to an app.
    pub(crate) async fn sign_in(&self, client_id: &str, client_secret: &str, login: &str) -> String {
        let page = self.browser(Method::POST, "/login/oauth/authorize");
        let body = format!("client_id={client_id}&person={login}");
        let answer = send(page.header("content-type", "application/x-www-form-urlencoded").body(body)).await;
        let back = url::Url::parse(answer.headers["location"].to_str().unwrap()).unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let body = json!({"client_id": client_id, "client_secret": client_secret, "code": code});
        let request = self.anonymous(Method::POST, "/login/oauth/access_token").header(ACCEPT, "application/json");
        text(&send(request.json(&body)).await.expect(200)["access_token"])
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn get_as(&self, path: &str, media_type: &str) -> Answer {
        send(self.request(Method::GET, path).header(ACCEPT, media_type)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        send(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        send(self.request(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn tip(&self, branch: &str) -> String {
        let path = format!("/repos/Org/repo/git/ref/heads/{branch}");
        let reference = self.get(&path).await.expect(200);
        text(&reference["object"]["sha"])
    }

    /// Creates a branch on top of another, with one commit that sets a file. Returns the commit.
    pub(crate) async fn branch(&self, name: &str, from: &str, path: &str, content: &str) -> String {
        let tip = self.tip(from).await;
        let commit = self.commit(&tip, &[(path, Some(content))]).await;
        let body = json!({"ref": format!("refs/heads/{name}"), "sha": commit});
        self.post("/repos/Org/repo/git/refs", body).await.expect(201);
        commit
    }

    /// A commit on top of another, created through the Git Data API; `None` deletes the file.
    pub(crate) async fn commit(&self, parent: &str, files: &[(&str, Option<&str>)]) -> String {
        let entry = |(path, content): &(&str, Option<&str>)| match content {
            Some(content) => {
                json!({"path": path, "mode": "100644", "type": "blob", "content": content})
            }
            None => json!({"path": path, "mode": "100644", "type": "blob", "sha": null}),
        };
        let entries: Vec<Value> = files.iter().map(entry).collect();
        let body = json!({"base_tree": parent, "tree": entries});
        let tree = self.post("/repos/Org/repo/git/trees", body).await.expect(201);
        let body = json!({"message": "Change files", "tree": tree["sha"], "parents": [parent]});
        let commit = self.post("/repos/Org/repo/git/commits", body).await.expect(201);
        text(&commit["sha"])
    }

    /// Opens a pull request to `main` and returns it.
    pub(crate) async fn pull(&self, head: &str) -> Value {
        let body = json!({"title": format!("Merge {head}"), "head": head, "base": "main"});
        self.post("/repos/Org/repo/pulls", body).await.expect(201)
    }

    /// The files in a clone of a branch.
    pub(crate) fn clone(&self, repo: &str, branch: &str) -> BTreeMap<String, String> {
        let target = tempfile::tempdir().unwrap();
        let source = self.git_dir(repo);
        git(target.path(), &["clone", "--quiet", "--branch", branch, source.to_str().unwrap(), "."]);
        let names = git(target.path(), &["ls-files"]);
        let read = |name: &str| {
            let content = std::fs::read_to_string(target.path().join(name)).unwrap();
            (name.to_owned(), content)
        };
        names.lines().map(read).collect()
    }
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        bytes: response.bytes().await.unwrap().to_vec(),
    }
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .envs([("GIT_AUTHOR_NAME", "Ada"), ("GIT_AUTHOR_EMAIL", "ada@example.com")])
        .envs([("GIT_COMMITTER_NAME", "Ada"), ("GIT_COMMITTER_EMAIL", "ada@example.com")])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) fn texts(files: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    let bytes = |(path, content): &(&str, &str)| ((*path).to_owned(), content.as_bytes().to_vec());
    files.iter().map(bytes).collect()
}

pub(crate) fn tree(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(path, content): &(&str, &str)| ((*path).to_owned(), (*content).to_owned());
    files.iter().map(owned).collect()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no string")).to_owned()
}

pub(crate) fn decoded(body: &Value) -> Vec<u8> {
    let content: String = text(&body["content"]).split_whitespace().collect();
    STANDARD.decode(content).unwrap()
}

pub(crate) fn names(list: &Value, field: &str) -> Vec<String> {
    let items = list.as_array().unwrap_or_else(|| panic!("{list} is no list"));
    items.iter().map(|item| text(&item[field])).collect()
}

/// A client for plain HTTP. reqwest cannot build one without a provider of cryptography.
pub(crate) fn client() -> reqwest::Client {
    // An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
