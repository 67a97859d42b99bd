//! The sandbox's documents: all of them in memory, and each on disk before it is acknowledged.
//!
//! A document belongs to a [`Partition`] (an organization, and a region of it or [`GLOBAL`]) and has a [`Kind`] (teams,
//! portals, …). Reads are answered from memory, so that a page of a large collection costs no more than the page; the
//! file is read once, when the store is opened. Every change is one transaction: it is committed to disk first and
//! becomes visible afterwards. A process that is killed loses nothing that it acknowledged, and a reader never sees
//! what could still be lost.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The region of the documents in an organization's global collections.
pub(super) const GLOBAL: &str = "global";

/// Sequence number → organization, region, kind, document as JSON. The sequence number is given at creation
/// and never changes, which makes it the order of every list.
const DOCUMENTS: TableDefinition<u64, (&str, &str, &str, &str)> = TableDefinition::new("documents");

/// A document: a JSON object.
pub(super) type Body = Map<String, Value>;

/// The partition that a document is in: a document is never visible from another one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Partition {
    /// The organization's name.
    pub(super) organization: String,
    /// `us`, `eu`, …, or [`GLOBAL`].
    pub(super) region: String,
}

/// A kind of document, and what the store must know about its fields.
#[derive(Debug)]
pub(super) struct Kind {
    /// The name under which its documents are stored; it must not change.
    pub(super) name: &'static str,
    /// Groups of fields that must be unique in a partition. A group does not bind a document in which its first field
    /// is absent or null.
    pub(super) unique: &'static [&'static [&'static str]],
    /// Fields by which [`World::referring`] finds a document: each holds the id of another document, a list of ids, or
    /// another text that names its owner.
    pub(super) references: &'static [&'static str],
}

/// A stored document.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// Its `id`.
    pub(super) id: Uuid,
    /// Its fields, `id` among them.
    pub(super) body: Arc<Body>,
    sequence: u64,
}

impl Record {
    /// Its position in the order of creation, which is its own and never changes.
    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }
}

/// The reasons why the store cannot be opened or changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// Another sandbox holds the file.
    #[error("another process has {} open", path.display())]
    InUse {
        /// The store's file.
        path: PathBuf,
    },
    /// The file holds something that this program did not write.
    #[error("{} cannot be read: {reason}", path.display())]
    Damaged {
        /// The store's file.
        path: PathBuf,
        /// The problem with it.
        reason: String,
    },
    /// The operating system or the storage engine failed.
    #[error("{} cannot be {attempt}: {source}", path.display())]
    Storage {
        /// The store's file.
        path: PathBuf,
        /// `opened`, `read`, `written`.
        attempt: &'static str,
        /// The engine's own error.
        source: Box<redb::Error>,
    },
    /// The sandbox was stopped while a request was still being served.
    #[error("the sandbox has been stopped")]
    Closed,
}

/// A group of unique fields that another document of the partition already has.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value of [{}] is already in use", fields.join(", "))]
pub(super) struct Taken {
    /// The fields of the group.
    pub(super) fields: &'static [&'static str],
}

/// The reasons why a change was not made.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsaved {
    /// It takes a unique value of another document.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The file and its image in memory.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    /// Held during a change, so that changes happen one after the other; `None` once closed.
    database: Mutex<Option<Database>>,
    world: RwLock<World>,
}

impl Store {
    /// Opens the store at `path`, and creates it if it does not exist.
    ///
    /// `kinds` are all kinds of document that the file may hold; a file with any other kind was written by a newer
    /// version, and is refused.
    pub(super) fn open(path: &Path, kinds: &[&'static Kind]) -> Result<Store, StoreError> {
        let database = Database::create(path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => StoreError::InUse { path: path.to_owned() },
            other => storage(path, "opened")(other.into()),
        })?;
        let world = World::load(path, &database, kinds)?;
        Ok(Store { path: path.to_owned(), database: Mutex::new(Some(database)), world: RwLock::new(world) })
    }

