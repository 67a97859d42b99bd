//! A person at a terminal who sets up a platform repository: koctl asks for missing values, and does not show secrets.

use std::time::Duration;

use rexpect::session::{PtySession, spawn_command};

use crate::world::World;

const TIMEOUT: Duration = Duration::from_secs(60);

fn started(world: &World, arguments: &[&str]) -> PtySession {
    spawn_command(world.command(arguments), Some(TIMEOUT.as_millis().try_into().unwrap())).unwrap()
}

fn answer(session: &mut PtySession, question: &str, answer: &str) {
    session.exp_string(question).unwrap();
    session.send_line(answer).unwrap();
}

#[test]
fn a_person_is_asked_for_what_is_missing_and_for_a_yes() {
    let world = World::empty();
    let mut session = started(&world, &["init", "--sandbox"]);
    answer(&mut session, "Platform repository (owner/name)", "");
    answer(&mut session, "Where to store the state", "");
    session.exp_string("Plan: 2 to add, 0 to change, 0 to destroy.").unwrap();
    answer(&mut session, "Only `yes` is accepted", "yes");
    session.exp_string("Apply complete! Resources: 2 added").unwrap();
    session.exp_string("- koctl sandbox merge").unwrap();
    session.exp_string("- koctl add organization NAME --sandbox").unwrap();
    session.exp_eof().unwrap();
    let mut session = started(&world, &["add", "organization", "--sandbox"]);
    answer(&mut session, "Name of the organization", "Acme");
    answer(&mut session, "Platform repository (owner/name)", "");
    answer(&mut session, "Region", "eu");
    session.exp_string("Plan: 1 to add, 1 to change, 0 to destroy.").unwrap();
    answer(&mut session, "Only `yes` is accepted", "yes");
    session.exp_string("Apply complete! Resources: 1 added, 1 changed").unwrap();
    session.exp_eof().unwrap();
    let head = ["show", "konnect-orchestrator-organizations:konnect/platform.yaml"];
    let settings = world.git("sandbox/platform", &head);
    assert!(settings.contains("url: github://sandbox/platform/koctl-state"), "{settings}");
}

#[test]
fn anything_but_yes_changes_nothing() {
    let world = World::empty();
    let mut session = started(&world, &["init", "--sandbox", "--url", "Acme/platform", "--create"]);
    answer(&mut session, "Where to store the state", "");
    answer(&mut session, "Only `yes` is accepted", "y");
    session.exp_string("Nothing was changed.").unwrap();
    session.exp_eof().unwrap();
    assert!(!world.repository("Acme/platform").exists());
}

#[test]
fn a_token_that_is_typed_is_not_shown() {
    let world = World::empty();
    let mut session = started(&world, &["init", "--url", "https://gitlab.com/Acme/platform"]);
    answer(&mut session, "GitHub token (not shown)", "typed-token");
    let rest = session.exp_eof().unwrap();
    assert!(rest.contains("is not on GitHub"), "{rest}");
    assert!(!rest.contains("typed-token"), "{rest}");
}
