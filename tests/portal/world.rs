//! A platform of two teams, served to browsers that keep their cookies.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use koctl::compiler::platform::PlatformWork;
use koctl::manifest::model::{Author, Portal};
use koctl::manifest::secret::Secret;
use koctl::operations::{Environment, FirstFiles, Onboarding, RepositoryAccess, RepositoryOptions};
use koctl::server::{Event, Parts, SandboxSettings, Server, Settings, SettingsInput, start};
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The person who is a member of every organization of the sandbox.
pub(crate) const DEVELOPER: &str = "orders-developer";
/// The person who belongs to none.
pub(crate) const GUEST: &str = "guest";

const TEAMS: &str = "\
# The teams of Acme.
teams:
  orders:
    description: Takes orders
    services: {}
  stock: # no services yet
    description: Counts
";

const ORGANIZATIONS: &str = "\
organizations:
  Acme:
    access-token:
      type: env
      value: ACME_TOKEN
    environments:
      dev:
        type: DEV
        region: eu
";

const OPENAPI: &str = "openapi: 3.1.0\ninfo:\n  title: Orders\n  version: 1.0.0\npaths: {}\n";

/// One with operations, whose texts are markup.
const OPERATIONS: &str = "\
openapi: 3.1.0
info:
  title: Things <b>of</b> all kinds
  version: 2.1.0
paths:
  /things:
    get:
      summary: List <script>alert(1)</script> things
    post:
      operationId: makeThing
  /things/{id}:
    delete: {}
";

/// A service that runs on a sandbox.
pub(crate) struct World {
    _folder: TempDir,
    server: Server,
    github: String,
    pub(crate) url: String,
    events: Arc<Mutex<Vec<Event>>>,
    http: reqwest::Client,
}

/// A browser: it keeps cookies, and follows no redirect by itself.
pub(crate) struct Browser<'w> {
    world: &'w World,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// An answer that was read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn location(&self) -> String {
        self.header(LOCATION.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// The value of a hidden field of a page.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&start).unwrap_or_else(|| panic!("no {name} in {}", self.text));
        rest.split('"').next().unwrap().to_owned()
    }

    /// The content of a page, without what differs from run to run.
    pub(crate) fn content(&self, world: &World) -> String {
        let (_, rest) = self.text.split_once("<main").unwrap();
        let main = rest.split_once("</main>").unwrap().0.replace(&world.github, "GITHUB");
        let mut forms = main.split("name=\"token\" value=\"");
        let first = forms.next().unwrap().to_owned();
        let main =
            forms.fold(first, |text, form| text + "name=\"token\" value=\"TOKEN\"" + form.split_once('"').unwrap().1);
        let mut parts = main.split("<time");
        let first = parts.next().unwrap().to_owned();
        let timeless = parts.fold(first, |text, part| text + "<time" + part.split_once("</time>").unwrap().1);
        timeless.replace("><", ">\n<")
    }

    /// The cookies that the answer sets, as it sets them.
    pub(crate) fn set_cookies(&self) -> Vec<String> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }
}

