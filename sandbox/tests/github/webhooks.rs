//! Webhooks: which events a receiver gets, how they are signed, and that a receiver that fails harms nobody.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use reqwest::Method;
use reqwest::StatusCode;
use ring::hmac;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::world::{World, git, names, text};

const SECRET: &str = "a secret";

/// A server that keeps the events that it gets.
struct Receiver {
    url: String,
    events: UnboundedReceiver<(HeaderMap, Bytes)>,
}

impl Receiver {
    async fn start(status: StatusCode) -> Self {
        let (sender, events) = unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let keep = move |State(sender): State<UnboundedSender<_>>, headers: HeaderMap, body: Bytes| async move {
            sender.send((headers, body)).unwrap();
            status
        };
        let router = Router::new().route("/hook", post(keep)).with_state(sender);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = hyper_util::service::TowerToHyperService::new(router.clone());
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(hyper_util::rt::TokioIo::new(stream), service),
                );
            }
        });
        Self { url, events }
    }

    /// The next event with its payload, signed as it must be.
    async fn next(&mut self) -> (String, Value) {
        let (headers, body) = self.events.recv().await.unwrap();
        let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), &body);
        assert_eq!(headers["x-hub-signature-256"], format!("sha256={}", hex::encode(signature)));
        assert_eq!(headers["content-type"], "application/json");
        assert!(headers["user-agent"].to_str().unwrap().starts_with("GitHub-Hookshot/"));
        (headers["x-github-event"].to_str().unwrap().to_owned(), serde_json::from_slice(&body).unwrap())
    }

    /// The names of the next events, with their actions, in any order.
    async fn names(&mut self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        for _ in 0..count {
            let (event, payload) = self.next().await;
            names.push(format!("{event} {}", payload["action"].as_str().unwrap_or_default()).trim().to_owned());
        }
        names.sort();
        names
    }
}

async fn hook(world: &World, receiver: &Receiver, events: &[&str]) -> Value {
    let config = json!({"url": receiver.url, "content_type": "json", "secret": SECRET});
    world.post("/repos/Org/repo/hooks", json!({"config": config, "events": events})).await.expect(201)
}

