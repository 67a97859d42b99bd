//! Shows that the check can fail: a small workspace without faults, into which one fault at a time is planted.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::circles::circles;
use crate::house::House;
use crate::{forbidden_arrows, page};

const PAGE: &str = "\
| room | purpose | may use | never |
| --- | --- | --- | --- |
| `cli` | flags | everything except `engine` | logic |
| `compiler` | opinions | `engine` | files |
| `engine` | plans | `transport` | vendors |
| `transport` | HTTP | no other room | meaning |
";

/// A workspace of three crates whose rooms keep to the page.
const SOUND: [(&str, &str); 11] = [
    (
        "Cargo.toml",
        "[workspace]\nmembers = [\"engine\", \"transport\"]\n[dependencies]\nengine = { path = \"engine\" }\n",
    ),
    ("engine/Cargo.toml", "[dependencies]\ntransport.workspace = true\n[dev-dependencies]\nkoctl = \"1\"\n"),
    ("transport/Cargo.toml", "[dependencies]\nserde = \"1\"\n"),
    ("src/lib.rs", "mod cli;\nmod compiler;\n"),
    ("src/cli.rs", "use crate::compiler::compile;\nfn run() { compile() }\n"),
    ("src/compiler/mod.rs", "//! See [`crate::cli`].\nmod area;\npub(crate) use area::compile;\n"),
    (
        "src/compiler/area.rs",
        "pub(crate) fn compile() { engine::Plan::new() }\n#[cfg(test)]\nmod tests { use crate::cli; }\n",
    ),
    ("engine/src/lib.rs", "mod diff;\nmod plan;\npub use plan::Plan;\n"),
    ("engine/src/plan.rs", "use super::diff::Change;\npub struct Plan(Vec<Change>);\n"),
    ("engine/src/diff.rs", "pub struct Change;\n"),
    ("transport/src/lib.rs", "pub struct Transport;\n"),
];

/// The sound workspace with other texts for some of its files, or with files more.
fn workspace(planted: &[(&str, &str)]) -> (TempDir, House) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (path, text) in SOUND.iter().chain(planted) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }
    let house = House::read(folder.path());
    (folder, house)
}

fn forbidden(planted: &[(&str, &str)]) -> Vec<String> {
    forbidden_arrows(&workspace(planted).1, &page::table(PAGE))
}

fn circles_of(planted: &[(&str, &str)]) -> Vec<BTreeSet<String>> {
    circles(&workspace(planted).1.file_arrows())
}

#[test]
fn a_sound_workspace_has_no_fault() {
    assert_eq!(forbidden(&[]), Vec::<String>::new());
    assert_eq!(circles_of(&[]), Vec::<BTreeSet<String>>::new());
}

#[test]
fn a_forbidden_import_is_found_in_every_way_of_writing_it() {
    let found = "compiler must not use cli: src/compiler/area.rs uses src/cli.rs";
    for text in [
        "use crate::cli::run;",
        "use crate::{cli::{run as go}};",
        "use crate::cli; fn f() { cli::run() }",
        "use super::super::cli::run;",
        "fn f() { crate::cli::run() }",
        "fn f() { let x = [..crate::cli::LIST]; }",
        "fn f() { format!(\"{}\", crate::cli::NAME) }",
    ] {
        let text = format!("pub(crate) fn compile() {{}}\n{text}\n");
        assert_eq!(forbidden(&[("src/compiler/area.rs", &text)]), [found], "{text}");
    }
}

#[test]
fn an_import_through_a_re_export_is_found_where_it_is_defined() {
    let text = "use crate::compiler::Plan;\nfn run() {}\n";
    let re_export = "mod area;\npub(crate) use area::compile;\npub(crate) use engine::Plan;\n";
    let planted = [("src/cli.rs", text), ("src/compiler/mod.rs", re_export)];
    assert_eq!(forbidden(&planted), ["cli must not use engine: src/cli.rs uses engine/src/plan.rs"]);
}

#[test]
fn a_forbidden_dependency_of_a_crate_is_found() {
    let planted = [("transport/Cargo.toml", "[dependencies]\nengine = { path = \"../engine\" }\n")];
    assert_eq!(forbidden(&planted), ["transport must not depend on engine: Cargo.toml"]);
}

#[test]
fn a_circle_of_two_files_is_found() {
    let planted = [("engine/src/diff.rs", "use super::Plan;\npub struct Change(Plan);\n")];
    let expected = ["engine/src/diff.rs", "engine/src/plan.rs"].map(str::to_owned);
    assert_eq!(circles_of(&planted), [BTreeSet::from(expected)]);
}

#[test]
fn a_part_that_takes_from_a_module_that_uses_it_is_a_circle() {
    let module = "mod area;\nfn all() { area::compile() }\npub(crate) struct Area;\n";
    let planted = [
        ("src/cli.rs", "fn run() {}\n"),
        ("src/compiler/mod.rs", module),
        ("src/compiler/area.rs", "use super::Area;\npub(crate) fn compile() {}\n"),
    ];
    let expected = ["src/compiler/area.rs", "src/compiler/mod.rs"].map(str::to_owned);
    assert_eq!(circles_of(&planted), [BTreeSet::from(expected)]);
}
