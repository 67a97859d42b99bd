//! The commands about specifications.

use std::fmt::Write;

use spec_diff::Rule;

use crate::world::{World, spec};

/// A specification whose operation lists orders of a currency.
fn orders(limit: &str, currencies: &str) -> String {
    format!(
        "openapi: 3.1.0\ninfo: {{title: Orders, version: 1.0.0}}\npaths:\n  /orders:\n    get:\n      parameters:\n        \
         - {{in: query, name: limit, required: {limit}, schema: {{type: integer}}}}\n      responses:\n        '200':\n          \
         description: The orders.\n          content:\n            application/json:\n              schema:\n                \
         type: array\n                items:\n                  type: object\n                  properties:\n                    \
         currency: {{enum: {currencies}}}\n"
    )
}

#[test]
fn a_specification_that_did_not_change_has_no_changes() {
    let world = World::empty();
    world.write("old.yaml", &spec("orders", "1.0.0"));
    world.write("new.yaml", &spec("orders", "1.0.1"));
    let run = world.run(&["spec", "diff", "old.yaml", "new.yaml"]).exits(0);
    assert_eq!(run.stdout, "No changes that concern callers.\n");
}

#[test]
fn a_change_that_breaks_callers_is_shown_first_and_exits_with_2() {
    let world = World::empty();
    world.write("old.yaml", &orders("false", "[EUR]"));
    world.write("new.yaml", &orders("true", "[EUR, CHF]"));
    let run = world.run(&["spec", "diff", "old.yaml", "new.yaml"]).exits(2);
    insta::assert_snapshot!(run.stdout);
    // In the other direction, callers notice nothing.
    world.run(&["spec", "diff", "new.yaml", "old.yaml"]).exits(0);
    let run = world.run(&["spec", "diff", "--json", "old.yaml", "new.yaml"]).exits(2);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["breaking"], true);
    assert_eq!(document["summary"], serde_json::json!({"breaking": 2, "warning": 0, "compatible": 0}));
    assert_eq!(document["changes"][0]["operations"], serde_json::json!(["GET /orders"]));
}

#[test]
fn what_is_not_a_specification_is_named_for_both_files() {
    let world = World::empty();
    world.write("old.yaml", "swagger: '2.0'\n");
    let run = world.run(&["spec", "diff", "old.yaml", "missing.yaml"]).exits(1);
    assert!(run.stderr.contains("the specification old.yaml: it is a Swagger 2.0 document"), "{}", run.stderr);
    assert!(run.stderr.contains("the specification missing.yaml: No such file"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

/// The page has every rule, as the crate describes it.
#[test]
fn the_page_about_breaking_changes_lists_every_rule() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/breaking-changes.md");
    let text = std::fs::read_to_string(page).unwrap();
    let mut table = "| rule | severity | change |\n| --- | --- | --- |\n".to_owned();
    for rule in Rule::ALL {
        writeln!(table, "| `{}` | {} | {} |", rule.id(), rule.severity().as_str(), rule.description()).unwrap();
    }
    let (before, rest) = text.split_once("<!-- rules -->\n").expect("the page has a place for the rules");
    let (_, after) = rest.split_once("<!-- end of rules -->").expect("the page has an end of the rules");
    let wanted = format!("{before}<!-- rules -->\n{table}<!-- end of rules -->{after}");
    if std::env::var_os("KOCTL_UPDATE_DOCS").is_some() {
        std::fs::write(page, wanted).unwrap();
    } else {
        assert_eq!(text, wanted, "write it again with KOCTL_UPDATE_DOCS=1");
    }
}
