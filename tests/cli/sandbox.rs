//! `koctl sandbox`: a process of its own, with clients other than koctl.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use reqwest::{Method, Response};
use sandbox::RECORD_DIR;
use serde_json::{Value, json};

use crate::world::{Run, World, client, filters, finish};

/// A sandbox that is being served, and what it printed.
struct Served {
    process: Child,
    printed: String,
    variables: BTreeMap<String, String>,
}

impl Served {
    /// Starts `koctl sandbox` in a directory and waits until it serves.
    #[track_caller]
    fn start(world: &World, arguments: &[&str]) -> Self {
        Self::spawn(world.command(&[&["sandbox"], arguments].concat()))
    }

    #[track_caller]
    fn spawn(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The variables are printed before it says that it serves, and nothing is printed after them.
        let mut told = BufReader::new(process.stderr.take().unwrap()).lines();
        let serving = told.find(|line| line.as_ref().unwrap().starts_with("Serving "));
        assert!(serving.is_some(), "it did not come to serving");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut printed = String::new();
        while !printed.contains("_TOKEN='sandbox-") {
            printed += &(lines.next().unwrap().unwrap() + "\n");
        }
        let variables = printed.lines().map(|line| {
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            (name.to_owned(), value.trim_matches('\'').to_owned())
        });
        Self { process, variables: variables.collect(), printed }
    }

