//! A plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::values::{TERRAFORM_VERSION, identity, provider_name, resource, root_module, sensitive, state, values};
use crate::report::counts::{Row, rows};
use crate::report::schemas::Schemas;
use crate::report::{order, spec_diff};
use crate::review::{Judged, Review, Risk, Verdict};
use engine::plan::{Drift, DriftKind, Moved};
use engine::value::stored_form;
use engine::{Action, Address, Attribute, AttributeChange, Kind, Plan, Reference, ResourceChange, Schema};

/// The version of the format of plans.
const FORMAT_VERSION: &str = "1.2";

/// A plan as in `terraform show -json`.
///
/// A koctl plan has only changes, so `prior_state` and `planned_values` have only the resources of the plan. Deferred
/// resources are in `deferred_changes`, and `complete` is false then. Computed attributes, and the ids of new objects,
/// are known after apply. What could not be planned is in `koctl_unplanned`, and `complete` is false then, too. What a
/// reviewer must see first is in `koctl_risks`, `koctl_counts` and `koctl_specifications`. Resources that get another
/// address are in `koctl_moved`, and have their former one as `previous_address` if the plan also changes them. What
/// differs from the configuration and is ignored is in `koctl_ignored`.
#[must_use]
pub fn plan_json(plan: &Plan, review: &Review, schemas: Schemas<'_>) -> Value {
    let all: Vec<&ResourceChange> = plan.scopes.iter().flat_map(|scope| &scope.changes).collect();
    let (deferred, changes): (Vec<_>, Vec<_>) = all.iter().partition(|change| change.action == Action::Deferred);
    let changes: Vec<Planned<'_>> = changes.into_iter().map(|change| Planned::new(change, schemas)).collect();
    let drift = plan.scopes.iter().flat_map(|scope| &scope.drift).map(|drift| resource_drift(drift, schemas));
    let mut document = json!({
        "format_version": FORMAT_VERSION,
        "terraform_version": TERRAFORM_VERSION,
        "koctl_version": plan.koctl,
        "planned_values": root_module(changes.iter().filter_map(|change| change.planned_value(schemas)).collect()),
        "resource_drift": drift.collect::<Vec<_>>(),
        "resource_changes": changes.iter().map(|change| change.resource_change(schemas)).collect::<Vec<_>>(),
        "output_changes": {},
        "prior_state": state(changes.iter().filter_map(|change| change.prior_value(schemas)).collect()),
        "configuration": configuration(&all, schemas),
        "applyable": plan.has_changes(),
        "complete": deferred.is_empty() && plan.unplanned.is_empty(),
        "errored": false,
        "koctl_counts": rows(plan, schemas).iter().map(counts).collect::<Vec<_>>(),
        "koctl_risks": review.risks.iter().map(risk).collect::<Vec<_>>(),
        "koctl_specifications": review.specifications.all().map(specification).collect::<Vec<_>>(),
    });
    let moved: Vec<&Moved> = plan.scopes.iter().flat_map(|scope| &scope.moved).collect();
    if !moved.is_empty() {
        name_previous(&mut document, &moved);
    }
    if !deferred.is_empty() {
        let deferred = deferred.into_iter().map(|change| deferred_change(change, schemas));
        document["deferred_changes"] = deferred.collect();
    }
    let ignored: Vec<_> = plan.scopes.iter().flat_map(|scope| &scope.ignored).collect();
    if !ignored.is_empty() {
        document["koctl_ignored"] = json!(ignored);
    }
    if !plan.unplanned.is_empty() {
        document["koctl_unplanned"] = json!(plan.unplanned);
    }
    if !plan.warnings.is_empty() {
        document["koctl_warnings"] = json!(plan.warnings);
    }
    document
}

/// Adds `koctl_moved`, and to each change of a resource that moves its former address.
fn name_previous(document: &mut Value, moved: &[&Moved]) {
    let previous: BTreeMap<&str, &Address> = moved.iter().map(|one| (one.to.as_str(), &one.from)).collect();
    for change in document["resource_changes"].as_array_mut().into_iter().flatten() {
        if let Some(from) = change["address"].as_str().and_then(|address| previous.get(address)) {
            change["previous_address"] = json!(from);
        }
    }
    document["koctl_moved"] = json!(moved);
}

fn counts(row: &Row<'_>) -> Value {
    let Row { scope, environment, summary } = row;
    let mut counts = json!(summary);
    counts["scope"] = json!(scope);
    counts["environment"] = json!(environment);
    counts
}

fn risk(risk: &Risk) -> Value {
    let effects: Vec<String> = risk.effects.iter().map(ToString::to_string).collect();
    json!({ "kind": risk.kind.name(), "address": risk.address, "effects": effects })
}

