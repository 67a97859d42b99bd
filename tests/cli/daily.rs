//! `koctl add` and `koctl remove` for teams, services, people and environments.

use crate::world::{World, filters, spec};

const TEAMS: &str = "konnect/teams.yaml";

/// A platform repository that was set up, with one team and the organization Acme.
fn platform() -> World {
    let world = World::empty();
    world.koctl(&["init", "--auto-approve"]).exits(0);
    world.run(&["sandbox", "merge"]).exits(0);
    world.koctl(&["add", "organization", "Acme", "--region", "eu", "--auto-approve"]).exits(0);
    world.run(&["sandbox", "merge"]).exits(0);
    world
}

/// Proposes a change, merges it, and returns the teams of the platform repository.
#[track_caller]
fn merged(world: &World, command: &[&str]) -> String {
    world.koctl(&[command, &["--auto-approve"]].concat()).exits(0);
    world.run(&["sandbox", "merge"]).exits(0);
    world.git("sandbox/platform", &["show", "main:konnect/teams.yaml"])
}

#[test]
fn what_the_configuration_says_already_changes_nothing() {
    let world = World::new();
    world.edit(TEAMS, "description: Takes orders.", "description: Takes orders.\n    users: [kim@example.com]");
    let before = world.read(TEAMS);
    let run = world.run(&["add", "user", "orders", "kim@example.com", "--local"]).exits(0);
    assert_eq!(run.stdout, "Nothing to change: the configuration says that already.\n");
    assert_eq!(world.read(TEAMS), before);
}

