//! Random rounds: a random configuration after another, with random faults and random changes by hand in between. Every
//! round comes to rest: after a few applies, there is nothing left to do.
//!
//! `KOCTL_ROUNDS` asks for a number of rounds and `KOCTL_SEED` for the seed of the first; each next round has the next
//! seed. A round that does not come to rest is repeated with its seed.

use std::fmt::Write as _;
use std::time::Duration;

use engine::progress::Silent;
use engine::state::State;
use futures::{StreamExt, stream};
use http::{Method, StatusCode};
use koctl::manifest::load::load_texts;
use koctl::operations::{self, Approved, Locks, PlanRequest, Session, SessionOptions, Settings};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sandbox::{Fault, Sandbox, Trigger};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::outside::GLOBAL;
use crate::properties::manifest;
use crate::world::{World, spec};

/// The rounds of a normal run.
const ROUNDS: u64 = 6;
/// The number of rounds that run at the same time: mostly, each waits for what may arrive late.
const AT_ONCE: usize = 6;
/// The number of configurations of a round.
const CONFIGURATIONS: usize = 3;
/// The number of applies within which a configuration comes to rest.
const APPLIES: usize = 6;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Chance, the same for the same seed.
struct Dice(u64);

impl Dice {
    /// A number below `sides` (SplitMix64).
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.roll(all.len())) }
    }
}

/// The configurations of a round.
fn configurations(seed: u64) -> Vec<String> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng);
    (0..CONFIGURATIONS).map(|_| manifest().new_tree(&mut runner).unwrap().current()).collect()
}

/// A list of objects that people change by hand: its regions, its path, and those of the fields below that its document
/// has. A request with others shows nothing: the service ignores them.
const LISTS: &[(&[&str], &str, &[&str])] = &[
    (&[GLOBAL], "/v3/teams", &["name", "description", "labels"]),
    (&[GLOBAL], "/v3/users", &["full_name"]),
    (&[GLOBAL], "/v3/identity-providers", &["enabled"]),
    (REGIONS, "/v2/control-planes", &["name", "description", "labels"]),
    (REGIONS, "/v3/portals", &["name", "description", "labels"]),
    (REGIONS, "/v3/apis", &["name", "description", "labels", "version"]),
    (&["eu", "us"], "/v2/dashboards", &["name", "labels", "definition"]),
];

const REGIONS: &[&str] = &["eu", "us", "sg"];

/// Names that configurations use, and one that none uses.
const NAMES: &[&str] =
    &["orders", "stock", "web", "orders-dev", "web-prd", "shared", "dev", "prd", "orders-0-dev", "mine"];

/// The faults that a request meets.
fn fault(dice: &mut Dice) -> Fault {
    match dice.roll(6) {
        0 => Fault::Drop,
        1 => Fault::LoseAnswer,
        2 => Fault::status(StatusCode::INTERNAL_SERVER_ERROR),
        3 => Fault::status(StatusCode::SERVICE_UNAVAILABLE),
        4 => Fault::status(StatusCode::BAD_REQUEST),
        _ => Fault::rate_limited(0),
    }
}

/// One round.
struct Round {
    seed: u64,
    dice: Dice,
    world: World,
    sandbox: Sandbox,
    http: reqwest::Client,
    /// What was done, for whoever has to find out why it does not come to rest.
    log: String,
}

impl Round {
    async fn new(seed: u64) -> Self {
        let world = World::empty();
        for branch in ["main", "dev"] {
            world.write(&format!("services/Acme/specs/{branch}/openapi.yaml"), &spec("app", "1.0.0"));
        }
        let sandbox = world.sandbox().await;
        Self { seed, dice: Dice(seed), world, sandbox, http: crate::world::client(), log: String::new() }
    }

    fn note(&mut self, line: impl std::fmt::Display) {
        writeln!(self.log, "{line}").unwrap();
    }

    async fn run(mut self) {
        let configurations = configurations(self.seed);
        for configuration in configurations {
            self.note(format!("configuration: {configuration}"));
            self.meet_faults();
            self.come_to_rest(&configuration).await;
            for _ in 0..self.dice.roll(4) {
                self.meddle().await;
            }
            if self.dice.roll(3) == 0 {
                self.come_to_rest(&configuration).await;
            }
        }
        self.sandbox.stop().await;
    }

    fn meet_faults(&mut self) {
        for _ in 0..self.dice.roll(4) {
            let trigger = if self.dice.roll(3) == 0 { Trigger::new(None, "*") } else { Trigger::write() };
            let (nth, fault) = (1 + self.dice.roll(20), fault(&mut self.dice));
            self.note(format!("fault: {nth}th {trigger:?} {fault:?}"));
            self.sandbox.faults().inject(trigger.nth(nth), fault);
        }
    }