/// A changed specification. `changes` is null if it is not known what the change means.
fn specification((address, judged): (&Address, &Judged)) -> Value {
    let (changes, unknown) = match &judged.verdict {
        Verdict::Compared(changes) => (Some(changes.all().iter().map(spec_diff::change).collect::<Vec<_>>()), None),
        Verdict::Unknown(why) => (None, Some(why)),
    };
    json!({ "address": address, "path": judged.path, "changes": changes, "unknown": unknown })
}

/// A change, with the whole object on both sides.
struct Planned<'a> {
    change: &'a ResourceChange,
    before: Option<Map<String, Value>>,
    after: Option<Map<String, Value>>,
    unknown: BTreeSet<&'a str>,
}

impl<'a> Planned<'a> {
    fn new(change: &'a ResourceChange, schemas: Schemas<'_>) -> Self {
        let is = change.id.as_deref().map(|id| values(Some(id), &change.whole_before()));
        let wanted = |base: Option<Map<String, Value>>| {
            let mut object = base.unwrap_or_default();
            object.extend(values(None, &change.whole_after()));
            Some(object)
        };
        let (before, after) = match change.action {
            Action::Create | Action::Deferred => (None, wanted(None)),
            Action::Replace => (is, wanted(None)),
            Action::Update | Action::Import => (is.clone(), wanted(is)),
            Action::Delete | Action::Forget => (is, None),
            Action::NoOp => (is.clone(), is),
        };
        let mut planned = Self { change, before, after, unknown: BTreeSet::new() };
        planned.find_unknown(schemas);
        planned
    }

    /// Moves attributes that are not known yet from `after` to `unknown`.
    fn find_unknown(&mut self, schemas: Schemas<'_>) {
        let change = self.change;
        let Some(after) = &mut self.after else { return };
        self.unknown.extend(change.references().map(|(name, _)| name));
        let is_made = matches!(change.action, Action::Create | Action::Deferred | Action::Replace);
        if is_made || change.has_changed() {
            let attributes =
                schemas.get(change.address.type_name()).map(|schema| schema.attributes).unwrap_or_default();
            let computed = attributes.iter().filter(|attribute| attribute.kind == Kind::Computed);
            self.unknown.extend(computed.map(|attribute| attribute.name));
        }
        if is_made {
            self.unknown.insert("id");
        }
        after.retain(|name, _| !self.unknown.contains(name.as_str()));
    }

    /// The actions in the words of Terraform. An import that changes nothing is a no-op with the id that is imported.
    fn actions(&self) -> &'static [&'static str] {
        match self.change.action {
            Action::Create | Action::Deferred => &["create"],
            Action::Update => &["update"],
            Action::Import if self.change.has_changed() => &["update"],
            Action::Replace => &["delete", "create"],
            Action::Delete => &["delete"],
            Action::Forget => &["forget"],
            Action::Import | Action::NoOp => &["no-op"],
        }
    }

    fn action_reason(&self) -> Option<&'static str> {
        match self.change.action {
            Action::Replace => Some("replace_because_cannot_update"),
            Action::Delete => Some("delete_because_no_resource_config"),
            _ => None,
        }
    }

    fn resource_change(&self, schemas: Schemas<'_>) -> Value {
        let unknown: Map<String, Value> = self.unknown.iter().map(|name| ((*name).to_owned(), true.into())).collect();
        let schema = schemas.get(self.change.address.type_name());
        let mut change = change_object(schema, self.actions(), self.before.clone(), self.after.clone());
        change["after_unknown"] = Value::Object(unknown);
        let replaced_by = order::attributes(schema, self.change.replaced_by().collect());
        if !replaced_by.is_empty() {
            change["replace_paths"] = replaced_by.iter().map(|name| json!([name])).collect();
        }
        if self.change.action == Action::Import {
            change["importing"] = json!({ "id": self.change.id });
        }
        let mut resource_change = identity(&self.change.address, schemas);
        resource_change.insert("change".to_owned(), change);
        if let Some(reason) = self.action_reason() {
            resource_change.insert("action_reason".to_owned(), reason.into());
        }
        if let Some(reason) = &self.change.reason {
            resource_change.insert("koctl_reason".to_owned(), reason.as_str().into());
        }
        Value::Object(resource_change)
    }

    /// The existing object; `None` for an import, which is in no state yet.
    fn prior_value(&self, schemas: Schemas<'_>) -> Option<Value> {
        let before = self.before.clone().filter(|_| self.change.action != Action::Import)?;
        Some(resource(&self.change.address, before, &texts(&self.change.prior_dependencies), schemas))
    }

    fn planned_value(&self, schemas: Schemas<'_>) -> Option<Value> {
        let after = self.after.clone()?;
        Some(resource(&self.change.address, after, &texts(&self.change.dependencies), schemas))
    }
}

