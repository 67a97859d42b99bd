//! What the service of the Go koctl let happen, and what must be impossible here: each is tried.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::world::{DEVELOPER, World, asked};

#[tokio::test]
async fn a_code_works_only_in_the_browser_that_began_the_sign_in() {
    let world = World::start().await;
    let mut victim = world.browser();
    let back = victim.chosen(DEVELOPER).await;
    // Someone else's browser, with no sign-in begun, and with one of its own.
    assert_eq!(world.browser().get(&back).await.error(), "Invalid state parameter");
    let mut other = world.browser();
    other.get("/auth/github").await;
    assert_eq!(other.get(&back).await.error(), "Invalid state parameter");
    assert_eq!(victim.get(&back).await.status, StatusCode::TEMPORARY_REDIRECT);
    // And it works once.
    assert_eq!(victim.get(&back).await.error(), "Invalid state parameter");
    world.stop().await;
}

#[tokio::test]
async fn the_code_of_the_ui_is_worth_nothing_elsewhere_and_works_once() {
    let world = World::start().await;
    let mut browser = world.browser();
    let back = browser.sign_in(DEVELOPER).await;
    let mut thief = world.browser();
    assert_eq!(thief.verify(&back).await.status, StatusCode::UNAUTHORIZED);
    let mut other = world.signed_in(DEVELOPER).await;
    assert_eq!(other.verify(&back).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.verify(&back).await.status, StatusCode::OK);
    assert_eq!(browser.verify(&back).await.error(), "Invalid or expired code");
    world.stop().await;
}

#[tokio::test]
async fn a_session_that_somebody_made_up_opens_nothing_and_is_taken_away() {
    let world = World::start().await;
    let known = world.signed_in(DEVELOPER).await.cookies["auth_token"].clone();
    let forged = [
        "eyJhbGciOiJub25lIn0.eyJsb2dpbiI6ImFkYSJ9.".to_owned(),
        known.chars().rev().collect(),
        known[..known.len() / 2].to_owned(),
        "x".repeat(4000),
    ];
    for cookie in forged {
        let mut browser = world.browser();
        browser.cookies.insert("auth_token".to_owned(), cookie);
        let answer = browser.get("/api/platform/service").await;
        assert_eq!((answer.status, answer.error()), (StatusCode::UNAUTHORIZED, "Invalid or expired token".to_owned()));
        assert!(answer.set_cookies().iter().any(|cookie| cookie.starts_with("auth_token=;")), "{answer:?}");
    }
    // One cookie does not stand for another.
    let mut browser = world.browser();
    browser.cookies.insert("github_session".to_owned(), known.clone());
    browser.cookies.insert("oauth_state".to_owned(), known);
    assert_eq!(browser.get("/auth/verify?code=x").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get("/auth/github/callback?state=x&code=y").await.error(), "Invalid state parameter");
    world.stop().await;
}