    /// The documents as they are now.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one change, all of it or none: `change` reads the documents and fills the batch, and its result is
    /// returned after the batch is on disk. If it fails, nothing changes.
    pub(super) fn write<T, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&World, &mut Batch) -> Result<T, E>,
    ) -> Result<T, E> {
        let database = self.writer();
        let database = database.as_ref().ok_or(StoreError::Closed)?;
        let mut batch = Batch::default();
        let outcome = change(&self.read(), &mut batch)?;
        if batch.steps.is_empty() {
            return Ok(outcome);
        }
        let sequence = self.read().next_sequence;
        let steps = batch.numbered(sequence);
        commit(database, &steps).map_err(storage(&self.path, "written"))?;
        let mut world = self.world.write().unwrap_or_else(PoisonError::into_inner);
        steps.into_iter().for_each(|step| world.apply(step));
        Ok(outcome)
    }

    /// Closes the file after the change in progress; later changes fail with [`StoreError::Closed`].
    pub(super) fn close(&self) {
        self.writer().take();
    }

    fn writer(&self) -> MutexGuard<'_, Option<Database>> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn storage(path: &Path, attempt: &'static str) -> impl FnOnce(redb::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Storage { path, attempt, source: Box::new(source) }
}

fn commit(database: &Database, steps: &[NumberedStep]) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut table = transaction.open_table(DOCUMENTS)?;
        for NumberedStep { partition, kind, sequence, body, .. } in steps {
            match body {
                Some(body) => {
                    let json = Value::Object(Body::clone(body)).to_string();
                    let row = (partition.organization.as_str(), partition.region.as_str(), kind.name, json.as_str());
                    table.insert(sequence, row)?;
                }
                None => {
                    table.remove(sequence)?;
                }
            }
        }
    }
    transaction.commit()?;
    Ok(())
}

/// The steps of one change, collected before any of them happens.
#[derive(Debug, Default)]
pub(super) struct Batch {
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    partition: Partition,
    kind: &'static Kind,
    id: Uuid,
    /// `None` for a new document.
    sequence: Option<u64>,
    /// `None` for a document that is removed.
    body: Option<Arc<Body>>,
}

#[derive(Debug)]
struct NumberedStep {
    partition: Partition,
    kind: &'static Kind,
    id: Uuid,
    sequence: u64,
    body: Option<Arc<Body>>,
}

impl Batch {
    /// Adds a document under `id`.
    pub(super) fn create(
        &mut self,
        world: &World,
        partition: &Partition,
        kind: &'static Kind,
        id: Uuid,
        body: Body,
    ) -> Result<(), Taken> {
        world.check_unique(partition, kind, None, &body)?;
        self.push(partition, kind, id, None, Some(Arc::new(body)));
        Ok(())
    }

    /// Replaces the fields of a document, which keeps its position in lists.
    pub(super) fn update(
        &mut self,
        world: &World,
        partition: &Partition,
        kind: &'static Kind,
        document: &Record,
        body: Body,
    ) -> Result<(), Taken> {
        world.check_unique(partition, kind, Some(document.sequence), &body)?;
        self.push(partition, kind, document.id, Some(document.sequence), Some(Arc::new(body)));
        Ok(())
    }

    /// Removes a document.
    pub(super) fn remove(&mut self, partition: &Partition, kind: &'static Kind, document: &Record) {
        self.push(partition, kind, document.id, Some(document.sequence), None);
    }

    /// Removes every document of `kind` whose field `reference` holds `id`.
    pub(super) fn remove_referring(
        &mut self,
        world: &World,
        partition: &Partition,
        kind: &'static Kind,
        reference: &'static str,
        id: impl Display,
    ) {
        for document in world.referring(partition, kind, reference, id) {
            self.remove(partition, kind, document);
        }
    }

    fn push(
        &mut self,
        partition: &Partition,
        kind: &'static Kind,
        id: Uuid,
        sequence: Option<u64>,
        body: Option<Arc<Body>>,
    ) {
        self.steps.push(Step { partition: partition.clone(), kind, id, sequence, body });
    }

    fn numbered(self, first: u64) -> Vec<NumberedStep> {
        let mut free = first..;
        let mut number = |given: Option<u64>| given.or_else(|| free.next()).unwrap_or(u64::MAX);
        self.steps
            .into_iter()
            .map(|Step { partition, kind, id, sequence, body }| NumberedStep {
                partition,
                kind,
                id,
                sequence: number(sequence),
                body,
            })
            .collect()
    }
}