    /// Applies until there is nothing to do.
    async fn come_to_rest(&mut self, configuration: &str) {
        for apply in 1..=APPLIES {
            let applied = self.apply(configuration).await;
            // Faults do not last.
            self.sandbox.faults().clear();
            match applied {
                Ok(()) => return,
                Err(why) => self.note(format!("apply {apply}: {why}")),
            }
        }
        panic!("KOCTL_SEED={} does not come to rest:\n{}", self.seed, self.log);
    }

    /// Applies once, and checks that nothing is left to do.
    async fn apply(&mut self, configuration: &str) -> Result<(), String> {
        let session = self.session(configuration).await;
        let result = self.applied(&session).await;
        session.close().await;
        if let Err(why) = &result {
            self.sandbox.faults().clear();
            self.choose(why).await;
        }
        result
    }

    async fn applied(&self, session: &Session) -> Result<(), String> {
        let (locks, failures) = Locks::of_all(session, "apply", Duration::ZERO).await;
        if !failures.is_empty() {
            locks.release().await;
            return Err(format!("{failures:?}"));
        }
        let planned = match operations::plan(session, &PlanRequest::default(), Some(&locks), &Silent).await {
            Ok(planned) => planned,
            Err(failure) => {
                locks.release().await;
                return Err(format!("{failure:?}"));
            }
        };
        let (_go, stop) = watch::channel(false);
        let settings = Settings { parallelism: 10, stop };
        let applied = operations::apply(session, Approved::by_a_person(&planned.plan), locks, settings, &Silent).await;
        if !planned.failures.is_empty() || !applied.is_complete() {
            let failed = applied.outcomes.iter().flat_map(|(_, outcome)| &outcome.failed);
            let failed: Vec<String> = failed.map(|(address, error)| format!("{address}: {error}")).collect();
            return Err(format!("{:?} {:?} {failed:?}", planned.failures, applied.failures));
        }
        let again = operations::plan(session, &PlanRequest::default(), None, &Silent).await;
        let again = again.map_err(|failure| format!("{failure:?}"))?;
        if !again.failures.is_empty() || again.plan.has_work() {
            let changes = again.plan.scopes.iter().flat_map(|scope| &scope.changes);
            let changes: Vec<String> =
                changes.map(|change| format!("{} {:?} {:?}", change.address, change.action, change.reason)).collect();
            return Err(format!("not at rest after a complete apply: {:?} {changes:?}", again.failures));
        }
        Ok(())
    }

    async fn session(&self, configuration: &str) -> Session {
        let loaded = load_texts(&[("koctl.yaml", configuration)], self.world.path());
        let loaded = loaded.unwrap_or_else(|error| panic!("KOCTL_SEED={}: {error}", self.seed));
        let (konnect, github) = (self.sandbox.konnect_url(), self.sandbox.github_url());
        let environment = Box::new(move |name: &str| match name {
            "KOCTL_KONNECT_URL" => Some(konnect.clone()),
            "KOCTL_GITHUB_URL" => Some(github.clone()),
            "GITHUB_REPO_URL" => Some("https://github.com/Acme/platform.git".to_owned()),
            "GITHUB_TOKEN" => Some("github-token".to_owned()),
            "ACME_TOKEN" => Some("acme-token".to_owned()),
            _ => None,
        });
        let state = Some(format!("file:{}", self.world.path().join("state").display()));
        let opened = Session::open(SessionOptions { loaded, state, sandbox: None, environment }).await;
        opened.unwrap_or_else(|failure| panic!("KOCTL_SEED={}: {failure:?}", self.seed))
    }

    /// Does what a plan asks a person to do: of several objects that could be meant, one stays, and what has the name of
    /// another goes.
    async fn choose(&mut self, why: &str) {
        for asked in ["existing objects of its name: ", "another object, "] {
            for (at, _) in why.match_indices(asked) {
                let (before, after) = (&why[..at], &why[at + asked.len()..]);
                let type_name = before.rsplit_once("`Acme/").and_then(|(_, rest)| rest.split('/').next());
                let id = after.chars().take_while(|char| char.is_ascii_hexdigit() || *char == '-').collect::<String>();
                if let Some(path) = type_name.and_then(path_of) {
                    self.delete(path, &id).await;
                }
            }
        }
        if why.contains("pages below it are not managed") {
            self.delete_pages().await;
        }
    }

    /// Deletes all pages of all portals: koctl does not delete pages of others with the page above them.
    async fn delete_pages(&mut self) {
        for region in REGIONS {
            for portal in self.listed(region, "/v3/portals").await {
                let path = format!("/v3/portals/{}/pages", portal["id"].as_str().unwrap_or_default());
                let pages = self.send(Method::GET, region, &path, None).await.unwrap_or_default();
                for page in pages["data"].as_array().cloned().unwrap_or_default() {
                    let url = format!("{path}/{}", page["id"].as_str().unwrap_or_default());
                    self.send(Method::DELETE, region, &url, None).await;
                }
            }
        }
    }

