//! Signing in: OAuth's web flow as an app and a browser go through it, and what becomes of the tokens.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::{ACCEPT, CONTENT_SECURITY_POLICY, HeaderMap, LOCATION};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{Answer, World, send, text};

const OAUTH_APP: (&str, &str) = ("Ov23liSandboxOAuth00", "sandbox-oauth-app-secret");
const GITHUB_APP: (&str, &str) = ("Iv23liSandboxGitHub0", "sandbox-github-app-secret");
const CALLBACK: &str = "http://localhost:8080/auth/github/callback";

fn encoded(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn form(request: RequestBuilder, pairs: &[(&str, &str)]) -> RequestBuilder {
    request.header("content-type", "application/x-www-form-urlencoded").body(encoded(pairs))
}

/// The address in a redirection, and its parameters.
fn target(headers: &HeaderMap) -> (String, BTreeMap<String, String>) {
    let url = url::Url::parse(headers[LOCATION].to_str().unwrap()).unwrap();
    let parameters = url.query_pairs().into_owned().collect();
    let mut bare = url.clone();
    bare.set_query(None);
    (bare.to_string(), parameters)
}

/// A click on the page: the answer is the redirection.
async fn decide(world: &World, pairs: &[(&str, &str)]) -> Answer {
    let request = world.browser(Method::POST, "/login/oauth/authorize");
    let answer = send(form(request, pairs)).await;
    assert_eq!(answer.status, 302, "{}", String::from_utf8_lossy(&answer.bytes));
    answer
}

/// The code with which a person comes back to an app.
async fn code(world: &World, client_id: &str, person: &str, more: &[(&str, &str)]) -> String {
    let mut pairs = vec![("client_id", client_id), ("redirect_uri", CALLBACK), ("person", person)];
    pairs.extend(more);
    let (_, parameters) = target(&decide(world, &pairs).await.headers);
    parameters["code"].clone()
}

async fn exchange(world: &World, app: (&str, &str), more: &[(&str, &str)]) -> Value {
    let mut pairs = vec![("client_id", app.0), ("client_secret", app.1)];
    pairs.extend(more);
    let request = world.anonymous(Method::POST, "/login/oauth/access_token").header(ACCEPT, "application/json");
    send(form(request, &pairs)).await.expect(200)
}

async fn user(world: &World, token: &str) -> Answer {
    send(world.anonymous(Method::GET, "/user").bearer_auth(token)).await
}

#[tokio::test]
async fn a_person_signs_in_to_an_oauth_app() {
    let world = World::new().await;
    let query = encoded(&[
        ("client_id", OAUTH_APP.0),
        ("redirect_uri", CALLBACK),
        ("scope", "read:org user:email nonsense"),
        ("state", "a\"<&"),
    ]);
    let page = send(world.browser(Method::GET, &format!("/login/oauth/authorize?{query}"))).await;
    let html = String::from_utf8(page.bytes.clone()).unwrap();
    assert_eq!(page.status, 200);
    for person in ["platform-engineer", "orders-developer", "guest"] {
        assert!(html.contains(&format!("value=\"{person}\"")), "{html}");
    }
    assert!(html.contains("a&quot;&lt;&amp;") && !html.contains("<script"), "{html}");
    let policy = page.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self' http://localhost:8080"));

    let pairs = [
        ("client_id", OAUTH_APP.0),
        ("redirect_uri", CALLBACK),
        ("scope", "read:org user:email nonsense"),
        ("state", "a\"<&"),
        ("person", "orders-developer"),
    ];
    let (address, parameters) = target(&decide(&world, &pairs).await.headers);
    assert_eq!((address.as_str(), parameters["state"].as_str()), (CALLBACK, "a\"<&"));
    let issued = exchange(&world, OAUTH_APP, &[("code", &parameters["code"]), ("redirect_uri", CALLBACK)]).await;
    assert_eq!((&issued["token_type"], &issued["scope"]), (&json!("bearer"), &json!("read:org,user:email")));
    let token = text(&issued["access_token"]);
    assert!(token.starts_with("gho_"));
    let user = user(&world, &token).await;
    assert_eq!(user.headers["x-oauth-scopes"], "read:org, user:email");
    assert_eq!(user.expect(200)["login"], "orders-developer");
}

#[tokio::test]
async fn the_answer_is_a_form_or_xml_if_that_is_asked_for() {
    let world = World::new().await;
    for (accept, expected) in [("*/*", "access_token=gho_"), ("application/xml", "<OAuth><access_token>gho_")] {
        let code = code(&world, OAUTH_APP.0, "guest", &[]).await;
        let request = world.anonymous(Method::POST, "/login/oauth/access_token").header(ACCEPT, accept);
        let pairs = [("client_id", OAUTH_APP.0), ("client_secret", OAUTH_APP.1), ("code", &code)];
        let body = String::from_utf8(send(form(request, &pairs)).await.bytes).unwrap();
        assert!(body.starts_with(expected), "{body}");
    }
}

#[tokio::test]
async fn a_refusal_goes_back_to_the_app() {
    let world = World::new().await;
    let pairs = [("client_id", OAUTH_APP.0), ("redirect_uri", CALLBACK), ("state", "s"), ("cancel", "1")];
    let (address, parameters) = target(&decide(&world, &pairs).await.headers);
    assert_eq!(address, CALLBACK);
    assert_eq!((parameters["error"].as_str(), parameters["state"].as_str()), ("access_denied", "s"));
    assert!(!parameters.contains_key("code"));
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let world = World::new().await;
    for (client_id, wanted) in
        [(OAUTH_APP.0, "https://evil.example/auth/github/callback"), (GITHUB_APP.0, "http://localhost:8080/other")]
    {
        let query = encoded(&[("client_id", client_id), ("redirect_uri", wanted), ("state", "s")]);
        let answer = send(world.browser(Method::GET, &format!("/login/oauth/authorize?{query}"))).await;
        let (address, parameters) = target(&answer.headers);
        assert!(address.starts_with("http://localhost/"), "{address}");
        assert_eq!(parameters["error"], "redirect_uri_mismatch");
    }
    let unknown = send(world.browser(Method::GET, "/login/oauth/authorize?client_id=none")).await;
    assert_eq!((unknown.status.as_u16(), unknown.headers.get(LOCATION)), (404, None));
}

#[tokio::test]
async fn a_suspended_app_signs_nobody_in() {
    let world = World::new().await;
    let mut accounts = world.get("/_sandbox/accounts").await.expect(200);
    accounts["apps"][0]["suspended"] = true.into();
    world.put("/_sandbox/accounts", accounts).await.expect(200);
    let query = encoded(&[("client_id", OAUTH_APP.0), ("redirect_uri", CALLBACK)]);
    let answer = send(world.browser(Method::GET, &format!("/login/oauth/authorize?{query}"))).await;
    assert_eq!(target(&answer.headers).1["error"], "application_suspended");
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let world = World::new().await;
    let request = world.browser(Method::POST, "/login/oauth/authorize").header("sec-fetch-site", "cross-site");
    let pairs = [("client_id", OAUTH_APP.0), ("redirect_uri", CALLBACK), ("person", "platform-engineer")];
    let answer = send(form(request, &pairs)).await;
    assert_eq!((answer.status.as_u16(), answer.headers.get(LOCATION)), (403, None));
}

#[tokio::test]
async fn a_code_is_refused_with_the_documented_errors() {
    let world = World::new().await;
    let code = code(&world, OAUTH_APP.0, "guest", &[]).await;
    let wrong = (OAUTH_APP.0, "wrong");
    for (app, redirect_uri, expected) in [
        (wrong, CALLBACK, "incorrect_client_credentials"),
        (("none", "none"), CALLBACK, "incorrect_client_credentials"),
        (GITHUB_APP, CALLBACK, "bad_verification_code"),
        (OAUTH_APP, "https://evil.example/", "redirect_uri_mismatch"),
        (OAUTH_APP, "http://localhost:8080/elsewhere", "redirect_uri_mismatch"),
    ] {
        let refused = exchange(&world, app, &[("code", &code), ("redirect_uri", redirect_uri)]).await;
        assert_eq!(refused["error"], expected);
        assert!(refused["error_uri"].is_string() && refused["error_description"].is_string());
    }
    assert!(exchange(&world, OAUTH_APP, &[("code", &code)]).await["access_token"].is_string());
    assert_eq!(exchange(&world, OAUTH_APP, &[("code", &code)]).await["error"], "bad_verification_code", "once only");
    let device = exchange(&world, OAUTH_APP, &[("grant_type", "urn:ietf:params:oauth:grant-type:device_code")]).await;
    assert_eq!(device["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn a_challenge_wants_its_verifier() {
    let world = World::new().await;
    let verifier = "a-verifier-of-more-than-forty-three-characters-in-all";
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let pkce = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    for (given, expected) in [("", false), ("another", false), (verifier, true)] {
        let code = code(&world, OAUTH_APP.0, "guest", &pkce).await;
        let issued = exchange(&world, OAUTH_APP, &[("code", &code), ("code_verifier", given)]).await;
        assert_eq!(issued["access_token"].is_string(), expected, "{issued}");
    }
    let plain = [("client_id", OAUTH_APP.0), ("redirect_uri", CALLBACK), ("code_challenge", verifier)];
    let (_, parameters) = target(&decide(&world, &plain).await.headers);
    assert_eq!(parameters["error"], "invalid_request");
}

#[tokio::test]
async fn a_token_of_a_github_app_expires_and_is_renewed() {
    let world = World::new().await;
    let code = code(&world, GITHUB_APP.0, "orders-developer", &[]).await;
    let issued = exchange(&world, GITHUB_APP, &[("code", &code)]).await;
    assert_eq!((&issued["expires_in"], &issued["refresh_token_expires_in"]), (&json!(28_800), &json!(15_897_600)));
    let (old, refresh) = (text(&issued["access_token"]), text(&issued["refresh_token"]));
    assert!(old.starts_with("ghu_") && refresh.starts_with("ghr_"));
    assert_eq!(user(&world, &refresh).await.refusal(401), "Bad credentials", "it only renews");
    let renew = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(exchange(&world, OAUTH_APP, &renew).await["error"], "bad_refresh_token", "another app's");
    let renewed = exchange(&world, GITHUB_APP, &renew).await;
    user(&world, &text(&renewed["access_token"])).await.expect(200);
    assert_eq!(user(&world, &old).await.refusal(401), "Bad credentials");
    assert_eq!(exchange(&world, GITHUB_APP, &renew).await["error"], "bad_refresh_token", "once only");
}

#[tokio::test]
async fn an_app_checks_and_revokes_its_tokens() {
    let world = World::new().await;
    let code_ = code(&world, OAUTH_APP.0, "guest", &[("scope", "repo")]).await;
    let token = text(&exchange(&world, OAUTH_APP, &[("code", &code_)]).await["access_token"]);
    let ask = |method: Method, path: &str, app: (&str, &str), token: &str| {
        let path = format!("/applications/{}{path}", OAUTH_APP.0);
        let request = world.anonymous(method, &path).basic_auth(app.0, Some(app.1));
        send(request.json(&json!({"access_token": token})))
    };
    let checked = ask(Method::POST, "/token", OAUTH_APP, &token).await.expect(200);
    assert_eq!((&checked["user"]["login"], &checked["scopes"]), (&json!("guest"), &json!(["repo"])));
    assert_eq!(checked["app"]["client_id"], OAUTH_APP.0);
    ask(Method::POST, "/token", (OAUTH_APP.0, "wrong"), &token).await.refusal(401);
    ask(Method::POST, "/token", GITHUB_APP, &token).await.refusal(404);
    ask(Method::POST, "/token", OAUTH_APP, "gho_unknown").await.refusal(404);

    let reset = text(&ask(Method::PATCH, "/token", OAUTH_APP, &token).await.expect(200)["token"]);
    assert_eq!(user(&world, &token).await.refusal(401), "Bad credentials");
    user(&world, &reset).await.expect(200);
    ask(Method::DELETE, "/token", OAUTH_APP, &reset).await.expect(204);
    assert_eq!(user(&world, &reset).await.refusal(401), "Bad credentials");

    let mut tokens = Vec::new();
    for _ in 0..2 {
        // Without a scope, it is the one that the person has given before; here, the one before was revoked.
        let code = code(&world, OAUTH_APP.0, "guest", &[("scope", "gist")]).await;
        tokens.push(text(&exchange(&world, OAUTH_APP, &[("code", &code)]).await["access_token"]));
    }
    let again = code(&world, OAUTH_APP.0, "guest", &[]).await;
    assert_eq!(exchange(&world, OAUTH_APP, &[("code", &again)]).await["scope"], "gist");
    ask(Method::DELETE, "/grant", OAUTH_APP, &tokens[0]).await.expect(204);
    for token in tokens {
        assert_eq!(user(&world, &token).await.refusal(401), "Bad credentials");
    }
}

#[tokio::test]
async fn tokens_outlive_the_sandbox_and_are_not_in_its_files() {
    let world = World::new().await;
    let token = world.token("guest", "repo").await;
    let stored = std::fs::read_to_string(world.root().join("tokens.json")).unwrap();
    assert!(!stored.contains(&token) && stored.contains("\"guest\""), "{stored}");
    let world = world.restart().await;
    user(&world, &token).await.expect(200);
    world.delete(&format!("/_sandbox/people/guest/authorizations/{}", OAUTH_APP.0)).await.expect(204);
    user(&world, &token).await.expect(200);
}
