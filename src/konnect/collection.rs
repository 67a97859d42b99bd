//! A collection of Konnect: how its addresses and bodies follow from the schema of a type.
//!
//! The values of an object are in its address (the region, the ids of its parents) or in a body, as
//! [`Location`] says of each attribute.

use futures::future::try_join_all;
use serde_json::{Map, Value};

use super::client::{GLOBAL, ReadClient};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::schema::{Location, Unset};
use engine::{Attribute, Attributes, Error, ErrorKind, Kind, Remote, Schema};
use transport::encode::segment;

/// The region of an object, and its path there.
pub(super) type Url = (String, String);

/// The location of the objects of a type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Collection {
    schema: &'static Schema,
    path: &'static str,
    listed_at: Option<&'static str>,
    paging: Paging,
}

/// How a collection is divided into pages.
#[derive(Debug, Clone, Copy)]
pub(super) enum Paging {
    /// By number.
    Pages,
    /// Not at all.
    Unpaged,
    /// Not at all, and the answer is the bare array.
    Bare,
    /// By a cursor.
    Cursor,
    /// By an offset, as the gateway does.
    Offset,
    /// It is no list: the one object is at the path itself.
    Single,
}

impl Collection {
    /// A collection at `path`, which names in braces the attributes that hold the ids of parents.
    pub(super) const fn new(schema: &'static Schema, path: &'static str) -> Self {
        Self { schema, path, listed_at: None, paging: Paging::Pages }
    }

    /// The same, if another path lists the objects of all parents at once.
    pub(super) const fn listed_at(self, path: &'static str) -> Self {
        Self { listed_at: Some(path), ..self }
    }

    /// The same with other pages.
    pub(super) const fn paged(self, paging: Paging) -> Self {
        Self { paging, ..self }
    }

    /// The schema of its objects.
    pub(super) const fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// The collection that an object with these attributes is in.
    pub(super) fn url(&self, attributes: &Attributes) -> Result<Url, Error> {
        Ok((self.region(attributes)?, filled(self.path, attributes)?))
    }

    /// The object of that id. One that is alone at the path is there whatever its id.
    pub(super) fn object_url(&self, attributes: &Attributes, id: &str) -> Result<Url, Error> {
        let (region, path) = self.url(attributes)?;
        let path = if self.is_single() { path } else { format!("{path}/{}", segment(id)) };
        Ok((region, path))
    }

    /// True if the path is that of one object.
    pub(super) fn is_single(&self) -> bool {
        matches!(self.paging, Paging::Single)
    }

    fn region(&self, attributes: &Attributes) -> Result<String, Error> {
        match self.schema.attribute(REGION) {
            Some(_) => text(attributes, REGION).map(str::to_owned),
            None => Ok(GLOBAL.to_owned()),
        }
    }

    /// Lists the collections that the scan is about, all at the same time. Each object comes with the attributes that
    /// its address says.
    pub(super) async fn list(&self, client: &ReadClient, scan: &Scan<'_>) -> Result<Vec<(Attributes, Value)>, Error> {
        let path = self.listed_at.unwrap_or(self.path);
        let lists = self.addresses(scan).into_iter().map(async |address| {
            let (region, path_here) = (self.region(&address)?, filled(path, &address)?);
            let listed = self.paging.list(client, &region, &path_here).await;
            // If a list below a parent is not there, the parent was deleted outside koctl, and its objects with it.
            let listed = if path == path_here { listed? } else { if_there(listed)?.unwrap_or_default() };
            Ok::<_, Error>(listed.into_iter().map(|json| (address.clone(), json)).collect::<Vec<_>>())
        });
        Ok(try_join_all(lists).await?.into_iter().flatten().collect())
    }