    async fn delete(&mut self, path: &str, id: &str) {
        for region in REGIONS.iter().chain(&[GLOBAL]) {
            self.send(Method::DELETE, region, &format!("{path}/{id}{}", forced(path)), None).await;
        }
    }

    /// Deletes something that objects are in: a publication, a version, a role, a page.
    async fn delete_part(&mut self, region: &str, one: &Value, path: &str) {
        let of = match path {
            "/v3/teams" => ["assigned-roles", "users"].as_slice(),
            "/v3/apis" => &["versions"],
            "/v3/portals" => &["pages"],
            "/v3/identity-providers" => &["team-group-mappings"],
            _ => return,
        };
        let below = format!("{path}/{}/{}", one["id"].as_str().unwrap_or_default(), self.dice.pick(of).unwrap());
        let listed = self.send(Method::GET, region, &below, None).await.unwrap_or_default();
        let parts = listed["data"].as_array().cloned().unwrap_or_default();
        if let Some(id) = self.dice.pick(&parts).and_then(|part| part["id"].as_str()).map(str::to_owned) {
            self.send(Method::DELETE, region, &format!("{below}/{id}"), None).await;
        }
    }

    /// Makes a gateway service that serves an API, as decK does from the staged specification.
    async fn serve(&mut self, region: &str) {
        let (planes, apis) = (self.listed(region, "/v2/control-planes").await, self.listed(region, "/v3/apis").await);
        let (Some(plane), Some(api)) = (self.dice.pick(&planes), self.dice.pick(&apis)) else { return };
        let name = api["name"].as_str().unwrap_or_default();
        let path = format!("/v2/control-planes/{}/core-entities/services", plane["id"].as_str().unwrap_or_default());
        let tag = format!("ko-api-name={name}");
        let service = json!({ "name": format!("{name}-{}", self.log.len()), "host": "example.com", "tags": [tag] });
        self.send(Method::POST, region, &path, Some(service)).await;
    }

    /// Turns a switch of how people sign in.
    async fn sign_in(&mut self) {
        let switches = ["basic_auth_enabled", "oidc_auth_enabled", "saml_auth_enabled", "idp_mapping_enabled"];
        let switch = *self.dice.pick(&switches).unwrap();
        let on = self.dice.roll(2) == 0;
        self.send(Method::PATCH, GLOBAL, "/v3/authentication-settings", Some(json!({ switch: on }))).await;
    }

    /// Sends a request to Konnect as a person would; it may be refused.
    async fn send(&mut self, method: Method, region: &str, path: &str, body: Option<Value>) -> Option<Value> {
        let url = format!("{}{path}", self.sandbox.konnect_url().replace("{region}", region));
        let mut request = self.http.request(method.clone(), url).bearer_auth("acme-token");
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        if method != Method::GET {
            self.note(format!("by hand: {method} {region} {path} {body:?}: {status}"));
        }
        if status.is_success() { answer.json().await.ok() } else { None }
    }

    /// The objects of a list, without those that no one can change.
    async fn listed(&mut self, region: &str, path: &str) -> Vec<Value> {
        // All of them are one page where the document has no pages.
        let pages = if path == "/v3/identity-providers" { "" } else { "?page%5Bsize%5D=100" };
        let listed = self.send(Method::GET, region, &format!("{path}{pages}"), None).await;
        let listed = listed.unwrap_or_default();
        let objects = listed["data"].as_array().or(listed.as_array()).cloned().unwrap_or_default();
        objects.into_iter().filter(|one| one["system_team"] != true).collect()
    }

    /// Changes something by hand.
    async fn meddle(&mut self) {
        let (region, path, objects) = self.some_list().await;
        let name = *self.dice.pick(NAMES).unwrap();
        let one = self.dice.pick(&objects).cloned();
        let url = |one: &Value| format!("{path}/{}", one["id"].as_str().unwrap_or_default());
        match (self.dice.roll(12), one) {
            (0..=1, Some(one)) => {
                self.send(Method::DELETE, region, &format!("{}{}", url(&one), forced(path)), None).await;
            }
            (2, Some(one)) => {
                self.change(region, path, &url(&one), json!({ "name": name, "full_name": name, "enabled": false }))
                    .await;
            }
            (3, Some(one)) => {
                let body = json!({ "description": "by hand", "labels": { "by": "hand" } });
                self.change(region, path, &url(&one), body).await;
            }
            (4, Some(one)) => self.copy(region, path, one).await,
            (5, Some(one)) => self.swap(region, path, &objects, &one).await,
            (6, _) => {
                let version = format!("{}.{}.0", 1 + self.dice.roll(2), self.dice.roll(3));
                self.note(format!("a push: version {version}"));
                let branch = if self.dice.roll(2) == 0 { "main" } else { "dev" };
                let text = format!("{}# {}\n", spec("app", &version), self.log.len());
                self.world.push("Acme/specs", branch, "openapi.yaml", &text);
            }
            (7, _) => self.forget().await,
            (8, Some(one)) => self.delete_part(region, &one, path).await,
            (9, _) => self.sign_in().await,
            (11, _) => self.serve(region).await,
            (10, Some(one)) => self.swap(region, path, &objects, &one).await,
            _ => self.make(region, path, json!({ "name": name })).await,
        }
    }

