//! A look for drift as Markdown, which GitHub shows as the summary of a run and in issues.
//!
//! Texts of servers and of people are in code spans, where HTML, links and mentions have no effect.

use serde_json::Value;

use super::words::{self, gone, label, summary};
use crate::report::markup::code;
use crate::report::order;
use crate::report::schemas::Schemas;
use crate::report::words::count;
use engine::drift::{Author, DriftReport, Findings, Look, Unmanaged};
use engine::plan::{Drift, DriftKind, Drifted, Waiting};
use engine::value::stored_form;
use engine::{Kind, Schema};

/// The maximum length of a page: GitHub takes 65,536 characters in an issue.
const LIMIT: usize = 60_000;
/// The length of a shown value.
const VALUE: usize = 160;
/// The length of a shown digest.
const DIGEST: usize = 12;

/// A look for drift as a page. If it exceeds the limit of GitHub, the rest is left out, and the page says so.
///
/// It has no time in it: as long as the drift is the same, the page is the same.
#[must_use]
pub fn markdown(report: &DriftReport, schemas: Schemas<'_>) -> String {
    let heading = match (report.has_drift(), report.is_complete()) {
        (true, _) => "### koctl found drift",
        (false, true) => "### koctl found no drift",
        (false, false) => "### koctl could not look everywhere for drift",
    };
    let mut page = format!("{heading}\n\n{}\n", summary(report));
    let mut left_out = 0;
    for scope in &report.scopes {
        let entries = entries(&scope.outcome, schemas);
        if entries.is_empty() {
            continue;
        }
        page.push_str(&format!("\n#### {}\n\n", code(&scope.scope)));
        for entry in entries {
            if page.chars().count() + entry.chars().count() > LIMIT {
                left_out += 1;
            } else {
                page.push_str(&entry);
            }
        }
    }
    if left_out > 0 {
        page.push_str(&format!("\n{} did not fit here: `koctl drift` shows them.\n", count(left_out, "more entry")));
    }
    page
}

/// The items of a list about one scope.
fn entries(look: &Look, schemas: Schemas<'_>) -> Vec<String> {
    match look {
        Look::Compared(Findings { drift, unmanaged, waiting, authors, .. }) => {
            let mut drift: Vec<&Drift> = drift.iter().collect();
            drift.sort_by(|a, b| order::key(&a.address, schemas).cmp(&order::key(&b.address, schemas)));
            let drift = drift.into_iter().map(|one| resource(one, authors.get(one.address.as_str()), schemas));
            let unmanaged = unmanaged.iter().map(|one| object(one, authors.get(&one.id)));
            drift.chain(unmanaged).chain(waiting.iter().map(waits)).collect()
        }
        Look::Skipped(because) => vec![format!("- was left out: {}\n", code(because))],
        Look::Failed(reasons) => {
            reasons.iter().map(|reason| format!("- could not be read: {}\n", code(&reason.message))).collect()
        }
    }
}

/// Who did it, at the end of a line.
fn by(author: Option<&Author>) -> String {
    author.map(|author| format!(", {}", code(&words::by(author)))).unwrap_or_default()
}

fn resource(drift: &Drift, author: Option<&Author>, schemas: Schemas<'_>) -> String {
    let by = by(author);
    let address = code(drift.address.as_str());
    match &drift.kind {
        DriftKind::Deleted => format!("- {address} {}{by}\n", gone(drift, schemas)),
        DriftKind::Remade { id } => {
            format!("- {address} was deleted and created again, with the id {}{by}\n", code(id))
        }
        DriftKind::Changed { attributes } => {
            let schema = schemas.get(drift.address.type_name());
            let mut entry = format!("- {address} was changed{by}\n");
            for (name, drifted) in attributes {
                entry.push_str(&attribute(schema, name, drifted));
            }
            entry
        }
    }
}

fn attribute(schema: Option<&Schema>, name: &str, Drifted { was, is }: &Drifted) -> String {
    let kind = schema.and_then(|schema| schema.attribute(name)).map_or(Kind::Plain, |attribute| attribute.kind);
    let is = stored_form(kind, is);
    if kind != Kind::Files {
        return format!("  - {}: {} → {}\n", code(name), value(was), value(&is));
    }
    let files = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (was, is) = (files(was), files(&is));
    let mut paths: Vec<&String> = was.keys().chain(is.keys()).filter(|path| was.get(*path) != is.get(*path)).collect();
    paths.sort_unstable();
    paths.dedup();
    let side = |file: Option<&Value>| value(file.unwrap_or(&Value::Null));
    paths
        .into_iter()
        .map(|path| format!("  - {}: {} → {}\n", code(path), side(was.get(path)), side(is.get(path))))
        .collect()
}

fn object(object: &Unmanaged, author: Option<&Author>) -> String {
    let Unmanaged { type_name, id, .. } = object;
    let (name, by) = (code(&format!("{type_name} {}", label(object))), by(author));
    format!("- {name} is not managed, with the id {}{by}\n", code(id))
}

fn waits(Waiting { address, reason, by_apply, .. }: &Waiting) -> String {
    let whom = if *by_apply { "an apply, which resolves it" } else { "others" };
    format!("- {} waits for {whom}: {}\n", code(address.as_str()), code(reason))
}

/// A short form of a value. A long text becomes its digest.
fn value(value: &Value) -> String {
    let digest =
        value.get("sha256").and_then(Value::as_str).filter(|_| value.as_object().is_some_and(|map| map.len() == 1));
    match (value, digest) {
        (Value::Null, _) => "nothing".to_owned(),
        (_, Some(digest)) => {
            format!("sha256 {}", code(&format!("{}…", digest.chars().take(DIGEST).collect::<String>())))
        }
        _ => {
            let text = value.to_string();
            let shown: String = text.chars().take(VALUE).collect();
            if shown.len() < text.len() { code(&format!("{shown}…")) } else { code(&shown) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::drift::testing::{drifted, failed, quiet, report, skipped};
    use crate::report::testing::SCHEMAS;

    #[test]
    fn a_page_without_drift_is_a_heading_and_a_sentence() {
        assert_eq!(markdown(&quiet(), SCHEMAS), "### koctl found no drift\n\nNo drift in 4 resources.\n");
    }

    #[test]
    fn a_page_tells_each_kind_of_drift_and_lets_no_value_out_of_its_code_span() {
        insta::assert_snapshot!(markdown(&report([drifted("Acme"), failed("Bolt"), skipped("Coil")]), SCHEMAS));
    }

    #[test]
    fn a_page_fits_into_an_issue_and_says_what_did_not() {
        let many = report((0..300).map(|number| drifted(&format!("organization-{number}"))));
        let page = markdown(&many, SCHEMAS);
        assert!(page.chars().count() < 65_536, "{}", page.chars().count());
        assert!(page.ends_with("did not fit here: `koctl drift` shows them.\n"), "{page}");
    }
}
