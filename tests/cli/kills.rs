//! R10: koctl is killed with SIGKILL at every request of an apply that changes something, and applies again.
//!
//! The sandbox runs in this process, so that it outlives koctl and can kill it at the right moment. Each kill point has
//! a sandbox and a state of its own. The second apply must end like an undisturbed run: with the same objects, none
//! twice, none left over, and nothing to do.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use futures::StreamExt;
use sandbox::{Account, Fault, Halt, Sandbox, SandboxOptions, Trigger};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::kongair::kongair;
use crate::world::World;

/// How many kill points are tried at the same time: mostly, each waits for what may arrive late.
const AT_ONCE: usize = 6;

/// The moment at which koctl is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The request was sent and is not carried out.
    BeforeIt,
    /// It was carried out, and its answer was not sent.
    AfterIt,
    /// Its answer has arrived, and no outcome of this apply is stored.
    BeforeItsRecord,
}

const MOMENTS: [Moment; 3] = [Moment::BeforeIt, Moment::AfterIt, Moment::BeforeItsRecord];

/// An organization, the configuration that is applied to it, and the one before.
#[derive(Clone, Copy)]
struct Setting {
    organization: &'static str,
    token_variable: &'static str,
    /// The configuration that is applied before, if any.
    before: Option<fn() -> World>,
    /// The one that is applied, killed, and applied again.
    world: fn() -> World,
}

/// A setting with its sandbox and state.
struct Stage {
    setting: Setting,
    world: World,
    sandbox: Sandbox,
}

impl Stage {
    async fn new(setting: Setting) -> Self {
        let world = (setting.before.unwrap_or(setting.world))();
        let directory = world.path().join(".koctl/sandbox");
        sandbox::github::seed(&directory.join("github"), &world.path().join("services")).unwrap();
        let files = [("README.md".to_owned(), b"# platform\n".to_vec())].into();
        sandbox::github::ensure_repository(&directory.join("github"), setting.organization, "platform", &files)
            .unwrap();
        let account = Account { organization: setting.organization.to_owned(), token: "token".to_owned().into() };
        let sandbox =
            Sandbox::start(SandboxOptions { dir: directory, port: 0, organizations: vec![account] }).await.unwrap();
        let stage = Self { setting, world, sandbox };
        if setting.before.is_some() {
            stage.applies().await;
            let after = (setting.world)();
            for file in ["konnect/teams.yaml", "konnect/organizations.yaml"] {
                stage.world.write(file, &after.read(file));
            }
        }
        stage
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::from(self.world.command(arguments));
        command
            .env("KOCTL_KONNECT_URL", self.sandbox.konnect_url())
            .env("KOCTL_GITHUB_URL", self.sandbox.github_url())
            .env("GITHUB_REPO_URL", format!("https://github.com/{}/platform.git", self.setting.organization))
            .env("GITHUB_TOKEN", "token")
            .env(self.setting.token_variable, "token")
            .kill_on_drop(true);
        command
    }

