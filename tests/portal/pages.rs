//! The portal without scripts: pages are read, and forms are sent, as a browser does.

use reqwest::StatusCode;
use serde_json::json;

use super::world::{Answer, Browser, DEVELOPER, World};

/// Sends a form with these fields beside its hidden one.
async fn send(browser: &mut Browser<'_>, path: &str, page: &Answer, fields: &[(&str, &str)]) -> Answer {
    let token = page.hidden("token");
    let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("token", token.as_str())]).collect();
    browser.send_form(path, &fields).await
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_told_how() {
    let world = World::start().await;
    let page = world.browser().get("/").await;
    assert_eq!((page.status, page.header("content-type").as_str()), (StatusCode::OK, "text/html; charset=utf-8"));
    assert!(page.text.contains("Sign in with GitHub") && page.text.contains("For members of acme."), "{}", page.text);
    for path in ["/services", "/requests", "/onboard", "/onboard/acme/orders"] {
        let page = world.browser().get(path).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(page.text.contains("Sign in again"), "{path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_platform_without_services_says_what_to_do() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    assert_eq!(browser.get("/auth/success?code=x").await.location(), "/services");
    assert!(browser.get("/services").await.text.contains("Add the first one"));
    assert!(browser.get("/requests").await.text.contains("Nobody has asked to add a service yet."));
    world.stop().await;
}

#[tokio::test]
async fn a_service_is_added_by_forms_alone() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let page = browser.get("/onboard?q=ORD").await;
    assert!(page.text.contains("href=\"/onboard/acme/orders\""), "{}", page.text);
    assert!(!page.text.contains("acme/bare"), "{}", page.text);
    let page = browser.get("/onboard/acme/orders").await;
    assert!(page.text.contains("<option value=\"openapi.yaml\""), "{}", page.text);
    let fields = [
        ("team", "orders"),
        ("new-team", ""),
        ("specification", "openapi.yaml"),
        ("production", "main"),
        ("development", "dev"),
        ("note", "First `one` <b>please</b>"),
        ("step", "submit"),
    ];
    let answer = send(&mut browser, "/onboard/acme/orders", &page, &fields).await;
    assert_eq!(
        (answer.status, answer.location().as_str()),
        (StatusCode::SEE_OTHER, "/requests/1?new=1"),
        "{}",
        answer.text
    );
    let page = browser.get("/requests/1?new=1").await;
    assert!(
        page.text.contains("Your request is") && page.text.contains("Waits for the platform team."),
        "{}",
        page.text
    );
    let page = browser.get("/requests").await;
    assert!(page.text.contains("href=\"/requests/1\"") && page.text.contains("Waits for review"), "{}", page.text);
    let pull = world.github("/repos/acme/platform/pulls/1").await;
    assert!(pull["body"].as_str().unwrap().contains("| note | ``First `one` <b>please</b>`` |"), "{}", pull["body"]);
    world.stop().await;
}

#[tokio::test]
async fn what_would_change_is_shown_before_anything_is_sent() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let page = browser.get("/onboard/acme/api").await;
    let fields = [
        ("team", "stock"),
        ("new-team", ""),
        ("specification", "openapi.yaml"),
        ("production", "main"),
        ("development", "dev"),
        ("note", "soon"),
        ("step", "preview"),
    ];
    let preview = send(&mut browser, "/onboard/acme/api", &page, &fields).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    insta::assert_snapshot!("preview", preview.content(&world));
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    assert!(world.events().iter().all(|event| event.action != "add-service"), "a look is not a request");

    let kept: Vec<(&str, &str)> = fields.iter().copied().filter(|(name, _)| *name != "step").collect();
    for (name, value) in &kept {
        assert_eq!(preview.hidden(name), *value);
    }
    let edit: Vec<(&str, &str)> = kept.iter().copied().chain([("step", "edit")]).collect();
    let form = send(&mut browser, "/onboard/acme/api", &preview, &edit).await;
    assert!(form.text.contains("<option value=\"stock\" selected>"), "{}", form.text);
    let submit: Vec<(&str, &str)> = kept.iter().copied().chain([("step", "submit")]).collect();
    let answer = send(&mut browser, "/onboard/acme/api", &preview, &submit).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let pull = world.github("/repos/acme/platform/pulls/1").await;
    insta::assert_snapshot!("preview_body", pull["body"].as_str().unwrap());
    world.stop().await;
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once_with_what_to_do() {
    let world = World::with(
        Default::default(),
        "teams:\n  stock:\n    services:\n      acme/other:\n        name: orders\n        git:\n          remote: \
         https://github.com/acme/other.git\n  orders: {}\n",
    )
    .await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let page = browser.get("/onboard/acme/broken").await;
    let fields = |team: &'static str, production: &'static str| {
        let development = if production == "main" { "dev" } else { "gone" };
        [("team", team), ("specification", "openapi.yaml"), ("production", production), ("development", development)]
    };
    // The name of an API is taken in the environment.
    let answer = send(&mut browser, "/onboard/acme/orders", &page, &fields("orders", "main")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    assert!(answer.text.contains("The service was not added."), "{}", answer.text);
    // Branches that are not there.
    let answer = send(&mut browser, "/onboard/acme/broken", &page, &fields("orders", "lost")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in ["2 things are to be corrected", "acme/broken has no branch gone", "acme/broken has no branch lost"] {
        assert!(answer.text.contains(text), "{text} in {}", answer.text);
    }
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    world.stop().await;
}

#[tokio::test]
async fn what_was_filled_in_stays_with_the_reason_why_it_was_refused() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let page = browser.get("/onboard/acme/broken").await;
    let fields = [
        ("team", ""),
        ("new-team", "shipping"),
        ("specification", "openapi.yaml"),
        ("production", "main"),
        ("development", "dev"),
        ("note", "\"quoted\""),
        ("step", "submit"),
    ];
    let answer = send(&mut browser, "/onboard/acme/broken", &page, &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("The service was not added."), "{}", answer.text);
    assert!(answer.text.contains("value=\"shipping\"") && answer.text.contains("value=\"&quot;quoted&quot;\""));
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    world.stop().await;
}

#[tokio::test]
async fn a_form_of_another_session_or_of_none_changes_nothing() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let mut other = world.signed_in("platform-engineer").await;
    let of_other = other.get("/onboard/acme/orders").await;
    let fields = [("team", "orders"), ("production", "main"), ("development", "dev"), ("step", "submit")];
    let answer = send(&mut browser, "/onboard/acme/orders", &of_other, &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.send_form("/sign-out", &[("token", "")]).await.status, StatusCode::FORBIDDEN);
    assert!(browser.cookies.contains_key("auth_token"));
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    let page = browser.get("/services").await;
    let answer = send(&mut browser, "/sign-out", &page, &[]).await;
    assert_eq!((answer.status, answer.location().as_str()), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(browser.get("/services").await.status, StatusCode::UNAUTHORIZED);
    world.stop().await;
}

#[tokio::test]
async fn texts_of_others_are_texts_on_every_page() {
    let teams = "teams:\n  '<script>alert(1)</script>':\n    services:\n      acme/orders:\n        name: orders\n        \
                 description: '\"><img src=x onerror=alert(1)>'\n        git:\n          remote: \
                 https://github.com/acme/orders.git\n";
    let world = World::with(Default::default(), teams).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    for path in ["/services", "/services?q=%22%3E%3Cimg", "/onboard?q=%3Cscript%3E", "/onboard/acme/other"] {
        let page = browser.get(path).await;
        assert!(!page.text.contains("<script") && !page.text.contains("<img"), "{path}: {}", page.text);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_first_page_is_small() {
    let world = World::start().await;
    let page = world.browser().get("/").await;
    let style = page.text.split("stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let style = world.browser().get(&style).await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(page.text.len() + style.text.len() < 50_000);
    world.stop().await;
}
