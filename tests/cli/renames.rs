//! `koctl state mv`: a resource that is renamed in the configuration keeps its object.

use crate::world::{Run, World, filters, spec};

/// Renames in the configuration, moves in the state, and returns the plan that is left.
#[track_caller]
fn after_move(edit: impl FnOnce(&World), arguments: &[&str]) -> Run {
    let world = World::new().applied();
    edit(&world);
    let mut all = vec!["state", "mv", "--auto-approve"];
    all.extend(arguments);
    world.koctl(&all).exits(0);
    let plan = world.koctl(&["plan"]).exits(0);
    world.applied().koctl(&["plan", "--detailed-exitcode"]).exits(0);
    plan
}

#[test]
fn nothing_named_so_moves_nothing() {
    let world = World::new().applied();
    for (kind, from) in [("--team", "nobody"), ("--service", "nobody"), ("--environment", "Acme/nobody")] {
        let refused = world.koctl(&["state", "mv", "--auto-approve", kind, from, "somebody"]).exits(1);
        assert!(refused.stderr.contains("Nothing in the state is named after"), "{}", refused.stderr);
    }
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_renamed_team_is_updated_in_place() {
    let _filters = filters();
    let plan =
        after_move(|world| world.edit("konnect/teams.yaml", "  orders:", "  sales:"), &["--team", "orders", "sales"]);
    insta::assert_snapshot!(plan.stdout);
    assert!(plan.last_line().ends_with("0 to destroy."), "{}", plan.stdout);
}

#[test]
fn a_renamed_service_keeps_its_api() {
    let edit = |world: &World| world.edit("konnect/teams.yaml", "name: checkout", "name: payment");
    let plan = after_move(edit, &["--service", "checkout", "payment"]);
    assert_eq!(plan.last_line(), "Plan: 0 to add, 2 to change, 0 to destroy.", "{}", plan.stdout);
}

#[test]
fn a_renamed_environment_keeps_its_portal_its_control_planes_and_its_apis() {
    let edit = |world: &World| world.edit("konnect/organizations.yaml", "      dev:", "      test:");
    let plan = after_move(edit, &["--environment", "Acme/dev", "test"]);
    for kept in ["control_plane", "portal", "api/", "team_role"] {
        let destroyed = plan.stdout.lines().any(|line| line.contains(kept) && line.contains("will be destroyed"));
        assert!(!destroyed, "{kept}: {}", plan.stdout);
    }
}

#[test]
fn a_renamed_organization_takes_its_state_along() {
    let world = World::new().applied();
    let shown = world.koctl(&["state", "mv", "--organization", "Acme", "Ajax", "--dry-run"]).exits(0);
    assert!(shown.stdout.contains("Acme/team/orders -> Ajax/team/orders\n"), "{}", shown.stdout);
    world.koctl(&["state", "mv", "--organization", "Acme", "Ajax", "--auto-approve"]).exits(0);
    let list = world.koctl(&["state", "list"]).exits(0).stdout;
    assert!(list.lines().count() == 10 && list.lines().all(|line| line.starts_with("Ajax/")), "{list}");
}

#[test]
fn a_move_between_organizations_that_was_interrupted_ends_when_it_is_run_again() {
    let world = World::new().applied();
    let (old, new) = (".koctl/sandbox/state/Acme~1.json", ".koctl/sandbox/state/Ajax~1.json");
    let before = world.read(old);
    let mv = ["state", "mv", "--organization", "Acme", "Ajax", "--auto-approve"];
    world.koctl(&mv).exits(0);
    // As a kill leaves it after the first of the two writes.
    world.write(old, &before);
    let arrived = world.read(new);
    let shown = world.koctl(&["state", "list"]).exits(0).stdout;
    assert_eq!(shown.lines().count(), 20);
    world.koctl(&mv).exits(0);
    assert_eq!(world.read(new), arrived);
    assert_eq!(world.koctl(&["state", "list"]).exits(0).stdout.lines().count(), 10);
}

#[test]
fn an_address_moves_within_its_type_to_where_nothing_is() {
    let world = World::new().applied();
    let refused = |from: &str, to: &str| world.koctl(&["state", "mv", "--auto-approve", from, to]).exits(1).stderr;
    assert!(refused("Acme/team/orders", "Acme/user/orders").contains("keeps its organization and its type"));
    assert!(refused("Acme/team/orders", "Ajax/team/orders").contains("--organization OLD NEW"));
    assert!(refused("Acme/team/nobody", "Acme/team/sales").contains("Nothing in the state matches"));
    assert!(refused("orders", "sales").contains("`orders` is not an address"));
    world.koctl(&["state", "mv", "--auto-approve", "Acme/portal/dev", "Acme/portal/test"]).exits(0);
    let publication = world.koctl(&["state", "show", "--json", "Acme/api_publication/dev/checkout"]).exits(0).stdout;
    assert!(publication.contains("Acme/portal/test"), "{publication}");
}

#[test]
fn a_new_address_that_is_taken_is_refused_and_nothing_moves() {
    let world = World::new();
    world.edit("konnect/teams.yaml", "teams:\n", "teams:\n  sales:\n    description: Sells.\n");
    let world = world.applied();
    let before = world.read(".koctl/sandbox/state/Acme~1.json");
    let refused = world.koctl(&["state", "mv", "--auto-approve", "--team", "orders", "sales"]).exits(1);
    assert!(refused.stderr.contains("another object in the state has this address"), "{}", refused.stderr);
    assert_eq!(world.read(".koctl/sandbox/state/Acme~1.json"), before);
}

/// The suggestions of a plan after an edit of the applied configuration.
fn suggested(edit: impl FnOnce(&World)) -> String {
    let world = World::new().applied();
    edit(&world);
    let told = world.koctl(&["plan"]).exits(0).stderr;
    told.lines().filter(|line| line.contains("koctl state mv")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_plan_that_looks_like_a_renaming_tells_the_command_that_keeps_the_objects() {
    let team = suggested(|world| world.edit("konnect/teams.yaml", "  orders:", "  sales:"));
    assert!(team.contains("`koctl state mv --team orders sales --sandbox`") && team.lines().count() == 1, "{team}");
    let service = suggested(|world| world.edit("konnect/teams.yaml", "name: checkout", "name: payment"));
    assert!(service.contains("`koctl state mv --service checkout payment --sandbox`"), "{service}");
    let environment = suggested(|world| world.edit("konnect/organizations.yaml", "      dev:", "      test:"));
    assert!(environment.contains("`koctl state mv --environment Acme/dev test --sandbox`"), "{environment}");
    let plane = suggested(|world| {
        let named = "region: eu\n        teams: {orders: {control-plane-name: gateway}}\n";
        world.edit("konnect/organizations.yaml", "region: eu\n", named);
    });
    assert_eq!(plane, "", "its labels say that it is the same control plane");
}

#[test]
fn an_environment_and_a_team_that_are_renamed_together_are_both_suggested() {
    let both = suggested(|world| {
        world.edit("konnect/teams.yaml", "  orders:", "  sales:");
        world.edit("konnect/organizations.yaml", "      dev:", "      test:");
    });
    assert!(both.contains("`koctl state mv --team orders sales --sandbox`"), "{both}");
    assert!(both.contains("`koctl state mv --environment Acme/dev test --sandbox`"), "{both}");
    assert_eq!(both.lines().count(), 2, "{both}");
}

#[test]
fn a_team_that_goes_while_another_comes_is_no_renaming() {
    let other = suggested(|world| {
        let cart = "teams:\n  sales:\n    description: Sells.\n    services:\n      Acme/cart:\n        name: cart\n        \
                    git: {remote: 'https://github.com/Acme/checkout.git'}\n";
        world.write("konnect/teams.yaml", cart);
    });
    assert!(!other.contains("--team") && !other.contains("control_plane"), "{other}");
}

/// Two teams whose services have the same version, in two environments of one region.
const TEAMS: &str = "\
teams:
  orders:
    description: orders
    users: [kim@example.com]
    services:
      Acme/checkout: {name: checkout, description: By orders., git: {remote: \"https://github.com/Acme/checkout.git\"}}
      Acme/cart: {name: cart, description: By orders., git: {remote: \"https://github.com/Acme/cart.git\"}}
  stock:
    description: stock
    users: [kim@example.com]
    services:
      Acme/shelf: {name: shelf, description: By stock., git: {remote: \"https://github.com/Acme/shelf.git\"}}
";

fn company() -> World {
    let world = World::new();
    world.write("konnect/teams.yaml", TEAMS);
    let regions = "      dev: {type: DEV, region: eu}\n      prd: {type: PROD, region: eu}\n";
    world.edit("konnect/organizations.yaml", "      dev:\n        type: DEV\n        region: eu\n", regions);
    for service in ["checkout", "cart", "shelf"] {
        for branch in ["main", "dev"] {
            world.write(&format!("services/Acme/{service}/{branch}/openapi.yaml"), &spec(service, "1.0.0"));
        }
    }
    world.applied()
}

/// The suggested commands of a plan, with their flags.
fn commands(plan: &Run) -> Vec<Vec<String>> {
    let quoted = plan.stderr.lines().filter_map(|line| line.split('`').find(|text| text.starts_with("koctl state mv")));
    quoted.map(|command| command.split_whitespace().skip(1).map(str::to_owned).collect()).collect()
}

/// After these edits, one command is suggested. Run as it is, it leaves nothing guarded to destroy.
#[track_caller]
fn one_command_keeps_everything(edits: &[(&str, &str, &str)]) {
    let world = company();
    for (file, from, to) in edits {
        world.edit(file, from, to);
    }
    let plan = world.koctl(&["plan"]).exits(0);
    let commands = commands(&plan);
    let [command] = commands.as_slice() else { panic!("{commands:?}\n{}", plan.stdout) };
    // The entry of `moved` beside it does the same.
    let entry = plan.stderr.lines().find_map(|line| line.split('`').find(|text| text.starts_with('{'))).unwrap();
    let teams = world.read("konnect/teams.yaml");
    world.write("konnect/teams.yaml", &format!("{teams}moved:\n  - {entry}\n"));
    let moved = world.koctl(&["plan"]).exits(0);
    assert!(!moved.stdout.contains("(guarded)") && self::commands(&moved).is_empty(), "{entry}\n{}", moved.stdout);
    world.write("konnect/teams.yaml", &teams);
    let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
    arguments.push("--auto-approve");
    world.run(&arguments).exits(0);
    let plan = world.koctl(&["plan"]).exits(0);
    assert!(!plan.stdout.contains("(guarded)"), "{command:?}\n{}", plan.stdout);
    assert_eq!(self::commands(&plan), Vec::<Vec<String>>::new());
}

#[test]
fn r15_a_rename_is_recognised_among_equals_in_several_environments() {
    const TEAMS: &str = "konnect/teams.yaml";
    one_command_keeps_everything(&[(TEAMS, "name: checkout", "name: payment")]);
    one_command_keeps_everything(&[(TEAMS, "  orders:\n    description: orders", "  sales:\n    description: sales")]);
    // Its description is another one, its services are the same.
    one_command_keeps_everything(&[(TEAMS, "  orders:\n    description: orders", "  sales:\n    description: Sells.")]);
    one_command_keeps_everything(&[(
        TEAMS,
        "name: checkout, description: By orders.",
        "name: payment, description: Pays.",
    )]);
    one_command_keeps_everything(&[("konnect/organizations.yaml", "      dev: {", "      test: {")]);
    one_command_keeps_everything(&[("konnect/organizations.yaml", "      prd: {", "      live: {")]);
}

#[test]
fn r15_two_services_that_are_renamed_at_once_are_told_apart_by_their_specifications() {
    let world = company();
    world.edit("konnect/teams.yaml", "name: checkout", "name: payment");
    world.edit("konnect/teams.yaml", "name: cart", "name: basket");
    let plan = world.koctl(&["plan"]).exits(0);
    let commands: Vec<String> = commands(&plan).iter().map(|command| command.join(" ")).collect();
    assert_eq!(
        commands,
        ["state mv --service cart basket --sandbox", "state mv --service checkout payment --sandbox"],
        "{}",
        plan.stdout
    );
}

#[test]
fn r15_a_suggested_command_has_the_flags_that_were_given() {
    let world = World::new();
    world.write(
        "all.yaml",
        &format!("{}{}", world.read("konnect/teams.yaml"), world.read("konnect/organizations.yaml")),
    );
    let flags = ["--file", "all.yaml", "--state", "file:the state", "--sandbox=box"];
    let run = |command: &[&str]| world.run(&[command, &flags].concat()).exits(0);
    run(&["apply", "--auto-approve"]);
    world.edit("all.yaml", "  orders:", "  sales:");
    let told = run(&["plan", "-o", "plan.koctl"]).stderr;
    let command = "`koctl state mv --team orders sales --file all.yaml --state 'file:the state' --sandbox=box`";
    assert!(told.contains(command), "{told}");
    let shown = run(&["show", "plan.koctl"]).stderr;
    assert!(shown.contains(command), "{shown}");
}

#[test]
fn a_control_plane_that_another_team_names_as_its_own_keeps_its_address() {
    let world = World::new();
    let stock = "  stock:\n    description: Keeps stock.\n";
    let sharing = |team: &str| {
        format!(
            "        teams:\n          {team}: {{control-plane-name: orders-dev}}\n          stock: {{control-plane-name: orders-dev}}\n"
        )
    };
    world.write("konnect/teams.yaml", &format!("{}{stock}", world.read("konnect/teams.yaml")));
    let organizations = world.read("konnect/organizations.yaml");
    world.write("konnect/organizations.yaml", &format!("{organizations}{}", sharing("orders")));
    let world = world.applied();
    let moved = world.koctl(&["state", "mv", "--team", "orders", "sales", "--auto-approve"]).exits(0);
    assert!(!moved.stdout.contains("control_plane") && moved.stdout.contains("Acme/team/sales"), "{}", moved.stdout);
    world.edit("konnect/teams.yaml", "  orders:", "  sales:");
    world.write("konnect/organizations.yaml", &format!("{organizations}{}", sharing("sales")));
    let plan = world.koctl(&["plan"]).exits(0);
    assert!(plan.last_line().starts_with("Plan: 0 to add, "), "{}", plan.stdout);
    assert!(plan.last_line().ends_with(" 0 to destroy."), "{}", plan.stdout);
}