/// Repositories of services in the sandbox: `acme/orders` with both branches, and `acme/bare` without a specification.
fn services(folder: &Path) {
    for (path, text) in [
        ("acme/orders/main/openapi.yaml", OPENAPI),
        ("acme/orders/dev/openapi.yaml", OPENAPI),
        ("acme/other/main/api/openapi.yaml", OPENAPI),
        ("acme/other/dev/api/openapi.yaml", OPENAPI),
        ("acme/bare/main/README.md", "# Bare\n"),
        ("acme/bare/dev/README.md", "# Bare\n"),
        ("acme/api/main/openapi.yaml", OPERATIONS),
        ("acme/api/dev/openapi.yaml", OPERATIONS),
        ("acme/broken/main/openapi.yaml", "openapi: ["),
        ("acme/broken/dev/openapi.yaml", "openapi: ["),
    ] {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Portal::default(), TEAMS).await
    }

    pub(crate) async fn with(portal: Portal, teams: &str) -> Self {
        Self::upon(portal, [teams, ORGANIZATIONS], false).await
    }

    /// One with these organizations.
    pub(crate) async fn of(teams: &str, organizations: &str) -> Self {
        Self::upon(Portal::default(), [teams, organizations], false).await
    }

    /// One whose platform repository was there before, with a README alone, as an apply in the sandbox leaves it.
    pub(crate) async fn after_an_apply() -> Self {
        Self::upon(Portal::default(), [TEAMS, ORGANIZATIONS], true).await
    }

    async fn upon(portal: Portal, [teams, organizations]: [&str; 2], has_readme: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (sandbox, configuration) = (folder.path().join("sandbox"), folder.path().join("platform"));
        std::fs::create_dir_all(configuration.join("konnect")).unwrap();
        std::fs::write(configuration.join("konnect/teams.yaml"), teams).unwrap();
        std::fs::write(configuration.join("konnect/organizations.yaml"), organizations).unwrap();
        services(&folder.path().join("services"));
        ::sandbox::seed(&sandbox, &folder.path().join("services")).unwrap();
        if has_readme {
            let files = BTreeMap::from([("README.md".to_owned(), b"# Platform\n".to_vec())]);
            ::sandbox::github::ensure_repository(&sandbox.join("github"), "acme", "platform", &files).unwrap();
        }
        let none = || -> Environment { Box::new(|_| None) };
        let access = RepositoryAccess::open(RepositoryOptions {
            remote: "acme/platform".to_owned(),
            token: Secret::Literal("sandbox".to_owned().into()),
            author: Author::default(),
            sandbox: Some(sandbox),
            provided: false,
            first_files: FirstFiles::of(&configuration).unwrap(),
            environment: none(),
        });
        let access = access.await.unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let settings = Settings::check(SettingsInput {
            environment: &none(),
            portal: &portal,
            port: listener.local_addr().unwrap().port(),
            sandbox: Some(SandboxSettings {
                app: ::sandbox::github::GITHUB_APP,
                key: "a key of the tests, long enough to be one".to_owned().into(),
                organization: "acme".to_owned(),
            }),
        });
        let settings = settings.map_err(|failures| format!("{failures:?}")).unwrap();
        let url = settings.address().to_owned();
        let session = access.session(None, PlatformWork::Maintain).map_err(|error| error.to_string()).unwrap();
        let onboarding = Onboarding::new(session, None, Arc::new(none())).unwrap();
        let github = onboarding.github_url().to_owned();
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let recorded = Arc::clone(&events);
        let record = move |event: &Event| recorded.lock().unwrap().push(event.clone());
        let server = start(listener, Parts::ApiAndPortal, settings, onboarding, Arc::new(record)).unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { _folder: folder, server, github, url, events, http }
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser { world: self, cookies: BTreeMap::new() }
    }

    /// A browser in which somebody has signed in.
    pub(crate) async fn signed_in(&self, person: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let answer = browser.sign_in(person).await;
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{}", answer.text);
        browser
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// What GitHub says, as the platform's own token sees it.
    pub(crate) async fn github(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.github)).bearer_auth("sandbox");
        Answer::read(request.send().await.unwrap()).await.json()
    }

    /// Changes something on GitHub with the platform's own token.
    pub(crate) async fn change_on_github(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.http.request(method, format!("{}{path}", self.github)).bearer_auth("sandbox").json(body);
        Answer::read(request.send().await.unwrap()).await
    }

    /// Merges a pull request on its page, as a person does. Returns the status of the answer.
    pub(crate) async fn merge_on_page(&self, number: u64) -> StatusCode {
        let page = format!("{}/acme/platform/pull/{number}", self.github);
        let request = self.http.post(page).header("content-type", FORM).body("do=merge");
        request.send().await.unwrap().status()
    }

    /// Makes the portal forget what it read, as it does after some seconds: every refused request of a change does.
    pub(crate) async fn refresh(&self, browser: &mut Browser<'_>) {
        let token = browser.get("/services").await.hidden("token");
        let answer = browser.send_form("/requests/999/withdraw", &[("token", &token)]).await;
        assert!(answer.status.is_client_error(), "{}", answer.text);
    }

    /// A file of the platform repository on a branch.
    pub(crate) async fn file(&self, branch: &str, path: &str) -> String {
        let url = format!("{}/repos/acme/platform/contents/{path}?ref={branch}", self.github);
        let request = self.http.get(url).bearer_auth("sandbox").header("accept", "application/vnd.github.raw+json");
        Answer::read(request.send().await.unwrap()).await.text
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await.unwrap();
    }
}

