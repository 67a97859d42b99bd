//! Trees of Markdown documents: the documents of an API and the pages of a portal.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser};
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Answer, Call};
use super::collection::{pick, reference};
use super::problem::{Invalid, Problem, Rule};
use super::query;
use super::resource::{self, Resource};
use super::schema::Schema;
use super::state::Konnect;
use crate::store::{Batch, Body, Record, World};

/// A collection whose records may be below one another.
pub(in crate::konnect) trait Tree: Resource {
    /// The field with the id of the record above, which must be one of the kind's references.
    const PARENT: &'static str;
    /// The fields that a list shows.
    const LISTED: &'static [&'static str];
    /// The table of a body that moves a record.
    const MOVE: &'static Schema;
}

/// The field with a record's position among its siblings. Records without one come last.
const RANK: &str = "rank";

/// The records of the path's tree, in the order of siblings.
fn records<'a, T: Tree>(world: &'a World, call: &Call) -> Result<Vec<&'a Record>, Problem> {
    let mut records: Vec<&Record> = match T::owner(world, call)? {
        None => world.all(&call.partition, T::KIND).collect(),
        Some((field, owner)) => world.referring(&call.partition, T::KIND, field, owner).collect(),
    };
    records.sort_by_key(|record| (rank(&record.body), record.sequence()));
    Ok(records)
}

fn rank(record: &Body) -> i64 {
    record.get(RANK).and_then(Value::as_i64).unwrap_or(i64::MAX)
}

/// Lists the whole tree. A record whose parent is filtered out stands at the top.
pub(in crate::konnect) fn list<T: Tree>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let conditions = call.query.conditions(T::LISTING.filters)?;
    let sorts = call.query.sorts(T::LISTING.sorts)?;
    let world = konnect.store.read();
    let mut records = records::<T>(&world, call)?;
    records.retain(|record| conditions.iter().all(|condition| condition.holds(&record.body)));
    let records = query::sorted(&sorts, records.into_iter().map(|record| (&*record.body, record)));
    let listed: HashMap<Uuid, &Record> = records.iter().map(|record| (record.id, *record)).collect();
    let mut children: HashMap<Option<Uuid>, Vec<&Record>> = HashMap::new();
    for record in records {
        let parent = reference(&record.body, T::PARENT).filter(|parent| listed.contains_key(parent));
        children.entry(parent).or_default().push(record);
    }
    Ok(Answer::ok(json!({ "data": nodes::<T>(None, &children) })))
}

fn nodes<T: Tree>(parent: Option<Uuid>, children: &HashMap<Option<Uuid>, Vec<&Record>>) -> Vec<Value> {
    let siblings = children.get(&parent).into_iter().flatten();
    siblings
        .map(|record| {
            let mut node = pick(&record.body, T::LISTED);
            node.insert("children".to_owned(), json!(nodes::<T>(Some(record.id), children)));
            Value::Object(node)
        })
        .collect()
}

/// Refuses a parent that is not in the tree, or is the record itself or below it.
pub(in crate::konnect) fn check_parent<T: Tree>(world: &World, call: &Call, fields: &Body) -> Result<(), Problem> {
    let Some(parent) = reference(fields, T::PARENT) else {
        return Ok(());
    };
    let refuse = |rule, reason: &str| Problem::from(Invalid::body(T::PARENT, Rule::Named(rule), reason));
    let tree = records::<T>(world, call)?;
    let above = |id: Uuid| tree.iter().find(|record| record.id == id);
    let found = above(parent).ok_or_else(|| refuse("missing_reference", "Parent not found"))?;
    let own = reference(fields, "id");
    let mut ancestor = Some(found);
    while let Some(record) = ancestor {
        if own == Some(record.id) {
            return Err(refuse("invalid", "must not be the entry itself or below it"));
        }
        ancestor = reference(&record.body, T::PARENT).and_then(above);
    }
    Ok(())
}

/// Removes everything below a record that is being removed.
pub(in crate::konnect) fn remove_below<T: Tree>(world: &World, batch: &mut Batch, call: &Call, record: &Record) {
    for child in world.referring(&call.partition, T::KIND, T::PARENT, record.id) {
        remove_below::<T>(world, batch, call, child);
        batch.remove(&call.partition, T::KIND, child);
    }
}

