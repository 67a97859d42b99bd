//! A vendor in memory: a server that changes and refuses values, and readers and writers for its types.
//!
//! The server normalises what it is sent (trims and lowercases `contact`, fills in `tier`, adds a label of its own),
//! refuses references to nothing, deletions of what is still referred to and names that are taken, counts what it is
//! asked, and fails, hangs or loses answers if a test wants it to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use engine::refresh::Scan;
use engine::resource::Update;
use engine::schema::OnRemoval;
use engine::{Attribute, Attributes, Error, ErrorKind, Reader, Readers, Remote, Schema, Writer, Writers};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// A team: labels, and values that the server normalises.
static TEAM: Schema = Schema {
    type_name: "team",
    natural_key: &["name"],
    guarded: true,
    attributes: &[
        Attribute::plain("name"),
        Attribute::plain("description").nullable(),
        Attribute::plain("contact"),
        Attribute::plain("tier"),
        Attribute::labels("labels"),
    ],
    ..Schema::PLAIN
};

/// A control plane, whose kind cannot be changed in place.
static PLANE: Schema = Schema {
    type_name: "plane",
    natural_key: &["name"],
    guarded: true,
    attributes: &[Attribute::plain("name"), Attribute::plain("kind").forces_replacement(), Attribute::labels("labels")],
    ..Schema::PLAIN
};

/// The permission of a team on a plane. Its natural key is made of references, and it is listed before teams are.
static ROLE: Schema = Schema {
    type_name: "role",
    natural_key: &["team_id", "plane_id"],
    attributes: &[
        Attribute::plain("team_id").forces_replacement(),
        Attribute::plain("plane_id").forces_replacement(),
        Attribute::plain("level"),
    ],
    ..Schema::PLAIN
};

/// A page of text, which may have a slug of its own and a parent, and can be detached from it in place.
static PAGE: Schema = Schema {
    type_name: "page",
    natural_key: &["name"],
    distinct: &[&["slug"]],
    attributes: &[
        Attribute::plain("name"),
        Attribute::plain("slug"),
        Attribute::plain("parent_id").nullable(),
        Attribute::plain("parent_name").nullable(),
        Attribute::text("content"),
        Attribute::computed("revision"),
    ],
    ..Schema::PLAIN
};

/// A person, who is never deleted.
static PERSON: Schema = Schema {
    type_name: "person",
    natural_key: &["email"],
    on_removal: OnRemoval::Forget,
    attributes: &[Attribute::plain("email")],
    ..Schema::PLAIN
};

/// A door, whose key is a secret. This server shows it all the same.
static DOOR: Schema = Schema {
    type_name: "door",
    natural_key: &["name"],
    attributes: &[Attribute::plain("name"), Attribute::plain("colour"), Attribute::write_only("key")],
    ..Schema::PLAIN
};

/// A service, which another tool creates on a plane, and koctl only looks up.
static SERVICE: Schema = Schema {
    type_name: "service",
    reads_after: &["plane"],
    attributes: &[Attribute::computed("plane_id"), Attribute::computed("tags")],
    ..Schema::PLAIN
};

/// A link to a service that is looked up.
static LINK: Schema = Schema {
    type_name: "link",
    natural_key: &["plane_id", "service_id"],
    reads_after: &["service"],
    attributes: &[
        Attribute::plain("plane_id").forces_replacement(),
        Attribute::plain("service_id").forces_replacement(),
    ],
    ..Schema::PLAIN
};

/// A note, of which there may be several with one title.
static NOTE: Schema = Schema {
    type_name: "note",
    natural_key: &["title"],
    may_repeat: true,
    attributes: &[Attribute::plain("title"), Attribute::plain("text"), Attribute::labels("labels")],
    ..Schema::PLAIN
};

pub(crate) const TYPES: [&Schema; 9] = [&TEAM, &PLANE, &ROLE, &PAGE, &PERSON, &DOOR, &SERVICE, &LINK, &NOTE];

/// The schema of a type, for plans without a world.
pub(crate) fn schema(type_name: &str) -> &'static Schema {
    TYPES.into_iter().find(|schema| schema.type_name == type_name).unwrap()
}