#[test]
fn a_local_change_is_shown_and_made_after_approval() {
    let world = World::new();
    let before = world.read(TEAMS);
    let refused = world.run(&["add", "team", "stock", "--local"]).exits(1);
    assert!(refused.stderr.contains("add --auto-approve") && world.read(TEAMS) == before, "{}", refused.stderr);
    let made = ["add", "team", "stock", "--description", "Keeps stock.", "--user", "kim@example.com", "--local"];
    let run = world.run(&[&made[..], &["--auto-approve"]].concat()).exits(0);
    insta::assert_snapshot!(run.stdout, @"
      konnect/teams.yaml
          @@ -7,3 +7,8 @@
                   description: The checkout.
                   git:
                     remote: https://github.com/Acme/checkout.git
          +  stock:
          +    description: Keeps stock.
          +    users:
          +      - kim@example.com
          +    services: {}

    Changed konnect/teams.yaml.
    ");
    world.run(&["validate"]).exits(0);
    world.run(&["remove", "team", "stock", "--local", "--auto-approve"]).exits(0);
    assert_eq!(world.read(TEAMS), before);
}

#[test]
fn a_service_whose_specification_cannot_be_read_is_not_added() {
    let world = World::new();
    let before = world.read(TEAMS);
    let add = ["add", "service", "orders", "Acme/cart", "--local", "--auto-approve"];
    let refused = world.koctl(&add).exits(1);
    assert!(refused.stderr.contains("Acme/cart") && refused.stderr.contains("--no-check"), "{}", refused.stderr);
    assert_eq!(world.read(TEAMS), before);
    world.koctl(&[&add[..], &["--no-check"]].concat()).exits(0);
    assert!(world.read(TEAMS).contains("name: cart"));
}

#[test]
fn a_service_that_is_there_is_added_and_applied() {
    let world = World::new();
    for branch in ["main", "dev"] {
        world.write(&format!("services/Acme/cart/{branch}/api.yaml"), &spec("cart", "2.0.0"));
    }
    let add = ["add", "service", "orders", "Acme/cart", "--spec-path", "api.yaml", "--local", "--auto-approve"];
    world.koctl(&add).exits(0);
    let plan = world.applied().koctl(&["state", "list"]).exits(0);
    assert!(plan.stdout.contains("Acme/api/dev/cart\n"), "{}", plan.stdout);
}

#[test]
fn a_change_that_is_not_valid_is_refused_with_its_place_and_nothing_is_written() {
    let world = World::new();
    let before = world.read(TEAMS);
    let refused = |arguments: &[&str]| {
        let run = world.run(&[arguments, &["--local", "--auto-approve"]].concat()).exits(1);
        assert_eq!(world.read(TEAMS), before);
        run.stderr
    };
    assert!(refused(&["add", "user", "orders", "kim"]).contains("is not a valid email address"));
    assert!(refused(&["add", "user", "order", "kim@example.com"]).contains("Did you mean `orders`?"));
    assert!(refused(&["add", "team", "no spaces"]).contains("is not a valid name"));
    assert!(refused(&["remove", "user", "orders", "kim@example.com"]).contains("is no user of the team"));
    assert!(refused(&["add", "service", "orders", "cart"]).contains("--repository URL"));
    assert!(refused(&["add", "environment", "Acme/dev", "--type", "DEV", "--region", "eu"]).contains("already"));
}

#[test]
fn teams_services_and_people_come_and_go_by_pull_requests() {
    let _filters = filters();
    let world = platform();
    world.write("services/Acme/cart/main/openapi.yaml", &spec("cart", "1.0.0"));
    world.write("services/Acme/cart/dev/openapi.yaml", &spec("cart", "1.0.0"));
    let first = world.git("sandbox/platform", &["show", "main:konnect/teams.yaml"]);
    let shown = world.koctl(&["add", "team", "orders", "--auto-approve"]).exits(0);
    assert!(shown.stdout.contains("Add Team orders"), "{}", shown.stdout);
    world.run(&["sandbox", "merge"]).exits(0);
    merged(&world, &["add", "service", "orders", "Acme/cart"]);
    let all = merged(&world, &["add", "user", "orders", "kim@example.com"]);
    for line in ["  orders:", "      Acme/cart:", "      - kim@example.com"] {
        assert!(all.lines().any(|one| one == line), "{line}\n{all}");
    }
    merged(&world, &["add", "environment", "Acme/test", "--type", "DEV", "--region", "us"]);
    merged(&world, &["remove", "environment", "Acme/test"]);
    let organizations = world.git("sandbox/platform", &["show", "main:konnect/organizations.yaml"]);
    assert!(organizations.contains("Acme:") && !organizations.contains("test"), "{organizations}");
    merged(&world, &["remove", "user", "orders", "kim@example.com"]);
    merged(&world, &["remove", "service", "orders", "Acme/cart"]);
    let last = merged(&world, &["remove", "team", "orders"]);
    assert_eq!(last, first);
}

#[test]
fn changes_before_a_merge_are_in_one_pull_request() {
    let world = platform();
    world.koctl(&["add", "team", "orders", "--auto-approve"]).exits(0);
    world.koctl(&["add", "team", "stock", "--auto-approve"]).exits(0);
    world.koctl(&["add", "environment", "Acme/test", "--type", "DEV", "--region", "us", "--auto-approve"]).exits(0);
    let merged = world.run(&["sandbox", "merge"]).exits(0);
    assert_eq!(merged.stdout.matches("sandbox/platform").count(), 1, "{}", merged.stdout);
    let teams = world.git("sandbox/platform", &["show", "main:konnect/teams.yaml"]);
    assert!(teams.contains("orders:") && teams.contains("stock:"), "{teams}");
    let organizations = world.git("sandbox/platform", &["show", "main:konnect/organizations.yaml"]);
    assert!(organizations.contains("test:"), "{organizations}");
}

#[test]
fn fmt_changes_the_form_alone_and_check_changes_nothing() {
    let world = World::new();
    world.run(&["fmt", "--check"]).exits(0);
    world.edit(TEAMS, "    description: Takes orders.", "    description:   'Takes orders.' # all");
    let before = world.read(TEAMS);
    let checked = world.run(&["fmt", "--check", "--diff"]).exits(2);
    assert!(checked.stdout.starts_with("konnect/teams.yaml\n"), "{}", checked.stdout);
    assert_eq!(world.read(TEAMS), before);
    world.run(&["fmt"]).exits(0);
    assert!(world.read(TEAMS).contains("    description: \"Takes orders.\" # all\n"), "{}", world.read(TEAMS));
    world.run(&["fmt", "--check"]).exits(0);
    world.write("broken.yaml", "teams: [\n");
    let refused = world.run(&["fmt", "broken.yaml"]).exits(1);
    assert!(refused.stderr.contains("Could not format broken.yaml:2:1: "), "{}", refused.stderr);
}

#[test]
fn a_repository_that_was_not_set_up_is_named_with_the_way() {
    let world = World::empty();
    let refused = world.koctl(&["add", "team", "orders", "--auto-approve"]).exits(1);
    assert!(
        refused.stderr.contains("was not set up yet") && refused.stderr.contains("koctl init"),
        "{}",
        refused.stderr
    );
}

#[test]
fn r11_a_secret_beside_a_change_is_not_shown() {
    let world = World::new();
    world.edit(
        "konnect/organizations.yaml",
        "      type: env\n      value: ACME_TOKEN",
        "      type: literal\n      value:   sesame-opens",
    );
    let add = ["add", "environment", "Acme/b", "--type", "DEV", "--region", "us", "--local", "--auto-approve"];
    for run in [world.run(&add).exits(0), world.run(&["fmt", "--diff"]).exits(0)] {
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("sesame"), "{}", run.stdout);
    }
    assert!(world.read("konnect/organizations.yaml").contains("sesame-opens"));
    let refused = world.run(&["add", "service", "orders", "https://u:sesame@github.com/a/b", "--local"]).exits(1);
    assert!(!refused.stderr.contains("sesame"), "{}", refused.stderr);
}

