//! A person at a terminal: the question, and what counts as an answer.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use rexpect::session::{PtySession, spawn_command};

use crate::world::World;

const TIMEOUT: Duration = Duration::from_secs(60);

/// Runs `koctl apply` on a terminal and answers its question.
fn answered(world: &World, answer: &str) -> PtySession {
    let command = world.command(&["apply", "--sandbox"]);
    let mut session = spawn_command(command, Some(TIMEOUT.as_millis().try_into().unwrap())).unwrap();
    session.exp_string("Plan: 10 to add, 0 to change, 0 to destroy.").unwrap();
    session.exp_string("Only `yes` is accepted").unwrap();
    session.send_line(answer).unwrap();
    session
}

#[test]
fn yes_applies() {
    let world = World::new();
    let mut session = answered(&world, "yes");
    session.exp_string("Apply complete! Resources: 10 added").unwrap();
    session.exp_eof().unwrap();
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn anything_but_yes_changes_nothing() {
    for answer in ["y", "YES", "", "no"] {
        let world = World::new();
        let mut session = answered(&world, answer);
        session.exp_string("Nothing was changed.").unwrap();
        session.exp_eof().unwrap();
        world.koctl(&["plan", "--detailed-exitcode"]).exits(2);
    }
}

#[test]
fn r5_an_import_is_asked_for_and_only_yes_writes_the_state() {
    let world = World::new().applied();
    std::fs::remove_dir_all(world.path().join(".koctl/sandbox/state")).unwrap();
    for (answer, told, known) in
        [("y", "Nothing was changed.", 0), ("yes", "Import complete! Resources: 10 imported.", 10)]
    {
        let command = world.command(&["import", "--sandbox"]);
        let mut session = spawn_command(command, Some(TIMEOUT.as_millis().try_into().unwrap())).unwrap();
        session.exp_string("Plan: 10 to import, 0 to add, 0 to change, 0 to destroy.").unwrap();
        session.exp_string("Do you want to import these objects into the state? Only `yes` is accepted").unwrap();
        session.send_line(answer).unwrap();
        session.exp_string(told).unwrap();
        session.exp_eof().unwrap();
        assert_eq!(world.koctl(&["state", "list"]).exits(0).stdout.lines().count(), known);
    }
}

#[test]
fn an_apply_in_a_loop_repairs_and_ends_when_it_is_told_to() {
    let world = World::new();
    let mut child = world
        .command(&["apply", "--sandbox", "--auto-approve", "--loop", "1"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut shown = String::new();
    // The second round.
    for line in lines.by_ref() {
        shown += &format!("{line}\n");
        if line.starts_with("No changes.") {
            break;
        }
    }
    let told = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    lines.for_each(|line| shown += &format!("{line}\n"));
    assert!(child.wait().unwrap().success(), "{shown}");
    assert!(shown.contains("Apply complete! Resources: 10 added"), "{shown}");
    assert!(shown.contains("No changes."), "it did not go round again: {shown}");
}

#[test]
fn the_end_of_the_input_means_no_and_is_said() {
    let world = World::new();
    let command = world.command(&["apply", "--sandbox"]);
    let mut session = spawn_command(command, Some(TIMEOUT.as_millis().try_into().unwrap())).unwrap();
    session.exp_string("Only `yes` is accepted").unwrap();
    session.send_control('d').unwrap();
    session.exp_string("The input has ended, which is not approval.").unwrap();
    session.exp_string("Nothing was changed.").unwrap();
    session.exp_eof().unwrap();
    world.koctl(&["plan", "--detailed-exitcode"]).exits(2);
}

#[test]
fn a_dumb_terminal_gets_no_escape_sequences() {
    let world = World::new();
    let mut command = world.command(&["apply", "--sandbox"]);
    command.env("TERM", "dumb");
    let mut session = spawn_command(command, Some(TIMEOUT.as_millis().try_into().unwrap())).unwrap();
    let before = session.exp_string("Only `yes` is accepted").unwrap();
    session.send("yez\u{7f}s").unwrap();
    session.send_line("").unwrap();
    let after = session.exp_eof().unwrap();
    assert!(after.contains("Apply complete! Resources: 10 added"), "{after}");
    assert!(!before.contains('\u{1b}') && !after.contains('\u{1b}'), "{before:?} {after:?}");
}