/// All documents, in memory.
#[derive(Debug, Default)]
pub(super) struct World {
    collections: HashMap<Partition, HashMap<&'static str, Collection>>,
    next_sequence: u64,
}

/// The documents of one kind in one partition, in order of creation.
#[derive(Debug, Default)]
struct Collection {
    documents: BTreeMap<u64, Record>,
    by_id: HashMap<Uuid, u64>,
    unique: HashMap<String, u64>,
    references: HashMap<String, BTreeSet<u64>>,
}

impl World {
    fn load(path: &Path, database: &Database, kinds: &[&'static Kind]) -> Result<World, StoreError> {
        let unreadable = |error: redb::Error| storage(path, "read")(error);
        create_table(database).map_err(unreadable)?;
        let transaction = database.begin_read().map_err(|error| unreadable(error.into()))?;
        let table = transaction.open_table(DOCUMENTS).map_err(|error| unreadable(error.into()))?;
        let mut world = World::default();
        for row in table.iter().map_err(|error| unreadable(error.into()))? {
            let (sequence, row) = row.map_err(|error| unreadable(error.into()))?;
            let (organization, region, kind, json) = row.value();
            let partition = Partition { organization: organization.to_owned(), region: region.to_owned() };
            let step = decode(kinds, partition, sequence.value(), kind, json)
                .map_err(|reason| StoreError::Damaged { path: path.to_owned(), reason })?;
            world.apply(step);
        }
        Ok(world)
    }

    fn apply(&mut self, step: NumberedStep) {
        let NumberedStep { partition, kind, id, sequence, body } = step;
        self.next_sequence = self.next_sequence.max(sequence.saturating_add(1));
        let collection = self.collections.entry(partition).or_default().entry(kind.name).or_default();
        collection.forget(kind, sequence);
        if let Some(body) = body {
            collection.remember(kind, Record { id, body, sequence });
        }
    }

    fn collection(&self, partition: &Partition, kind: &Kind) -> Option<&Collection> {
        self.collections.get(partition)?.get(kind.name)
    }

    /// The document with this id.
    pub(super) fn get(&self, partition: &Partition, kind: &Kind, id: Uuid) -> Option<&Record> {
        let collection = self.collection(partition, kind)?;
        collection.documents.get(collection.by_id.get(&id)?)
    }

    /// All documents of a kind, in order of creation.
    pub(super) fn all<'a>(
        &'a self,
        partition: &Partition,
        kind: &Kind,
    ) -> impl ExactSizeIterator<Item = &'a Record> + use<'a> {
        static NONE: BTreeMap<u64, Record> = BTreeMap::new();
        self.collection(partition, kind).map_or(&NONE, |collection| &collection.documents).values()
    }

    /// All documents of a kind in the same region of other organizations, for values that must be unique across
    /// organizations.
    pub(super) fn of_others<'a>(&'a self, partition: &Partition, kind: &Kind) -> impl Iterator<Item = &'a Record> {
        let others = self
            .collections
            .iter()
            .filter(move |(other, _)| other.organization != partition.organization && other.region == partition.region);
        others.filter_map(move |(_, kinds)| kinds.get(kind.name)).flat_map(|found| found.documents.values())
    }

    /// The documents whose field `reference` holds `id`, in order of creation. The field must be one of the
    /// kind's [references](Kind::references).
    pub(super) fn referring<'a, I: Display>(
        &'a self,
        partition: &Partition,
        kind: &Kind,
        reference: &str,
        id: I,
    ) -> impl ExactSizeIterator<Item = &'a Record> + use<'a, I> {
        debug_assert!(kind.references.contains(&reference), "{} has no index of {reference}", kind.name);
        static NONE: BTreeSet<u64> = BTreeSet::new();
        let collection = self.collection(partition, kind);
        let found =
            collection.and_then(|collection| collection.references.get(&reference_key(reference, &id.to_string())));
        found.unwrap_or(&NONE).iter().map(move |sequence| {
            let collection = collection.expect("an index entry was found in this collection");
            &collection.documents[sequence]
        })
    }

    /// The document that has these values in a unique group.
    pub(super) fn holding(&self, partition: &Partition, kind: &Kind, group: &[&str], body: &Body) -> Option<&Record> {
        let collection = self.collection(partition, kind)?;
        collection.documents.get(collection.unique.get(&unique_key(group, body)?)?)
    }

    /// The same in any organization's part of this region, and the partition in which it was found.
    pub(super) fn holding_anywhere(
        &self,
        region: &str,
        kind: &Kind,
        group: &[&str],
        body: &Body,
    ) -> Option<(&Partition, &Record)> {
        let mut partitions = self.collections.keys().filter(|partition| partition.region == region);
        partitions.find_map(|partition| Some((partition, self.holding(partition, kind, group, body)?)))
    }

    fn check_unique(&self, partition: &Partition, kind: &Kind, own: Option<u64>, body: &Body) -> Result<(), Taken> {
        for fields in kind.unique {
            let holder = self.holding(partition, kind, fields, body).map(|document| document.sequence);
            if holder.is_some() && holder != own {
                return Err(Taken { fields });
            }
        }
        Ok(())
    }
}

