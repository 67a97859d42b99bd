//! Changing a service.

use reqwest::StatusCode;
use serde_json::json;

use super::world::{Browser, DEVELOPER, World};

/// A service of a repository that the developer writes to, and one of a repository that they only read.
const TEAMS: &str = "\
teams:
  orders:
    services:
      # Where all pay.
      acme/api:
        name: api # short
        description: |
          First line.
          Second line.
        git:
          remote: https://github.com/acme/api.git
      acme/platform:
        name: platform
        git:
          remote: https://github.com/acme/platform.git
";

/// An environment in which every service takes part, and one that lists them.
const ORGANIZATIONS: &str = "\
organizations:
  Acme:
    access-token:
      type: env
      value: ACME_TOKEN
    environments:
      dev:
        type: DEV
        region: eu
      prod:
        type: PROD
        region: eu
        teams:
          orders:
            services:
              acme/platform:
";

/// The fields of the form as it is filled in first.
const SAME: [(&str, &str); 6] = [
    ("service", "acme/api"),
    ("name", "api"),
    ("description", "First line. Second line."),
    ("specification", "openapi.yaml"),
    ("production", "main"),
    ("development", "dev"),
];

fn fields<'f>(changed: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let kept = SAME.into_iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    kept.chain(changed.iter().copied()).collect()
}

async fn open(browser: &mut Browser<'_>) -> super::world::Answer {
    browser.get("/change?service=acme/api").await
}

#[tokio::test]
async fn what_is_left_as_it_is_asks_for_nothing() {
    let world = World::of(TEAMS, ORGANIZATIONS).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let page = open(&mut browser).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let answer = browser.fill("/change", &page, &fields(&[("step", "submit")])).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    assert!(answer.text.contains("the configuration says that already"), "{}", answer.text);
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    world.stop().await;
}

#[tokio::test]
async fn a_service_is_changed_by_a_form_that_shows_first_what_follows() {
    let world = World::of(TEAMS, ORGANIZATIONS).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    assert!(browser.get("/services").await.text.contains("href=\"/change?service=acme%2Fapi\""));
    let page = open(&mut browser).await;
    insta::assert_snapshot!("form", page.content(&world));
    let wanted = [("name", "things"), ("in:Acme/prod", "yes"), ("development", "main"), ("note", "`now`")];
    let preview = browser.fill("/change", &page, &fields(&[&wanted[..], &[("step", "preview")]].concat())).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    insta::assert_snapshot!("preview", preview.content(&world));
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    let form = browser.fill("/change", &preview, &fields(&[&wanted[..], &[("step", "edit")]].concat())).await;
    assert!(form.text.contains("value=\"things\"") && form.text.contains("value=\"yes\" checked"), "{}", form.text);

    let sent = fields(&[&wanted[..], &[("step", "submit")]].concat());
    let answer = browser.fill("/change", &preview, &sent).await;
    assert_eq!(answer.location(), "/requests/1?new=1", "{}", answer.text);
    let branch = "change-service-acme-api";
    let files =
        [world.file(branch, "konnect/teams.yaml").await, world.file(branch, "konnect/organizations.yaml").await];
    insta::assert_snapshot!("files", files.join("---\n"));
    let pull = world.github("/repos/acme/platform/pulls/1").await;
    let body = pull["body"].as_str().unwrap();
    insta::assert_snapshot!("body", body.split("### What follows").next().unwrap());
    let event = world.events().pop().unwrap();
    assert_eq!((event.action, event.target.as_deref(), event.refused), ("change-service", Some("acme/api"), None));
    world.stop().await;
}

