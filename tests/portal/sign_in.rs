//! Signing in and out.

use reqwest::{Method, StatusCode};

use super::world::{DEVELOPER, GUEST, World};

#[tokio::test]
async fn a_browser_without_a_session_is_nobody() {
    let world = World::start().await;
    for path in ["/api/user", "/api/orgs", "/api/repos", "/api/platform/service", "/api/platform/pulls"] {
        let answer = world.browser().get(path).await;
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::UNAUTHORIZED, "Not authenticated".to_owned()),
            "{path}"
        );
    }
    world.stop().await;
}

#[tokio::test]
async fn a_member_signs_in_and_out_as_the_ui_does() {
    let world = World::start().await;
    let mut browser = world.browser();
    let back = browser.sign_in(DEVELOPER).await;
    assert!(back.location().starts_with(&format!("{}/auth/success?code=", world.url)), "{}", back.location());
    assert!(!browser.cookies.contains_key("oauth_state"), "it works once");
    let verified = browser.verify(&back).await.json();
    assert_eq!((&verified["success"], &verified["message"]), (&true.into(), &"Authentication successful".into()));
    let token = verified["csrf_token"].as_str().unwrap().to_owned();
    assert_eq!(token.len(), 44);
    let user = browser.get("/api/user").await.json();
    assert_eq!(user["login"], DEVELOPER);
    assert!(user["id"].is_u64());

    let request = browser.request(Method::POST, "/auth/logout").header("x-csrf-token", &token);
    let answer = browser.send(request).await;
    assert_eq!(answer.json()["message"], "Logged out successfully");
    assert_eq!(browser.cookies.len(), 0);
    assert_eq!(browser.get("/api/user").await.status, StatusCode::UNAUTHORIZED);
    let actions: Vec<_> = world.events().iter().map(|event| (event.action, event.who.clone().unwrap())).collect();
    assert_eq!(actions, [("sign-in", DEVELOPER.to_owned()), ("sign-out", DEVELOPER.to_owned())]);
    world.stop().await;
}

#[tokio::test]
async fn who_is_in_no_organization_does_not_get_in() {
    let world = World::start().await;
    let mut browser = world.browser();
    let answer = browser.sign_in(GUEST).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.error(), "guest may not sign in: members of acme may");
    assert_eq!(browser.cookies.len(), 0);
    let events = world.events();
    assert_eq!((events.len(), events[0].who.as_deref()), (1, Some(GUEST)));
    assert!(events[0].refused.is_some());
    world.stop().await;
}

#[tokio::test]
async fn a_session_that_was_ended_is_over_also_for_whoever_kept_its_cookie() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let stolen = browser.cookies.clone();
    let request = browser.request(Method::POST, "/auth/logout").header("origin", &world.url);
    assert_eq!(browser.send(request).await.status, StatusCode::OK);
    let mut thief = world.browser();
    thief.cookies = stolen;
    let answer = thief.get("/api/platform/service").await;
    assert_eq!((answer.status, answer.error()), (StatusCode::UNAUTHORIZED, "Invalid or expired token".to_owned()));
    world.stop().await;
}

#[tokio::test]
async fn a_refreshed_session_has_no_token_of_github_in_its_answer() {
    let world = World::start().await;
    let mut browser = world.browser();
    let back = browser.sign_in(DEVELOPER).await;
    let token = browser.verify(&back).await.json()["csrf_token"].as_str().unwrap().to_owned();
    let request = browser.request(Method::POST, "/auth/refresh").header("x-csrf-token", &token);
    let answer = browser.send(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    for prefix in ["gho_", "ghu_", "ghr_"] {
        assert!(!answer.text.contains(prefix), "{}", answer.text);
    }
    assert_ne!(answer.json()["csrf_token"], token.as_str());
    assert_eq!(browser.get("/api/user").await.status, StatusCode::OK);
    world.stop().await;
}