impl Collection {
    fn remember(&mut self, kind: &Kind, document: Record) {
        let sequence = document.sequence;
        self.by_id.insert(document.id, sequence);
        for key in kind.unique.iter().filter_map(|group| unique_key(group, &document.body)) {
            self.unique.insert(key, sequence);
        }
        for key in reference_keys(kind, &document.body) {
            self.references.entry(key).or_default().insert(sequence);
        }
        self.documents.insert(sequence, document);
    }

    fn forget(&mut self, kind: &Kind, sequence: u64) {
        let Some(document) = self.documents.remove(&sequence) else {
            return;
        };
        self.by_id.remove(&document.id);
        for key in kind.unique.iter().filter_map(|group| unique_key(group, &document.body)) {
            self.unique.remove(&key);
        }
        for key in reference_keys(kind, &document.body) {
            if let Some(entries) = self.references.get_mut(&key) {
                entries.remove(&sequence);
                if entries.is_empty() {
                    self.references.remove(&key);
                }
            }
        }
    }
}

fn create_table(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(DOCUMENTS)?;
    transaction.commit()?;
    Ok(())
}

fn decode(
    kinds: &[&'static Kind],
    partition: Partition,
    sequence: u64,
    kind: &str,
    json: &str,
) -> Result<NumberedStep, String> {
    let kind = kinds
        .iter()
        .find(|known| known.name == kind)
        .ok_or_else(|| format!("document {sequence} is of the unknown kind “{kind}”"))?;
    let body = match json.parse::<Value>() {
        Ok(Value::Object(body)) => body,
        Ok(_) => return Err(format!("document {sequence} is not a JSON object")),
        Err(error) => return Err(format!("document {sequence} is not JSON: {error}")),
    };
    let id = body.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| format!("document {sequence} has no id"))?;
    Ok(NumberedStep { partition, kind, id, sequence, body: Some(Arc::new(body)) })
}

/// The values of a group as one text, `None` if the group does not bind this document.
fn unique_key(group: &[&str], body: &Body) -> Option<String> {
    let first = group.first().and_then(|field| body.get(*field)).filter(|value| !value.is_null());
    first?;
    let values: Vec<&Value> = group.iter().map(|field| body.get(*field).unwrap_or(&Value::Null)).collect();
    Some(format!("{group:?}{}", serde_json::json!(values)))
}

fn reference_keys(kind: &Kind, body: &Body) -> impl Iterator<Item = String> {
    kind.references.iter().flat_map(move |field| {
        let value = body.get(*field);
        let several = value.and_then(Value::as_array).into_iter().flatten();
        value.into_iter().chain(several).filter_map(move |id| Some(reference_key(field, id.as_str()?)))
    })
}

