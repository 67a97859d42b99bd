//! What programs get where something is wrong: documents, annotations, and no silence.

use serde_json::{Value, json};

use crate::world::World;

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_valid_configuration_is_a_document_without_diagnostics() {
    let run = World::new().run(&["validate", "--json"]).exits(0);
    let document = document(&run.stdout);
    assert_eq!(document["valid"], true);
    assert_eq!(document["diagnostics"], json!([]));
    assert_eq!(run.stderr, "");
}

#[test]
fn every_mistake_is_a_diagnostic_with_its_place() {
    let world = World::new();
    world.edit("konnect/organizations.yaml", "region: eu", "region: europe");
    world.edit("konnect/teams.yaml", "description: Takes orders.", "descripton: Takes orders.");
    let run = world.run(&["validate", "--json"]).exits(1);
    let document = document(&run.stdout);
    assert_eq!((&document["valid"], &document["error_count"]), (&json!(false), &json!(2)));
    let first = &document["diagnostics"][0];
    assert_eq!(first["severity"], "error");
    assert_eq!(
        (&first["file"], &first["line"], &first["column"]),
        (&json!("konnect/organizations.yaml"), &json!(9), &json!(17))
    );
    assert!(first["message"].as_str().unwrap().contains("europe"), "{first}");
    assert!(document["diagnostics"][1]["help"].as_str().unwrap().contains("description"), "{document}");
    assert!(!run.stderr.contains("::error"), "{}", run.stderr);
}

#[test]
fn in_github_actions_mistakes_are_annotations_also_of_a_plan() {
    let world = World::new();
    world.edit("konnect/organizations.yaml", "region: eu", "region: europe");
    for arguments in [&["validate"][..], &["plan", "--sandbox"]] {
        let mut command = world.command(arguments);
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_WORKSPACE", world.path());
        let run = crate::world::finish(command).exits(1);
        assert!(run.stderr.contains("\n::error file=konnect/organizations.yaml,line=9,col=17::"), "{}", run.stderr);
    }
}

#[test]
fn drift_for_programs_is_a_document_although_the_configuration_is_broken() {
    let world = World::new().applied();
    world.edit("konnect/organizations.yaml", "region: eu", "region: europe");
    let run = world.koctl(&["drift", "--json"]).exits(1);
    let document = document(&run.stdout);
    assert_eq!((&document["complete"], &document["has_drift"]), (&json!(false), &json!(false)));
    let error = &document["scopes"][0]["errors"][0];
    assert!(error["message"].as_str().unwrap().starts_with("konnect/organizations.yaml:9:17: "), "{error}");
}

#[test]
fn drift_that_belongs_to_others_is_counted_and_ignored() {
    let world = World::new().applied();
    world.write("konnect/platform.yaml", "platform:\n  drift:\n    ignore: ['Acme/portal/*']\n");
    let quiet = world.koctl(&["drift"]).exits(0);
    assert!(!quiet.stdout.contains("ignored"), "{}", quiet.stdout);
    world.koctl(&["state", "rm", "Acme/portal/dev", "--auto-approve"]).exits(0);
    let ignoring = world.koctl(&["drift"]).exits(0);
    assert!(
        ignoring.last_line().ends_with("1 difference is ignored, as `platform.drift.ignore` says."),
        "{}",
        ignoring.stdout
    );
    let machine = document(&world.koctl(&["drift", "--json"]).exits(0).stdout);
    assert_eq!(machine["summary"]["ignored"], 1);
    let acme = machine["scopes"].as_array().unwrap().iter().find(|scope| scope["scope"] == "Acme").unwrap().clone();
    assert_eq!(acme["ignored"], json!(["Acme/portal/dev"]));
    std::fs::remove_file(world.path().join("konnect/platform.yaml")).unwrap();
    // No plan shows what is not managed.
    let unmanaged = world.koctl(&["drift"]).exits(2).stderr;
    assert!(unmanaged.contains("takes it over") && !unmanaged.contains("--refresh-only"), "{unmanaged}");
}

#[test]
fn a_pattern_of_drift_that_can_match_nothing_is_refused() {
    let world = World::new();
    for (pattern, told) in [("Acme/portal", "write `Acme/portal/**`"), ("Acme/{portal", "glob")] {
        world.write("konnect/platform.yaml", &format!("platform:\n  drift:\n    ignore: ['{pattern}']\n"));
        let run = world.run(&["validate"]).exits(1);
        assert!(run.stderr.contains("konnect/platform.yaml:3:14") && run.stderr.contains(told), "{}", run.stderr);
    }
}

#[test]
fn the_list_of_a_missing_state_says_that_it_is_missing() {
    let world = World::new();
    let run = world.koctl(&["state", "list", "--state", "file:nowhere"]).exits(0);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.starts_with("There is no state in the directory"), "{}", run.stderr);
    let listed = world.applied().koctl(&["state", "list"]).exits(0);
    assert!(!listed.stderr.contains("no state"), "{}", listed.stderr);
}

#[test]
fn a_state_is_not_migrated_onto_itself() {
    let world = World::new();
    world.koctl(&["apply", "--auto-approve", "--state", "file:here"]).exits(0);
    for itself in ["file:here", "file:./here"] {
        let run = world.koctl(&["state", "migrate", "--state", "file:here", "--to", itself, "--auto-approve"]).exits(1);
        assert!(run.stderr.contains("to itself"), "{}", run.stderr);
    }
    world.koctl(&["state", "migrate", "--state", "file:here", "--to", "file:there", "--auto-approve"]).exits(0);
}

#[test]
fn a_pattern_of_an_organization_that_is_not_configured_any_more_is_a_warning() {
    let world = World::new().applied();
    world.write("konnect/platform.yaml", "platform:\n  drift:\n    ignore: ['Apex/portal/*', '*/team/x']\n");
    let told = "`platform.drift.ignore` has `Apex/portal/*`, but there is no organization `Apex`: it hides nothing.";
    for command in [&["validate"][..], &["drift", "--sandbox"]] {
        let run = world.run(command).exits(0);
        assert!(run.stderr.contains(told) && run.stderr.matches("Warning").count() == 1, "{}", run.stderr);
    }
    world.koctl(&["plan"]).exits(0);
}
