//! GitHub Apps: they sign in with a JSON Web Token, and act with tokens of their installations.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Method;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};

use crate::world::{Answer, World, names, send, text};

const APP: &str = "Iv23liSandboxGitHub0";

/// `Org/one` and `Org/two`, both private.
async fn two_repositories() -> World {
    let world = World::new().await;
    for name in ["one", "two"] {
        let body = json!({"name": name, "private": true, "auto_init": true});
        world.post("/orgs/Org/repos", body).await.expect(201);
    }
    world
}

fn seconds() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// A token that the sandbox's key signs.
async fn signed(world: &World, header: Value, claims: Value) -> String {
    let pem = world.get("/_sandbox/apps/private-key").await;
    let pem = String::from_utf8(pem.bytes).unwrap();
    let der = STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
    let key = KeyPair::from_der(&der).unwrap();
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

async fn app_token(world: &World) -> String {
    let claims = json!({"iat": seconds() - 60, "exp": seconds() + 600, "iss": APP});
    signed(world, json!({"alg": "RS256", "typ": "JWT"}), claims).await
}

async fn ask(world: &World, token: &str, path: &str) -> Answer {
    send(world.anonymous(Method::GET, path).bearer_auth(token)).await
}

async fn installation_token(world: &World, body: Value) -> Answer {
    let app = app_token(world).await;
    let id = ask(world, &app, "/orgs/Org/installation").await.expect(200)["id"].clone();
    let path = format!("/app/installations/{id}/access_tokens");
    send(world.anonymous(Method::POST, &path).bearer_auth(&app).json(&body)).await
}

async fn write(world: &World, token: &str, repo: &str) -> Answer {
    let path = format!("/repos/Org/{repo}/contents/file");
    let body = json!({"message": "Write", "content": "eA=="});
    send(world.anonymous(Method::PUT, &path).bearer_auth(token).json(&body)).await
}

#[tokio::test]
async fn an_app_without_organizations_has_no_installations() {
    let world = World::new().await;
    let token = app_token(&world).await;
    let app = ask(&world, &token, "/app").await.expect(200);
    assert_eq!((&app["client_id"], &app["installations_count"]), (&json!(APP), &json!(0)));
    assert_eq!(ask(&world, &token, "/app/installations").await.expect(200), json!([]));
    ask(&world, &token, "/orgs/Org/installation").await.refusal(404);
}

#[tokio::test]
async fn only_what_the_key_signed_and_is_young_signs_an_app_in() {
    let world = World::new().await;
    let rs256 = json!({"alg": "RS256"});
    let claims = |iat: i64, exp: i64, iss: Value| json!({"iat": seconds() + iat, "exp": seconds() + exp, "iss": iss});
    for (header, claims, status) in [
        (rs256.clone(), claims(0, 300, json!(APP)), 200),
        (rs256.clone(), claims(0, 300, json!(1)), 200),
        (rs256.clone(), claims(0, 300, json!("1")), 200),
        (json!({"alg": "none"}), claims(0, 300, json!(APP)), 401),
        (json!({"alg": "HS256"}), claims(0, 300, json!(APP)), 401),
        (rs256.clone(), claims(0, -1, json!(APP)), 401),
        (rs256.clone(), claims(0, 3_600, json!(APP)), 401),
        (rs256.clone(), claims(600, 300, json!(APP)), 401),
        (rs256.clone(), json!({"iss": APP}), 401),
        (rs256.clone(), claims(0, 300, json!("Ov23liSandboxOAuth00")), 404),
    ] {
        let token = signed(&world, header, claims.clone()).await;
        assert_eq!(ask(&world, &token, "/app").await.status.as_u16(), status, "{claims}");
    }
    let token = app_token(&world).await;
    let (rest, signature) = token.rsplit_once('.').unwrap();
    for forged in [format!("{rest}."), format!("{rest}.{}", signature.replace(&signature[..4], "AAAA"))] {
        ask(&world, &forged, "/app").await.refusal(401);
    }
    world.get("/app").await.refusal(401);
    ask(&world, &token, "/user").await.refusal(403);
}

#[tokio::test]
async fn an_installation_reads_and_writes_what_it_has() {
    let world = two_repositories().await;
    let app = app_token(&world).await;
    let installations = ask(&world, &app, "/app/installations").await.expect(200);
    let id = &installations[0]["id"];
    assert_eq!(installations[0]["account"]["login"], "Org");
    for path in [format!("/app/installations/{id}"), "/repos/Org/one/installation".to_owned()] {
        assert_eq!(&ask(&world, &app, &path).await.expect(200)["id"], id);
    }
    let issued = installation_token(&world, json!({})).await.expect(201);
    let token = text(&issued["token"]);
    assert!(token.starts_with("ghs_") && issued["expires_at"].is_string());
    let list = ask(&world, &token, "/installation/repositories").await.expect(200);
    assert_eq!(names(&list["repositories"], "name"), ["one", "two"]);
    let made = write(&world, &token, "one").await.expect(201);
    assert_eq!(made["commit"]["author"]["name"], "sandbox-github-app[bot]");
    ask(&world, &token, "/user").await.refusal(403);
    ask(&world, &token, "/repos/Org/one/actions/secrets").await.refusal(403);
    let members = ask(&world, &token, "/orgs/Org/teams/orders/members").await.expect(200);
    assert_eq!(names(&members, "login"), ["orders-developer"]);
    let revoke = world.anonymous(Method::DELETE, "/installation/token").bearer_auth(&token);
    send(revoke).await.expect(204);
    ask(&world, &token, "/repos/Org/one").await.refusal(401);
}

#[tokio::test]
async fn a_token_can_be_for_less_but_not_for_more() {
    let world = two_repositories().await;
    let narrow = json!({"repositories": ["one"], "permissions": {"contents": "read"}});
    let issued = installation_token(&world, narrow).await.expect(201);
    assert_eq!(
        (&issued["repository_selection"], &issued["permissions"]),
        (&json!("selected"), &json!({"contents": "read"}))
    );
    let token = text(&issued["token"]);
    ask(&world, &token, "/repos/Org/one/contents/README.md").await.expect(200);
    ask(&world, &token, "/repos/Org/one/pulls").await.refusal(403);
    assert_eq!(write(&world, &token, "one").await.refusal(403), "Resource not accessible by integration");
    ask(&world, &token, "/repos/Org/two").await.refusal(404);
    installation_token(&world, json!({"permissions": {"administration": "write"}})).await.refusal(422);
    installation_token(&world, json!({"repositories": ["three"]})).await.refusal(422);
}

#[tokio::test]
async fn a_person_of_the_app_sees_what_both_see() {
    let world = two_repositories().await;
    let mut accounts = world.get("/_sandbox/accounts").await.expect(200);
    accounts["apps"][1]["github_app"]["installations"] = json!([{"account": "Org", "repositories": ["one"]}]);
    world.put("/_sandbox/accounts", accounts).await.expect(200);
    let token = world.sign_in(APP, "sandbox-github-app-secret", "orders-developer").await;
    let installations = ask(&world, &token, "/user/installations").await.expect(200);
    assert_eq!(installations["total_count"], 1);
    let path = format!("/user/installations/{}/repositories", installations["installations"][0]["id"]);
    assert_eq!(names(&ask(&world, &token, &path).await.expect(200)["repositories"], "name"), ["one"]);
    write(&world, &token, "one").await.expect(201);
    ask(&world, &token, "/repos/Org/two").await.refusal(404);
    assert_eq!(names(&ask(&world, &token, "/user/orgs").await.expect(200), "login"), ["Org"]);
    let guest = world.sign_in(APP, "sandbox-github-app-secret", "guest").await;
    assert_eq!(ask(&world, &guest, "/user/installations").await.expect(200)["total_count"], 0);
    ask(&world, &guest, "/repos/Org/one").await.refusal(404);
}
