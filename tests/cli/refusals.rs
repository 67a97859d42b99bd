//! What GitHub refuses, hides or has moved: each is named for what it is, before anything is changed.

use http::{Method, StatusCode};
use sandbox::{Fault, Sandbox, Trigger};
use serde_json::{Value, json};

use crate::held_services::two_services;
use crate::world::{Run, World};

async fn world() -> (World, Sandbox) {
    let world = World::new();
    let sandbox = world.sandbox().await;
    (world, sandbox)
}

/// A plan that must fail, and has one error.
async fn refused(world: &World, sandbox: &Sandbox) -> String {
    let run = world.against(sandbox, &["plan"]).await.exits(1);
    assert_eq!(run.stderr.matches("Error:").count(), 1, "{}", run.stderr);
    run.stderr
}

fn answer(status: StatusCode, headers: &[(&str, &str)], body: Value) -> Fault {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Fault::Answer { status, headers, body }
}

fn forbidden(headers: &[(&str, &str)], message: &str) -> Fault {
    answer(StatusCode::FORBIDDEN, headers, json!({ "message": message, "status": "403" }))
}

/// GitHub after a repository was renamed: the old name redirects, and the new one is shown by number.
fn rename(sandbox: &Sandbox, old: &str, new: &str) {
    let location = format!("{}/repositories/7", sandbox.github_url());
    let moved = |rest: &str| {
        let location = format!("{location}{rest}");
        let body = json!({ "message": "Moved Permanently", "url": location });
        answer(StatusCode::MOVED_PERMANENTLY, &[("Location", &location)], body)
    };
    let details = json!({ "id": 7, "full_name": new, "default_branch": "main" });
    let faults = sandbox.faults();
    faults.inject(Trigger::new(Method::GET, "/repositories/7").always(), answer(StatusCode::OK, &[], details));
    faults.inject(Trigger::new(Method::GET, format!("/repos/{old}")).always(), moved(""));
    faults.inject(Trigger::new(Method::GET, format!("/repos/{old}/*")).always(), moved("/contents/openapi.yaml"));
}

fn writes(sandbox: &Sandbox) -> usize {
    sandbox.exchanges().iter().filter(|exchange| exchange.method != "GET").count()
}

