//! What callers must show to be allowed in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::change::Finding;
use crate::document::{Document, elements, members};
use crate::rule::Rule;

/// The schemes that a caller needs together, with the scopes of each. Schemes are known by their definitions, so that
/// a scheme may be renamed. Empty if no sign-in is needed.
type Alternative = BTreeMap<String, BTreeSet<String>>;

/// The ways into an operation.
pub(crate) struct Ways(Vec<Alternative>);

impl Ways {
    /// The ways into an operation: its own, or those of the document.
    pub(crate) fn new(document: Document<'_>, operation: &Value) -> Self {
        let requirements = operation.get("security").or_else(|| document.key("security"));
        let ways: Vec<Alternative> =
            elements(requirements).map(|requirement| alternative(document, requirement)).collect();
        // A list without entries asks for nothing, as no list does.
        Self(if ways.is_empty() { vec![Alternative::new()] } else { ways })
    }

    fn is_open(&self) -> bool {
        self.0.iter().any(BTreeMap::is_empty)
    }

    /// True if what is enough for a way is enough for one of these.
    fn accepts(&self, shown: &Alternative) -> bool {
        self.0.iter().any(|way| {
            way.iter().all(|(scheme, scopes)| shown.get(scheme).is_some_and(|shown| scopes.is_subset(shown)))
        })
    }
}

/// The change from old ways to new ones.
pub(crate) fn compare(old: &Ways, new: &Ways) -> Option<Finding> {
    let found = |rule, text: &str| Some(Finding { rule, place: String::new(), text: text.to_owned() });
    if let Some(way) = old.0.iter().find(|way| !new.accepts(way)) {
        return match way.is_empty() {
            true => found(Rule::SecurityRequired, "needs a sign-in"),
            false => found(Rule::SecurityRequired, "no longer accepts one of its ways to sign in as it was"),
        };
    }
    if new.is_open() && !old.is_open() {
        return found(Rule::SecurityOpened, "needs no sign-in any more");
    }
    if new.0.iter().any(|way| !old.accepts(way)) {
        return found(Rule::SecurityAdded, "accepts a further way to sign in, or fewer scopes");
    }
    None
}

fn alternative(document: Document<'_>, requirement: &Value) -> Alternative {
    let schemes = document.key("components").and_then(|components| components.get("securitySchemes"));
    members(Some(requirement))
        .map(|(name, scopes)| {
            let scheme = schemes.and_then(|schemes| schemes.get(name)).and_then(|scheme| document.resolve(scheme));
            let scopes = elements(Some(scopes)).filter_map(Value::as_str).map(str::to_owned).collect();
            (scheme.map_or_else(|| name.clone(), definition), scopes)
        })
        .collect()
}

/// The keys of a scheme that decide what a caller sends; see the security scheme object. The addresses at which tokens
/// are given out are left out: a token stays a token.
fn definition(scheme: &Value) -> String {
    let lower = |key| scheme.get(key).and_then(Value::as_str).unwrap_or_default().to_lowercase();
    format!("{} {} {} {}", lower("type"), lower("scheme"), lower("in"), name(scheme))
}

/// The name of the header, query parameter or cookie of an API key. Names of headers have no case.
fn name(scheme: &Value) -> String {
    let name = scheme.get("name").and_then(Value::as_str).unwrap_or_default();
    match scheme.get("in").and_then(Value::as_str) {
        Some("header") => name.to_lowercase(),
        _ => name.to_owned(),
    }
}
