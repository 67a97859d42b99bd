//! A plan without what only a person may approve (R12): everything else can be applied unattended.

use std::collections::BTreeMap;

use serde_json::Value;

use super::action::Action;
use super::attribute::AttributeChange;
use super::change::ResourceChange;
use super::document::Plan;
use super::scope::ScopePlan;
use super::waiting::Waiting;
use crate::address::Address;
use crate::schema::{Schema, UniqueKey};

/// What a guarded deletion or replacement waits for.
const NEEDS_PERSON: &str = "it would be destroyed, which a person has to approve";

impl Plan {
    /// The same plan without its guarded deletions and replacements, and without what goes, comes or changes only with
    /// them. What is left out waits.
    #[must_use]
    pub fn without_guarded(mut self, schema: &dyn Fn(&str) -> Option<&'static Schema>) -> Self {
        for scope in &mut self.scopes {
            scope.leave_guarded_out(schema);
        }
        self
    }
}

impl ScopePlan {
    fn leave_guarded_out(&mut self, schema: &dyn Fn(&str) -> Option<&'static Schema>) {
        let is_left_out = LeftOut::of(&self.changes, schema).because;
        if is_left_out.is_empty() {
            return;
        }
        let waits = is_left_out.iter().map(|(index, because)| {
            let reason = match because {
                None => NEEDS_PERSON.to_owned(),
                Some(address) => format!("it goes with {address}, which waits for a person"),
            };
            Waiting { address: self.changes[*index].address.clone(), reason, link: None, by_apply: false }
        });
        self.waiting.extend(waits);
        self.waiting.sort_by(|a, b| a.address.cmp(&b.address));
        // A resource waits for one thing: what a person has to decide comes before what the plan waited for anyway.
        let changes = std::mem::take(&mut self.changes).into_iter().enumerate();
        self.changes =
            changes.filter(|(index, _)| !is_left_out.contains_key(index)).map(|(_, change)| change).collect();
    }
}

/// The changes that are left out, by index, each with the guarded resource that it goes with. `None` if it is guarded
/// itself.
struct LeftOut {
    because: BTreeMap<usize, Option<Address>>,
}

impl LeftOut {
    fn of(changes: &[ResourceChange], schema: &dyn Fn(&str) -> Option<&'static Schema>) -> Self {
        let guarded = changes.iter().enumerate().filter(|(_, change)| change.destroys_guarded());
        let mut because: BTreeMap<usize, Option<Address>> = guarded.map(|(index, _)| (index, None)).collect();
        let mut open: Vec<usize> = because.keys().copied().collect();
        while let Some(index) = open.pop() {
            let stays = &changes[index];
            let cause = because[&index].clone().unwrap_or_else(|| stays.address.clone());
            for (other, change) in changes.iter().enumerate() {
                if !because.contains_key(&other) && goes_with(change, stays, schema(stays.address.type_name())) {
                    because.insert(other, Some(cause.clone()));
                    open.push(other);
                }
            }
        }
        Self { because }
    }
}

/// True if `change` cannot be made, or must not be, while the object of `stays` stays as it is.
fn goes_with(change: &ResourceChange, stays: &ResourceChange, schema: Option<&Schema>) -> bool {
    if matches!(change.action, Action::NoOp | Action::Deferred) && change.new_protection().is_none() {
        return false;
    }
    let depends = |one: &ResourceChange, on: &ResourceChange| {
        one.dependencies.contains(&on.address) || one.prior_dependencies.contains(&on.address) || names(one, on)
    };
    // What depends on it would refer to its successor, let go of it, or be destroyed with it.
    depends(change, stays)
        // It would lose what it depends on.
        || change.destroys() && depends(stays, change)
        || is_same_object(change, stays)
        || takes_name(change, stays, schema)
}

/// True if an attribute of the object of `one` has the id of the object of `other`. The state does not know that they
/// depend on each other if one of them is only imported now.
fn names(one: &ResourceChange, other: &ResourceChange) -> bool {
    let Some(id) = other.id.as_deref() else { return false };
    one.address != other.address
        && one.attributes.values().any(|attribute| attribute.before.as_ref().and_then(Value::as_str) == Some(id))
}

/// True if both are about one object, which has two addresses during a rename.
fn is_same_object(change: &ResourceChange, stays: &ResourceChange) -> bool {
    change.id.is_some() && change.id == stays.id && change.address.type_name() == stays.address.type_name()
}