#[test]
fn what_is_protected_by_something_around_it_is_not_removed() {
    for (file, from, to) in [
        (TEAMS, "        name: checkout", "        name: checkout\n        protect: true"),
        ("konnect/organizations.yaml", "        type: DEV", "        type: DEV\n        protect: true"),
    ] {
        let world = World::new();
        world.edit(file, from, to);
        for command in [
            ["remove", "team", "orders", ""],
            ["remove", "service", "orders", "Acme/checkout"],
            ["remove", "environment", "Acme/dev", ""],
            ["remove", "environment", "Acme", "dev"],
        ] {
            let words = command.iter().copied().filter(|word| !word.is_empty());
            let all: Vec<&str> = words.chain(["--local", "--auto-approve"]).collect();
            let refused = world.run(&all).exits(1);
            assert!(refused.stderr.contains("protected"), "{}", refused.stderr);
        }
    }
}

#[test]
fn an_environment_is_removed_with_its_comments_and_what_a_plan_then_destroys_is_named() {
    let world = World::new();
    let organizations = world.read("konnect/organizations.yaml");
    world.write(
        "konnect/organizations.yaml",
        &format!("{organizations}      test: {{type: DEV, region: us}} # soon gone\n"),
    );
    let run = world.run(&["remove", "environment", "Acme/test", "--local", "--auto-approve"]).exits(0);
    assert_eq!(world.read("konnect/organizations.yaml"), organizations);
    assert!(run.stderr.contains("A plan then destroys what there is of Acme/"), "{}", run.stderr);
    let unknown = world.run(&["remove", "environment", "Acme/tets", "--local", "--auto-approve"]).exits(1);
    assert!(unknown.stderr.contains("There is no environment `tets`"), "{}", unknown.stderr);

    // The last one: the section stays, and what was applied is planned to be destroyed, as the note said.
    let world = world.applied();
    let run = world.run(&["remove", "environment", "Acme", "dev", "--local", "--auto-approve"]).exits(0);
    assert!(world.read("konnect/organizations.yaml").contains("environments: {}"), "{}", run.stdout);
    let plan = world.koctl(&["plan"]).exits(0).stdout;
    for address in ["Acme/api/dev/checkout", "Acme/control_plane/dev/orders-dev", "Acme/portal/dev"] {
        assert!(run.stderr.contains(address), "{}", run.stderr);
        assert!(plan.contains(&format!("{address}  will be destroyed")), "{plan}");
    }
}

