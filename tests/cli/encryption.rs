//! Encrypted states: the content of a store, and the messages to a user.

use crate::world::{Run, World, filters};

const STATE: &str = ".koctl/sandbox/state/Acme~1.json";

/// Runs koctl with variables, on the sandbox of the world.
fn with(world: &World, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut command = world.command(arguments);
    command.arg("--sandbox").envs(variables.iter().copied());
    crate::world::finish(command)
}

const PASSPHRASE: &[(&str, &str)] = &[("KOCTL_STATE_PASSPHRASE", "correct horse")];

#[test]
fn with_a_passphrase_an_apply_stores_ciphertext_and_the_next_plan_is_empty() {
    let _filters = filters();
    let world = World::new();
    with(&world, PASSPHRASE, &["apply", "--auto-approve"]).exits(0);
    let stored = world.read(STATE);
    assert!(stored.contains("koctl-encrypted-state") && !stored.contains("orders"), "{stored}");
    with(&world, PASSPHRASE, &["plan", "--detailed-exitcode"]).exits(0);
    let pulled = with(&world, PASSPHRASE, &["state", "pull"]).exits(0).stdout;
    assert!(pulled.contains("\"format\": \"koctl-state\"") && pulled.contains("Acme/team/orders"), "{pulled}");

    insta::assert_snapshot!("no_key", told(world.koctl(&["plan"]).exits(1)));
    let wrong = with(&world, &[("KOCTL_STATE_PASSPHRASE", "wrong")], &["plan"]).exits(1);
    insta::assert_snapshot!("wrong_passphrase", told(wrong));
    let refused = world.koctl(&["apply", "--auto-approve"]).exits(1);
    assert!(refused.stderr.contains("no key is configured"), "{}", refused.stderr);
    assert_eq!(world.read(STATE), stored);
}

/// The messages of a run, without progress and without the path of the directory.
fn told(run: Run) -> String {
    let mut lines: Vec<&str> = run.stderr.lines().filter(|line| !line.contains("efresh")).collect();
    lines.retain(|line| !line.trim().is_empty());
    let text = lines.join("\n");
    let start = text.find("the directory `").unwrap() + "the directory `".len();
    let end = start + text[start..].find('`').unwrap();
    format!("{}[directory]{}", &text[..start], &text[end..])
}

#[test]
fn a_clear_state_is_told_and_rekey_encrypts_it_at_once() {
    let world = World::new().applied();
    let before = world.koctl(&["state", "list"]).exits(0).stdout;
    let nothing = world.koctl(&["state", "rekey"]).exits(1);
    assert!(nothing.stderr.contains("No key is configured to encrypt the states with"), "{}", nothing.stderr);
    let mut warned = world.command(&["state", "rm", "--dry-run", "Acme/portal", "--sandbox"]);
    warned.envs(PASSPHRASE.iter().copied());
    let warned = crate::world::finish(warned).exits(0);
    assert!(warned.stderr.contains("is stored in plain text"), "{}", warned.stderr);

    let rekeyed = with(&world, PASSPHRASE, &["state", "rekey"]).exits(0);
    assert!(rekeyed.stdout.contains("The state of `Acme` is encrypted with the present keys"), "{}", rekeyed.stdout);
    assert!(!world.read(STATE).contains("orders"));
    assert_eq!(with(&world, PASSPHRASE, &["state", "list"]).exits(0).stdout, before);
}

#[test]
fn rekey_rotates_a_passphrase_to_recipients_and_the_old_one_opens_nothing_more() {
    let world = World::new();
    with(&world, PASSPHRASE, &["apply", "--auto-approve"]).exits(0);
    let kim = age::x25519::Identity::generate();
    let recipient = kim.to_public().to_string();
    let text = age::secrecy::ExposeSecret::expose_secret(&kim.to_string()).to_owned();
    world.write("kim.txt", &format!("# public key: {recipient}\n{text}\n"));
    let new = [("KOCTL_STATE_RECIPIENTS", recipient.as_str()), ("KOCTL_STATE_IDENTITY_FILE", "kim.txt")];
    let mut rotating = new.to_vec();
    rotating.push(("KOCTL_STATE_OLD_PASSPHRASE", "correct horse"));
    with(&world, &rotating, &["state", "rekey"]).exits(0);
    with(&world, &new, &["plan", "--detailed-exitcode"]).exits(0);
    let refused = with(&world, PASSPHRASE, &["plan"]).exits(1);
    assert!(refused.stderr.contains("encrypted to recipients"), "{}", refused.stderr);
    // Only an identity, and nothing to encrypt to: it can be read, and not be written.
    let reading = &new[1..];
    with(&world, reading, &["state", "list"]).exits(0);
    let refused = with(&world, reading, &["state", "rm", "--auto-approve", "Acme/portal"]).exits(1);
    assert!(refused.stderr.contains("is never written in plain text"), "{}", refused.stderr);
}

#[test]
fn the_configuration_names_keys_and_its_errors_show_none() {
    let world = World::new();
    let platform = |text: &str| world.write("konnect/platform.yaml", text);
    platform(
        "platform:\n  state:\n    url: file:states\n    encryption:\n      passphrase: {type: env, value: PASS}\n",
    );
    let mut command = world.command(&["apply", "--auto-approve", "--sandbox", "--state", "file:states"]);
    command.env("PASS", "hush");
    crate::world::finish(command).exits(0);
    assert!(!world.read("states/Acme~1.json").contains("orders"));
    let missing = world.koctl(&["plan", "--state", "file:states"]).exits(1);
    assert!(missing.stderr.contains("`PASS` is not set"), "{}", missing.stderr);

    platform(
        "platform:\n  state:\n    encryption:\n      recipients: [AGE-SECRET-KEY-1HUSH]\n      identities: [AGE-SECRET-KEY-1HUSH]\n",
    );
    let refused = world.run(&["validate"]).exits(1);
    assert!(refused.stderr.contains("this is not a valid age recipient"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("HUSH"), "{}", refused.stderr);
}
