//! What a reviewer sees of a plan first (R16): on the screen, in a comment, and in JSON.

use crate::world::{Run, World, filters, spec};

/// Two environments, of which one is open to everyone.
fn world() -> World {
    let world = World::new();
    let both =
        "      dev:\n        type: DEV\n        region: eu\n      prd:\n        type: PROD\n        region: eu\n";
    world.edit("konnect/organizations.yaml", "      dev:\n        type: DEV\n        region: eu\n", both);
    world
}

/// The plan after production's specification loses its operation.
fn breaking() -> (World, Run) {
    let world = world().applied();
    let gone = spec("checkout", "1.0.0").replace("/checkout:", "/basket:");
    world.push("Acme/checkout", "main", "openapi.yaml", &gone);
    let plan = world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
    (world, plan)
}

#[test]
fn r16_a_plan_that_changes_nothing_has_no_table_and_no_risks() {
    let world = world().applied();
    let shown = world.koctl(&["plan", "--summary"]).exits(0).stdout;
    assert!(!shown.contains("Risks:") && shown.contains("No changes."), "{shown}");
}

#[test]
fn r16_a_breaking_change_stands_above_the_details_and_its_text_is_shown_once() {
    let _filters = filters();
    let (_, plan) = breaking();
    // Which environment's pull request comes first is not decided.
    insta::assert_snapshot!(plan.stdout.replace("request #1", "request #2"));
    assert_eq!(plan.stdout.matches("+  /basket:").count(), 1, "{}", plan.stdout);
}

#[test]
fn r16_a_summary_is_the_top_and_the_end_and_full_shows_what_waits() {
    let (world, plan) = breaking();
    let summary = world.run(&["show", "plan.koctl", "--summary"]).exits(0).stdout;
    let top = plan.stdout.split("What the symbols mean").next().unwrap();
    assert!(summary.starts_with(top.trim_end()), "{summary}");
    assert!(summary.trim_end().ends_with(plan.last_line()) && !summary.contains("will be updated"), "{summary}");
    let full = world.koctl(&["plan", "--full"]).exits(0).stdout;
    assert!(full.contains("no gateway service is tagged `ko-api-name=checkout`"), "{full}");
    assert!(!plan.stdout.contains("no gateway service is tagged"), "{}", plan.stdout);
}

#[test]
fn r16_a_comment_has_the_risks_before_the_details_and_keeps_its_limit() {
    let (world, _) = breaking();
    let page = world.run(&["show", "plan.koctl", "--markdown", "--limit", "2000"]).exits(0).stdout;
    assert!(page.len() <= 2_000, "{}", page.len());
    let (risk, details) =
        (page.find("`GET /checkout: is gone`").unwrap(), page.find("<details>").unwrap_or(page.len()));
    assert!(page.starts_with("**Plan: ") && risk < details, "{page}");
    let refused = world.run(&["show", "plan.koctl", "--markdown", "--limit", "10"]).exits(1).stderr;
    assert!(refused.contains("--limit"), "{refused}");
}

#[test]
fn r16_the_texts_of_a_comment_cannot_mention_or_command_anyone() {
    let world = world();
    world.edit("konnect/teams.yaml", "Takes orders.", "\"@org/team <img> ``` ::error::boo\"");
    world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
    let page = world.run(&["show", "plan.koctl", "--markdown"]).exits(0).stdout;
    let (top, details) = page.split_once("<details>").unwrap();
    assert!(!top.contains("@org") && details.contains("````text\n"), "{page}");
    assert!(page.trim_end().ends_with("````\n\n</details>"), "{page}");
}

#[test]
fn r16_programs_get_the_risks_of_a_plan() {
    let (world, _) = breaking();
    let shown = world.run(&["show", "plan.koctl", "--json"]).exits(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let risk = serde_json::json!([{
        "kind": "breaks", "address": "Acme/api_version/prd/checkout", "effects": ["GET /checkout: is gone"],
    }]);
    assert_eq!(json["koctl_risks"], risk);
    let events = world.koctl(&["plan", "--json"]).exits(0).stdout;
    assert!(
        events.lines().any(|line| line.starts_with("{\"type\":\"risk\",\"address\":\"Acme/api_version/prd/checkout\""))
    );
}

#[test]
fn r16_the_flags_of_a_plan_are_refused_for_the_state() {
    let refused = world().koctl(&["show", "--summary"]).exits(1).stderr;
    assert!(refused.contains("--summary and --full are about a plan"), "{refused}");
}
