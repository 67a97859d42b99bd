//! What the collections of all documents have in common: finding, listing, creating, changing, and the clock.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Answer, Call};
use super::problem::Problem;
use super::query::{self, Condition, Filter, Page, Sort};
use crate::sandbox::store::{Batch, Body, Kind, Place, Record, Taken, World};

/// How a collection is listed.
#[derive(Debug)]
pub(super) struct Listing {
    /// The filters that its document describes.
    pub(super) filters: &'static [Filter],
    /// The attributes that it can be sorted by.
    pub(super) sorts: &'static [&'static str],
    /// The fields that are not stored with the record but can be filtered or sorted by.
    pub(super) joined: &'static [&'static str],
    /// Adds the joined fields to a record.
    pub(super) join: fn(&World, &Place, &mut Body),
}

impl Listing {
    /// A listing that is filtered and sorted by stored fields alone.
    pub(super) const fn new(filters: &'static [Filter], sorts: &'static [&'static str]) -> Listing {
        Listing { filters, sorts, joined: &[], join: |_, _, _| {} }
    }

    /// The records that the request's filters let through, in the order that it asks for, not yet paged.
    fn select<'a>(
        &self,
        call: &Call,
        world: &World,
        records: impl Iterator<Item = &'a Record>,
    ) -> Result<Option<Vec<&'a Record>>, Problem> {
        let conditions = call.query.conditions(self.filters)?;
        let sorts = call.query.sorts(self.sorts)?;
        if conditions.is_empty() && sorts.is_empty() {
            return Ok(None);
        }
        let mut looked_at = conditions.iter().map(Condition::field).chain(sorts.iter().map(Sort::attribute));
        let needs_join = looked_at.any(|field| self.joined.contains(&field));
        let joined = |record: &'a Record| {
            let mut fields = Cow::Borrowed(&*record.body);
            if needs_join {
                (self.join)(world, &call.place, fields.to_mut());
            }
            (fields, record)
        };
        let mut found: Vec<(Cow<'a, Body>, &Record)> = records
            .map(joined)
            .filter(|(fields, _)| conditions.iter().all(|condition| condition.holds(fields)))
            .collect();
        found.sort_by(|(left, _), (right, _)| query::compare(&sorts, left, right));
        Ok(Some(found.into_iter().map(|(_, record)| record).collect()))
    }
}

/// Answers a list request with one page of `records`, each shown by `view`.
///
/// Without filters and sorts only the page itself is looked at.
pub(super) fn list<'a>(
    call: &Call,
    world: &'a World,
    records: impl ExactSizeIterator<Item = &'a Record>,
    listing: &Listing,
    view: impl Fn(&World, &Place, &Body) -> Value,
) -> Result<Answer, Problem> {
    let page = call.query.page()?;
    paged(call, world, records, listing, |_| Ok(page), view)
}

/// The same for a list whose document describes no paging: all of it, unless the caller asks for a page.
pub(super) fn list_whole<'a>(
    call: &Call,
    world: &'a World,
    records: impl ExactSizeIterator<Item = &'a Record>,
    listing: &Listing,
    view: impl Fn(&World, &Place, &Body) -> Value,
) -> Result<Answer, Problem> {
    paged(call, world, records, listing, |total| call.query.optional_page(total), view)
}

fn paged<'a>(
    call: &Call,
    world: &'a World,
    mut records: impl ExactSizeIterator<Item = &'a Record>,
    listing: &Listing,
    page: impl FnOnce(usize) -> Result<Page, Problem>,
    view: impl Fn(&World, &Place, &Body) -> Value,
) -> Result<Answer, Problem> {
    let count = records.len();
    let selected = listing.select(call, world, records.by_ref())?;
    let total = selected.as_ref().map_or(count, Vec::len);
    let page = page(total)?;
    let show = |record: &Record| view(world, &call.place, &record.body);
    let data: Vec<Value> = match &selected {
        Some(selected) => selected.iter().skip(page.skipped()).take(page.size).map(|found| show(found)).collect(),
        None => records.skip(page.skipped()).take(page.size).map(show).collect(),
    };
    let meta = json!({ "page": { "number": page.number, "size": page.size, "total": total } });
    Ok(Answer::ok(json!({ "data": data, "meta": meta })))
}

/// The record with this id, or 404 naming `what` it should have been.
pub(super) fn find<'a>(
    world: &'a World,
    place: &Place,
    kind: &Kind,
    what: &str,
    id: Uuid,
) -> Result<&'a Record, Problem> {
    world.get(place, kind, id).ok_or_else(|| Problem::not_found(what, &id.to_string()))
}

