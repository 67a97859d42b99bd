//! How a request comes along: from the pull request to a published API, in the sandbox without anything else.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::world::{Browser, DEVELOPER, World, asked};

/// Sends a form of the page at `page`, with the hidden field that proves it.
async fn press(browser: &mut Browser<'_>, page: &str, path: &str) -> super::world::Answer {
    let page = browser.get(page).await;
    let token = page.hidden("token");
    browser.send_form(path, &[("token", &token)]).await
}

#[tokio::test]
async fn a_pull_request_that_is_no_request_has_no_page() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    assert_eq!(browser.get("/requests/1").await.status, StatusCode::NOT_FOUND);
    let tip = world.github("/repos/acme/platform/git/ref/heads/main").await["object"]["sha"].clone();
    let branch = json!({ "ref": "refs/heads/by-hand", "sha": tip });
    world.change_on_github(Method::POST, "/repos/acme/platform/git/refs", &branch).await;
    let file = json!({ "message": "Add a file", "content": "YQo=", "branch": "by-hand" });
    world.change_on_github(Method::PUT, "/repos/acme/platform/contents/a.txt", &file).await;
    let pull = json!({ "title": "By hand", "head": "by-hand", "base": "main", "body": "secret" });
    let made = world.change_on_github(Method::POST, "/repos/acme/platform/pulls", &pull).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let page = browser.get("/requests/1").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(!page.text.contains("By hand") && !page.text.contains("secret"), "{}", page.text);
    assert!(browser.get("/requests/..%2f1").await.status.is_client_error());
    world.stop().await;
}

#[tokio::test]
async fn a_request_is_followed_until_its_api_is_live() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let answer = browser.submit(&asked("acme", "orders", "orders")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let page = browser.get("/requests/1").await;
    for text in ["by orders-developer", "No program has checked it yet.", "Waits for the platform team."] {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }

    let head = world.github("/repos/acme/platform/pulls/1").await["head"]["sha"].clone();
    for (conclusion, shown) in [("failure", "Conformance ended with: failure."), ("success", "1 check passed.")] {
        let run = json!({ "name": "Conformance", "head_sha": head, "conclusion": conclusion });
        world.change_on_github(Method::POST, "/repos/acme/platform/check-runs", &run).await;
        assert!(browser.get("/requests/1").await.text.contains(shown), "{shown}");
    }
    let reviews = "/repos/acme/platform/pulls/1/reviews";
    let review = json!({ "event": "REQUEST_CHANGES", "body": "Why?" });
    world.change_on_github(Method::POST, reviews, &review).await;
    assert!(browser.get("/requests/1").await.text.contains("koctl-sandbox asks for changes."));
    world.change_on_github(Method::POST, reviews, &json!({ "event": "APPROVE" })).await;
    assert!(browser.get("/requests/1").await.text.contains("koctl-sandbox approved it."));

    assert_eq!(world.merge_on_page(1).await, StatusCode::SEE_OTHER);
    world.refresh(&mut browser).await;
    let page = browser.get("/requests/1").await;
    assert!(page.text.contains("Waits for the next apply.") && !page.text.contains("Live in"), "{}", page.text);

    let answer = press(&mut browser, "/requests/1", "/requests/1/apply").await;
    assert_eq!((answer.status, answer.location().as_str()), (StatusCode::SEE_OTHER, "/requests/1"), "{}", answer.text);
    let page = browser.get("/requests/1").await;
    assert!(page.text.contains("Live in Acme/dev."), "{}", page.text);
    assert!(page.text.contains("Waits until the pull request #2 is merged."), "{}", page.text);

    assert_eq!(world.merge_on_page(2).await, StatusCode::SEE_OTHER);
    world.refresh(&mut browser).await;
    let page = browser.get("/requests/1").await;
    insta::assert_snapshot!("live", page.content(&world));
    let actions: Vec<_> = world.events().into_iter().map(|event| (event.action, event.refused)).collect();
    assert!(actions.contains(&("apply", None)), "{actions:?}");
    world.stop().await;
}

#[tokio::test]
async fn only_who_asked_withdraws_a_request() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    browser.submit(&asked("acme", "orders", "orders")).await;
    let mut other = world.signed_in("platform-engineer").await;
    assert!(!other.get("/requests/1").await.text.contains("Withdraw"));
    let answer = press(&mut other, "/services", "/requests/1/withdraw").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("the pull request 1 is not a request of yours"), "{}", answer.text);
    // The form of another session is none.
    let token = other.get("/services").await.hidden("token");
    let answer = browser.send_form("/requests/1/withdraw", &[("token", &token)]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(world.github("/repos/acme/platform/pulls/1").await["state"], "open");

    let answer = press(&mut browser, "/requests/1", "/requests/1/withdraw").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert_eq!(world.github("/repos/acme/platform/pulls/1").await["state"], "closed");
    assert!(browser.get("/requests/1").await.text.contains("It was closed without merging."));
    let answer = press(&mut browser, "/services", "/requests/1/withdraw").await;
    assert!(answer.text.contains("the request 1 is closed already"), "{}", answer.text);
    world.stop().await;
}

#[tokio::test]
async fn nothing_is_applied_without_a_form_of_this_session() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    browser.submit(&asked("acme", "orders", "orders")).await;
    world.merge_on_page(1).await;
    for token in ["", "forged"] {
        let answer = browser.send_form("/requests/1/apply", &[("token", token)]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(world.browser().send_form("/requests/1/apply", &[]).await.status, StatusCode::UNAUTHORIZED);
    world.refresh(&mut browser).await;
    assert!(browser.get("/requests/1").await.text.contains("Waits for the next apply."));
    world.stop().await;
}
