//! The guides whose transcripts begin with existing objects. They are run as they are written.

use std::path::Path;

use sandbox::{Account, Sandbox, SandboxOptions};

use crate::go_tool;
use crate::world::{World, copy};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The example, before anything was done with it.
fn orbit() -> World {
    let world = World::empty();
    for folder in ["konnect", "services"] {
        std::fs::create_dir(world.path().join(folder)).unwrap();
        copy(&root().join("examples/orbit").join(folder), &world.path().join(folder));
    }
    world
}

/// Runs the commands of a page in a copy of `world`.
fn run(page: &str, world: &World) {
    let directory = tempfile::tempdir().unwrap();
    let name = Path::new(page).file_stem().unwrap().to_str().unwrap();
    let staged = directory.path().join(Path::new(page).file_name().unwrap());
    std::fs::copy(root().join(page), &staged).unwrap();
    let inside = directory.path().join(format!("{name}.in"));
    std::fs::create_dir(&inside).unwrap();
    copy(world.path(), &inside);
    trycmd::TestCases::new().register_bin("koctl", Path::new(env!("CARGO_BIN_EXE_koctl"))).case(staged).run();
}

#[test]
fn the_transcripts_of_the_guide_to_importing_are_true() {
    let world = orbit();
    let description = "Runs the stations and the bikes, and keeps both in repair.";
    world.edit("konnect/teams.yaml", description, "Bikes.");
    let world = world.applied();
    world.edit("konnect/teams.yaml", "Bikes.", description);
    std::fs::remove_dir_all(world.path().join(".koctl/sandbox/state")).unwrap();
    run("docs/import.md", &world);
}

#[test]
fn the_transcripts_of_the_guide_for_those_who_come_from_the_go_tool_are_true() {
    let world = orbit();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let directory = world.path().join(".koctl/sandbox");
        let repositories = directory.join("github");
        sandbox::github::seed(&repositories, &world.path().join("services")).unwrap();
        let files = [("README.md".to_owned(), b"# platform\n".to_vec())].into();
        sandbox::github::ensure_repository(&repositories, "OrbitBikes", "platform", &files).unwrap();
        // One token for those who build it, and the one that the sandbox of a command makes up.
        let account = |token: &str| Account { organization: "OrbitBikes".to_owned(), token: token.to_owned().into() };
        let organizations = vec![account("acme-token"), account("sandbox-OrbitBikes")];
        let sandbox = Sandbox::start(SandboxOptions { dir: directory, port: 0, organizations }).await.unwrap();
        go_tool::leave(&world, &sandbox, "OrbitBikes", "OrbitBikes/platform").await;
        sandbox.stop().await;
    });
    run("docs/migrate-from-go-koctl.md", &world);
}