#[tokio::test]
async fn no_cookie_shows_a_token_or_is_readable_by_scripts() {
    let world = World::start().await;
    let mut browser = world.browser();
    let back = browser.sign_in(DEVELOPER).await;
    let verified = browser.verify(&back).await;
    let cookies: Vec<String> = back.set_cookies().into_iter().chain(verified.set_cookies()).collect();
    assert!(cookies.len() >= 3, "{cookies:?}");
    for cookie in cookies {
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=") && cookie.contains("Path=/"), "{cookie}");
        assert!(!cookie.contains("ghu_") && !cookie.contains("ghr_") && !cookie.contains(DEVELOPER), "{cookie}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let body = asked("acme", "orders", "orders");
    for origin in ["https://evil.example.com", "null", "http://localhost.evil.example.com"] {
        let request = browser.request(Method::POST, "/api/platform/service").header("origin", origin).json(&body);
        let answer = browser.send(request).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::FORBIDDEN, ""), "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
    let request =
        browser.request(Method::POST, "/api/platform/service").header("sec-fetch-site", "cross-site").json(&body);
    assert_eq!(browser.send(request).await.status, StatusCode::FORBIDDEN);
    // A form can be sent from anywhere; its content is not JSON by its type.
    let request = browser
        .request(Method::POST, "/api/platform/service")
        .header("content-type", "text/plain")
        .body(body.to_string());
    assert_eq!(browser.send(request).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    world.stop().await;
}

#[tokio::test]
async fn nothing_of_a_submission_is_believed_but_the_name() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let mut body = asked("acme", "orders", "orders");
    body["clone_url"] = "https://evil.example.com/acme/orders.git".into();
    body["full_name"] = "../../../etc/passwd".into();
    let answer = browser.submit(&body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let teams = world.file("add-service-acme-orders", "konnect/teams.yaml").await;
    assert!(!teams.contains("evil") && !teams.contains("etc/passwd"), "{teams}");
    assert!(teams.contains("acme/orders:"), "{teams}");
    world.stop().await;
}

#[tokio::test]
async fn names_that_lead_elsewhere_are_refused() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    for (owner, name) in [("..", "orders"), ("acme", ".."), ("acme/x", "orders"), ("acme", "orders?x"), ("a b", "c")] {
        let answer = browser.submit(&asked(owner, name, "orders")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{owner} {name} {}", answer.text);
    }
    for team in ["a\nb", "a\u{202e}b", &"a".repeat(501)] {
        let answer = browser.submit(&asked("acme", "orders", team)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{team:?} {}", answer.text);
    }
    for team in ["..", "a/../b"] {
        let answer = browser.submit(&asked("acme", "orders", team)).await;
        assert!(answer.status.is_client_error(), "{team} {}", answer.text);
    }
    for path in ["/api/repos/../../x/branches", "/api/repos/acme/orders/contents/a/..%2f..%2fb"] {
        assert!(browser.get(path).await.status.is_client_error(), "{path}");
    }
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    world.stop().await;
}

#[tokio::test]
async fn the_token_goes_to_no_other_host() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let answer = browser.get("/api/enterprise/evil.example.com/orgs").await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, "404 page not found"));
    world.stop().await;
}

#[tokio::test]
async fn a_service_of_another_team_is_not_overwritten() {
    let teams = "teams:\n  stock:\n    services:\n      acme/orders:\n        name: orders\n        git:\n          \
                 remote: https://github.com/acme/orders.git\n  orders:\n    services: {}\n";
    let world = World::with(Default::default(), teams).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let answer = browser.submit(&asked("acme", "orders", "orders")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(answer.error(), "acme/orders is a service of another team already: stock");
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    world.stop().await;
}

#[tokio::test]
async fn a_body_without_an_end_is_refused() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let mut body = asked("acme", "orders", "orders");
    body["description"] = "x".repeat(1024 * 1024).into();
    let answer = browser.submit(&body).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    world.stop().await;
}

#[tokio::test]
async fn every_answer_has_the_headers_that_protect_a_page() {
    let world = World::start().await;
    for path in ["/health", "/api/user", "/nowhere", "/auth/github", "/auth/verify"] {
        let answer = world.browser().get(path).await;
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn who_left_the_organization_changes_nothing_with_a_session_that_is_still_there() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let mut accounts = world.github("/_sandbox/accounts").await;
    for organization in accounts["organizations"].as_array_mut().unwrap() {
        organization["members"].as_array_mut().unwrap().retain(|member| member["login"] != DEVELOPER);
        for team in organization["teams"].as_array_mut().unwrap() {
            team["members"].as_array_mut().unwrap().retain(|member| member["login"] != DEVELOPER);
        }
    }
    let changed = world.change_on_github(Method::PUT, "/_sandbox/accounts", &accounts).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let answer = browser.submit(&asked("acme", "orders", "orders")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.error(), "orders-developer may not sign in: members of acme may");
    assert!(!browser.cookies.contains_key("auth_token"), "the session is over");
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    world.stop().await;
}

#[tokio::test]
async fn a_sign_in_that_was_revoked_on_github_is_over() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let app = "/_sandbox/people/orders-developer/authorizations/Iv23liSandboxGitHub0";
    assert!(world.change_on_github(Method::DELETE, app, &json!({})).await.status.is_success());
    let answer = browser.get("/api/repos").await;
    assert_eq!((answer.status, answer.error()), (StatusCode::UNAUTHORIZED, "Invalid or expired token".to_owned()));
    assert!(!browser.cookies.contains_key("auth_token"));
    world.stop().await;
}