/// A change representation. Terraform writes `false` for the sensitivity of a missing object.
fn change_object(
    schema: Option<&Schema>,
    actions: &[&str],
    before: Option<Map<String, Value>>,
    after: Option<Map<String, Value>>,
) -> Value {
    let sensitive =
        |object: &Option<Map<String, Value>>| object.as_ref().map_or(json!(false), |object| sensitive(schema, object));
    json!({
        "actions": actions,
        "before_sensitive": sensitive(&before),
        "after_sensitive": sensitive(&after),
        "before": before,
        "after": after,
        "after_unknown": {},
    })
}

fn texts(addresses: &BTreeSet<Address>) -> BTreeSet<String> {
    addresses.iter().map(ToString::to_string).collect()
}

fn deferred_change(change: &ResourceChange, schemas: Schemas<'_>) -> Value {
    json!({ "reason": "absent_prereq", "resource_change": Planned::new(change, schemas).resource_change(schemas) })
}

/// Drift has only the attributes that differ. Long texts are digests: on one side because the state has no more, on the
/// other to be comparable.
fn resource_drift(drift: &Drift, schemas: Schemas<'_>) -> Value {
    let schema = schemas.get(drift.address.type_name());
    let kind = |name: &str| schema.and_then(|schema| schema.attribute(name)).map_or(Kind::Plain, |found| found.kind);
    let change = match &drift.kind {
        DriftKind::Deleted => change_object(schema, &["delete"], Some(Map::new()), None),
        DriftKind::Remade { id } => {
            let after = Map::from_iter([("id".to_owned(), id.as_str().into())]);
            change_object(schema, &["delete", "create"], Some(Map::new()), Some(after))
        }
        DriftKind::Changed { attributes } => {
            let was = attributes.iter().map(|(name, drifted)| (name.clone(), drifted.was.clone()));
            let is = attributes.iter().map(|(name, drifted)| (name.clone(), stored_form(kind(name), &drifted.is)));
            change_object(schema, &["update"], Some(was.collect()), Some(is.collect()))
        }
    };
    let mut resource_change = identity(&drift.address, schemas);
    resource_change.insert("change".to_owned(), change);
    Value::Object(resource_change)
}

/// The configuration as far as the plan has it: literals, and references that are not known yet.
fn configuration(changes: &[&ResourceChange], schemas: Schemas<'_>) -> Value {
    let wanted = changes.iter().filter(|change| !matches!(change.action, Action::Delete | Action::Forget));
    let resources: Vec<Value> = wanted
        .map(|change| {
            let mut resource = identity(&change.address, schemas);
            let provider = resource.remove("provider_name").unwrap_or_default();
            resource.insert("provider_config_key".to_owned(), provider);
            resource.insert("expressions".to_owned(), expressions(change, schemas.get(change.address.type_name())));
            resource.insert("schema_version".to_owned(), 0.into());
            if !change.dependencies.is_empty() {
                resource.insert("depends_on".to_owned(), json!(change.dependencies));
            }
            Value::Object(resource)
        })
        .collect();
    let provider = |name: &str| json!({ "name": name.trim_start_matches("koctl/"), "full_name": name });
    let name = |change: &&ResourceChange| provider_name(schemas.get(change.address.type_name()));
    let names: BTreeSet<String> = changes.iter().map(name).collect();
    let providers: Map<String, Value> = names.iter().map(|name| (name.clone(), provider(name))).collect();
    json!({ "provider_config": providers, "root_module": { "resources": resources } })
}

/// The expression of a secret in the configuration is not known here.
fn expressions(change: &ResourceChange, schema: Option<&Schema>) -> Value {
    let is_secret = |name: &str| schema.and_then(|schema| schema.attribute(name)).is_some_and(Attribute::is_write_only);
    let literal =
        |name: &str, value: &Value| if is_secret(name) { json!({}) } else { json!({ "constant_value": value }) };
    let references = |reference: &Reference| {
        let references = [format!("{}.{}", reference.address, reference.attribute), reference.address.to_string()];
        json!({ "references": references })
    };
    let expression = |(name, attribute): (&String, &AttributeChange)| {
        let expression = match attribute.unknown() {
            Some(reference) => references(reference),
            None => literal(name, attribute.after()?),
        };
        Some((name.clone(), expression))
    };
    Value::Object(change.attributes.iter().filter_map(expression).collect())
}