/// A fault of the server in place of the requested operation.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// It refuses, and says why.
    Refuse,
    /// It does it, and the answer is lost.
    LoseAnswer,
    /// The request never arrives, and the caller cannot know.
    LoseRequest,
    /// It does it, and never answers.
    Silence,
    /// It waits for the notification, and then does it.
    Hang(Arc<Notify>),
    /// It answers as if it had done it, and keeps what it had.
    Ignore,
    /// It does it, and its answer shows what was there before.
    AnswerOld,
    /// It does it after that time.
    Slow(std::time::Duration),
}

#[derive(Default)]
struct Inner {
    objects: BTreeMap<String, (&'static str, Attributes)>,
    made: usize,
    log: Vec<String>,
    faults: Vec<(String, Fault)>,
    writes_left: Option<usize>,
    pages_move: bool,
    /// The objects that lists do not show.
    passed_over: BTreeSet<String>,
    busy: usize,
    peak: usize,
}

/// The server. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Server(Arc<Mutex<Inner>>);

impl Server {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Creates an object outside koctl, and returns its ID.
    pub(crate) fn put(&self, type_name: &str, attributes: Value) -> String {
        let attributes = attributes.as_object().unwrap().clone().into_iter().collect();
        self.inner().insert(schema(type_name), attributes).id
    }

    /// Changes an attribute outside koctl.
    pub(crate) fn set(&self, id: &str, name: &str, value: impl Into<Value>) {
        self.inner().objects.get_mut(id).unwrap().1.insert(name.to_owned(), value.into());
    }

    /// Removes an object outside koctl.
    pub(crate) fn remove(&self, id: &str) {
        self.inner().objects.remove(id).unwrap();
    }

    /// The attribute of an object.
    pub(crate) fn get(&self, id: &str, name: &str) -> Value {
        self.inner().objects[id].1.get(name).cloned().unwrap_or(Value::Null)
    }

    /// The id of an object by its label, as `team/a`.
    pub(crate) fn id(&self, label: &str) -> String {
        let inner = self.inner();
        inner.objects.keys().find(|id| inner.label(id) == label).unwrap_or_else(|| panic!("no {label}")).clone()
    }

    /// The labels of all objects.
    pub(crate) fn labels(&self) -> BTreeSet<String> {
        let inner = self.inner();
        let labels: BTreeSet<_> = inner.objects.keys().map(|id| inner.label(id)).collect();
        assert_eq!(labels.len(), inner.objects.len(), "duplicates");
        labels
    }

    /// All objects by label, with IDs replaced by labels, so that two equivalent worlds are equal.
    pub(crate) fn snapshot(&self) -> BTreeMap<String, Attributes> {
        let inner = self.inner();
        let meaning = |value: &Value| match value.as_str() {
            Some(id) if inner.objects.contains_key(id) => inner.label(id).into(),
            _ => value.clone(),
        };
        let attributes = |attributes: &Attributes| {
            let told = attributes.iter().filter(|(name, value)| *name != "revision" && !value.is_null());
            told.map(|(name, value)| (name.clone(), meaning(value))).collect()
        };
        inner.objects.iter().map(|(id, (_, all))| (inner.label(id), attributes(all))).collect()
    }

