//! Input without a limit: what is not a file, what is too large, too deep, or wrong in too many places.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::world::{Run, World, finish};

/// The longest that koctl may take in a test on a busy machine. What grows with the square of its input takes minutes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a command, which must end by itself.
#[track_caller]
fn ends(mut command: Command) -> Run {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (began, id) = (Instant::now(), child.id());
    let mut streams = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let read = std::thread::spawn(move || {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        std::io::Read::read_to_string(&mut streams.0, &mut stdout).unwrap();
        std::io::Read::read_to_string(&mut streams.1, &mut stderr).unwrap();
        (stdout, stderr)
    });
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{command:?} ({id}) did not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let (stdout, stderr) = read.join().unwrap();
    Run { code: child.wait().unwrap().code().unwrap_or(-1), stdout, stderr }
}

/// A world with a pipe that no one writes to.
fn with_pipe() -> World {
    let world = World::new();
    let made = Command::new("mkfifo").arg(world.path().join("pipe")).status().unwrap();
    assert!(made.success());
    world
}

#[test]
fn what_is_not_a_file_is_refused_by_what_it_is_and_not_waited_for() {
    let world = with_pipe();
    for (path, what) in
        [("pipe", "it is a named pipe, not a file"), ("/dev/zero", "it is a device"), (".", "it is a directory")]
    {
        for arguments in [
            &["show", path][..],
            &["apply", path, "--sandbox"],
            &["apply", "--reviewed", path, "--sandbox"],
            &["validate", "--file", path],
            &["validate", "--teams", path],
            &["spec", "diff", path, path],
            &["state", "push", path, "--sandbox"],
        ] {
            let run = ends(world.command(arguments)).exits(1);
            assert!(run.stderr.contains(what), "{arguments:?}: {}", run.stderr);
        }
        for variable in ["SSL_CERT_FILE", "KOCTL_STATE_IDENTITY_FILE"] {
            let path = if path == "/dev/zero" { path.into() } else { world.path().join(path) };
            let mut command = world.command(&["plan"]);
            command.env(variable, path).env("KOCTL_KONNECT_URL", "http://127.0.0.1:1").env("KOCTL_HTTP_RETRIES", "0");
            let run = ends(command).exits(1);
            assert!(run.stderr.contains(what), "{variable}: {}", run.stderr);
        }
    }
    std::fs::rename(world.path().join("pipe"), world.path().join(".env")).unwrap();
    let run = ends(world.command(&["init", "--sandbox", "--auto-approve"])).exits(1);
    assert!(run.stderr.contains("Could not read the file .env: it is a named pipe, not a file"), "{}", run.stderr);
}

#[test]
fn what_the_shell_hands_over_is_read() {
    let world = World::new();
    let koctl = world.command(&[]).get_program().to_owned();
    let mut shell = Command::new("bash");
    shell.args(["-c", "\"$0\" validate --teams <(cat konnect/teams.yaml)"]).arg(koctl).current_dir(world.path());
    finish(shell).exits(0);
}

#[test]
fn a_gigabyte_is_refused_before_it_is_read() {
    let world = World::new();
    let file = std::fs::File::create(world.path().join("large")).unwrap();
    file.set_len(1 << 40).unwrap();
    for arguments in [&["validate", "--file", "large"][..], &["show", "large"], &["spec", "diff", "large", "large"]] {
        let run = ends(world.command(arguments)).exits(1);
        assert!(run.stderr.contains("it is larger than"), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn thousands_of_misspelt_keys_take_no_longer_each_than_one() {
    let world = World::new();
    let keys: String = (0..20_000).map(|number| format!("    descripton{number}: x\n")).collect();
    world.write("konnect/teams.yaml", &format!("teams:\n  orders:\n{keys}"));
    let run = ends(world.command(&["validate"])).exits(1);
    assert!(run.stderr.contains("19900 more errors are not shown"), "{}", run.stderr);
    ends(world.command(&["validate", "--json"])).exits(1);
    let one_line: String = (0..20_000).map(|number| format!("descripton{number}: ö, ")).collect();
    world.write("konnect/teams.yaml", &format!("teams: {{orders: {{{one_line}}}}}"));
    ends(world.command(&["validate"])).exits(1);
    ends(world.command(&["validate", "--json"])).exits(1);
}

#[test]
fn nesting_without_an_end_is_an_error_with_its_place() {
    let world = World::new();
    for (begins, number) in [("{a: ", 20_000), ("[", 100_000), ("- ", 20_000), ("{\"a\":", 20_000), ("? ", 20_000)] {
        world.write("konnect/teams.yaml", &format!("teams: {}", begins.repeat(number)));
        let run = ends(world.command(&["validate"])).exits(1);
        assert!(
            run.stderr.contains("konnect/teams.yaml:1:") && run.stderr.contains("help:"),
            "{begins}: {}",
            run.stderr
        );
        let place = run.stderr.len();
        assert!(place < 20_000, "{begins}: {place} bytes");
    }
}

#[test]
fn a_key_of_a_megabyte_is_compared_with_no_other() {
    let world = World::new();
    let key = "descripton".repeat(100_000);
    world.write("konnect/teams.yaml", &format!("teams: {{orders: {{{key}: x}}, {key}: {{}}}}"));
    ends(world.command(&["validate"])).exits(1);
    world.write("konnect/teams.yaml", &format!("teams: {{orders: {{{key}"));
    ends(world.command(&["validate"])).exits(1);
}