    /// The distinct values of what the address of a list says.
    pub(super) fn addresses(&self, scan: &Scan<'_>) -> Vec<Attributes> {
        let path = self.listed_at.unwrap_or(self.path);
        let in_path = |name: &&str| (*name == REGION) || path.contains(&format!("{{{name}}}"));
        let of_address = self.schema.attributes.iter().filter(|attribute| attribute.location == Location::Address);
        let names: Vec<&'static str> = of_address.map(|attribute| attribute.name).filter(in_path).collect();
        let attributes = |values: Vec<String>| {
            let named = names.iter().zip(values);
            named.map(|(name, value)| ((*name).to_owned(), Value::String(value))).collect()
        };
        let addresses = scan.combinations(&names).into_iter().map(attributes);
        addresses.filter(|address: &Attributes| self.is_in_one_region(scan, address)).collect()
    }

    /// False if a parent is in another region than the address. When an environment moves, its objects are wanted in
    /// the new region, and the parents that exist are still in the old one: nothing is there to be listed, and it is
    /// not documented what a region answers to an id of another one.
    fn is_in_one_region(&self, scan: &Scan<'_>, address: &Attributes) -> bool {
        let Some(region) = address.get(REGION) else { return true };
        let ids = address.iter().filter(|(name, _)| *name != REGION).filter_map(|(_, id)| id.as_str());
        let mut regions = ids.flat_map(|id| scan.objects(id)).filter_map(|parent| parent.attributes.get(REGION));
        regions.all(|of_parent| of_parent == region)
    }

    /// The object in `json`, at an address with these attributes.
    pub(super) fn remote(&self, address: &Attributes, json: &Value) -> Result<Remote, Error> {
        let id = json["id"].as_str().ok_or_else(|| {
            let attempted = format!("read an object of type `{}`", self.schema.type_name);
            Error::new(ErrorKind::Unexpected, attempted, format!("the answer has no `id`: {json}"))
        })?;
        Ok(Remote { id: id.to_owned(), attributes: self.attributes(address, json) })
    }

    /// The attributes of the object in `json`. `null` and what stands for it count as absent.
    pub(super) fn attributes(&self, address: &Attributes, json: &Value) -> Attributes {
        let value = |attribute: &Attribute| match attribute.location {
            Location::Body => json.get(attribute.name),
            Location::Inside(pointer) | Location::AnsweredInside(pointer) => json.pointer(pointer),
            Location::Address => address.get(attribute.name).or_else(|| json.get(attribute.name)),
        };
        let present = |attribute: &Attribute| {
            let value = value(attribute).filter(|value| !value.is_null() && !is_blank(attribute, value))?;
            Some((attribute.name.to_owned(), value.clone()))
        };
        self.schema.attributes.iter().filter_map(present).collect()
    }

    /// A body with those of the attributes that bodies hold.
    pub(super) fn body(&self, attributes: &Attributes) -> Value {
        let mut body = Value::Object(Map::new());
        for attribute in self.schema.attributes.iter().filter(|attribute| attribute.kind != Kind::Computed) {
            let Some(value) = attributes.get(attribute.name) else { continue };
            let value = match (attribute.unset, value) {
                (Unset::Blank(text), Value::Null) => text.into(),
                _ => value.clone(),
            };
            match attribute.location {
                Location::Body | Location::AnsweredInside(_) => body[attribute.name] = value,
                Location::Inside(pointer) => insert(&mut body, pointer, value),
                Location::Address => {}
            }
        }
        body
    }

    /// The attributes that change. Labels that are removed are `null`, which Konnect's documents define as removal; the
    /// others are repeated, so that they stay whether the server merges or replaces.
    pub(super) fn changes(&self, update: &Update<'_>) -> Attributes {
        let mut changes = update.changes();
        for attribute in self.schema.attributes.iter().filter(|attribute| attribute.kind == Kind::Labels) {
            if let Some(Value::Object(labels)) = changes.get_mut(attribute.name) {
                let before = update.before.get(attribute.name).and_then(Value::as_object);
                let stays = |key: &String| update.after.get(attribute.name).is_some_and(|all| all.get(key).is_some());
                for removed in before.into_iter().flat_map(Map::keys).filter(|key| !stays(key)) {
                    labels.insert(removed.clone(), Value::Null);
                }
            }
        }
        changes
    }
}

