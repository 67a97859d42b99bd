//! The environment of the process: variables, a file `.env`, proxies, and the machine around it.

use std::ffi::OsString;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::ffi::OsStringExt;
use std::sync::mpsc::{Receiver, channel};

use crate::world::{World, finish};

/// A server that reports the first bytes of each connection, and closes it.
fn listener() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut bytes = [0; 1024];
            let length = connection.unwrap().read(&mut bytes).unwrap_or_default();
            let _ = sender.send(String::from_utf8_lossy(&bytes[..length]).into_owned());
        }
    });
    (url, receiver)
}

#[test]
fn r11_the_sandbox_is_not_reached_through_a_proxy() {
    let (proxy, seen) = listener();
    let world = World::new();
    let mut command = world.command(&["apply", "--auto-approve", "--sandbox"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, &proxy);
    }
    finish(command).exits(0);
    assert_eq!(seen.try_recv().ok(), None);
}

#[tokio::test]
async fn r11_addresses_in_a_file_of_the_folder_are_ignored_and_named() {
    let (evil, seen) = listener();
    let world = World::empty();
    std::fs::create_dir(world.path().join("services")).unwrap();
    let sandbox = world.sandbox().await;
    let addresses = ["KOCTL_GITHUB_URL", "KOCTL_KONNECT_URL", "KOCTL_STATE", "HTTPS_PROXY", "AWS_ENDPOINT_URL"];
    let lines: Vec<String> = addresses.iter().map(|name| format!("{name}={evil}\n")).collect();
    world.write(".env", &(lines.concat() + "PLATFORM_REPO_GITHUB_TOKEN=from-the-file\nOTHER_PROGRAM=1\n"));
    let commands: [&[&str]; 3] = [
        &["init", "--auto-approve"],
        &["add", "organization", "Beta", "--region", "eu", "--token-env", "ACME_TOKEN", "--auto-approve"],
        &["import", "--generate", "--org", "Acme", "--token-env", "ACME_TOKEN", "--out", "generated"],
    ];
    for arguments in commands {
        let mut command = world.command_against(&sandbox, arguments);
        // Everything is set except for what the file could decide.
        command.env("KOCTL_STATE", "file:.koctl/state");
        let run = tokio::task::spawn_blocking(move || finish(command)).await.unwrap();
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        assert!(
            run.stderr.contains("The file .env sets HTTPS_PROXY, AWS_ENDPOINT_URL, which is ignored"),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains("From the file .env: PLATFORM_REPO_GITHUB_TOKEN."), "{}", run.stderr);
        assert!(!run.stderr.contains("from-the-file") && !run.stderr.contains("OTHER_PROGRAM"), "{}", run.stderr);
    }
    assert_eq!(seen.try_recv().ok(), None);
    sandbox.stop().await;
}

#[test]
fn r11_a_file_of_the_folder_does_not_decide_where_tokens_go() {
    let (evil, seen) = listener();
    let world = World::empty();
    world.write(".env", &format!("KOCTL_KONNECT_URL={evil}\nKOCTL_GITHUB_URL={evil}\n"));
    // The address of the process wins, and nobody listens there.
    let mut command =
        world.command(&["import", "--generate", "--org", "Acme", "--token-env", "TOKEN", "--out", "generated"]);
    command.env("TOKEN", "kpat_real").env("KOCTL_HTTP_RETRIES", "0").env("HTTPS_PROXY", "http://127.0.0.1:1");
    let run = finish(command).exits(1);
    assert!(run.stderr.contains("KOCTL_GITHUB_URL, KOCTL_KONNECT_URL, which is ignored there"), "{}", run.stderr);
    assert!(run.stderr.contains("api.konghq.com"), "{}", run.stderr);
    assert_eq!(seen.try_recv().ok(), None);
}

#[test]
fn r13_an_address_to_which_no_token_may_go_is_refused_before_any_request() {
    let world = World::new();
    for (name, address) in [
        ("KOCTL_KONNECT_URL", "http://konnect.example.com"),
        ("KOCTL_KONNECT_URL", "https://ada:sesame@konnect.example.com"),
        ("KOCTL_GITHUB_URL", "http://github.example.com"),
        ("KOCTL_GITHUB_URL", "https://github.example.com?token=sesame"),
    ] {
        let mut command = world.command(&["plan"]);
        command.env("ACME_TOKEN", "acme").env("GITHUB_REPO_URL", "https://github.com/a/b").env(name, address);
        let run = finish(command).exits(1);
        assert!(run.stderr.contains(&format!("The address in the variable {name} cannot be used")), "{}", run.stderr);
        assert!(!run.stderr.contains("sesame") && !run.stdout.contains("sesame"), "{}", run.stderr);
    }
}