/// Creates a record from its fields: gives it an id and both its times.
pub(super) fn create(
    world: &World,
    batch: &mut Batch,
    place: &Place,
    kind: &'static Kind,
    mut fields: Body,
) -> Result<Body, Taken> {
    let id = Uuid::new_v4();
    let now = now();
    fields.insert("id".to_owned(), json!(id));
    fields.insert("created_at".to_owned(), json!(now));
    fields.insert("updated_at".to_owned(), json!(now));
    batch.create(world, place, kind, id, fields.clone())?;
    Ok(fields)
}

/// Stores a record's new fields and when that was; where they equal the old, nothing happens.
pub(super) fn amend(
    world: &World,
    batch: &mut Batch,
    place: &Place,
    kind: &'static Kind,
    record: &Record,
    mut fields: Body,
) -> Result<Body, Taken> {
    if fields == *record.body {
        return Ok(fields);
    }
    fields.insert("updated_at".to_owned(), json!(after(text(&record.body, "updated_at"))));
    batch.update(world, place, kind, record, fields.clone())?;
    Ok(fields)
}

/// Puts changes into an object's fields. Labels are merged: a null takes one away, and null instead of the
/// object takes all away. Every other field is replaced.
pub(super) fn merge(fields: &mut Body, changes: Body) {
    for (name, value) in changes {
        if name == "labels" {
            merge_labels(fields, value);
        } else {
            fields.insert(name, value);
        }
    }
}

fn merge_labels(fields: &mut Body, changes: Value) {
    let mut labels = match (fields.remove("labels"), &changes) {
        (Some(Value::Object(labels)), Value::Object(_)) => labels,
        _ => Body::new(),
    };
    if let Value::Object(changes) = changes {
        labels.extend(changes);
    }
    labels.retain(|_, value| !value.is_null());
    fields.insert("labels".to_owned(), Value::Object(labels));
}

/// The text in a field, empty where there is none.
pub(super) fn text<'a>(fields: &'a Body, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The id in a field.
pub(super) fn reference(fields: &Body, name: &str) -> Option<Uuid> {
    text(fields, name).parse().ok()
}

/// The id of a record.
///
/// # Panics
///
/// Where it has none: the store lets no such record in.
pub(super) fn id(fields: &Body) -> Uuid {
    reference(fields, "id").expect("every record has an id")
}

/// The fields of an object that is written out in the program with `json!`.
///
/// # Panics
///
/// Where the value is no object.
pub(super) fn fields(value: Value) -> Body {
    match value {
        Value::Object(fields) => fields,
        other => unreachable!("not an object: {other}"),
    }
}

/// The fields of an object that callers see, under the same names.
pub(super) fn pick(fields: &Body, names: &[&str]) -> Body {
    names.iter().filter_map(|name| Some(((*name).to_owned(), fields.get(*name)?.clone()))).collect()
}

/// The present time, in UTC with milliseconds.
pub(super) fn now() -> String {
    stamp(Timestamp::now())
}

/// The present time, or the first millisecond after `previous` where that is later, so that two changes
/// within one millisecond can be told apart.
fn after(previous: &str) -> String {
    let next = previous.parse::<Timestamp>().map(|time| time.as_millisecond() + 1).unwrap_or(i64::MIN);
    let millisecond = Timestamp::now().as_millisecond().max(next);
    stamp(Timestamp::from_millisecond(millisecond).unwrap_or(Timestamp::MAX))
}

fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Body {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn merging_nothing_changes_nothing() {
        let mut fields = object(json!({ "name": "a", "labels": { "env": "dev" } }));
        let before = fields.clone();
        merge(&mut fields, Body::new());
        assert_eq!(fields, before);
    }

    #[test]
    fn merging_labels_keeps_those_that_are_not_named_and_null_takes_one_away() {
        let mut fields = object(json!({ "labels": { "env": "dev", "team": "x" } }));
        merge(&mut fields, object(json!({ "labels": { "team": null, "tier": "1" } })));
        assert_eq!(fields["labels"], json!({ "env": "dev", "tier": "1" }));
        merge(&mut fields, object(json!({ "labels": null })));
        assert_eq!(fields["labels"], json!({}));
    }

    #[test]
    fn times_have_milliseconds_and_advance_even_within_one() {
        let first = now();
        assert_eq!(first.len(), "2026-01-01T00:00:00.000Z".len(), "{first}");
        let later = after("2999-01-01T00:00:00.000Z");
        assert_eq!(later, "2999-01-01T00:00:00.001Z");
    }
}