    /// The requests since the last call, in order: `list team`, `create team/a`, `update team/a [labels]`.
    pub(crate) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.inner().log)
    }

    /// The same, writes only.
    pub(crate) fn take_writes(&self) -> Vec<String> {
        self.take_log().into_iter().filter(|line| !line.starts_with("list ") && !line.starts_with("read ")).collect()
    }

    /// The next request whose line begins with `request` meets `fault`.
    pub(crate) fn fault(&self, request: &str, fault: Fault) {
        self.inner().faults.push((request.to_owned(), fault));
    }

    /// After that many writes the server is out of order, until the next call.
    pub(crate) fn allow_writes(&self, writes: Option<usize>) {
        self.inner().writes_left = writes;
    }

    /// Lists contain their first object twice from now on, as when pages move while they are read.
    pub(crate) fn move_pages(&self) {
        self.inner().pages_move = true;
    }

    /// Lists pass over the object from now on, or show it again.
    pub(crate) fn pass_over(&self, id: &str, passed_over: bool) {
        let mut inner = self.inner();
        if passed_over {
            inner.passed_over.insert(id.to_owned());
        } else {
            inner.passed_over.remove(id);
        }
    }

    /// The number of objects of a type.
    pub(crate) fn count(&self, type_name: &str) -> usize {
        self.inner().objects.values().filter(|(of_type, _)| *of_type == type_name).count()
    }

    /// How many writes were under way at the same time, at most.
    pub(crate) fn peak(&self) -> usize {
        self.inner().peak
    }

    /// A request that was sent is carried out, even if its sender dies before the answer.
    async fn write(
        &self,
        request: String,
        act: impl FnOnce(&mut Inner) -> Result<Option<Remote>, Error> + Send + 'static,
    ) -> Result<Option<Remote>, Error> {
        let fault = self.inner().begin(&request)?;
        let server = self.clone();
        tokio::spawn(async move { server.carry_out(request, fault, act).await }).await.unwrap()
    }

    async fn carry_out(
        &self,
        request: String,
        fault: Option<Fault>,
        act: impl FnOnce(&mut Inner) -> Result<Option<Remote>, Error>,
    ) -> Result<Option<Remote>, Error> {
        // Others get their turn, as they would while a request travels, some longer than others.
        for _ in 0..=request.len() % 5 {
            tokio::task::yield_now().await;
        }
        if let Some(Fault::Hang(go_on)) = &fault {
            go_on.notified().await;
        }
        if let Some(Fault::Slow(time)) = &fault {
            tokio::time::sleep(*time).await;
        }
        if let Some(Fault::Silence) = fault {
            let _ = act(&mut self.inner());
            return std::future::pending().await;
        }
        let mut inner = self.inner();
        inner.busy -= 1;
        let lost = || Err(Error::new(ErrorKind::FateUnknown, request.clone(), "the answer was lost"));
        match fault {
            Some(Fault::Refuse) => Err(Error::new(ErrorKind::Refused, request, "no")),
            Some(Fault::LoseRequest) => lost(),
            Some(Fault::Ignore) => {
                let before = inner.objects.clone();
                inner.answer_old(act, |inner| inner.objects = before)
            }
            Some(Fault::AnswerOld) => inner.answer_old(act, |_| ()),
            Some(Fault::LoseAnswer) => act(&mut inner).and_then(|_| lost()),
            Some(Fault::Hang(_) | Fault::Slow(_) | Fault::Silence) | None => act(&mut inner),
        }
    }
}

impl Inner {
    fn begin(&mut self, request: &str) -> Result<Option<Fault>, Error> {
        self.log.push(request.to_owned());
        if let Some(left) = &mut self.writes_left {
            *left = left.checked_sub(1).ok_or_else(|| Error::new(ErrorKind::Unavailable, request, "out of order"))?;
        }
        self.busy += 1;
        self.peak = self.peak.max(self.busy);
        let planned = self.faults.iter().position(|(start, _)| request.starts_with(start));
        Ok(planned.map(|index| self.faults.remove(index).1))
    }

    /// The label of an object: `team/a`, `role/a+p`.
    fn label(&self, id: &str) -> String {
        let (type_name, attributes) = &self.objects[id];
        self.name(schema(type_name), attributes)
    }

    fn name(&self, schema: &Schema, attributes: &Attributes) -> String {
        let part = |name: &&str| {
            let text = attributes.get(*name).and_then(Value::as_str).unwrap_or("-");
            match self.objects.get(text) {
                Some((_, other)) => other.get("name").and_then(Value::as_str).unwrap_or(text).to_owned(),
                None => text.to_owned(),
            }
        };
        let parts: Vec<_> = schema.natural_key.iter().map(part).collect();
        format!("{}/{}", schema.type_name, parts.join("+"))
    }

    fn references(attributes: &Attributes) -> impl Iterator<Item = &str> {
        attributes.iter().filter(|(name, _)| name.ends_with("_id")).filter_map(|(_, value)| value.as_str())
    }

