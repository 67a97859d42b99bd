//! Checks the structure of the code: every room uses only the rooms that the table in docs/architecture.md allows, and
//! no files use each other in a circle.
//!
//! Imports are read from the sources, dependencies of crates from their `Cargo.toml`. Tests are left out.

mod circles;
mod house;
mod page;
mod planted;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use circles::{circles, reach};
use house::House;
use page::Allowed;

fn house() -> House {
    House::read(Path::new(env!("CARGO_MANIFEST_DIR")))
}

fn architecture() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md"))
        .expect("the page exists")
}

#[test]
fn every_arrow_is_in_the_table() {
    assert_eq!(forbidden_arrows(&house(), &page::table(&architecture())), Vec::<String>::new());
}

#[test]
fn every_room_is_in_the_table_and_every_row_is_a_room() {
    let rows: BTreeSet<String> = page::table(&architecture()).into_keys().collect();
    assert_eq!(house().rooms(), rows);
}

#[test]
fn the_picture_shows_the_table_without_a_circle() {
    let (table, picture) = (page::table(&architecture()), page::picture(&architecture()));
    assert_eq!(circles(&table), Vec::<BTreeSet<String>>::new());
    for (from, drawn) in &picture {
        assert!(
            drawn.is_subset(&table[from]),
            "the picture draws {from} --> {drawn:?}, the table says {:?}",
            table[from]
        );
    }
    for (from, allowed) in &table {
        let shown = reach(&picture, from);
        let missing: Vec<&String> = allowed.iter().filter(|room| !shown.contains(room)).collect();
        assert!(missing.is_empty(), "no arrows of the picture lead from {from} to {missing:?}");
    }
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let house = house();
    let circles = circles(&house.file_arrows());
    let described: Vec<String> = circles.iter().map(|circle| described(&house, circle)).collect();
    assert!(described.is_empty(), "move what these files need of each other into a third:\n\n{}", described.join("\n"));
}

/// The arrows that the table does not allow, each with a file that shows it.
fn forbidden_arrows(house: &House, allowed: &Allowed) -> Vec<String> {
    let may_use = |from: &str, to: &str| allowed.get(from).is_some_and(|rooms| rooms.contains(to));
    let mut forbidden = Vec::new();
    for ((from, to), example) in house.arrows() {
        if !may_use(&from, &to) {
            forbidden.push(format!("{from} must not use {to}: {example}"));
        }
    }
    for (name, dependencies) in house.dependencies().iter().filter(|(name, _)| *name != "koctl") {
        let of_no_right = dependencies.iter().filter(|dependency| !may_use(name, dependency));
        forbidden.extend(of_no_right.map(|dependency| format!("{name} must not depend on {dependency}: Cargo.toml")));
    }
    forbidden
}

/// A circle with the arrows that make it one.
fn described(house: &House, circle: &BTreeSet<String>) -> String {
    let arrows: BTreeMap<String, BTreeSet<String>> = house.file_arrows();
    let mut text = String::new();
    for file in circle {
        for used in arrows[file].intersection(circle) {
            text.push_str(&format!("{file} uses {used}\n"));
        }
    }
    text
}