/// True if a value stands for no value.
fn is_blank(attribute: &Attribute, value: &Value) -> bool {
    matches!(attribute.unset, Unset::Blank(text) if *value == text)
}

/// The answer of a request about one object, or about everything below one; `None` if the object is not there (any
/// more).
pub(super) fn if_there<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// The same for an object of which only the state knows: an id that Konnect refuses as not valid is not there either.
pub(super) fn if_valid_and_there<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Err(error) if error.kind == ErrorKind::Refused => Ok(None),
        other => if_there(other),
    }
}

/// The attribute that holds the region, in every type that has one.
const REGION: &str = "region";

impl Paging {
    async fn list(self, client: &ReadClient, region: &str, path: &str) -> Result<Vec<Value>, Error> {
        match self {
            Self::Pages => client.list(region, path).await,
            Self::Unpaged => client.list_unpaged(region, path).await,
            Self::Bare => client.list_bare(region, path).await,
            Self::Cursor => client.list_by_cursor(region, path).await,
            Self::Offset => client.list_by_offset(region, path).await,
            Self::Single => Ok(vec![client.get(region, path).await?]),
        }
    }
}

/// The text of an attribute that every object of the type has.
pub(super) fn text<'a>(attributes: &'a Attributes, name: &str) -> Result<&'a str, Error> {
    attributes.get(name).and_then(Value::as_str).ok_or_else(|| {
        let cause = format!("the attribute `{name}` is missing");
        Error::new(ErrorKind::Refused, "prepare the request", cause).help("make a new plan")
    })
}

/// `path` with attributes in the place of their names in braces.
fn filled(path: &str, attributes: &Attributes) -> Result<String, Error> {
    let mut filled = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(before);
        filled.push_str(&segment(text(attributes, name)?));
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Sets the value at a pointer, in objects that are made where they are missing.
fn insert(body: &mut Value, pointer: &str, value: Value) {
    let mut at = body;
    for name in pointer.split('/').skip(1) {
        at = &mut at[name];
    }
    *at = value;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    engine::schema! {
        /// A book of a shelf.
        Book = "book" {
            REGION_OF: Attribute::plain("region").in_address(),
            SHELF: Attribute::plain("shelf_id").in_address(),
            NAME: Attribute::plain("name"),
            TEXT: Attribute::text("text").inside("/spec/text"),
            SIZE: Attribute::plain("size").answered_inside("/config/size"),
            PRINTED: Attribute::computed("printed"),
        }
        natural_key: &[REGION_OF.text(), SHELF.text(), NAME.text()],
        ..Schema::PLAIN
    }

    const BOOKS: Collection = Collection::new(&SCHEMA, "/shelves/{shelf_id}/books");

    fn attributes(value: Value) -> Attributes {
        value.as_object().unwrap().clone().into_iter().collect()
    }

    #[test]
    fn an_address_holds_what_the_schema_puts_there_and_a_body_the_rest() {
        let all = attributes(json!({
            "region": "eu", "shelf_id": "a/b", "name": "Flatland", "text": "…", "size": 8, "printed": "1884"
        }));
        assert_eq!(BOOKS.url(&all).unwrap(), ("eu".to_owned(), "/shelves/a%2Fb/books".to_owned()));
        assert_eq!(BOOKS.object_url(&all, "1").unwrap().1, "/shelves/a%2Fb/books/1");
        assert_eq!(BOOKS.body(&all), json!({ "name": "Flatland", "spec": { "text": "…" }, "size": 8 }));
        let json = json!({
            "id": "1", "name": "Flatland", "spec": { "text": "…" }, "config": { "size": 8 }, "printed": "1884",
            "by": "A Square", "region": null
        });
        assert_eq!(BOOKS.remote(&all, &json).unwrap(), Remote { id: "1".to_owned(), attributes: all });
    }

    #[test]
    fn a_path_that_lacks_an_attribute_is_not_asked_for() {
        let error = BOOKS.url(&attributes(json!({ "region": "eu" }))).unwrap_err();
        assert!(error.to_string().contains("the attribute `shelf_id` is missing"), "{error}");
    }
}
