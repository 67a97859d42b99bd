//! The transcripts of the documentation, run as they are written: they show the output of koctl.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on panics, and says what it skips")]

use std::path::{Path, PathBuf};

use http::Method;
use koctl::operations::sandbox_token;
use sandbox::{Account, Sandbox, SandboxOptions};
use serde_json::{Value, json};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Copies a page, and next to it the folder that its commands run in; without one, they run in an empty folder.
fn stage(page: &str, folder: Option<&str>, into: &Path) -> PathBuf {
    let name = Path::new(page).file_stem().unwrap().to_str().unwrap();
    let staged = into.join(Path::new(page).file_name().unwrap());
    std::fs::copy(root().join(page), &staged).unwrap();
    let inside = into.join(format!("{name}.in"));
    std::fs::create_dir(&inside).unwrap();
    if let Some(folder) = folder {
        copy(&root().join(folder), &inside);
    }
    staged
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true if entry.file_name() == ".koctl" => {}
            true => copy(&entry.path(), &target),
            false => std::fs::write(&target, std::fs::read(entry.path()).unwrap()).unwrap(),
        }
    }
}

#[test]
fn the_readmes_transcript_is_true() {
    let directory = tempfile::tempdir().unwrap();
    run(stage("README.md", Some("examples/orbit"), directory.path()));
}

#[test]
fn the_transcript_of_getting_started_is_true() {
    let directory = tempfile::tempdir().unwrap();
    walk("docs/getting-started.md", directory.path());
}

/// Follows a page as a reader does: commands of the shell, which may change the directory, and transcripts of koctl.
fn walk(page: &str, into: &Path) {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let mut here = into.join("here");
    std::fs::create_dir(&here).unwrap();
    let blocks = text.split("\n```").skip(1).step_by(2).enumerate();
    for (number, block) in blocks {
        let (kind, block) = block.split_once('\n').unwrap();
        match kind {
            "sh" => here = after(block, &here),
            "console" => {
                let part = into.join(format!("part-{number}.md"));
                std::fs::write(&part, format!("```console\n{block}\n```\n")).unwrap();
                std::os::unix::fs::symlink(&here, part.with_extension("in")).unwrap();
                run(part);
            }
            other => panic!("{page} has a block of the kind `{other}`"),
        }
    }
}

/// Runs commands of the shell in a directory. Returns the directory after them.
fn after(commands: &str, here: &Path) -> PathBuf {
    let script = format!("set -eu\n{commands}\npwd");
    let output = std::process::Command::new("sh").args(["-c", &script]).current_dir(here).output().unwrap();
    assert!(output.status.success(), "{commands}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().last().unwrap().into()
}

fn run(page: PathBuf) {
    trycmd::TestCases::new().register_bin("koctl", Path::new(env!("CARGO_BIN_EXE_koctl"))).case(page).run();
}

#[test]
fn the_transcripts_about_the_state_are_true() {
    let directory = tempfile::tempdir().unwrap();
    run(stage("docs/state.md", Some("examples/orbit"), directory.path()));
}

/// Makes the changes outside koctl that the page about drift describes: a team is changed, a role deleted, and a portal
/// created.
async fn meddle(folder: &Path) {
    let organization = "OrbitBikes".to_owned();
    let account = Account { token: sandbox_token(&organization).into(), organization };
    let options = SandboxOptions { dir: folder.join(".koctl/sandbox"), port: 0, organizations: vec![account] };
    let sandbox = Sandbox::start(options).await.unwrap();
    let send = async |method: Method, region: &str, path: &str, body: Value| -> Value {
        let url = sandbox.konnect_url().replace("{region}", region) + path;
        let mut request = client().request(method, url).bearer_auth(sandbox_token("OrbitBikes"));
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
    };
    let teams = send(Method::GET, "global", "/v3/teams?page%5Bsize%5D=100", Value::Null).await;
    let team = |name: &str| {
        let team = teams["data"].as_array().unwrap().iter().find(|team| team["name"] == name).unwrap();
        format!("/v3/teams/{}", team["id"].as_str().unwrap())
    };
    send(Method::PATCH, "global", &team("fleet"), json!({ "description": "Runs everything." })).await;
    let roles = send(Method::GET, "global", &format!("{}/assigned-roles", team("riders")), Value::Null).await;
    // In DEV environments teams are admins of their control planes.
    let role = roles["data"].as_array().unwrap().iter().find(|role| role["role_name"] == "Admin").unwrap();
    let role = format!("{}/assigned-roles/{}", team("riders"), role["id"].as_str().unwrap());
    send(Method::DELETE, "global", &role, Value::Null).await;
    send(Method::POST, "eu", "/v3/portals", json!({ "name": "playground" })).await;
    sandbox.stop().await;
}

#[test]
fn the_transcript_about_drift_is_true() {
    let directory = tempfile::tempdir().unwrap();
    let page = stage("docs/drift.md", Some("examples/orbit"), directory.path());
    let folder = directory.path().join("drift.in");
    let mut apply = std::process::Command::new(env!("CARGO_BIN_EXE_koctl"));
    let applied = apply.args(["apply", "--sandbox", "--auto-approve"]).current_dir(&folder).output().unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    tokio::runtime::Runtime::new().unwrap().block_on(meddle(&folder));
    run(page);
}

/// A client for plain HTTP. Without a provider of cryptography there is none at all.
fn client() -> reqwest::Client {
    transport::tls::install();
    reqwest::Client::new()
}
