//! The transcripts of the documentation, run as they stand: what they show is what koctl prints.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on panics, and says what it skips")]

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Copies a page, and beside it the folder that its commands run in; without one, they run where nothing is yet.
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
    run(stage("docs/getting-started.md", None, directory.path()));
}

fn run(page: PathBuf) {
    trycmd::TestCases::new().register_bin("koctl", Path::new(env!("CARGO_BIN_EXE_koctl"))).case(page).run();
}

#[test]
fn the_transcripts_about_the_state_are_true() {
    let directory = tempfile::tempdir().unwrap();
    run(stage("docs/state.md", Some("examples/orbit"), directory.path()));
}
