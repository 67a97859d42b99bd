//! The common part of all collections: finding, listing, creating, changing, and the clock.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Answer, Call};
use super::problem::Problem;
use super::query::{self, Condition, Filter, Page, Sort};
use crate::store::{Batch, Body, Kind, Partition, Record, Taken, World};

/// The filters, sorts and pages of a list.
#[derive(Debug)]
pub(in crate::konnect) struct Listing {
    /// The filters that its document describes.
    pub(in crate::konnect) filters: &'static [Filter],
    /// The attributes to sort by.
    pub(in crate::konnect) sorts: &'static [&'static str],
    /// The fields to filter or sort by that are not stored with the record.
    pub(in crate::konnect) joined: &'static [&'static str],
    /// Adds the joined fields to a record.
    pub(in crate::konnect) join: fn(&World, &Partition, &mut Body),
    /// The paging.
    pub(in crate::konnect) paging: Paging,
}

/// The ways to cut a list into pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::konnect) enum Paging {
    /// By `page[size]` and `page[number]`.
    Numbered,
    /// The same for a list whose document describes no paging: all of it, unless the caller asks for a page.
    Whole,
    /// By `page[size]`, `page[after]` and `page[before]`.
    Cursor,
    /// The same with what describes the page in `meta` itself.
    FlatCursor,
    /// By `page[size]` and `page[after]`; each page holds the total.
    ForwardCursor,
    /// The same for a list whose document describes no parameters: all of it is one page.
    WholeCursor,
}

impl Listing {
    /// A listing with filters and sorts on stored fields only, and numbered pages.
    pub(in crate::konnect) const fn new(filters: &'static [Filter], sorts: &'static [&'static str]) -> Listing {
        Listing { filters, sorts, joined: &[], join: |_, _, _| {}, paging: Paging::Numbered }
    }

    /// The same with another paging.
    pub(in crate::konnect) const fn paged(self, paging: Paging) -> Listing {
        Listing { paging, ..self }
    }

    /// The records of a list that has no pages.
    pub(in crate::konnect) fn select_all<'a>(
        &self,
        call: &Call,
        world: &World,
        mut records: impl Iterator<Item = &'a Record>,
    ) -> Result<Vec<&'a Record>, Problem> {
        let selected = self.select(call, world, records.by_ref())?;
        Ok(selected.unwrap_or_else(|| records.collect()))
    }

    /// The records that match the request's filters, in its order, before paging. `None` if the request has neither
    /// filters nor sorts; then no record was taken.
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
                (self.join)(world, &call.partition, fields.to_mut());
            }
            (fields, record)
        };
        let found: Vec<(Cow<'a, Body>, &Record)> = records
            .map(joined)
            .filter(|(fields, _)| conditions.iter().all(|condition| condition.holds(fields)))
            .collect();
        Ok(Some(query::sorted(&sorts, found.iter().map(|(fields, record)| (&**fields, *record)))))
    }
}

/// Answers a list request with one page of `records`, rendered by `view`.
///
/// Without filters and sorts, only the records of the page are visited.
pub(in crate::konnect) fn list<'a>(
    call: &Call,
    world: &'a World,
    mut records: impl ExactSizeIterator<Item = &'a Record>,
    listing: &Listing,
    view: impl Fn(&World, &Partition, &Body) -> Value,
) -> Result<Answer, Problem> {
    let count = records.len();
    let selected = listing.select(call, world, records.by_ref())?;
    let total = selected.as_ref().map_or(count, Vec::len);
    let cut = |page: Page| -> Vec<&'a Record> {
        match &selected {
            Some(selected) => selected.iter().skip(page.skipped()).take(page.size).copied().collect(),
            None => records.skip(page.skipped()).take(page.size).collect(),
        }
    };
    let (shown, page) = match listing.paging {
        Paging::Numbered => numbered(cut, call.query.page()?, total),
        Paging::Whole => numbered(cut, call.query.optional_page(total)?, total),
        Paging::Cursor | Paging::FlatCursor => cursor(call, cut(Page::whole(total)), call.query.page_size()?)?,
        Paging::ForwardCursor => forward(cursor(call, cut(Page::whole(total)), call.query.page_size()?)?, total),
        Paging::WholeCursor => cursor(call, cut(Page::whole(total)), total.max(1))?,
    };
    let data: Vec<Value> = shown.into_iter().map(|record| view(world, &call.partition, &record.body)).collect();
    let meta = if listing.paging == Paging::FlatCursor { page } else { json!({ "page": page }) };
    Ok(Answer::ok(json!({ "data": data, "meta": meta })))
}

/// A numbered page, and its `meta`.
fn numbered<'a>(cut: impl FnOnce(Page) -> Vec<&'a Record>, page: Page, total: usize) -> (Vec<&'a Record>, Value) {
    let meta = json!({ "number": page.number, "size": page.size, "total": total });
    (cut(page), meta)
}