    /// Makes an object of a list, if its objects have names.
    async fn make(&mut self, region: &str, path: &str, body: Value) {
        let body = offered(path, body);
        if body.get("name").is_some() {
            self.send(Method::POST, region, path, Some(body)).await;
        }
    }

    /// Changes those fields of an object that its document has.
    async fn change(&mut self, region: &str, path: &str, url: &str, body: Value) {
        let body = offered(path, body);
        if body != json!({}) {
            self.send(Method::PATCH, region, url, Some(body)).await;
        }
    }

    /// A list with something in it, and sometimes any.
    async fn some_list(&mut self) -> (&'static str, &'static str, Vec<Value>) {
        let takes_any = self.dice.roll(8) == 0;
        loop {
            let (regions, path, _) = *self.dice.pick(LISTS).unwrap();
            let region = *self.dice.pick(regions).unwrap();
            let objects = self.listed(region, path).await;
            // There are always people or teams, except where nothing is configured.
            if takes_any || !objects.is_empty() || self.dice.roll(8) == 0 {
                return (region, path, objects);
            }
        }
    }

    /// Makes a second object like one.
    async fn copy(&mut self, region: &str, path: &str, one: Value) {
        let mut body = json!({ "name": one["name"] });
        for name in ["labels", "description", "definition", "version"] {
            if !one[name].is_null() && (self.dice.roll(2) == 0 || name == "definition") {
                body[name] = one[name].clone();
            }
        }
        self.make(region, path, body).await;
    }

    /// Swaps the names of two objects.
    async fn swap(&mut self, region: &str, path: &str, objects: &[Value], one: &Value) {
        let Some(other) = self.dice.pick(objects).cloned().filter(|other| other["id"] != one["id"]) else { return };
        for (object, name) in [(one, json!("aside")), (&other, one["name"].clone()), (one, other["name"].clone())] {
            let url = format!("{path}/{}", object["id"].as_str().unwrap_or_default());
            self.change(region, path, &url, json!({ "name": name })).await;
        }
    }

    /// Takes a resource out of the state, as `koctl state rm` does.
    async fn forget(&mut self) {
        let directory = self.world.path().join("state");
        let Ok(entries) = std::fs::read_dir(&directory) else { return };
        let state = entries.filter_map(|entry| Some(entry.ok()?.path())).find(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("Acme"))
                && path.extension().is_some_and(|extension| extension == "json")
        });
        let Some(state) = state else { return };
        let mut document = State::from_bytes(&std::fs::read(&state).unwrap()).unwrap();
        let addresses: Vec<String> = document.resources.keys().cloned().collect();
        let Some(address) = self.dice.pick(&addresses) else { return };
        document.resources.remove(address);
        self.note(format!("out of the state: {address}"));
        std::fs::write(state, document.to_bytes()).unwrap();
    }
}

/// What a list's document has of a body.
fn offered(path: &str, mut body: Value) -> Value {
    let (_, _, fields) = LISTS.iter().find(|(_, other, _)| *other == path).unwrap();
    body.as_object_mut().unwrap().retain(|name, _| fields.contains(&name.as_str()));
    body
}

/// The query with which an object is deleted together with what it holds.
fn forced(path: &str) -> &'static str {
    if path == "/v3/portals" { "?force=true" } else { "" }
}

/// The list of a type whose objects can be ambiguous.
fn path_of(type_name: &str) -> Option<&'static str> {
    match type_name {
        "team" => Some("/v3/teams"),
        "dashboard" => Some("/v2/dashboards"),
        "control_plane" => Some("/v2/control-planes"),
        "portal" => Some("/v3/portals"),
        "api" => Some("/v3/apis"),
        _ => None,
    }
}

#[test]
fn r8_every_random_round_comes_to_rest() {
    let (first, rounds) = (setting("KOCTL_SEED", 1), setting("KOCTL_ROUNDS", ROUNDS));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let rounds = stream::iter(first..first + rounds).map(async |seed| {
            Round::new(seed).await.run().await;
            if setting("KOCTL_ROUNDS", ROUNDS) > ROUNDS {
                eprintln!("KOCTL_SEED={seed} came to rest");
            }
        });
        rounds.buffer_unordered(AT_ONCE).collect::<()>().await;
    });
}
