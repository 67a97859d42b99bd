//! The sandbox itself: its data, its faults, its log.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use reqwest::Client;
use sandbox::{Fault, Sandbox, SandboxError, SandboxOptions, Trigger};
use serde_json::json;

use super::world::{SPEC, World, account, client, each, id, start};

#[tokio::test]
async fn data_survives_a_restart() {
    let world = World::new().await;
    let teams = world.get("/v3/teams?page[size]=100").await;
    let made = world.created("/v3/apis", json!({ "name": "flights", "spec_content": SPEC })).await;
    let world = world.restart().await;
    assert_eq!(world.get(&format!("/v3/apis/{}", id(&made))).await, made);
    assert_eq!(world.get("/v3/teams?page[size]=100").await, teams);
}

/// Not a test: the server that the next test starts as a process, to kill it.
#[tokio::test]
#[ignore = "runs until it is killed"]
async fn serve_until_killed() {
    let directory = PathBuf::from(std::env::var("SANDBOX_TEST_DIRECTORY").unwrap());
    let sandbox = start(&directory).await.unwrap();
    std::fs::write(directory.join("url.part"), sandbox.konnect_url()).unwrap();
    std::fs::rename(directory.join("url.part"), directory.join("url")).unwrap();
    std::future::pending().await
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_in_the_middle_of_writing() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "server::serve_until_killed", "--ignored"])
        .env("SANDBOX_TEST_DIRECTORY", directory.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let url = loop {
        match std::fs::read_to_string(directory.path().join("url")) {
            Ok(url) => break url.replace("{region}", "us") + "/v3/apis",
            Err(_) => assert!(Instant::now() < deadline, "the server did not start"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let client = Client::new();
    let acknowledged = Mutex::new(Vec::new());
    // Eight clients write one API after the other, each until the server is killed in the middle of a request.
    let write = async |writer: usize| {
        for index in 0.. {
            let name = format!("api-{writer}-{index}");
            match client.post(&url).bearer_auth("token-one").json(&json!({ "name": name })).send().await {
                Ok(answer) => assert_eq!(answer.status(), StatusCode::CREATED),
                Err(_) => return,
            }
            acknowledged.lock().unwrap().push(name);
        }
    };
    let kill = async {
        while acknowledged.lock().unwrap().len() < 40 {
            assert!(server.try_wait().unwrap().is_none(), "the server ended by itself");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill().unwrap();
        server.wait().unwrap();
    };
    tokio::join!(futures::future::join_all((0..8).map(&write)), kill);
    let acknowledged: BTreeSet<String> = acknowledged.into_inner().unwrap().into_iter().collect();
    let world = World::at(directory.path()).await;
    let mut kept = BTreeSet::new();
    for page in 1.. {
        let list = world.get(&format!("/v3/apis?page[size]=100&page[number]={page}")).await;
        let names = each(&list, "name");
        if names.is_empty() {
            break;
        }
        kept.extend(names.into_iter().map(str::to_owned));
    }
    let lost: Vec<_> = acknowledged.difference(&kept).collect();
    assert!(acknowledged.len() >= 40 && lost.is_empty(), "lost: {lost:?}");
    // A write that was in flight when the server died may have succeeded or not, but a client has at most one of those.
    assert!(kept.len() - acknowledged.len() <= 8, "{} kept, {} acknowledged", kept.len(), acknowledged.len());
}

#[tokio::test]
async fn a_directory_in_use_is_a_clear_error() {
    let world = World::new().await;
    let error = start(&world.directory).await.unwrap_err();
    assert!(matches!(error, SandboxError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("konnect.redb"), "{error}");
}

#[tokio::test]
async fn one_token_for_two_organizations_is_an_error_that_does_not_show_it() {
    let directory = tempfile::tempdir().unwrap();
    let organizations = vec![account("one", "secret"), account("two", "secret")];
    let options = SandboxOptions { dir: directory.path().to_owned(), port: 0, organizations };
    let error = Sandbox::start(options).await.unwrap_err();
    assert!(matches!(error, SandboxError::SharedToken { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
}

#[tokio::test]
async fn a_port_in_use_is_a_clear_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let port = taken.local_addr().unwrap().port();
    let options = SandboxOptions { dir: directory.path().to_owned(), port, organizations: Vec::new() };
    let error = Sandbox::start(options).await.unwrap_err();
    assert!(matches!(error, SandboxError::Listen { .. }), "{error}");
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}

#[tokio::test]
async fn exchanges_are_logged_in_order_without_tokens() {
    let world = World::new().await;
    assert_eq!(world.sandbox.exchanges(), []);
    world.get("/v3/apis?page[size]=3").await;
    for _ in 0..2 {
        world.post("/v3/apis", json!({ "name": "flights" })).await;
    }
    let exchanges = world.sandbox.exchanges();
    let seen: Vec<_> = exchanges.iter().map(|exchange| (exchange.method.as_str(), exchange.status)).collect();
    assert_eq!(seen, [("GET", Some(200)), ("POST", Some(201)), ("POST", Some(409))]);
    assert!(exchanges[0].path.starts_with("/konnect/us/v3/apis?page"), "{}", exchanges[0].path);
    assert_eq!(exchanges[0].request_body, None);
    assert_eq!(exchanges[1].request_body, Some(json!({ "name": "flights" })));
    assert_eq!(exchanges[2].response_body.as_ref().unwrap()["title"], "Conflict");
    assert!(!serde_json::to_string(&exchanges).unwrap().contains("token-one"));
}

impl World {
    async fn try_api(&self, name: &str) -> reqwest::Result<reqwest::Response> {
        let request = self.client.post(self.url("us", "/v3/apis")).bearer_auth("token-one");
        request.json(&json!({ "name": name })).send().await
    }
}

#[tokio::test]
async fn a_fault_answers_once_in_place_of_the_work() {
    let world = World::new().await;
    let faults = world.sandbox.faults();
    faults.inject(Trigger::new(Method::POST, "/v3/apis").nth(2), Fault::rate_limited(7));
    world.api("first").await;
    let limited = world.try_api("second").await.unwrap();
    assert_eq!(limited.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.headers()["retry-after"], "7");
    world.api("third").await;
    assert_eq!(each(&world.get("/v3/apis").await, "name"), ["first", "third"]);
}

#[tokio::test]
async fn a_fault_may_answer_with_a_body_of_its_own() {
    let world = World::new().await;
    let wrong = json!([{ "field": "sort", "reason": "is wrong" }]);
    let body =
        json!({ "status": 400, "title": "Bad Request", "instance": "x", "detail": "", "invalid_parameters": wrong });
    let fault = Fault::Answer { status: StatusCode::BAD_REQUEST, headers: Vec::new(), body: body.clone() };
    world.sandbox.faults().inject(Trigger::new(None, "/v3/*"), fault);
    let struck = world.try_get("/v3/portals").await;
    assert_eq!((struck.status, struck.body), (400, body));
    assert_eq!(world.try_get("/v3/portals").await.status, 200);
}

#[tokio::test]
async fn a_dropped_request_does_nothing_and_a_lost_answer_leaves_the_work_done() {
    let world = World::new().await;
    let faults = world.sandbox.faults();
    faults.inject(Trigger::new(Method::POST, "/v3/apis"), Fault::Drop);
    faults.inject(Trigger::new(Method::POST, "/v3/apis"), Fault::LoseAnswer);
    for name in ["dropped", "lost"] {
        let error = world.try_api(name).await.unwrap_err();
        assert!(error.is_request(), "{error:?}");
    }
    assert_eq!(each(&world.get("/v3/apis").await, "name"), ["lost"]);
    let statuses: Vec<_> = world.sandbox.exchanges().iter().map(|exchange| exchange.status).collect();
    assert_eq!(statuses, [None, None, Some(200)]);
}

#[tokio::test]
async fn faults_that_are_cleared_no_longer_strike() {
    let world = World::new().await;
    let fault = Fault::status(StatusCode::SERVICE_UNAVAILABLE);
    world.sandbox.faults().inject(Trigger::new(None, "*").always(), fault);
    for _ in 0..2 {
        assert_eq!(world.try_get("/v3/apis").await.status, 503);
    }
    world.sandbox.faults().clear();
    assert_eq!(world.try_get("/v3/apis").await.status, 200);
}

#[tokio::test]
async fn a_stopped_sandbox_frees_its_port_though_connections_are_idle() {
    let world = World::new().await;
    world.get("/v3/apis").await;
    let url: reqwest::Url = world.sandbox.github_url().parse().unwrap();
    let started = Instant::now();
    world.sandbox.stop().await;
    assert!(started.elapsed() < Duration::from_secs(4), "an idle connection held up the stop");
    std::net::TcpListener::bind(("127.0.0.1", url.port().unwrap())).unwrap();
}

#[tokio::test]
async fn only_names_of_this_machine_lead_to_the_sandbox() {
    let world = World::new().await;
    let url = world.url("us", "/v3/apis");
    let ask = async |host: &str| client().get(&url).header("host", host).bearer_auth("token-one").send().await.unwrap();
    for host in ["127.0.0.1", "localhost:80", "LOCALHOST", "koctl.localhost:8080", "[::1]:1"] {
        assert_eq!(ask(host).await.status(), StatusCode::OK, "{host}");
    }
    for host in ["evil.example.com", "127.0.0.1.evil.example.com", "localhost.evil.example.com:80", "192.168.0.1"] {
        let answer = ask(host).await;
        assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert!(answer.text().await.unwrap().contains("The sandbox is for this machine alone"), "{host}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_refused() {
    let world = World::new().await;
    let body = format!("\"{}\"", "x".repeat(150 * 1024 * 1024));
    for url in [world.url("us", "/v3/apis"), format!("{}/repos/Acme/a/git/blobs", world.sandbox.github_url())] {
        let request = client().post(&url).header("content-type", "application/json").bearer_auth("token-one");
        match request.body(body.clone()).send().await {
            Ok(answer) => assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "{url}"),
            // The answer comes before the body is sent, and the connection is closed.
            Err(error) => assert!(error.is_request(), "{error}"),
        }
    }
    assert_eq!(world.total("/v3/apis").await, 0);
}
