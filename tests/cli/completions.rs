//! `koctl completions`: what bash completes, in a real bash.

use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;

use crate::world::{World, finish};

/// What bash offers for the last of `words`. Nothing may appear on the terminal.
#[track_caller]
fn completed(world: &World, words: &[&str]) -> Vec<String> {
    let script = r#"
        source <(koctl completions bash)
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9; COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        _clap_complete_koctl koctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let program = cargo_bin!("koctl");
    let path = format!("{}:{}", program.parent().unwrap_or(Path::new("/")).display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    bash.args(["-c", script, "bash"]).args(words).current_dir(world.path()).env_clear().env("PATH", path);
    let run = finish(bash).exits(0);
    assert_eq!(run.stderr, "");
    run.stdout.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn where_there_is_nothing_nothing_is_completed_and_nothing_said() {
    let world = World::empty();
    for words in
        [&["koctl", "state", "show", ""][..], &["koctl", "plan", "--target", "A"], &["koctl", "state", "pull", ""]]
    {
        let offered = completed(&world, words);
        assert!(offered.iter().all(|word| word.starts_with("--")), "{words:?}: {offered:?}");
    }
    world.write("konnect/organizations.yaml", "organizations: [\n");
    world.write("konnect/platform.yaml", "platform: {state: {url: 'https://example.com/state'}}\n");
    world.write(".koctl/state/Acme~1.json", "{");
    assert_eq!(completed(&world, &["koctl", "plan", "--target", "A"]), Vec::<String>::new());
    assert_eq!(
        completed(&world, &["koctl", "plan", "--state", "file:.koctl/state", "--target", "A"]),
        Vec::<String>::new()
    );
}

#[test]
fn commands_and_regions_are_completed() {
    let world = World::empty();
    assert_eq!(completed(&world, &["koctl", "force"]), ["force-unlock"]);
    assert_eq!(completed(&world, &["koctl", "add", "organization", "Acme", "--region", "e"]), ["eu"]);
}

#[test]
fn organizations_of_the_configuration_are_completed() {
    let world = World::new();
    assert_eq!(completed(&world, &["koctl", "state", "adopt-organization", "A"]), ["Acme"]);
    world.write("all.json", r#"{"organizations": {"Beta": {}}}"#);
    assert_eq!(completed(&world, &["koctl", "force-unlock", "--file", "all.json", "B"]), ["Beta"]);
}

#[test]
fn addresses_of_the_state_are_completed_wherever_the_line_or_the_configuration_says_it_is() {
    let world = World::new().applied();
    let team = ["Acme/team/orders"];
    assert_eq!(completed(&world, &["koctl", "plan", "--sandbox", "--target", "Acme/team/"]), team);
    assert_eq!(completed(&world, &["koctl", "state", "show", "--sandbox", "=", ".koctl/sandbox", "Acme/team/"]), team);
    let state = "file:.koctl/sandbox/state";
    assert_eq!(completed(&world, &["koctl", "state", "rm", "--state", state, "Acme/team/"]), team);
    assert_eq!(completed(&world, &["koctl", "state", "rm", "Acme/team/"]), Vec::<String>::new());
    world.write("konnect/platform.yaml", &format!("platform: {{state: {{url: '{state}'}}}}\n"));
    assert_eq!(completed(&world, &["koctl", "state", "rm", "Acme/team/"]), team);
}