/// The key of an index. Ids are compared in lower case.
fn reference_key(field: &str, id: &str) -> String {
    let id = id.parse::<Uuid>().map_or_else(|_| id.to_owned(), |id| id.to_string());
    format!("{field}={id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    static TEAMS: Kind = Kind { name: "teams", unique: &[&["name"]], references: &[] };
    static MEMBERS: Kind = Kind { name: "members", unique: &[], references: &["team_id"] };

    fn store(directory: &Path) -> Store {
        Store::open(&directory.join("store.redb"), &[&TEAMS, &MEMBERS]).unwrap()
    }

    fn partition(organization: &str) -> Partition {
        Partition { organization: organization.to_owned(), region: GLOBAL.to_owned() }
    }

    fn object(value: Value) -> Body {
        value.as_object().unwrap().clone()
    }

    fn create(store: &Store, kind: &'static Kind, organization: &str, mut fields: Value) -> Result<Uuid, Unsaved> {
        let id = Uuid::new_v4();
        fields["id"] = json!(id);
        store.write(|world, batch| {
            batch.create(world, &partition(organization), kind, id, object(fields))?;
            Ok(id)
        })
    }

    fn names(store: &Store, organization: &str) -> Vec<String> {
        let world = store.read();
        let names =
            world.all(&partition(organization), &TEAMS).map(|team| team.body["name"].as_str().unwrap().to_owned());
        names.collect()
    }

    #[test]
    fn an_empty_store_lists_nothing() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(names(&store(directory.path()), "one"), Vec::<String>::new());
    }

    #[test]
    fn documents_survive_reopening_in_order_of_creation() {
        let directory = tempfile::tempdir().unwrap();
        let first = store(directory.path());
        for name in ["zebra", "ant", "mole"] {
            create(&first, &TEAMS, "one", json!({ "name": name })).unwrap();
        }
        drop(first);
        assert_eq!(names(&store(directory.path()), "one"), ["zebra", "ant", "mole"]);
    }

    #[test]
    fn an_update_keeps_the_place_in_the_list_and_frees_the_unique_value() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(directory.path());
        let id = create(&store, &TEAMS, "one", json!({ "name": "zebra" })).unwrap();
        create(&store, &TEAMS, "one", json!({ "name": "ant" })).unwrap();
        let renamed = store.write(|world, batch| {
            let document = world.get(&partition("one"), &TEAMS, id).unwrap();
            let body = object(json!({ "id": id, "name": "yak" }));
            batch.update(world, &partition("one"), &TEAMS, document, body)?;
            Ok::<(), Unsaved>(())
        });
        renamed.unwrap();
        assert_eq!(names(&store, "one"), ["yak", "ant"]);
        create(&store, &TEAMS, "one", json!({ "name": "zebra" })).unwrap();
    }

    #[test]
    fn a_unique_value_is_refused_within_an_organization_and_free_in_another() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(directory.path());
        create(&store, &TEAMS, "one", json!({ "name": "ant" })).unwrap();
        let refused = create(&store, &TEAMS, "one", json!({ "name": "ant" })).unwrap_err();
        assert!(matches!(refused, Unsaved::Taken(Taken { fields: ["name"] })), "{refused:?}");
        create(&store, &TEAMS, "two", json!({ "name": "ant" })).unwrap();
    }

    #[test]
    fn a_change_that_fails_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(directory.path());
        let failed: Result<(), Unsaved> = store.write(|world, batch| {
            let id = Uuid::new_v4();
            let body = object(json!({ "id": id, "name": "ant" }));
            batch.create(world, &partition("one"), &TEAMS, id, body)?;
            Err(Unsaved::Taken(Taken { fields: &[] }))
        });
        assert!(failed.is_err());
        assert!(names(&store, "one").is_empty());
    }

    #[test]
    fn documents_are_found_by_what_they_refer_to() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(directory.path());
        let team = create(&store, &TEAMS, "one", json!({ "name": "ant" })).unwrap();
        let member = create(&store, &MEMBERS, "one", json!({ "team_id": team })).unwrap();
        create(&store, &MEMBERS, "one", json!({ "team_id": Uuid::new_v4() })).unwrap();
        let found: Vec<Uuid> =
            store.read().referring(&partition("one"), &MEMBERS, "team_id", team).map(|found| found.id).collect();
        assert_eq!(found, [member]);
    }

    #[test]
    fn a_store_that_is_open_elsewhere_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let _held = store(directory.path());
        let error = Store::open(&directory.path().join("store.redb"), &[]).unwrap_err();
        assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    }

    #[test]
    fn a_closed_store_refuses_changes_and_frees_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let closed = store(directory.path());
        closed.close();
        let refused = create(&closed, &TEAMS, "one", json!({ "name": "ant" })).unwrap_err();
        assert!(matches!(refused, Unsaved::Store(StoreError::Closed)), "{refused:?}");
        store(directory.path());
    }
}