/// The deliveries of a hook, once there are so many.
async fn deliveries(world: &World, hook: &Value, count: usize) -> Value {
    loop {
        let path = format!("/repos/Org/repo/hooks/{}/deliveries", hook["id"]);
        let list = world.get(&path).await.expect(200);
        if list.as_array().unwrap().len() >= count {
            return list;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn without_a_webhook_there_is_none_to_list() {
    let world = World::with(&[("a", "1")]).await;
    assert_eq!(world.get("/repos/Org/repo/hooks").await.expect(200), json!([]));
    world.get("/repos/Org/repo/hooks/1").await.refusal(404);
}

#[tokio::test]
async fn the_life_of_a_pull_request_is_delivered() {
    let world = World::with(&[("a", "1")]).await;
    let mut receiver = Receiver::start(StatusCode::OK).await;
    let hook = hook(&world, &receiver, &["push", "pull_request"]).await;
    assert_eq!((&hook["config"]["secret"], &hook["last_response"]["status"]), (&json!("********"), &json!("unused")));
    let (event, ping) = receiver.next().await;
    assert_eq!((event.as_str(), &ping["hook_id"]), ("ping", &hook["id"]));

    let tip = world.branch("work", "main", "b", "2").await;
    let (event, push) = receiver.next().await;
    assert_eq!((event.as_str(), &push["ref"], &push["after"]), ("push", &json!("refs/heads/work"), &json!(tip)));
    assert_eq!((&push["created"], &push["commits"][0]["added"]), (&json!(true), &json!(["b"])));
    assert_eq!(push["repository"]["full_name"], "Org/repo");

    world.pull("work").await;
    let (event, opened) = receiver.next().await;
    assert_eq!((event.as_str(), &opened["action"], &opened["number"]), ("pull_request", &json!("opened"), &json!(1)));
    assert_eq!(
        (&opened["pull_request"]["head"]["sha"], &opened["sender"]["login"]),
        (&json!(tip), &json!("koctl-sandbox"))
    );

    world.post("/repos/Org/repo/issues/1/labels", json!({"labels": ["new"]})).await.expect(200);
    assert_eq!(receiver.next().await.1["label"]["name"], "new");
    world
        .put("/repos/Org/repo/contents/c", json!({"message": "m", "content": "eA==", "branch": "work"}))
        .await
        .expect(201);
    assert_eq!(receiver.names(2).await, ["pull_request synchronize", "push"]);
    world.patch("/repos/Org/repo/pulls/1", json!({"state": "closed"})).await.expect(200);
    world.patch("/repos/Org/repo/pulls/1", json!({"state": "open"})).await.expect(200);
    assert_eq!(receiver.names(2).await, ["pull_request closed", "pull_request reopened"]);
    world.put("/repos/Org/repo/pulls/1/merge", json!({})).await.expect(200);
    assert_eq!(receiver.names(2).await, ["pull_request closed", "push"]);
    world.get("/repos/Org/repo/pulls").await.expect(200);
    let list = deliveries(&world, &hook, 10).await;
    assert_eq!(list.as_array().unwrap().len(), 10, "reading announces nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_of_git_is_delivered_and_moves_its_pull_request() {
    let world = World::with(&[("a", "1")]).await;
    world.branch("work", "main", "b", "2").await;
    world.pull("work").await;
    let mut receiver = Receiver::start(StatusCode::OK).await;
    hook(&world, &receiver, &["*"]).await;
    assert_eq!(receiver.names(1).await, ["ping"]);
    let folder = tempfile::tempdir().unwrap();
    let address = world.server.base.replace("http://", "http://x:any@") + "/Org/repo.git";
    git(folder.path(), &["clone", "--quiet", "--branch", "work", &address, "."]);
    git(folder.path(), &["commit", "--quiet", "--allow-empty", "-m", "More"]);
    git(folder.path(), &["push", "--quiet", "origin", "work"]);
    assert_eq!(receiver.names(2).await, ["pull_request synchronize", "push"]);
}

#[tokio::test]
async fn a_receiver_that_fails_harms_nobody_and_can_be_served_again() {
    let world = World::with(&[("a", "1")]).await;
    let mut receiver = Receiver::start(StatusCode::INTERNAL_SERVER_ERROR).await;
    let failing = hook(&world, &receiver, &["push"]).await;
    receiver.next().await;
    let gone = json!({"config": {"url": "http://127.0.0.1:1/none"}, "events": ["push"]});
    let gone = world.post("/repos/Org/repo/hooks", gone).await.expect(201);
    let away = json!({"config": {"url": "https://example.com/hook"}});
    let away = world.post("/repos/Org/repo/hooks", away).await.expect(201);
    world.branch("work", "main", "b", "2").await;
    for (hook, code, reason) in [
        (&failing, 500, "Invalid HTTP Response: 500"),
        (&gone, 502, "failed to connect to host: 127.0.0.1:1"),
        (&away, 502, "failed to connect to host: the sandbox delivers by http only"),
    ] {
        let list = deliveries(&world, hook, 2).await;
        assert_eq!(list[0]["status_code"], code);
        assert!(text(&list[0]["status"]).starts_with(reason), "{}", list[0]);
        let path = format!("/repos/Org/repo/hooks/{}", hook["id"]);
        assert_eq!(world.get(&path).await.expect(200)["last_response"]["code"], code);
    }
    let list = deliveries(&world, &failing, 2).await;
    let path = format!("/repos/Org/repo/hooks/{}/deliveries/{}", failing["id"], list[0]["id"]);
    let detail = world.get(&path).await.expect(200);
    assert_eq!(detail["request"]["payload"]["ref"], "refs/heads/work");
    world.post(&format!("{path}/attempts"), json!({})).await.expect(202);
    let again = deliveries(&world, &failing, 3).await;
    assert_eq!((&again[0]["redelivery"], &again[0]["guid"]), (&json!(true), &list[0]["guid"]));
}

#[tokio::test]
async fn a_webhook_is_changed_and_deleted() {
    let world = World::with(&[("a", "1")]).await;
    let mut receiver = Receiver::start(StatusCode::OK).await;
    let hook = hook(&world, &receiver, &["push"]).await;
    receiver.next().await;
    let path = format!("/repos/Org/repo/hooks/{}", hook["id"]);
    let changed =
        world.patch(&path, json!({"add_events": ["pull_request"], "remove_events": ["push"]})).await.expect(200);
    assert_eq!(changed["events"], json!(["pull_request"]));
    world.patch(&path, json!({"active": false})).await.expect(200);
    world.branch("work", "main", "b", "2").await;
    world.pull("work").await;
    world.post(&format!("{path}/pings"), Value::Null).await.expect(204);
    assert_eq!(receiver.names(1).await, ["ping"], "an inactive one hears of nothing else");
    for (body, field) in [
        (json!({"config": {"url": "nowhere"}}), "url"),
        (json!({"config": {}}), "url"),
        (json!({"config": {"url": "http://localhost/x", "content_type": "xml"}}), "content_type"),
        (json!({"config": {"url": "http://localhost/x"}, "events": ["nothing"]}), "events"),
        (json!({"config": {"url": receiver.url}, "events": ["pull_request"]}), "url"),
    ] {
        assert_eq!(world.post("/repos/Org/repo/hooks", body).await.invalid()["field"], field);
    }
    world.delete(&path).await.expect(204);
    world.get(&path).await.refusal(404);
    let developer = world.token("orders-developer", "repo").await;
    let list = world.anonymous(Method::GET, "/repos/Org/repo/hooks").bearer_auth(developer);
    assert_eq!(crate::world::send(list).await.refusal(403), "Must have admin rights to Repository.");
}

#[tokio::test]
async fn an_app_hears_of_the_repositories_that_it_is_installed_on() {
    let world = World::with(&[("a", "1")]).await;
    let mut receiver = Receiver::start(StatusCode::OK).await;
    let mut accounts = world.get("/_sandbox/accounts").await.expect(200);
    accounts["apps"][1]["github_app"]["webhook_url"] = receiver.url.clone().into();
    accounts["apps"][1]["github_app"]["webhook_secret"] = SECRET.into();
    world.put("/_sandbox/accounts", accounts).await.expect(200);
    world.branch("work", "main", "b", "2").await;
    let (event, push) = receiver.next().await;
    assert_eq!(event, "push");
    assert!(push["installation"]["id"].is_u64());
}

#[tokio::test]
async fn reviews_statuses_and_checks_accompany_a_pull_request() {
    let world = World::with(&[("a", "1")]).await;
    let tip = world.branch("feature/work", "main", "b", "2").await;
    let developer = world.token("orders-developer", "repo").await;
    let engineer = world.token("platform-engineer", "repo").await;
    let send = |token: &str, path: &str, body: Value| {
        let request = world.anonymous(Method::POST, &format!("/repos/Org/repo{path}")).bearer_auth(token);
        crate::world::send(request.json(&body))
    };
    let pull = json!({"title": "Work", "head": "feature/work", "base": "main"});
    send(&developer, "/pulls", pull).await.expect(201);
    assert_eq!(world.get("/repos/Org/repo/pulls/1/reviews").await.expect(200), json!([]));
    let own = send(&developer, "/pulls/1/reviews", json!({"event": "APPROVE"})).await;
    assert_eq!(own.expect(422)["errors"], json!(["Can not approve your own pull request"]));
    let empty = send(&engineer, "/pulls/1/reviews", json!({"event": "REQUEST_CHANGES"})).await;
    assert_eq!(empty.expect(422)["errors"], json!(["Review body can't be blank"]));
    let review = send(&engineer, "/pulls/1/reviews", json!({"event": "APPROVE", "body": "Good"})).await.expect(200);
    assert_eq!((&review["state"], &review["commit_id"]), (&json!("APPROVED"), &json!(tip)));
    send(&engineer, "/pulls/1/reviews", json!({"body": "Later"})).await.expect(200);
    let listed = world.get("/repos/Org/repo/pulls/1/reviews").await.expect(200);
    assert_eq!(names(&listed, "state"), ["APPROVED"], "a pending one is its author's");

    let combined = "/repos/Org/repo/commits/feature/work/status";
    assert_eq!(world.get(combined).await.expect(200)["state"], "pending");
    for (state, context, expected) in [
        ("success", "check", "success"),
        ("failure", "plan", "failure"),
        ("pending", "plan", "pending"),
        ("success", "plan", "success"),
    ] {
        let body = json!({"state": state, "context": context, "description": "d", "target_url": "http://localhost/"});
        send(&developer, &format!("/statuses/{tip}"), body).await.expect(201);
        assert_eq!(world.get(combined).await.expect(200)["state"], expected, "{context} {state}");
    }
    let run =
        json!({"name": "plan", "head_sha": tip, "conclusion": "success", "output": {"title": "Plan", "summary": "s"}});
    send(&developer, "/check-runs", run.clone()).await.refusal(403);
    world.post("/repos/Org/repo/check-runs", run).await.expect(201);
    world.post("/repos/Org/repo/check-runs", json!({"name": "plan", "head_sha": tip})).await.expect(201);
    let runs = world.get(&format!("/repos/Org/repo/commits/{tip}/check-runs")).await.expect(200);
    assert_eq!((&runs["total_count"], &runs["check_runs"][0]["status"]), (&json!(1), &json!("queued")));
    let all = world.get(&format!("/repos/Org/repo/commits/{tip}/check-runs?filter=all")).await.expect(200);
    assert_eq!(all["total_count"], 2);
    let workflows = world.get("/repos/Org/repo/actions/runs").await.expect(200);
    assert_eq!(workflows, json!({"total_count": 0, "workflow_runs": []}));
    world.get("/repos/Org/repo/commits/none/status").await.refusal(422);
}
