//! Intents: the steps that an apply is about to take, kept in the state until their outcomes are recorded (R10).

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use crate::plan::{Action, ResourceChange};
use crate::resource::Readers;
use crate::schema::Schema;
use crate::state::{Intent, IntentAction};
use crate::value::stored_form;

/// The intents of all changes that send a request which changes something, or give an object another address, under
/// which resources depend on it from then on.
pub(super) fn intents(changes: &[ResourceChange], readers: &Readers) -> Vec<Intent> {
    let since = Timestamp::now();
    let object = |change: &ResourceChange| (change.address.type_name().to_owned(), change.id.clone());
    let forgotten = changes.iter().filter(|change| change.action == Action::Forget);
    let forgotten: HashSet<_> = forgotten.map(object).collect();
    let matters = |change: &ResourceChange| {
        change.action != Action::Import || change.has_changed() || forgotten.contains(&object(change))
    };
    let intent = |change: &ResourceChange| {
        let schema = readers.schema(change.address.type_name())?;
        Some(new(change, action(change)?, schema, since))
    };
    changes.iter().filter(|change| matters(change)).filter_map(intent).collect()
}

/// The intent of a change whose request went unanswered just now.
pub(super) fn unanswered(change: &ResourceChange, schema: &Schema) -> Option<Intent> {
    let now = Timestamp::now();
    Some(Intent { unanswered: Some(now), ..new(change, action(change)?, schema, now) })
}

/// The intent of a change; `None` if it does nothing to an object.
pub(super) fn action(change: &ResourceChange) -> Option<IntentAction> {
    match change.action {
        Action::Create => Some(IntentAction::Create),
        Action::Update => Some(IntentAction::Update),
        Action::Import => Some(IntentAction::Import),
        Action::Replace => Some(IntentAction::Replace),
        Action::Delete => Some(IntentAction::Delete),
        Action::Forget | Action::NoOp | Action::Deferred => None,
    }
}

fn new(change: &ResourceChange, action: IntentAction, schema: &Schema, since: Timestamp) -> Intent {
    let mut attributes = BTreeMap::new();
    for attribute in schema.attributes.iter().filter(|attribute| change.sends(attribute.name)) {
        let value = change.after(attribute.name);
        attributes.extend(value.map(|value| (attribute.name.to_owned(), stored_form(attribute.kind, value))));
    }
    let references = change.references().filter(|(name, _)| change.sends(name));
    Intent {
        address: change.address.to_string(),
        action,
        since,
        unanswered: None,
        id: change.id.clone(),
        attributes,
        references: references.map(|(name, reference)| (name.to_owned(), reference.to_string())).collect(),
        dependencies: change.dependencies.iter().map(ToString::to_string).collect(),
        protect: change.protect,
    }
}