impl Browser<'_> {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.world.url) };
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.world.http.request(method, url);
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Answer {
        let answer = Answer::read(request.send().await.unwrap()).await;
        for cookie in answer.set_cookies() {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        self.send(request).await
    }

    /// Asks for a service to be added, as the UI does.
    pub(crate) async fn submit(&mut self, body: &Value) -> Answer {
        let request = self.request(Method::POST, "/api/platform/service").header("origin", &self.world.url).json(body);
        self.send(request).await
    }

    /// Sends a form.
    pub(crate) async fn send_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = self.request(Method::POST, path).header("content-type", FORM).body(form_of(&fields));
        self.send(request).await
    }

    /// Fills in a form of a page, with its hidden field that proves it.
    pub(crate) async fn fill(&mut self, path: &str, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let token = page.hidden("token");
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("token", token.as_str())]).collect();
        self.send_form(path, &fields).await
    }

    /// Goes to GitHub, is this person there, and comes back. Returns the answer to the way back.
    pub(crate) async fn sign_in(&mut self, person: &str) -> Answer {
        let back = self.chosen(person).await;
        self.get(&back).await
    }

    /// Goes to GitHub and is this person there. Returns the address of the way back.
    pub(crate) async fn chosen(&mut self, person: &str) -> String {
        let begun = self.get("/auth/github").await;
        assert_eq!(begun.status, StatusCode::TEMPORARY_REDIRECT);
        let target = reqwest::Url::parse(&begun.location()).unwrap();
        let mut form: Vec<(String, String)> = target.query_pairs().into_owned().collect();
        form.push(("person".to_owned(), person.to_owned()));
        let mut address = target;
        address.set_query(None);
        let origin = address.origin().ascii_serialization();
        let request =
            self.world.http.post(address).header("origin", origin).header("content-type", FORM).body(form_of(&form));
        let decided = Answer::read(request.send().await.unwrap()).await;
        assert!(decided.status.is_redirection(), "{} {}", decided.status, decided.text);
        decided.location()
    }

    /// Exchanges the code of a sign-in for the token against forged requests.
    pub(crate) async fn verify(&mut self, back: &Answer) -> Answer {
        let target = reqwest::Url::parse(&back.location()).unwrap();
        let code = target.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        self.get(&format!("/auth/verify?code={code}")).await
    }
}

/// The type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// The body of a form with these fields.
fn form_of(fields: &[(String, String)]) -> String {
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// What the UI sends to add a repository.
pub(crate) fn asked(owner: &str, name: &str, team: &str) -> Value {
    json!({
        "id": 1,
        "name": name,
        "full_name": format!("{owner}/{name}"),
        "description": "",
        "private": false,
        "html_url": "",
        "clone_url": format!("https://github.com/{owner}/{name}.git"),
        "ssh_url": "",
        "owner": { "login": owner, "id": 1, "avatar_url": "" },
        "default_branch": "main",
        "is_enterprise": false,
        "team": team,
        "prodBranch": "main",
        "devBranch": "dev",
    })
}