    /// The conditions of every write.
    fn check(&self, schema: &Schema, id: Option<&str>, attributes: &Attributes) -> Result<(), Error> {
        if let Some(missing) = Self::references(attributes).find(|id| !self.objects.contains_key(*id)) {
            return Err(Error::new(ErrorKind::Refused, "write", format!("there is no {missing}")));
        }
        if let Some(key) = attributes.get("key").and_then(Value::as_str).filter(|key| key.starts_with("refused")) {
            return Err(Error::new(ErrorKind::Refused, "write", format!("the key {key} is none")));
        }
        let key = |attributes: &Attributes, key: &[&str]| {
            let values = key.iter().map(|name| attributes.get(*name).cloned());
            values.collect::<Vec<_>>()
        };
        let same = |(other, (type_name, of_other)): (&String, &(&str, Attributes))| {
            let is_distinct = |names: &&&[&str]| key(attributes, names).iter().all(Option::is_some);
            let mut keys = [schema.natural_key].into_iter().chain(schema.distinct.iter().filter(is_distinct).copied());
            *type_name == schema.type_name
                && Some(other.as_str()) != id
                && keys.any(|names| key(of_other, names) == key(attributes, names))
        };
        if !schema.may_repeat && self.objects.iter().any(same) {
            let cause = format!("{} exists", self.name(schema, attributes));
            return Err(Error::new(ErrorKind::Conflict, "write", cause));
        }
        Ok(())
    }

    fn insert(&mut self, schema: &'static Schema, mut attributes: Attributes) -> Remote {
        normalise(&mut attributes);
        if schema.attribute("labels").is_some() {
            let labels = attributes.entry("labels".to_owned()).or_insert_with(|| json!({}));
            labels["added-by"] = "vendor".into();
        }
        if schema.attribute("tier").is_some() {
            attributes.entry("tier".to_owned()).or_insert_with(|| "standard".into());
        }
        if schema.attribute("revision").is_some() {
            attributes.insert("revision".to_owned(), 1.into());
        }
        self.made += 1;
        let id = format!("{}-{}", schema.type_name, self.made);
        self.objects.insert(id.clone(), (schema.type_name, attributes));
        self.remote(&id)
    }

    fn update(&mut self, id: &str, changes: Attributes) -> Result<Remote, Error> {
        let (type_name, old) = self.objects.get(id).cloned().ok_or_else(|| gone(id))?;
        let mut new = old.clone();
        new.extend(changes);
        normalise(&mut new);
        if let Some(revision) = old.get("revision").and_then(Value::as_u64) {
            new.insert("revision".to_owned(), (revision + 1).into());
        }
        self.check(schema(type_name), Some(id), &new)?;
        self.objects.insert(id.to_owned(), (type_name, new));
        Ok(self.remote(id))
    }

    /// Deletes an object, and the objects of others in it, such as the services of a plane.
    fn delete(&mut self, id: &str) -> Result<(), Error> {
        let refers = |(type_name, attributes): &&(&str, Attributes)| {
            *type_name != SERVICE.type_name && Self::references(attributes).any(|other| other == id)
        };
        if let Some((_, attributes)) = self.objects.values().find(refers) {
            return Err(Error::new(ErrorKind::Refused, "delete", format!("{attributes:?} still refers to {id}")));
        }
        self.objects.remove(id);
        self.objects.retain(|_, (_, attributes)| Self::references(attributes).all(|other| other != id));
        Ok(())
    }

    /// Does something, and answers with the object as it was before.
    fn answer_old(
        &mut self,
        act: impl FnOnce(&mut Inner) -> Result<Option<Remote>, Error>,
        then: impl FnOnce(&mut Inner),
    ) -> Result<Option<Remote>, Error> {
        let before = self.objects.clone();
        let answer = act(self)?;
        let after = std::mem::replace(&mut self.objects, before);
        let old = answer.map(|answer| self.remote(&answer.id));
        self.objects = after;
        then(self);
        Ok(old)
    }

    /// Shows an object. A `null` counts as absent, and attributes that the type does not have are shown as well.
    fn remote(&self, id: &str) -> Remote {
        let told = self.objects[id].1.iter().filter(|(_, value)| !value.is_null());
        Remote { id: id.to_owned(), attributes: told.map(|(name, value)| (name.clone(), value.clone())).collect() }
    }
}

