//! The JSON document of a look for drift. The page `docs/drift.md` describes its fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::words::{kind, label, summary};
use crate::report::schemas::Schemas;
use engine::drift::{Author, DriftReport, Findings, Look, Reason, ScopeDrift, Unmanaged};
use engine::plan::{Drift, DriftKind, Drifted};
use engine::value::stored_form;
use engine::{Kind, Schema};

/// The version of the document. The first number changes if a field is removed or changes its meaning.
const FORMAT_VERSION: &str = "1.0";
/// The maximum number of lines of the text, which is read in a chat.
const LINES: usize = 20;

/// A look for drift as one JSON document. Long texts are digests on both sides, since the state has no more.
///
/// Its `text` has everything in words, for chats with incoming webhooks like those of Slack.
#[must_use]
pub fn document(report: &DriftReport, schemas: Schemas<'_>) -> Value {
    json!({
        "format_version": FORMAT_VERSION,
        "koctl_version": env!("CARGO_PKG_VERSION"),
        "checked_at": report.at,
        "text": text(report),
        "has_drift": report.has_drift(),
        "complete": report.is_complete(),
        "summary": report.count(),
        "scopes": report.scopes.iter().map(|one| scope(one, schemas)).collect::<Vec<_>>(),
    })
}

fn scope(ScopeDrift { scope, outcome }: &ScopeDrift, schemas: Schemas<'_>) -> Value {
    match outcome {
        Look::Compared(Findings { drift, unmanaged, resources, recovered, waiting, ignored, authors }) => json!({
            "scope": scope,
            "status": "compared",
            "resources": resources,
            "drift": drift.iter().map(|one| resource(one, authors, schemas)).collect::<Vec<_>>(),
            "unmanaged": unmanaged.iter().map(|one| object(one, authors)).collect::<Vec<_>>(),
            "recovered": recovered,
            "waiting": waiting,
            "ignored": ignored,
        }),
        Look::Skipped(because) => json!({ "scope": scope, "status": "skipped", "because": because }),
        Look::Failed(reasons) => {
            let reason = |Reason { message, help }: &Reason| json!({ "message": message, "help": help });
            json!({ "scope": scope, "status": "failed", "errors": reasons.iter().map(reason).collect::<Vec<_>>() })
        }
    }
}

fn resource(drift: &Drift, authors: &BTreeMap<String, Author>, schemas: Schemas<'_>) -> Value {
    let type_name = drift.address.type_name();
    let mut resource = json!({ "address": drift.address, "type": type_name, "kind": kind(drift) });
    match &drift.kind {
        DriftKind::Deleted => {}
        DriftKind::Remade { id } => resource["id"] = id.as_str().into(),
        DriftKind::Changed { attributes } => {
            let schema = schemas.get(type_name);
            let both = |(name, drifted): (&String, &Drifted)| (name.clone(), sides(schema, name, drifted));
            resource["attributes"] = Value::Object(attributes.iter().map(both).collect());
        }
    }
    if let Some(author) = authors.get(drift.address.as_str()) {
        resource["by"] = json!(author);
    }
    resource
}

fn sides(schema: Option<&Schema>, name: &str, Drifted { was, is }: &Drifted) -> Value {
    let kind = schema.and_then(|schema| schema.attribute(name)).map_or(Kind::Plain, |attribute| attribute.kind);
    json!({ "was": was, "is": stored_form(kind, is) })
}

fn object(Unmanaged { type_name, key, id }: &Unmanaged, authors: &BTreeMap<String, Author>) -> Value {
    let key: Map<String, Value> = key.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let mut object = json!({ "type": type_name, "id": id, "key": key });
    if let Some(author) = authors.get(id) {
        object["by"] = json!(author);
    }
    object
}

/// The summary, then the details, as far as they fit.
fn text(report: &DriftReport) -> String {
    let lines = report.scopes.iter().flat_map(|one| match &one.outcome {
        Look::Compared(findings) => {
            let drift = findings.drift.iter().map(|drift| format!("{} was {}", drift.address, happened(drift)));
            let unmanaged = findings.unmanaged.iter();
            let unmanaged =
                unmanaged.map(|new| format!("{}/{} {} is not managed", one.scope, new.type_name, label(new)));
            drift.chain(unmanaged).collect()
        }
        Look::Skipped(because) => vec![format!("{}: {because}", one.scope)],
        Look::Failed(reasons) => reasons.iter().map(|reason| format!("{}: {}", one.scope, reason.message)).collect(),
    });
    let lines: Vec<String> = lines.collect();
    let mut text = summary(report);
    for line in lines.iter().take(LINES) {
        text.push_str(&format!("\n• {}", for_slack(&crate::report::safe(line))));
    }
    if lines.len() > LINES {
        text.push_str(&format!("\n… and {} more", lines.len() - LINES));
    }
    text
}

/// The text with the three characters that have a meaning in Slack escaped: a name must not notify a whole channel.
fn for_slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The change in words, with the names of the attributes.
fn happened(drift: &Drift) -> String {
    match &drift.kind {
        DriftKind::Deleted => "deleted".to_owned(),
        DriftKind::Remade { .. } => "deleted and created again".to_owned(),
        DriftKind::Changed { attributes } => {
            format!("changed ({})", attributes.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::drift::testing::{drifted, failed, quiet, report, skipped};
    use crate::report::testing::SCHEMAS;

    #[test]
    fn a_look_that_found_nothing_is_a_document_too() {
        let document = document(&quiet(), SCHEMAS);
        assert_eq!(document["has_drift"], false);
        assert_eq!(document["complete"], true);
        assert_eq!(document["text"], "No drift in 4 resources.");
        assert_eq!(document["scopes"][0]["drift"], json!([]));
    }

    #[test]
    fn the_document_tells_everything_of_every_scope() {
        let document = document(&report([drifted("Acme"), failed("Bolt"), skipped("Coil")]), SCHEMAS);
        insta::with_settings!({filters => vec![(r#""koctl_version": "[^"]+""#, r#""koctl_version": "[version]""#)]}, {
            insta::assert_snapshot!(format!("{document:#}"));
        });
    }

    #[test]
    fn a_chat_is_not_flooded() {
        let mut many = report([drifted("Acme")]);
        let Look::Compared(findings) = &mut many.scopes[0].outcome else { unreachable!() };
        findings.drift = findings.drift.iter().cycle().take(30).cloned().collect();
        let text = text(&many);
        assert_eq!(text.lines().count(), 1 + LINES + 1);
        assert!(text.ends_with("… and 12 more"), "{text}");
    }
}