    async fn succeeds(&self, arguments: &[&str]) {
        let output = self.command(arguments).output().await.unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}:\n{stdout}\n{stderr}");
    }

    async fn applies(&self) {
        self.succeeds(&["apply", "--auto-approve", "--allow-destroy"]).await;
    }

    fn begins_to_apply(&self) -> Child {
        let mut command = self.command(&["apply", "--auto-approve", "--allow-destroy"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// How many requests that can change something were answered.
    fn writes(&self) -> usize {
        let exchanges = self.sandbox.exchanges();
        exchanges.iter().filter(|exchange| !matches!(exchange.method.as_str(), "GET" | "HEAD")).count()
    }

    /// Applies, and kills koctl at that request.
    async fn is_killed(&self, request: usize, moment: Moment) {
        let answered = self.writes();
        let mut koctl = self.begins_to_apply();
        match moment {
            Moment::BeforeIt => self.halted(&mut koctl, request, Fault::HaltBefore).await,
            Moment::AfterIt => self.halted(&mut koctl, request, Fault::HaltAfter).await,
            Moment::BeforeItsRecord => {
                // From the first request on, the state cannot be written.
                let first = Halt::default();
                self.sandbox.faults().inject(Trigger::write(), Fault::HaltBefore(first.clone()));
                ended_or(&mut koctl, first.reached()).await;
                let guard = File::open(self.file_of_state("locks", "guard")).unwrap();
                guard.lock().unwrap();
                first.resume();
                let answers = async {
                    while self.writes() < answered + request {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                };
                ended_or(&mut koctl, answers).await;
                koctl.kill().await.unwrap();
            }
        }
        self.sandbox.faults().clear();
    }

    /// The one file in a directory of the state with this ending.
    fn file_of_state(&self, directory: &str, ending: &str) -> PathBuf {
        let all = std::fs::read_dir(self.world.path().join(".koctl/state").join(directory)).unwrap();
        let mut all =
            all.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|it| it == ending));
        all.next().unwrap()
    }

    async fn halted(&self, koctl: &mut Child, request: usize, fault: fn(Halt) -> Fault) {
        let halt = Halt::default();
        self.sandbox.faults().inject(Trigger::write().nth(request), fault(halt.clone()));
        ended_or(koctl, halt.reached()).await;
        koctl.kill().await.unwrap();
    }

    /// The objects of Konnect and GitHub, without IDs and times, so that two equivalent worlds are equal.
    async fn snapshot(&self) -> Vec<String> {
        let objects = self.konnect().await;
        let names: BTreeMap<String, String> = objects
            .iter()
            .filter_map(|(kind, object)| Some((object["id"].as_str()?.to_owned(), name(kind, object))))
            .collect();
        let line = |(kind, object): &(&str, Value)| format!("{kind} {}", meaning(object, &names));
        let mut lines: Vec<String> = objects.iter().map(line).collect();
        lines.extend(self.github());
        lines.sort();
        lines
    }

    async fn konnect(&self) -> Vec<(&'static str, Value)> {
        let mut objects = Vec::new();
        for (kind, region, path) in [
            ("team", "global", "/v3/teams"),
            ("user", "global", "/v3/users"),
            ("control_plane", "us", "/v2/control-planes"),
            ("control_plane", "eu", "/v2/control-planes"),
            ("portal", "us", "/v3/portals"),
            ("portal", "eu", "/v3/portals"),
            ("api", "us", "/v3/apis"),
            ("api", "eu", "/v3/apis"),
            ("publication", "us", "/v3/api-publications"),
            ("publication", "eu", "/v3/api-publications"),
        ] {
            for object in self.list(region, &format!("{path}?{WHOLE_PAGE}")).await {
                let id = object["id"].as_str().unwrap_or_default().to_owned();
                // Roles and pages have no pages to ask for.
                let below: &[(&str, &str, &str)] = match kind {
                    "team" => &[("team_role", "assigned-roles", ""), ("team_user", "users", WHOLE_PAGE)],
                    "portal" => &[("page", "pages", "")],
                    "api" => &[("version", "versions", WHOLE_PAGE)],
                    _ => &[],
                };
                for (kind, collection, query) in below {
                    let listed = self.list(region, &format!("{path}/{id}/{collection}?{query}")).await;
                    objects.extend(listed.into_iter().map(|mut object| {
                        object["parent"] = id.clone().into();
                        (*kind, object)
                    }));
                }
                objects.push((kind, object));
            }
        }
        objects
    }

    async fn list(&self, region: &str, path: &str) -> Vec<Value> {
        let url = self.sandbox.konnect_url().replace("{region}", region) + path;
        let answer = crate::world::client().get(&url).bearer_auth("token").send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        body["data"].as_array().unwrap_or_else(|| panic!("{url}: {body}")).clone()
    }

    /// Branches with their contents.
    fn github(&self) -> Vec<String> {
        let platform = format!("{}/platform", self.setting.organization);
        let branches = self.world.git(&platform, &["for-each-ref", "--format=%(refname) %(tree)", "refs/heads"]);
        branches.lines().map(str::to_owned).collect()
    }
}

/// Requests a list with its largest page size.
const WHOLE_PAGE: &str = "page%5Bsize%5D=100";

/// Waits for a moment that must come before koctl ends.
async fn ended_or(koctl: &mut Child, moment: impl Future<Output = ()>) {
    tokio::select! {
        () = moment => {}
        ended = koctl.wait() => panic!("koctl has ended before that: {ended:?}"),
    }
}

fn name(kind: &str, object: &Value) -> String {
    let text = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
    format!("<{kind} {}{}{}>", text("name"), text("email"), text("slug"))
}

/// A value with names in the place of IDs, and without random values of the server.
fn meaning(value: &Value, names: &BTreeMap<String, String>) -> Value {
    let made_up = |key: &str| key.ends_with("_at") || key.ends_with("domain") || key == "config";
    match value {
        Value::Object(fields) => {
            let told = fields.iter().filter(|(key, _)| !made_up(key));
            told.map(|(key, value)| match meaning(value, names) {
                Value::String(id) if (key == "id" || key.ends_with("_id")) && !id.starts_with('<') => {
                    (key.clone(), "<id>".into())
                }
                value => (key.clone(), value),
            })
            .collect()
        }
        Value::Array(items) => items.iter().map(|item| meaning(item, names)).collect(),
        Value::String(id) => names.get(id).unwrap_or(id).clone().into(),
        other => other.clone(),
    }
}

/// Kills koctl at every kill point, and prints their number.
async fn everywhere(setting: Setting) {
    let undisturbed = Stage::new(setting).await;
    let before = undisturbed.writes();
    undisturbed.applies().await;
    let requests = undisturbed.writes() - before;
    let expected = undisturbed.snapshot().await;
    undisturbed.succeeds(&["plan", "--detailed-exitcode"]).await;
    undisturbed.sandbox.stop().await;
    let points = (1..=requests).flat_map(|request| MOMENTS.map(|moment| (request, moment)));
    let resumed = points.map(|(request, moment)| resume(setting, request, moment, &expected));
    let points = futures::stream::iter(resumed).buffer_unordered(AT_ONCE).count().await;
    eprintln!("{}: {points} kill points at {requests} requests, no duplicate, no orphan", setting.organization);
}

/// Kills koctl at one kill point, and applies again.
async fn resume(setting: Setting, request: usize, moment: Moment, expected: &[String]) {
    let stage = Stage::new(setting).await;
    stage.is_killed(request, moment).await;
    stage.applies().await;
    assert_eq!(stage.snapshot().await, expected, "killed at request {request}, {moment:?}");
    stage.succeeds(&["plan", "--detailed-exitcode"]).await;
    let state = std::fs::read_to_string(stage.file_of_state("", "json")).unwrap();
    assert!(state.contains("\"intents\": []"), "killed at request {request}, {moment:?}:\n{state}");
    stage.sandbox.stop().await;
}

/// A team with people, a service, and an environment.
fn platform() -> World {
    let world = World::new();
    let people = "description: Takes orders.\n    users: [ann@example.com, bob@example.com]";
    world.edit("konnect/teams.yaml", "description: Takes orders.", people);
    world
}

/// The same with something to update, to delete and to replace.
fn changed_platform() -> World {
    let world = platform();
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    world.edit("konnect/teams.yaml", "[ann@example.com, ", "[");
    world.edit("konnect/organizations.yaml", "type: DEV", "type: PROD");
    world
}

const ACME: Setting = Setting { organization: "Acme", token_variable: "ACME_TOKEN", before: None, world: platform };

#[tokio::test(flavor = "multi_thread")]
async fn r10_an_apply_that_makes_a_platform_is_resumed_wherever_it_was_killed() {
    everywhere(ACME).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r10_an_apply_that_changes_a_platform_is_resumed_wherever_it_was_killed() {
    everywhere(Setting { before: Some(platform), world: changed_platform, ..ACME }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; .ci/run runs it where Kong Air is at hand"]
async fn r10_an_apply_of_kongair_is_resumed_wherever_it_was_killed() {
    if kongair().is_none() {
        return;
    }
    let world = || kongair().expect("it was there just now");
    let token_variable = "KONGAIRLINES_KONNECT_TOKEN";
    everywhere(Setting { organization: "KongAirlines", token_variable, before: None, world }).await;
}
