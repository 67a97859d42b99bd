//! Servers that send too much, or what they should not: lists without end, and the token of a request.

use http::{Method, StatusCode};
use sandbox::{Fault, Trigger};
use serde_json::{Value, json};

use crate::world::{Run, World};

fn ok(body: Value) -> Fault {
    Fault::Answer { status: StatusCode::OK, headers: Vec::new(), body }
}

fn teams(count: usize, total: f64) -> Value {
    let team = |number: usize| {
        let id = format!("aaaaaaaa-0000-4000-8000-{number:012}");
        json!({ "id": id, "name": format!("n{number}"), "system_team": false, "labels": {} })
    };
    let data: Vec<Value> = (0..count).map(team).collect();
    json!({ "data": data, "meta": { "page": { "total": total, "size": 100, "number": 1 } } })
}

/// A plan whose requests to `path` are answered by `fault`. Also returns their number.
async fn planned(path: &str, fault: Fault) -> (Run, usize) {
    let world = World::new();
    let sandbox = world.sandbox().await;
    sandbox.faults().inject(Trigger::new(Method::GET, path).always(), fault);
    let run = world.against(&sandbox, &["plan"]).await;
    let asked = sandbox.exchanges().iter().filter(|exchange| exchange.path.contains(path)).count();
    sandbox.stop().await;
    (run, asked)
}

#[tokio::test]
async fn r13_a_list_that_lies_about_its_length_comes_to_an_end() {
    for (count, total, told) in [
        (0, 1e12, "it has more than 10000 pages, the limit for a list"),
        (100, 1e308, "it has more than 10000 pages, the limit for a list"),
        (0, 5000.0, "it has 5000 objects, and only 0 were listed"),
        (100, 100_000.0, "the server sent the same page twice"),
    ] {
        let (run, asked) = planned("/v3/teams", ok(teams(count, total))).await;
        assert_eq!(run.code, 1, "{}", run.stdout);
        assert!(run.stderr.contains("(read all pages of http://"), "{}", run.stderr);
        assert!(run.stderr.contains("/v3/teams): ") && run.stderr.contains(told), "{}", run.stderr);
        assert!(asked <= 20, "{asked} requests");
    }
}

#[tokio::test]
async fn r13_a_list_that_goes_round_in_circles_comes_to_an_end() {
    let pull = json!({ "number": 1, "title": "t", "head": { "ref": "x", "sha": "a" }, "base": { "ref": "main" } });
    let (run, asked) = planned("/pulls", ok(Value::Array(vec![pull; 100]))).await;
    assert_eq!(run.code, 1, "{}", run.stdout);
    let told = "(read the open pull requests of Acme/platform): the list cannot be read to its end: \
                the server sent the same page twice";
    assert!(run.stderr.contains(told), "{}", run.stderr);
    assert!(asked <= 20, "{asked} requests");
}

#[tokio::test]
async fn r11_a_token_that_a_server_repeats_is_never_shown() {
    let token = "kpat_9XyZ2mQ4rT6vB8nL0pS3uW5aC7eG1iK";
    let broken = format!("{}\n{}", &token[..18], &token[18..]);
    let percent: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let base64 = "a3BhdF85WHlaMm1RNHJUNnZCOG5MMHBTM3VXNWFDN2VHMWlL";
    for said in [token, &broken, &percent, base64] {
        for (status, body) in [
            (
                400,
                json!({ "title": format!("no {said}"), "detail": said, "invalid_parameters": [{ "field": said, "reason": said }] }),
            ),
            (401, json!({ "message": said })),
            (200, json!(said)),
            (200, json!({ "data": said, "meta": { "page": { "total": 1, "size": 1 } } })),
        ] {
            let world = World::new();
            let sandbox = world.sandbox().await;
            let status = StatusCode::from_u16(status).unwrap();
            let headers = vec![("x-echo".to_owned(), token.to_owned())];
            sandbox.faults().inject(Trigger::new(Method::GET, "*").always(), Fault::Answer { status, headers, body });
            let mut command = world.command_against(&sandbox, &["plan", "-vv"]);
            command.env("ACME_TOKEN", token).env("GITHUB_TOKEN", token);
            let run = tokio::task::spawn_blocking(move || crate::world::finish(command)).await.unwrap();
            let shown: String = format!("{}{}", run.stdout, run.stderr);
            assert_eq!(run.code, 1, "{shown}");
            let words: String = shown.chars().filter(|c| !c.is_whitespace()).collect();
            for form in [token, &percent, base64, &token[..18], &token[18..]] {
                assert!(!words.contains(form), "{form}: {shown}");
            }
            sandbox.stop().await;
        }
    }
}

#[tokio::test]
async fn r13_the_words_of_a_server_are_shown_as_far_as_a_person_reads() {
    let flood = "x".repeat(200_000);
    let parameters: Vec<Value> = (0..2000).map(|_| json!({ "field": flood[..100], "reason": flood[..100] })).collect();
    let body = json!({ "title": flood[..9_000], "detail": flood[..5_000], "invalid_parameters": parameters[..50] });
    let fault = Fault::Answer { status: StatusCode::BAD_REQUEST, headers: Vec::new(), body };
    let (run, _) = planned("/v3/teams", fault).await;
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("and 30 more"), "{}", run.stderr);
    assert!(run.stderr.len() < 20_000, "{} bytes", run.stderr.len());
}

#[test]
fn r8_a_specification_without_end_stops_its_own_service_only() {
    let world = World::new();
    let text = crate::world::spec("checkout", "1.0.0") + &"# padding to be skipped\n".repeat(17 * 1024 * 1024 / 24);
    world.write("services/Acme/checkout/dev/openapi.yaml", &text);
    let run = world.koctl(&["plan"]).exits(1);
    assert!(run.stderr.contains("it has 18 MiB, and koctl stages specifications of up to 16 MiB"), "{}", run.stderr);
    assert!(run.stdout.contains("Acme/team/orders"), "{}", run.stdout);
}