/// Moves the path's record to a position among the children of a parent, or at the top if none is given. A negative
/// index counts from the end; without an index, the record becomes the last.
pub(in crate::konnect) fn relocate<T: Tree>(
    konnect: &Konnect,
    call: &Call,
    moved: fn() -> Answer,
) -> Result<Answer, Problem> {
    let sent = T::MOVE.change(call.body()?)?;
    konnect.store.write(|world, batch| {
        let record = resource::of_path::<T>(world, call)?;
        let mut fields = Body::clone(&record.body);
        fields.insert(T::PARENT.to_owned(), sent.get(T::PARENT).cloned().unwrap_or_default());
        check_parent::<T>(world, call, &fields)?;
        let parent = reference(&fields, T::PARENT);
        let mut siblings = records::<T>(world, call)?;
        siblings.retain(|other| other.id != record.id && reference(&other.body, T::PARENT) == parent);
        siblings.insert(position(sent.get("index").and_then(Value::as_i64), siblings.len()), record);
        for (rank, sibling) in siblings.into_iter().enumerate() {
            let mut body = if sibling.id == record.id { fields.clone() } else { Body::clone(&sibling.body) };
            body.insert(RANK.to_owned(), json!(rank));
            batch.update(world, &call.partition, T::KIND, sibling, body).map_err(T::taken)?;
        }
        Ok(moved())
    })
}

/// The position among `count` siblings that an index names.
fn position(index: Option<i64>, count: usize) -> usize {
    let index = index.unwrap_or(-1);
    match usize::try_from(index) {
        Ok(index) => index.min(count),
        Err(_) => (count + 1).saturating_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX)),
    }
}

/// The scalars of the front matter of a Markdown text: a YAML mapping between two lines of three hyphens.
pub(in crate::konnect) fn front_matter(content: &str) -> HashMap<String, String> {
    let Some(rest) = content.strip_prefix("---\n") else {
        return HashMap::new();
    };
    let Some((yaml, _)) = rest.split_once("\n---") else {
        return HashMap::new();
    };
    let mut scalars = HashMap::new();
    let (mut depth, mut key) = (0_usize, None);
    for event in Parser::new_from_str(yaml) {
        // Front matter that is not YAML is ordinary content.
        let Ok((event, _)) = event else {
            return HashMap::new();
        };
        match event {
            Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
            Event::MappingEnd | Event::SequenceEnd => {
                depth = depth.saturating_sub(1);
                key = None;
            }
            Event::Scalar(text, ..) if depth == 1 => match key.take() {
                None => key = Some(text.into_owned()),
                Some(key) => {
                    scalars.insert(key, text.into_owned());
                }
            },
            _ => {}
        }
    }
    scalars
}

/// The default title: the first heading of the text.
pub(in crate::konnect) fn first_heading(content: &str) -> Option<String> {
    content.lines().find_map(|line| line.strip_prefix("# ")).map(|title| title.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_front_matter_gives_nothing() {
        for content in ["", "# Title", "---\ntitle: never closed", "--- \n---"] {
            assert!(front_matter(content).is_empty(), "{content}");
        }
    }

    #[test]
    fn front_matter_gives_the_scalars_of_its_first_level() {
        let content = "---\ntitle: \"A: title\"\ntags: [a, b]\nmore: {slug: no}\nslug: guide\n---\n# Text\n";
        let found = front_matter(content);
        assert_eq!((found["title"].as_str(), found["slug"].as_str()), ("A: title", "guide"));
        assert_eq!(found.len(), 2);
        assert!(front_matter("---\n- [\n---\n").is_empty());
    }

    #[test]
    fn an_index_counts_from_the_start_or_from_the_end() {
        let positions = [(Some(0), 0), (Some(2), 2), (Some(9), 3), (Some(-1), 3), (Some(-4), 0), (Some(i64::MIN), 0)];
        for (index, expected) in positions {
            assert_eq!(position(index, 3), expected, "{index:?}");
        }
        assert_eq!(position(None, 3), 3);
    }
}
