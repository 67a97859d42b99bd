//! Runs without a person: what only a person may approve waits, and everything else is applied (R12).

use crate::world::{World, spec};

const CART: &str =
    "      Acme/cart:\n        name: cart\n        git:\n          remote: https://github.com/Acme/cart.git\n";
const UNATTENDED: [&str; 3] = ["apply", "--auto-approve", "--skip-guarded"];

/// The smallest platform with a second service, applied.
fn world() -> World {
    let world = World::new();
    world.edit("konnect/teams.yaml", "    services:\n", &format!("    services:\n{CART}"));
    world.write("services/Acme/cart/dev/openapi.yaml", &spec("cart", "0.1.0"));
    world.applied()
}

#[test]
fn r12_without_a_guarded_deletion_nothing_waits() {
    let world = world();
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    let run = world.koctl(&UNATTENDED).exits(0);
    assert_eq!(run.last_line(), "Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert!(!run.stderr.contains("waits for a person"), "{}", run.stderr);
}

#[test]
fn r12_a_guarded_deletion_waits_with_what_goes_with_it_and_the_rest_is_applied() {
    let world = world();
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    world.edit("konnect/teams.yaml", CART, "");
    let refused = world.koctl(&["apply", "--auto-approve"]).exits(1);
    assert!(refused.stderr.contains("--allow-destroy"), "{}", refused.stderr);

    let run = world.koctl(&UNATTENDED).exits(0);
    for waits in [
        "Acme/api/dev/cart: it would be destroyed, which a person has to approve",
        "Acme/api_version/dev/cart: it goes with Acme/api/dev/cart, which waits for a person",
        "Acme/api_publication/dev/cart: it goes with Acme/api/dev/cart, which waits for a person",
    ] {
        assert!(run.stdout.contains(waits), "{waits} is not shown: {}", run.stdout);
    }
    assert!(run.stderr.contains("The destruction of 1 guarded resource waits for a person"), "{}", run.stderr);
    assert!(run.stdout.contains(" 0 destroyed."), "{}", run.stdout);

    let again = world.koctl(&UNATTENDED).exits(0);
    assert!(again.last_line().starts_with("No changes."), "{}", again.stdout);
    world.koctl(&["apply", "--auto-approve", "--allow-destroy"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}