fn gone(id: &str) -> Error {
    Error::new(ErrorKind::NotFound, "write", format!("there is no {id}"))
}

/// Normalises values as the server does: contacts have no surrounding space and no capitals, an empty description is
/// removed, and a missing tier becomes the standard one.
fn normalise(attributes: &mut Attributes) {
    if let Some(Value::String(contact)) = attributes.get_mut("contact") {
        *contact = contact.trim().to_lowercase();
    }
    if attributes.get("tier") == Some(&Value::Null) {
        attributes.insert("tier".to_owned(), "standard".into());
    }
    if attributes.get("description") == Some(&json!("")) {
        attributes.insert("description".to_owned(), Value::Null);
    }
}

/// One type of the server, read and written.
struct Table {
    server: Server,
    schema: &'static Schema,
}

#[async_trait]
impl Reader for Table {
    fn schema(&self) -> &'static Schema {
        self.schema
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let mut inner = self.server.inner();
        let request = format!("list {}", self.schema.type_name);
        if inner.faults.iter().any(|(start, _)| *start == request) {
            return Err(Error::new(ErrorKind::Unavailable, request, "out of order"));
        }
        inner.log.push(request);
        let planes = scan.distinct("plane_id");
        let of_type = inner.objects.iter().filter(|(_, (type_name, _))| *type_name == self.schema.type_name);
        let listed = of_type.filter(|(_, (_, attributes))| {
            // Services are listed plane by plane.
            let plane = attributes.get("plane_id").and_then(Value::as_str);
            self.schema.type_name != SERVICE.type_name || plane.is_some_and(|id| planes.contains(id))
        });
        let listed = listed.filter(|(id, _)| !inner.passed_over.contains(*id));
        let mut listed: Vec<_> = listed.map(|(id, _)| inner.remote(id)).collect();
        if inner.pages_move {
            listed.extend(listed.first().cloned());
        }
        Ok(listed)
    }

    async fn read_one(&self, id: &str, _: &Attributes) -> Result<Option<Remote>, Error> {
        let mut inner = self.server.inner();
        inner.log.push(format!("read {id}"));
        Ok(inner.objects.contains_key(id).then(|| inner.remote(id)))
    }
}

#[async_trait]
impl Writer for Table {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let request = format!("create {}", self.server.inner().name(self.schema, planned));
        let (schema, planned) = (self.schema, planned.clone());
        let made = self.server.write(request, move |inner| {
            inner.check(schema, None, &planned)?;
            Ok(Some(inner.insert(schema, planned)))
        });
        made.await.map(|made| made.unwrap())
    }

    /// Planes need one more request after their creation.
    async fn complete(&self, made: &Remote) -> Result<(), Error> {
        if self.schema.type_name != PLANE.type_name {
            return Ok(());
        }
        let request = format!("complete {}", self.server.inner().label(&made.id));
        self.server.write(request, |_| Ok(None)).await.map(|_| ())
    }

    /// Maps are replaced as a whole: entries that are not sent are lost.
    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let changed = update.changed.join(", ");
        let request = format!("update {} [{changed}]", self.server.inner().label(update.id));
        let (id, changes) = (update.id.to_owned(), update.changes());
        let made = self.server.write(request, move |inner| inner.update(&id, changes).map(Some));
        made.await.map(|made| made.unwrap())
    }

    async fn delete(&self, id: &str, _: &Attributes) -> Result<(), Error> {
        let label = {
            let inner = self.server.inner();
            if inner.objects.contains_key(id) { inner.label(id) } else { id.to_owned() }
        };
        let id = id.to_owned();
        self.server.write(format!("delete {label}"), move |inner| inner.delete(&id).map(|()| None)).await.map(|_| ())
    }
}

/// Readers and writers of all types of `server`.
pub(crate) fn clients(server: &Server) -> (Readers, Writers) {
    let (mut readers, mut writers) = (Readers::default(), Writers::default());
    for schema in TYPES {
        readers.add(Table { server: server.clone(), schema });
        if schema.type_name != SERVICE.type_name {
            writers.add(schema, Table { server: server.clone(), schema });
        }
    }
    (readers, writers)
}
