//! The teams, which everybody who is signed in sees.

use reqwest::StatusCode;

use super::world::{DEVELOPER, World, asked};

#[tokio::test]
async fn a_platform_without_teams_says_what_a_team_is() {
    let world = World::with(Default::default(), "teams: {}\n").await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let page = browser.get("/teams").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("No team is on the platform yet.") && page.text.contains("/onboard"), "{}", page.text);
    world.stop().await;
}

#[tokio::test]
async fn a_team_has_its_members_its_services_with_their_state_and_its_control_planes() {
    let teams = "teams:\n  orders:\n    description: Takes orders\n    users: [kim@example.com]\n  stock: {}\n";
    let world = World::with(Default::default(), teams).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let page = browser.get("/team?name=stock").await;
    assert!(page.text.contains("The team has no service on the platform yet."), "{}", page.text);
    browser.submit(&asked("acme", "api", "orders")).await;
    world.merge_on_page(1).await;
    world.refresh(&mut browser).await;
    let page = browser.get("/team?name=orders").await;
    assert!(page.text.contains("Waits for the next apply"), "{}", page.text);
    let request = browser.get("/requests/1").await;
    let applied = browser.fill("/requests/1/apply", &request, &[]).await;
    assert_eq!(applied.status, StatusCode::SEE_OTHER, "{}", applied.text);
    insta::assert_snapshot!("list", browser.get("/teams").await.content(&world));
    insta::assert_snapshot!("one", browser.get("/team?name=orders").await.content(&world));
    world.stop().await;
}

#[tokio::test]
async fn a_service_is_added_to_the_team_whose_page_leads_there() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    assert!(browser.get("/team?name=stock").await.text.contains("href=\"/onboard?team=stock\""));
    let page = browser.get("/onboard?team=stock").await;
    assert!(page.text.contains("href=\"/onboard/acme/orders?team=stock\""), "{}", page.text);
    assert!(page.text.contains("name=\"team\" value=\"stock\""), "the search keeps the team: {}", page.text);
    let page = browser.get("/onboard/acme/orders?team=stock").await;
    assert!(page.text.contains("<option value=\"stock\" selected>"), "{}", page.text);
    for team in ["nobody", "%3Cscript%3E", "..%2f.."] {
        let page = browser.get(&format!("/onboard?team={team}")).await;
        assert!(!page.text.contains(team) && !page.text.contains("<script"), "{}", page.text);
        assert_eq!(browser.get(&format!("/team?name={team}")).await.status, StatusCode::NOT_FOUND);
    }
    world.stop().await;
}

#[tokio::test]
async fn texts_of_a_team_stay_texts_and_nobody_sees_teams_without_signing_in() {
    let teams = "teams:\n  '<script>alert(1)</script>&name=x':\n    description: '\"><img src=x onerror=alert(1)>'\n    \
                 users: ['<script>@example.com']\n    services:\n      acme/orders:\n        name: orders\n        git:\n          \
                 remote: https://github.com/acme/orders.git\n";
    let world = World::with(Default::default(), teams).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let one = "/team?name=%3Cscript%3Ealert(1)%3C%2Fscript%3E%26name%3Dx";
    for path in ["/teams", "/teams?q=%22%3E%3Cimg", one] {
        let page = browser.get(path).await;
        assert!(!page.text.contains("<script") && !page.text.contains("<img"), "{path}: {}", page.text);
        assert_eq!(world.browser().get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    world.stop().await;
}