#[tokio::test]
async fn a_new_service_chooses_its_environments() {
    let world = World::of(
        "teams:\n  orders: {}\n",
        &ORGANIZATIONS.replace("services:\n              acme/platform:\n", "services: {}\n"),
    )
    .await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let page = browser.get("/onboard/acme/api").await;
    assert!(page.text.contains("name=\"in:Acme/prod\""), "{}", page.text);
    let fields = [
        ("team", "orders"),
        ("specification", "openapi.yaml"),
        ("production", "main"),
        ("development", "dev"),
        ("in:Acme/prod", "yes"),
        ("step", "submit"),
    ];
    let answer = browser.fill("/onboard/acme/api", &page, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let pull = world.github("/repos/acme/platform/pulls/1").await;
    assert!(pull["body"].as_str().unwrap().contains("Acme/api/prod/api"), "{pull}");
    world.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_change_is_said_and_nothing_is_sent() {
    let world = World::of(TEAMS, ORGANIZATIONS).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let page = open(&mut browser).await;
    for (field, value, reason) in [
        ("name", "", "A service needs a name"),
        ("name", "platform", "two services are named `platform`"),
        ("specification", "nowhere.yaml", "nowhere.yaml"),
        ("specification", "../../etc/passwd", "etc/passwd"),
        ("development", "lost", "acme/api has no branch lost"),
        ("development", "--upload-pack=x", "has no branch"),
        ("in:Acme/test", "yes", "There is no environment Acme/test"),
        ("in:Acme/dev", "yes", "There is no environment Acme/dev"),
        ("in:<script>", "yes", "There is no environment &lt;script&gt;"),
    ] {
        let answer = browser.fill("/change", &page, &fields(&[(field, value), ("step", "submit")])).await;
        assert!(answer.status.is_client_error(), "{field} {value}: {}", answer.text);
        assert!(answer.text.contains("The service was not changed."), "{field} {value}: {}", answer.text);
        assert!(answer.text.contains(reason), "{field} {value}: {}", answer.text);
        assert!(!answer.text.contains("<script"), "{}", answer.text);
    }
    let long = "x".repeat(501);
    for (field, value) in [("description", "a\u{202e}b"), ("description", &long), ("name", "a\u{0}b")] {
        let answer = browser.fill("/change", &page, &fields(&[(field, value), ("step", "submit")])).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field}: {}", answer.text);
    }
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    world.stop().await;
}

#[tokio::test]
async fn words_of_a_change_stay_words_in_the_file_and_the_pull_request() {
    let world = World::of(TEAMS, ORGANIZATIONS).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let page = open(&mut browser).await;
    let text = "x\" # {{ 1 }} ${{ secrets.T }} @acme/all | <!-- koctl request of 1: add 61 -->: *a";
    let answer = browser.fill("/change", &page, &fields(&[("description", text), ("step", "submit")])).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let teams = world.file("change-service-acme-api", "konnect/teams.yaml").await;
    let read: serde_json::Value = koctl::manifest::document::parse_value(&teams).unwrap();
    assert_eq!(read["teams"]["orders"]["services"]["acme/api"]["description"], text);
    let body = world.github("/repos/acme/platform/pulls/1").await["body"].as_str().unwrap().to_owned();
    assert!(body.trim_end().lines().last().unwrap().ends_with("change 61636d652f617069 -->"), "{body}");
    world.stop().await;
}

#[tokio::test]
async fn nobody_changes_the_service_of_a_repository_that_they_may_only_read_or_with_a_forged_form() {
    let world = World::of(TEAMS, ORGANIZATIONS).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    for (key, status) in [
        ("acme/platform", StatusCode::FORBIDDEN),
        ("acme/other", StatusCode::NOT_FOUND),
        ("", StatusCode::NOT_FOUND),
        ("..%2f..", StatusCode::NOT_FOUND),
        ("%3Cscript%3E", StatusCode::NOT_FOUND),
    ] {
        let page = browser.get(&format!("/change?service={key}")).await;
        assert_eq!(page.status, status, "{key}");
        assert!(!page.text.contains("<script"), "{}", page.text);
    }
    let page = open(&mut browser).await;
    let stolen = fields(&[("service", "acme/platform"), ("description", "mine"), ("step", "submit")]);
    assert_eq!(browser.fill("/change", &page, &stolen).await.status, StatusCode::FORBIDDEN);
    let mut other = world.signed_in("platform-engineer").await;
    let of_other = open(&mut other).await;
    let wanted = fields(&[("description", "mine"), ("step", "submit")]);
    assert_eq!(browser.fill("/change", &of_other, &wanted).await.status, StatusCode::FORBIDDEN);
    for token in ["", "forged"] {
        let forged: Vec<_> = wanted.iter().copied().chain([("token", token)]).collect();
        assert_eq!(browser.send_form("/change", &forged).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(world.browser().send_form("/change", &wanted).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    world.stop().await;
}