#[test]
fn a_variable_that_is_not_text_is_named() {
    let world = World::new();
    let bytes = OsString::from_vec(b"caf\xe9".to_vec());
    for name in ["KOCTL_STATE", "GITHUB_TOKEN", "KOCTL_KONNECT_URL", "HTTPS_PROXY", "KOCTL_STATE_PASSPHRASE"] {
        let mut command = world.command(&["plan", "--sandbox"]);
        command.env(name, &bytes);
        let run = finish(command).exits(1);
        let told = format!("Error: Could not read the variable {name}: its value is not valid UTF-8.");
        assert!(run.stderr.contains(&told), "{}", run.stderr);
        assert!(!run.stderr.contains("caf"), "{}", run.stderr);
    }
    let mut command = world.command(&["plan"]);
    command.env("ACME_TOKEN", &bytes).env("GITHUB_REPO_URL", "https://github.com/a/b").env("GITHUB_TOKEN", "x");
    let run = finish(command).exits(1);
    assert!(run.stderr.contains("the environment variable `ACME_TOKEN` is not valid UTF-8"), "{}", run.stderr);
    for name in ["TERM", "USER", "NO_COLOR", "OTHER"] {
        let mut command = world.command(&["validate"]);
        command.env(name, &bytes);
        finish(command).exits(0);
    }
}

#[test]
fn without_a_home_or_a_temporary_folder_the_sandbox_works() {
    let world = World::new();
    let mut command = world.command(&["plan", "--sandbox"]);
    command.env_remove("HOME").env("TMPDIR", "/does/not/exist");
    finish(command).exits(0);
}

#[test]
fn a_directory_that_was_deleted_is_an_error() {
    let world = World::new();
    let gone = world.path().join("gone");
    std::fs::create_dir(&gone).unwrap();
    // A shell that is in a directory which is deleted under it.
    let script = format!("cd '{0}' && rmdir '{0}' && exec \"$@\"", gone.display());
    for arguments in
        [&["plan"][..], &["apply", "--auto-approve", "--sandbox"], &["init", "--url", "a/b"], &["state", "list"]]
    {
        let inner = world.command(arguments);
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script, "sh"]).arg(inner.get_program()).args(arguments).current_dir(world.path());
        command.env("GITHUB_TOKEN", "x").env("KOCTL_HTTP_RETRIES", "0").env("KOCTL_GITHUB_URL", "http://127.0.0.1:1");
        std::fs::create_dir_all(&gone).unwrap();
        let run = finish(command);
        assert!(run.code == 1 && !run.stderr.is_empty(), "{arguments:?}: {run:?}");
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    }
}

#[tokio::test]
async fn r11_an_address_of_the_state_with_a_password_is_neither_shown_nor_written() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    for state in [
        "postgres://ada:sesame@127.0.0.1:1/platform",
        "postgres://ada@127.0.0.1:1/platform?sslpassword=sesame",
        "https://ada:sesame@127.0.0.1:1/state",
        "https://127.0.0.1:1/state?token=sesame",
        "az://states?sig=sesame",
        "ftp://ada:sesame@host",
    ] {
        for arguments in [&["init", "--auto-approve"][..], &["plan", "-vv"], &["state", "list"], &["drift", "--json"]] {
            let mut command = world.command_against(&sandbox, &[arguments, &["--state", state]].concat());
            command.env("KOCTL_HTTP_RETRIES", "0");
            let run = tokio::task::spawn_blocking(move || finish(command)).await.unwrap();
            assert_eq!(run.code, 1, "{arguments:?} {state}: {}{}", run.stdout, run.stderr);
            assert!(!run.stdout.contains("sesame") && !run.stderr.contains("sesame"), "{}{}", run.stdout, run.stderr);
        }
    }
    let writes = sandbox.exchanges().iter().filter(|exchange| exchange.method != "GET").count();
    assert_eq!(writes, 0);
    sandbox.stop().await;
}