/// The page after or before a cursor, and its `meta`.
///
/// A cursor is a position in the order of creation, so it stays valid after the record that it was made from is
/// deleted.
fn cursor<'a>(call: &Call, records: Vec<&'a Record>, size: usize) -> Result<(Vec<&'a Record>, Value), Problem> {
    let (after, before) = (call.query.cursor("page[after]")?, call.query.cursor("page[before]")?);
    let from = records.partition_point(|record| after.is_some_and(|after| record.sequence() <= after));
    let to = records.partition_point(|record| before.is_none_or(|before| record.sequence() < before)).max(from);
    // The page before a cursor consists of the last entries before it.
    let (from, to) = match before {
        Some(_) => (from.max(to.saturating_sub(size)), to),
        None => (from, to.min(from.saturating_add(size))),
    };
    let shown = records[from..to].to_vec();
    let link = |is_there: bool, name: &str, record: Option<&&Record>| {
        record.filter(|_| is_there).map(|record| call.link(name, &query::encode_cursor(record.sequence())))
    };
    let next = link(to < records.len(), "page[after]", shown.last());
    let previous = link(from > 0, "page[before]", shown.first());
    Ok((shown, json!({ "size": size, "next": next, "previous": previous })))
}

/// The same page, with a link to the next one only, and with the total.
fn forward((shown, page): (Vec<&Record>, Value), total: usize) -> (Vec<&Record>, Value) {
    (shown, json!({ "size": page["size"], "next": page["next"], "total": total }))
}

/// The record with this id, or 404 with `what` as its name.
pub(in crate::konnect) fn find<'a>(
    world: &'a World,
    partition: &Partition,
    kind: &Kind,
    what: &str,
    id: Uuid,
) -> Result<&'a Record, Problem> {
    world.get(partition, kind, id).ok_or_else(|| Problem::not_found(what, &id.to_string()))
}

/// Creates a record from its fields: gives it an id and both its times.
pub(in crate::konnect) fn create(
    world: &World,
    batch: &mut Batch,
    partition: &Partition,
    kind: &'static Kind,
    fields: Body,
) -> Result<Body, Taken> {
    create_as(world, batch, partition, kind, Uuid::new_v4(), fields)
}

/// The same under an id that the caller chose.
pub(in crate::konnect) fn create_as(
    world: &World,
    batch: &mut Batch,
    partition: &Partition,
    kind: &'static Kind,
    id: Uuid,
    mut fields: Body,
) -> Result<Body, Taken> {
    let now = now();
    fields.insert("id".to_owned(), json!(id));
    fields.insert("created_at".to_owned(), json!(now));
    fields.insert("updated_at".to_owned(), json!(now));
    batch.create(world, partition, kind, id, fields.clone())?;
    Ok(fields)
}

/// Stores a record's new fields and the time; if they equal the old ones, nothing happens.
pub(in crate::konnect) fn amend(
    world: &World,
    batch: &mut Batch,
    partition: &Partition,
    kind: &'static Kind,
    record: &Record,
    mut fields: Body,
) -> Result<Body, Taken> {
    if fields == *record.body {
        return Ok(fields);
    }
    fields.insert("updated_at".to_owned(), json!(after(text(&record.body, "updated_at"))));
    batch.update(world, partition, kind, record, fields.clone())?;
    Ok(fields)
}

/// Merges changes into an object's fields. Labels are merged: null removes a label, and null instead of the object
/// removes all. Every other field is replaced.
pub(in crate::konnect) fn merge(fields: &mut Body, changes: Body) {
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

/// Adds the old values of the fields that a change does not name.
pub(in crate::konnect) fn keep_unnamed(fields: &mut Body, old: &Body) {
    for (name, value) in old {
        fields.entry(name.clone()).or_insert_with(|| value.clone());
    }
}

/// Merges changes into an object, and into the objects in it.
pub(in crate::konnect) fn merge_deeply(fields: &mut Body, changes: Body) {
    for (name, change) in changes {
        match (fields.get_mut(&name), change) {
            (Some(Value::Object(inner)), Value::Object(change)) => merge_deeply(inner, change),
            (_, change) => {
                fields.insert(name, change);
            }
        }
    }
}

/// The text in a field, empty if there is none.
pub(in crate::konnect) fn text<'a>(fields: &'a Body, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The id in a field.
pub(in crate::konnect) fn reference(fields: &Body, name: &str) -> Option<Uuid> {
    text(fields, name).parse().ok()
}

/// The id of a record.
///
/// # Panics
///
/// If it has none: the store accepts no such record.
pub(in crate::konnect) fn id(fields: &Body) -> Uuid {
    reference(fields, "id").expect("every record has an id")
}

/// The fields of an object written with `json!`.
///
/// # Panics
///
/// If the value is not an object.
pub(in crate::konnect) fn fields(value: Value) -> Body {
    match value {
        Value::Object(fields) => fields,
        other => unreachable!("not an object: {other}"),
    }
}

/// The fields with these names.
pub(in crate::konnect) fn pick(fields: &Body, names: &[&str]) -> Body {
    names.iter().filter_map(|name| Some(((*name).to_owned(), fields.get(*name)?.clone()))).collect()
}

/// The present time, in UTC with milliseconds.
pub(in crate::konnect) fn now() -> String {
    stamp(Timestamp::now())
}

/// The present time, or the first millisecond after `previous` if that is later, so that two changes within one
/// millisecond differ.
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