#[test]
fn json_stays_json_or_is_left_as_it_is() {
    let world = World::new();
    let teams = "{\"teams\": {\"orders\": {\"users\": [\"kim@example.com\"]}}}";
    world.write("teams.json", teams);
    let add = ["add", "team", "stock", "--teams", "teams.json", "--local", "--auto-approve"];
    let run = world.run(&add);
    let after = world.read("teams.json");
    assert!(serde_json::from_str::<serde_json::Value>(&after).is_ok(), "{after}");
    assert!(run.code == 0 || after == teams, "{}", run.stderr);
}

#[test]
fn changes_at_the_same_time_lose_none_that_succeeded() {
    let world = World::new();
    let runs: Vec<_> = (0..6)
        .map(|number| {
            let name = format!("team-{number}");
            let mut command = world.command(&["add", "team", &name, "--local", "--auto-approve"]);
            (name, command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap())
        })
        .collect();
    for (name, mut child) in runs {
        if child.wait().unwrap().success() {
            assert!(world.read(TEAMS).contains(&format!("  {name}:")), "{name} is lost");
        }
    }
}

#[test]
fn a_local_change_is_told_to_programs_as_events() {
    let world = World::new();
    world.edit(TEAMS, "teams:\n", "teams:\n  fleet:\n");
    let add = ["add", "user", "fleet", "kim@example.com", "--local", "--json"];
    let before = world.read(TEAMS);
    let refused = world.run(&add).exits(1);
    let event: serde_json::Value = serde_json::from_str(refused.stdout.trim()).unwrap();
    assert!(event["type"] == "error" && world.read(TEAMS) == before, "{event}");
    let run = world.run(&[&add[..], &["--auto-approve"]].concat()).exits(0);
    let event: serde_json::Value = serde_json::from_str(run.stdout.trim()).unwrap();
    assert_eq!((&event["type"], &event["path"]), (&"edited".into(), &TEAMS.into()));
    assert!(event["diff"].as_str().unwrap().contains("    - kim@example.com\n"), "{event}");
    world.run(&["validate"]).exits(0);
    let again = world.run(&[&add[..], &["--auto-approve"]].concat()).exits(0);
    assert_eq!(again.stdout, "");
}

#[test]
fn texts_of_people_cannot_change_the_form_of_a_file() {
    let world = World::new();
    let text = "a\u{1b}[31m\u{202e}: # no";
    world.run(&["add", "team", "yes", "--description", text, "--local", "--auto-approve"]).exits(0);
    let teams = world.read(TEAMS);
    assert!(teams.contains("  \"yes\":\n    description: \"a\\u001B[31m\\u202E: # no\"\n"), "{teams}");
    world.run(&["validate"]).exits(0);
}

#[test]
fn a_file_of_another_shape_is_refused_without_a_panic() {
    let world = World::new();
    for (teams, organizations) in [("[]\n", "organizations: {}\n"), ("teams: none\n", "organizations: {Acme: none}\n")]
    {
        world.write(TEAMS, teams);
        world.write("konnect/organizations.yaml", organizations);
        for command in [
            &["add", "user", "orders", "kim@example.com"][..],
            &["remove", "team", "x"],
            &["add", "environment", "Acme/x", "--type", "DEV", "--region", "eu"],
        ] {
            let run = world.run(&[command, &["--local", "--auto-approve"]].concat()).exits(1);
            assert!(run.stderr.contains("Error:") || run.stderr.contains("×"), "{}", run.stderr);
        }
    }
}