#[tokio::test]
async fn a_file_that_github_does_not_show_is_looked_for_from_the_repository_down() {
    let (world, sandbox) = world().await;
    world.edit(
        "konnect/teams.yaml",
        "        name: checkout\n",
        "        name: checkout\n        spec-path: api.yaml\n",
    );
    let told = refused(&world, &sandbox).await;
    assert!(
        told.contains("could not read api.yaml on the branch dev of Acme/checkout: the branch has no such file"),
        "{told}"
    );
    world.edit("konnect/teams.yaml", "spec-path: api.yaml", "dev-branch-name: nope");
    let told = refused(&world, &sandbox).await;
    assert!(told.contains("the repository has no such branch"), "{told}");
    assert!(told.contains("the default branch is "), "{told}");
    world.edit("konnect/teams.yaml", "Acme/checkout.git", "Acme/chekcout.git");
    let told = refused(&world, &sandbox).await;
    assert!(told.contains("could not read the repository Acme/chekcout: there is none of this name that"), "{told}");
    assert!(told.contains("the GitHub token from the variable `GITHUB_TOKEN`"), "{told}");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_private_repository_without_a_token_is_not_called_a_missing_file() {
    let (world, sandbox) = world().await;
    let hidden = Trigger::new(Method::GET, "/repos/Acme/checkout*").always();
    sandbox.faults().inject(hidden, Fault::status(StatusCode::NOT_FOUND));
    let mut command = world.command_against(&sandbox, &["plan"]);
    command.env_remove("GITHUB_TOKEN");
    let run = tokio::task::spawn_blocking(move || crate::world::finish(command)).await.unwrap().exits(1);
    assert!(run.stderr.contains("there is no public repository of this name, and no GitHub token"), "{}", run.stderr);
    assert!(run.stderr.contains("set GITHUB_TOKEN"), "{}", run.stderr);
    sandbox.stop().await;
}

#[tokio::test]
async fn r13_a_refusal_is_explained_by_the_reason_that_github_names() {
    let sso = ("x-github-sso", "required; url=https://github.com/orgs/Acme/sso?authorization_request=A1");
    let permission = ("x-accepted-github-permissions", "contents=read");
    for (headers, message, help) in [
        (&[][..], "Resource protected by organization SAML enforcement.", "single sign-on"),
        (&[sso], "Resource protected by organization SAML enforcement.", "sso?authorization_request=A1"),
        (&[], "The `Acme` organization has an IP allow list enabled.", "IP addresses only"),
        (&[], "Repository was archived so is read-only.", "narchive the repository"),
        (&[permission], "Resource not accessible by integration", "lacks the permission contents=read"),
        (&[], "Forbidden", "GitHub's message says why"),
    ] {
        let (world, sandbox) = world().await;
        let platform = Trigger::new(Method::GET, "/repos/Acme/platform").always();
        sandbox.faults().inject(platform, forbidden(headers, message));
        let told = refused(&world, &sandbox).await;
        assert!(told.contains(message) && told.contains(help), "{told}");
        assert!(!told.contains("write access"), "{told}");
        sandbox.stop().await;
    }
}

#[tokio::test]
async fn r13_a_secondary_limit_that_persists_says_nothing_about_the_token() {
    let (world, sandbox) = world().await;
    let limit = forbidden(&[("retry-after", "121")], "You have exceeded a secondary rate limit.");
    sandbox.faults().inject(Trigger::new(Method::GET, "/repos/Acme/platform").always(), limit);
    let told = refused(&world, &sandbox).await;
    assert!(told.contains("GitHub was asked too often in a short time"), "{told}");
    sandbox.stop().await;
}

#[tokio::test]
async fn one_refused_token_is_one_error_for_all_services() {
    let world = two_services();
    let sandbox = world.sandbox().await;
    let contents = Trigger::new(Method::GET, "/contents/*").always();
    sandbox.faults().inject(contents, forbidden(&[], "Resource protected by organization SAML enforcement."));
    let told = refused(&world, &sandbox).await;
    for service in ["billing", "checkout"] {
        assert!(told.contains(&format!("`Acme/{service}` of team `orders` for `Acme/dev`")), "{told}");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn r13_a_renamed_platform_repository_is_named_by_its_new_name_before_anything_is_changed() {
    let (world, sandbox) = world().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let before = writes(&sandbox);
    rename(&sandbox, "Acme/platform", "Acme/new-platform");
    let says = |run: Run| {
        let told = format!("{}{}", run.stdout, run.stderr);
        assert!(told.contains("Acme/platform is now Acme/new-platform"), "{told}");
        assert!(told.contains("`platform.git.remote`"), "{told}");
        assert!(!told.contains("deleted"), "{told}");
    };
    for command in [&["plan"][..], &["apply", "--auto-approve"], &["drift"]] {
        says(world.against(&sandbox, command).await.exits(1));
    }
    assert_eq!(writes(&sandbox), before);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_repository_that_was_made_under_the_name_of_the_known_one_is_not_written_to() {
    let (world, sandbox) = world().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let before = writes(&sandbox);
    let other = json!({ "id": 4711, "full_name": "Acme/platform", "default_branch": "main" });
    let platform = Trigger::new(Method::GET, "/repos/Acme/platform").always();
    sandbox.faults().inject(platform, answer(StatusCode::OK, &[], other));
    for command in [&["plan"][..], &["apply", "--auto-approve"]] {
        let told = world.against(&sandbox, command).await.exits(1).stderr;
        assert!(told.contains("it is not the repository that the state knows") && told.contains("4711 now"), "{told}");
        assert!(told.contains("`koctl state rm`"), "{told}");
    }
    assert_eq!(writes(&sandbox), before);
    sandbox.stop().await;
}

#[tokio::test]
async fn r13_a_renamed_repository_of_a_service_is_named_by_its_new_name_and_stops_its_service_only() {
    let (world, sandbox) = world().await;
    rename(&sandbox, "Acme/checkout", "Acme/till");
    let told = refused(&world, &sandbox).await;
    assert!(told.contains("the service `Acme/checkout`") && told.contains("Acme/checkout is now Acme/till"), "{told}");
    sandbox.stop().await;
}

#[tokio::test]
async fn an_archived_platform_repository_is_refused_before_anything_is_changed() {
    let (world, sandbox) = world().await;
    let archived = json!({ "id": 1, "full_name": "Acme/platform", "default_branch": "main", "archived": true });
    let platform = Trigger::new(Method::GET, "/repos/Acme/platform").always();
    sandbox.faults().inject(platform, answer(StatusCode::OK, &[], archived));
    let run = world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(1);
    assert!(run.stderr.contains("it is archived") && run.stderr.contains("narchive"), "{}", run.stderr);
    assert_eq!(writes(&sandbox), 0);
    sandbox.stop().await;
}
