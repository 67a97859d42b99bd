//! Kong Air's real configuration, if it is available: the folder that KOCTL_KONGAIR names, or `../shared/kongair`.

use std::path::PathBuf;

use crate::world::World;

/// A copy of Kong Air. `None` if it is not available.
pub(crate) fn kongair() -> Option<World> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/kongair");
    let folder = std::env::var_os("KOCTL_KONGAIR").map_or(beside, PathBuf::from);
    if folder.join("konnect").is_dir() {
        return Some(World::copy_of(&folder));
    }
    eprintln!("skipped: {} is not there; set KOCTL_KONGAIR to try Kong Air's configuration", folder.display());
    None
}

/// How many changes of a type the JSON plan has, with the action.
fn count(plan: &serde_json::Value, kind: &str, action: &str) -> usize {
    let changes = plan["scopes"][0]["changes"].as_array().unwrap();
    let of_kind = |change: &&serde_json::Value| change["address"].as_str().unwrap().split('/').nth(1) == Some(kind);
    changes.iter().filter(of_kind).filter(|change| change["action"] == action).count()
}

const BRANCHES: [&str; 2] =
    ["KongAirlines-dev-konnect-orchestrator-apply", "KongAirlines-prd-konnect-orchestrator-apply"];

#[test]
fn kongair_is_planned_applied_and_planned_empty() {
    let Some(world) = kongair() else { return };
    world.koctl(&["plan", "--detailed-exitcode", "-o", "plan.koctl"]).exits(2);
    let plan: serde_json::Value = serde_json::from_str(&world.read("plan.koctl")).unwrap();
    let plan = &plan["plan"];
    for (kind, expected) in [
        ("team", 2),
        ("control_plane", 4),
        ("team_role", 4),
        ("portal", 2),
        ("api", 8),
        ("api_version", 8),
        ("api_publication", 8),
        ("pull_request", 2),
        ("dashboard", 2),
    ] {
        assert_eq!(count(plan, kind, "create"), expected, "{kind}");
    }
    assert_eq!(count(plan, "api_implementation", "deferred"), 8);
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn kongair_stages_its_specifications_byte_for_byte() {
    let Some(world) = kongair() else { return };
    let world = world.applied();
    for (branch, environment, source) in [(BRANCHES[0], "dev", "dev"), (BRANCHES[1], "prd", "main")] {
        for (team, service) in [
            ("customer-data", "bookings"),
            ("customer-data", "customer"),
            ("flight-data", "destinations"),
            ("flight-data", "flights"),
        ] {
            let folder = format!(
                "{branch}:konnect/KongAirlines/envs/{environment}/teams/{team}/services/KongAirlines/{service}"
            );
            let staged = world.git("KongAirlines/platform", &["show", &format!("{folder}/openapi.yaml")]);
            assert_eq!(staged, world.read(&format!("services/KongAirlines/{service}/{source}/openapi.yaml")));
            let patch = world.git("KongAirlines/platform", &["show", &format!("{folder}/ko-patch.yaml")]);
            let api = if environment == "prd" { service.to_owned() } else { format!("{service}-dev") };
            assert!(patch.ends_with(&format!("            - ko-api-name={api}\n")), "{patch}");
        }
    }
}

#[tokio::test]
async fn kongair_unchanged_sends_no_request_but_get() {
    let Some(world) = kongair() else { return };
    let account =
        sandbox::Account { organization: "KongAirlines".to_owned(), token: "sandbox-KongAirlines".to_owned().into() };
    let world = tokio::task::spawn_blocking(|| world.applied()).await.unwrap();
    let directory = world.path().join(".koctl/sandbox");
    let options = sandbox::SandboxOptions { dir: directory, port: 0, organizations: vec![account] };
    let sandbox = sandbox::Sandbox::start(options).await.unwrap();
    let mut command = world.command(&["apply", "--auto-approve", "--state", "file:.koctl/sandbox/state"]);
    command
        .env("KOCTL_KONNECT_URL", sandbox.konnect_url())
        .env("KOCTL_GITHUB_URL", sandbox.github_url())
        .env("GITHUB_REPO_URL", "https://github.com/KongAirlines/platform")
        .env("GITHUB_TOKEN", "github")
        .env("KONGAIRLINES_KONNECT_TOKEN", "sandbox-KongAirlines");
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let writes = sandbox.exchanges().into_iter().filter(|exchange| exchange.method != "GET").count();
    assert_eq!(writes, 0);
    sandbox.stop().await;
}

#[test]
fn kongair_after_both_merges_is_empty_and_a_changed_spec_opens_a_pull_request() {
    let Some(world) = kongair() else { return };
    let world = world.applied();
    merge(&world);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
    let changed = world.read("services/KongAirlines/flights/dev/openapi.yaml").replacen(
        "description:",
        "x-changed: true\n  description:",
        1,
    );
    world.push("KongAirlines/flights", "dev", "openapi.yaml", &changed);
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(2);
    assert!(plan.stdout.contains("x-changed: true"), "{}", plan.stdout);
    let world = world.applied();
    let staged = "konnect/KongAirlines/envs/dev/teams/flight-data/services/KongAirlines/flights/openapi.yaml";
    assert_eq!(world.git("KongAirlines/platform", &["show", &format!("{}:{staged}", BRANCHES[0])]), changed);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

/// Merges both pull requests as a reviewer's clone would.
fn merge(world: &World) {
    let clone = world.clone_of("KongAirlines/platform");
    for branch in BRANCHES {
        clone.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", &format!("origin/{branch}")]);
    }
    clone.git(&["push", "--quiet"]);
}