/// True if `change` wants the name that the object of `stays` keeps.
fn takes_name(change: &ResourceChange, stays: &ResourceChange, schema: Option<&Schema>) -> bool {
    let Some(schema) = schema.filter(|schema| schema.type_name == change.address.type_name()) else { return false };
    let values = |change: &ResourceChange, key: UniqueKey, value: fn(&AttributeChange) -> Option<&Value>| {
        let part = |name: &&str| value(change.attributes.get(*name)?).cloned();
        key.iter().map(part).collect::<Option<Vec<Value>>>()
    };
    schema.unique_keys().any(|key| {
        let wanted = values(change, key, AttributeChange::after);
        wanted.is_some() && wanted == values(stays, key, |attribute| attribute.before.as_ref())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::super::attribute::{Goal, Planned};
    use super::super::document::Mode;
    use super::*;

    static TEAM: Schema = Schema { type_name: "team", natural_key: &["name"], guarded: true, ..Schema::PLAIN };

    fn schema(type_name: &str) -> Option<&'static Schema> {
        (type_name == "team").then_some(&TEAM)
    }

    fn change(address: &str, action: Action) -> ResourceChange {
        let address: Address = address.parse().unwrap();
        let guarded = address.type_name() == "team";
        let exists = action != Action::Create;
        let id = exists.then(|| format!("id of {address}"));
        ResourceChange { action, id, ..ResourceChange::untouched(address, guarded) }
    }

    fn depending(mut change: ResourceChange, on: &str) -> ResourceChange {
        let on = BTreeSet::from([on.parse().unwrap()]);
        if change.destroys() {
            change.prior_dependencies = on
        } else {
            change.dependencies = on
        }
        change
    }

    fn plan(changes: Vec<ResourceChange>) -> Plan {
        let scope = ScopePlan { scope: "Acme".to_owned(), serial: Some(1), changes, ..ScopePlan::default() };
        Plan::new(String::new(), Mode::Normal, vec![scope])
    }

    /// The addresses that are still changed, and those that wait, each with the reason.
    fn split(changes: Vec<ResourceChange>) -> (Vec<String>, Vec<String>) {
        let plan = plan(changes).without_guarded(&schema);
        assert!(plan.guarded().next().is_none());
        let scope = &plan.scopes[0];
        let changed = scope.changes.iter().map(|change| change.address.to_string()).collect();
        let waits = scope.waiting.iter().map(|waiting| format!("{}: {}", waiting.address, waiting.reason)).collect();
        (changed, waits)
    }

    #[test]
    fn r12_a_plan_that_destroys_nothing_guarded_stays_as_it_is() {
        let changes = vec![change("Acme/team/new", Action::Create), change("Acme/user/ada", Action::Delete)];
        assert_eq!(plan(changes.clone()).without_guarded(&schema), plan(changes));
    }

    #[test]
    fn r12_a_guarded_deletion_waits_and_everything_else_goes_on() {
        let (changed, waits) =
            split(vec![change("Acme/team/old", Action::Delete), change("Acme/api/dev/flights", Action::Update)]);
        assert_eq!(changed, ["Acme/api/dev/flights"]);
        assert_eq!(waits, ["Acme/team/old: it would be destroyed, which a person has to approve"]);
    }

    #[test]
    fn r12_what_would_be_destroyed_with_it_waits_too_however_far() {
        let (changed, waits) = split(vec![
            change("Acme/team/old", Action::Delete),
            depending(change("Acme/role/old", Action::Delete), "Acme/team/old"),
            depending(change("Acme/grant/old", Action::Delete), "Acme/role/old"),
            change("Acme/role/other", Action::Delete),
        ]);
        assert_eq!(changed, ["Acme/role/other"]);
        assert_eq!(waits.len(), 3);
        assert_eq!(waits[0], "Acme/grant/old: it goes with Acme/team/old, which waits for a person");
    }

    #[test]
    fn r12_what_refers_to_the_successor_of_a_replaced_object_waits() {
        let (changed, waits) = split(vec![
            change("Acme/team/moved", Action::Replace),
            depending(change("Acme/role/new", Action::Create), "Acme/team/moved"),
        ]);
        assert!(changed.is_empty() && waits.len() == 2, "{changed:?} {waits:?}");
    }

    #[test]
    fn r12_what_it_depends_on_is_not_destroyed_below_it() {
        let (changed, _) = split(vec![
            depending(change("Acme/team/old", Action::Delete), "Acme/realm/old"),
            change("Acme/realm/old", Action::Delete),
        ]);
        assert!(changed.is_empty(), "{changed:?}");
    }

    #[test]
    fn r12_a_change_that_lets_go_of_it_waits() {
        let mut update = change("Acme/settings/sign-in", Action::Update);
        update.prior_dependencies = BTreeSet::from(["Acme/team/old".parse().unwrap()]);
        let (changed, _) = split(vec![change("Acme/team/old", Action::Delete), update]);
        assert!(changed.is_empty(), "{changed:?}");
    }

    #[test]
    fn r12_an_object_that_has_its_id_is_known_without_a_dependency() {
        let role =
            change("Acme/role/old", Action::Delete).with_before([("team".to_owned(), json!("id of Acme/team/old"))]);
        let (changed, _) = split(vec![change("Acme/team/old", Action::Delete), role]);
        assert!(changed.is_empty(), "{changed:?}");
    }

    #[test]
    fn r12_a_name_that_it_keeps_is_not_given_to_another() {
        let named = |mut change: ResourceChange, name: &str| {
            match change.action {
                Action::Create => change.set("name", Goal::Set(Planned::Known(json!(name)))),
                _ => change.extend_before([("name".to_owned(), json!(name))]),
            }
            change
        };
        let (changed, _) = split(vec![
            named(change("Acme/team/old", Action::Delete), "Flights"),
            named(change("Acme/team/new", Action::Create), "Flights"),
            named(change("Acme/team/other", Action::Create), "Boats"),
        ]);
        assert_eq!(changed, ["Acme/team/other"]);
    }
}
