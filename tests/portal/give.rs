//! Moving a service to another team.

use reqwest::StatusCode;
use serde_json::json;

use super::world::{DEVELOPER, World, asked};

const TEAMS: &str = "\
teams:
  orders:
    users: [kim@example.com]
    services:
      # Where all pay.
      acme/api:
        name: api # short
        git:
          remote: https://github.com/acme/api.git
      acme/platform:
        name: platform
        git:
          remote: https://github.com/acme/platform.git
  stock: # counts
    users: [robin@example.com]
";

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
              acme/api: {branch: dev}
";

const PATH: &str = "/move?service=acme/api";

#[tokio::test]
async fn a_service_stays_where_it_is_if_its_team_is_chosen_or_none() {
    let world = World::of(TEAMS, ORGANIZATIONS).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let page = browser.get(PATH).await;
    assert!(!page.text.contains("<option value=\"orders\""), "{}", page.text);
    for (team, new, reason) in
        [("orders", "", "acme/api is in the team already: orders"), ("", "", "A team is required"), ("", "..", "")]
    {
        let fields = [("service", "acme/api"), ("team", team), ("new-team", new), ("step", "submit")];
        let answer = browser.fill("/move", &page, &fields).await;
        assert!(answer.status.is_client_error(), "{team} {new}: {}", answer.text);
        assert!(answer.text.contains("The service was not moved.") && answer.text.contains(reason), "{}", answer.text);
    }
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    world.stop().await;
}

#[tokio::test]
async fn a_service_moves_with_all_that_it_has_and_both_teams_are_told() {
    let world = World::of(TEAMS, ORGANIZATIONS).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    assert!(browser.get("/services").await.text.contains("href=\"/move?service=acme%2Fapi\""));
    let page = browser.get(PATH).await;
    insta::assert_snapshot!("form", page.content(&world));
    let fields = |step: &'static str| {
        [("service", "acme/api"), ("team", "stock"), ("new-team", ""), ("note", "agreed"), ("step", step)]
    };
    let preview = browser.fill("/move", &page, &fields("preview")).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    let form = browser.fill("/move", &preview, &fields("edit")).await;
    assert!(form.text.contains("<option value=\"stock\" selected>") && form.text.contains("agreed"), "{}", form.text);
    let answer = browser.fill("/move", &preview, &fields("submit")).await;
    assert_eq!(answer.location(), "/requests/1?new=1", "{}", answer.text);
    let branch = "move-service-acme-api";
    let files =
        [world.file(branch, "konnect/teams.yaml").await, world.file(branch, "konnect/organizations.yaml").await];
    insta::assert_snapshot!("files", files.join("---\n"));
    let pull = world.github("/repos/acme/platform/pulls/1").await;
    insta::assert_snapshot!("body", pull["body"].as_str().unwrap().split("### What follows").next().unwrap());
    let event = world.events().pop().unwrap();
    assert_eq!((event.action, event.target.as_deref(), event.refused), ("move-service", Some("acme/api"), None));
    world.stop().await;
}

#[tokio::test]
async fn r15_nothing_that_is_live_is_removed_by_a_move() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    browser.submit(&asked("acme", "api", "orders")).await;
    world.merge_on_page(1).await;
    let page = browser.get("/requests/1").await;
    let applied = browser.fill("/requests/1/apply", &page, &[]).await;
    assert_eq!(applied.status, StatusCode::SEE_OTHER, "{}", applied.text);
    let page = browser.get(PATH).await;
    let fields = [("service", "acme/api"), ("team", "stock"), ("step", "preview")];
    let preview = browser.fill("/move", &page, &fields).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    insta::assert_snapshot!("preview_of_what_is_live", preview.content(&world));
    assert!(!preview.text.contains(">Removes<") && !preview.text.contains(">Replaces<"), "{}", preview.text);
    world.stop().await;
}

#[tokio::test]
async fn nobody_takes_the_service_of_a_repository_that_they_may_only_read_or_with_a_forged_form() {
    let world = World::of(TEAMS, ORGANIZATIONS).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    for (key, status) in [
        ("acme/platform", StatusCode::FORBIDDEN),
        ("", StatusCode::NOT_FOUND),
        ("..%2f..", StatusCode::NOT_FOUND),
        ("%3Cscript%3E", StatusCode::NOT_FOUND),
    ] {
        let page = browser.get(&format!("/move?service={key}")).await;
        assert_eq!(page.status, status, "{key}");
        assert!(!page.text.contains("<script"), "{}", page.text);
    }
    let page = browser.get(PATH).await;
    let stolen = [("service", "acme/platform"), ("team", "stock"), ("step", "submit")];
    assert_eq!(browser.fill("/move", &page, &stolen).await.status, StatusCode::FORBIDDEN);
    let wanted = [("service", "acme/api"), ("team", "stock"), ("step", "submit")];
    let of_other = world.signed_in("platform-engineer").await.get(PATH).await;
    assert_eq!(browser.fill("/move", &of_other, &wanted).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.send_form("/move", &wanted).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.browser().send_form("/move", &wanted).await.status, StatusCode::UNAUTHORIZED);
    for team in ["a\nb", "a\u{202e}b", "<script>alert(1)</script>", "stock\r\nSet-Cookie: a=b"] {
        let fields = [("service", "acme/api"), ("team", ""), ("new-team", team), ("step", "preview")];
        let answer = browser.fill("/move", &page, &fields).await;
        assert!(answer.status.is_client_error() || answer.status == StatusCode::OK, "{team}: {}", answer.text);
        assert!(!answer.text.contains("<script") && answer.header("set-cookie").is_empty(), "{}", answer.text);
    }
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    world.stop().await;
}