    /// Sends a request to Konnect's region `us` as the organization `sandbox`.
    async fn konnect(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Result<Response> {
        self.konnect_as(&self.variables["SANDBOX_KONNECT_TOKEN"], method, path, body).await
    }

    async fn konnect_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<Response> {
        let url = self.variables["KOCTL_KONNECT_URL"].replace("{region}", "us") + path;
        let request = client().request(method, url).bearer_auth(token);
        match body {
            Some(body) => request.json(&body).send().await,
            None => request.send().await,
        }
    }

    async fn create_api(&self, name: &str) -> reqwest::Result<Response> {
        self.konnect(Method::POST, "/v3/apis", Some(json!({ "name": name }))).await
    }

    /// The names of all APIs.
    async fn apis(&self) -> Vec<String> {
        let answer = self.konnect(Method::GET, "/v3/apis?page[size]=100", None).await.unwrap();
        let body: Value = answer.json().await.unwrap();
        body["data"].as_array().unwrap().iter().map(|api| api["name"].as_str().unwrap().to_owned()).collect()
    }

    async fn github(&self, path: &str) -> Response {
        let url = format!("{}{path}", self.variables["KOCTL_GITHUB_URL"]);
        client().get(url).header("user-agent", "test").send().await.unwrap()
    }

    fn signal(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(told.success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // A test that went wrong leaves nothing running; one that ended it itself has nothing left to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn refused(run: Run) -> String {
    assert_ne!(run.code, 0, "{}", run.stdout);
    assert_eq!(run.stdout, "");
    run.stderr
}

#[test]
fn the_variables_of_a_configuration_are_those_that_it_names() {
    let world = World::new();
    let served = Served::start(&world, &[]);
    let _filters = filters();
    assert_snapshot!(
        served.printed.replace(&world.path().canonicalize().unwrap().display().to_string(), "[directory]")
    );
}

#[test]
fn koctl_plans_and_applies_through_the_variables_and_is_done() {
    let world = World::new();
    let served = Served::start(&world, &[]);
    let koctl = |arguments: &[&str]| {
        let output = world.command(arguments).envs(&served.variables).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(koctl(&["plan", "--detailed-exitcode"]).0, 2);
    assert_eq!(koctl(&["apply", "--auto-approve"]).0, 0);
    assert_eq!(koctl(&["plan", "--detailed-exitcode"]).0, 0);
    assert!(!world.path().join(".koctl/state").exists(), "the sandbox's state is where that of real organizations is");
}

#[tokio::test]
async fn a_token_of_the_configuration_opens_its_organization_but_is_not_printed() {
    let world = World::new();
    let mut command = world.command(&["sandbox"]);
    command.env("ACME_TOKEN", "kpat_real");
    let served = Served::spawn(command);
    assert!(!served.printed.contains("kpat_real"), "{}", served.printed);
    for token in ["kpat_real", "sandbox-Acme"] {
        assert_eq!(served.konnect_as(token, Method::GET, "/v3/apis", None).await.unwrap().status(), 200);
    }
    assert_eq!(served.konnect_as("another", Method::GET, "/v3/apis", None).await.unwrap().status(), 401);
}

#[test]
fn a_shell_reads_the_variables_whatever_an_organization_is_called() {
    let world = World::empty();
    let served = Served::start(&world, &["--organization", "O'Brien $HOME `id`", "--organization", "2nd"]);
    world.write("sandbox.env", &served.printed);
    let script = ". ./sandbox.env; printf '%s|%s' \"$O_BRIEN__HOME__ID__KONNECT_TOKEN\" \"$KOCTL_GITHUB_URL\"";
    let output = Command::new("sh").args(["-c", script]).current_dir(world.path()).output().unwrap();
    let expected = format!("sandbox-O'Brien $HOME `id`|{}", served.variables["KOCTL_GITHUB_URL"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[tokio::test]
async fn without_a_configuration_there_is_one_organization() {
    let world = World::empty();
    let served = Served::start(&world, &[]);
    assert_eq!(served.create_api("flights").await.unwrap().status(), 201);
    assert_eq!(served.apis().await, ["flights"]);
}

#[test]
fn an_interrupt_ends_it_in_peace() {
    let world = World::empty();
    let mut served = Served::start(&world, &[]);
    served.signal("-INT");
    assert_eq!(served.process.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn r10_a_kill_loses_no_acknowledged_write() {
    let world = World::empty();
    let mut served = Served::start(&world, &[]);
    let mut acknowledged = Vec::new();
    for index in 0..20 {
        let name = format!("api-{index}");
        assert_eq!(served.create_api(&name).await.unwrap().status(), 201);
        acknowledged.push(name);
    }
    served.signal("-KILL");
    served.process.wait().unwrap();
    let served = Served::start(&world, &[]);
    assert_eq!(served.apis().await, acknowledged);
}

#[tokio::test]
async fn a_fault_of_a_status_answers_as_the_system_that_was_asked() {
    let world = World::empty();
    let served = Served::start(&world, &["--fault", "status=503"]);
    let konnect = served.create_api("flights").await.unwrap();
    assert_eq!(konnect.status(), 503);
    assert_eq!(konnect.json::<Value>().await.unwrap()["title"], "Service Unavailable");
    let github = served.github("/user").await;
    assert_eq!(github.status(), 503);
    assert_eq!(github.json::<Value>().await.unwrap()["message"], "Service Unavailable");
}

#[tokio::test]
async fn a_dropped_request_is_not_done_and_one_whose_answer_is_lost_is() {
    let world = World::empty();
    let faults = ["--fault", "drop method=POST path=/v3/apis nth=1", "--fault", "lose-answer method=POST nth=1"];
    let served = Served::start(&world, &faults);
    assert!(served.create_api("dropped").await.unwrap_err().is_request());
    assert!(served.create_api("lost").await.unwrap_err().is_request());
    assert_eq!(served.create_api("answered").await.unwrap().status(), 201);
    assert_eq!(served.apis().await, ["lost", "answered"]);
}

#[tokio::test]
async fn a_slow_body_stops_halfway_and_arrives_whole() {
    let world = World::empty();
    let pause = Duration::from_millis(300);
    let served = Served::start(&world, &["--fault", "slow-body=300ms method=GET next=1"]);
    served.create_api("flights").await.unwrap();
    let began = Instant::now();
    let mut answer = served.konnect(Method::GET, "/v3/apis", None).await.unwrap();
    let first = answer.chunk().await.unwrap().unwrap();
    let mut whole = first.to_vec();
    while let Some(chunk) = answer.chunk().await.unwrap() {
        whole.extend(chunk);
    }
    assert!(began.elapsed() >= pause);
    assert!(first.len() < whole.len(), "it came in one piece");
    assert_eq!(serde_json::from_slice::<Value>(&whole).unwrap()["data"][0]["name"], "flights");
}

#[tokio::test]
async fn latency_keeps_every_request_waiting() {
    let world = World::empty();
    let served = Served::start(&world, &["--latency", "300ms"]);
    let began = Instant::now();
    assert_eq!(served.apis().await, [""; 0]);
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn more_requests_than_the_limit_are_told_to_wait() {
    let world = World::empty();
    let served = Served::start(&world, &["--rate-limit", "1"]);
    let requests = (0..20).map(|_| served.konnect(Method::GET, "/v3/apis", None));
    let answers = futures::future::try_join_all(requests).await.unwrap();
    assert!(answers.iter().any(|answer| answer.status() == 200));
    let limited = answers.iter().find(|answer| answer.status() == 429).unwrap();
    assert_eq!(limited.headers()["retry-after"], "1");
}

#[tokio::test]
async fn a_record_has_every_exchange_and_no_token() {
    let world = World::empty();
    let served = Served::start(&world, &["--record", "exchanges.jsonl", "--fault", "drop path=/v3/portals"]);
    served.create_api("flights").await.unwrap();
    served.konnect(Method::GET, "/v3/portals", None).await.unwrap_err();
    served.github("/user").await;
    let recorded = world.read("exchanges.jsonl");
    let lines: Vec<Value> = recorded.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let fields: Vec<_> = lines[0].as_object().unwrap().keys().map(String::as_str).collect();
    let named = ["fault", "method", "request_body", "request_type", "response_body", "response_type", "status", "url"];
    assert_eq!(fields, [&named[..], &["user_agent"]].concat());
    let told: Vec<_> = lines.iter().map(|line| (line["method"].as_str().unwrap(), line["status"].as_u64())).collect();
    assert_eq!(told, [("POST", Some(201)), ("GET", None), ("GET", Some(401))]);
    let url = served.variables["KOCTL_KONNECT_URL"].replace("{region}", "us") + "/v3/apis";
    assert_eq!(lines[0]["url"], url);
    assert_eq!(lines[0]["request_body"], json!({ "name": "flights" }));
    assert_eq!(lines[0]["response_body"]["name"], "flights");
    assert_eq!([&lines[0]["request_type"], &lines[0]["response_type"]], ["application/json", "application/json"]);
    assert_eq!(lines[2]["user_agent"], "test");
    let faults: Vec<_> = lines.iter().map(|line| line["fault"].as_str()).collect();
    assert_eq!(faults, [None, Some("drop"), None]);
    assert!(!recorded.contains("sandbox-sandbox"), "{recorded}");
}

#[test]
fn a_variable_has_every_sandbox_recorded_in_a_file_of_its_own() {
    let world = World::new();
    let record = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.env(RECORD_DIR, world.path().join("exchanges"));
        finish(command).exits(0);
    };
    record(&["validate"]);
    assert!(!world.path().join("exchanges").exists(), "what needs no sandbox is not recorded");
    record(&["plan", "--sandbox"]);
    record(&["plan", "--sandbox"]);
    let files: Vec<_> = std::fs::read_dir(world.path().join("exchanges")).unwrap().map(|file| file.unwrap()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        let recorded = std::fs::read_to_string(file.path()).unwrap();
        let lines: Vec<Value> = recorded.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(lines.iter().any(|line| line["url"].as_str().unwrap().contains("/konnect/eu/v2/control-planes")));
        assert!(lines.iter().all(|line| line["user_agent"].as_str().unwrap().starts_with("koctl/")), "{recorded}");
    }
}

#[test]
fn exchanges_that_cannot_be_recorded_stop_the_command_before_its_first_request() {
    let world = World::new();
    world.write("file", "");
    let mut command = world.command(&["plan", "--sandbox"]);
    command.env(RECORD_DIR, "file/exchanges");
    let told = refused(finish(command));
    assert!(told.contains("cannot record the exchanges in file/exchanges"), "{told}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_exchange_that_is_missing_in_the_record_does_not_go_unnoticed() {
    let world = World::empty();
    let served = Served::start(&world, &["--record", "/dev/full"]);
    let answer = served.github("/rate_limit").await;
    assert_eq!(answer.status(), 500);
    let told = answer.text().await.unwrap();
    assert!(told.contains("the exchange could not be recorded in /dev/full: No space left"), "{told}");
}

#[test]
fn the_tour_of_the_examples_needs_nothing_but_curl_and_git() {
    let world = World::empty();
    let served = Served::start(&world, &["--organization", "acme"]);
    let tour = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/sandbox/tour.sh");
    let mut command = Command::new("sh");
    command.arg(tour).envs(&served.variables).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_TERMINAL_PROMPT", "0");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}

#[test]
fn seeding_makes_what_is_missing_and_nothing_twice() {
    let world = World::new();
    let seeded = world.run(&["sandbox", "seed", "services"]).exits(0);
    assert_eq!(seeded.stdout, "Acme/checkout\n");
    let again = world.run(&["sandbox", "seed", "services"]).exits(0);
    assert_eq!(
        (again.stdout.as_str(), again.stderr.as_str()),
        ("", "Nothing was created: every repository exists already.\n")
    );
}

#[test]
fn in_the_wrong_folder_no_sandbox_is_made() {
    let world = World::empty();
    world.write("services/Acme/checkout/main/openapi.yaml", "openapi: 3.1.0\n");
    for command in [&["sandbox", "merge"][..], &["sandbox", "seed", "services"]] {
        let told = refused(world.run(command));
        assert!(told.contains("There is no sandbox in .koctl/sandbox") && told.contains("--dir"), "{told}");
    }
    assert!(refused(world.run(&["sandbox", "seed", "nothing"])).contains("There is no folder nothing"));
    assert!(!world.path().join(".koctl").exists());
}

#[tokio::test]
async fn a_sandbox_that_is_served_has_what_is_seeded_meanwhile() {
    let world = World::empty();
    let served = Served::start(&world, &[]);
    assert_eq!(served.github("/repos/Acme/checkout").await.status(), 404);
    world.write("services/Acme/checkout/main/openapi.yaml", "openapi: 3.1.0\n");
    world.run(&["sandbox", "seed", "services"]).exits(0);
    assert_eq!(served.github("/repos/Acme/checkout").await.status(), 200);
}

#[tokio::test]
async fn a_reset_leaves_an_empty_sandbox_and_what_is_not_its_own() {
    let world = World::empty();
    assert!(world.run(&["sandbox", "reset"]).exits(0).stderr.contains("There is no sandbox"));
    world.write(".koctl/sandbox/mine.txt", "kept");
    let mut served = Served::start(&world, &[]);
    served.create_api("flights").await.unwrap();
    assert!(refused(world.run(&["sandbox", "reset"])).contains("another sandbox has"), "it was reset while it served");
    served.signal("-TERM");
    served.process.wait().unwrap();
    world.write(".koctl/sandbox/state/sandbox.json", "{}");
    world.run(&["sandbox", "reset"]).exits(0);
    assert_eq!(world.read(".koctl/sandbox/mine.txt"), "kept");
    assert!(!world.path().join(".koctl/sandbox/state").exists());
    assert_eq!(Served::start(&world, &[]).apis().await, [""; 0]);
}

#[test]
fn what_cannot_be_served_says_why() {
    let world = World::empty();
    world.write("file", "");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let all: [&[&str]; 6] = [
        &["--fault", "status=503 path=/v3/apis nht=2"],
        &["--latency", "soon"],
        &["--rate-limit", "0"],
        &["--record", "nowhere/exchanges.jsonl"],
        &["--dir", "file/sandbox"],
        &["--port", &port],
    ];
    let told = all.map(|arguments| refused(world.run(&[&["sandbox"], arguments].concat())));
    let told = told.join("\n").replace(&world.path().canonicalize().unwrap().display().to_string(), "[directory]");
    let _filters = filters();
    assert_snapshot!(told);
}
