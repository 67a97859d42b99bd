//! A resource type, as the engine knows it.

use serde_json::Value;

use super::plan::Notice;
use super::remote::Attributes;

/// Attributes that together identify an object among those of its type.
pub type UniqueKey = &'static [&'static str];

/// A resource type: its name, its identity, its attributes and how careful one must be with it.
///
/// Each type has one, as a `static` beside its reader and writer.
#[derive(Debug)]
pub struct Schema {
    /// As in an address: `control_plane`.
    pub type_name: &'static str,
    /// The system that has the objects, as in the names of Terraform's providers.
    pub provider: &'static str,
    /// The attributes by which an object that is not in the state is recognised (R5). Values of references are ids.
    pub natural_key: &'static [&'static str],
    /// Further attributes of which no two objects have the same values, each list by itself: a slug within a region. A
    /// value passes from one object to another only after the first one gave it up.
    pub distinct: &'static [UniqueKey],
    /// The labels that together say whose an object is, if it has all of them. They come before the natural key, a part
    /// of which may have changed since. Empty if no labels do.
    pub identity_labels: &'static [&'static str],
    /// True if it holds other people's work: deleting or replacing it needs a person, or `--allow-destroy` (R12).
    pub guarded: bool,
    /// The effect of removing the object from the configuration.
    pub on_removal: OnRemoval,
    /// Types whose objects must have been listed before this type can be.
    pub reads_after: &'static [&'static str],
    /// True if the server lets two objects have the same natural key: nothing protects from a second one then, except
    /// looking before an object is created (R13).
    pub may_repeat: bool,
    /// True if the first segment of the key is the environment. A plan shows the resource under it.
    pub environment_in_key: bool,
    /// The attributes that the configuration may set, and those that only the server sets.
    pub attributes: &'static [Attribute],
}

impl Schema {
    /// A type without special rules, for `..Schema::PLAIN`.
    pub const PLAIN: Self = Self {
        type_name: "",
        provider: "",
        natural_key: &[],
        distinct: &[],
        identity_labels: &[],
        guarded: false,
        on_removal: OnRemoval::Delete,
        reads_after: &[],
        may_repeat: false,
        environment_in_key: false,
        attributes: &[],
    };

    /// Checks that the natural key and the distinct values are attributes of the schema.
    ///
    /// # Panics
    /// If they are not. In a constant, that is an error of the compiler.
    pub const fn check(&self) {
        assert!(self.names_all(self.natural_key), "the natural key has an attribute that the schema does not have");
        let mut at = 0;
        while at < self.distinct.len() {
            assert!(
                self.names_all(self.distinct[at]),
                "a distinct value is an attribute that the schema does not have"
            );
            at += 1;
        }
    }

    const fn names_all(&self, names: UniqueKey) -> bool {
        let mut at = 0;
        while at < names.len() {
            if !self.names(names[at]) {
                return false;
            }
            at += 1;
        }
        true
    }

    const fn names(&self, name: &str) -> bool {
        let mut at = 0;
        while at < self.attributes.len() {
            if same(self.attributes[at].name, name) {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The natural key, and every other list of attributes that no two objects share.
    pub fn unique_keys(&self) -> impl Iterator<Item = UniqueKey> {
        std::iter::once(self.natural_key).chain(self.distinct.iter().copied())
    }

    /// What an object of this type waits for, taken out of its attributes.
    pub(super) fn take_notice(&self, attributes: &mut Attributes) -> Option<Notice> {
        let mut notices = self.attributes.iter().filter(|attribute| attribute.kind == Kind::Notice);
        let taken = notices.find_map(|attribute| attributes.remove(attribute.name))?;
        serde_json::from_value(taken).ok()
    }

    /// True if nothing is left of an object: its deletion was proposed, and all that it consists of goes with that.
    pub(super) fn is_leaving(&self, attributes: &Attributes) -> bool {
        let is_empty = |attribute: &Attribute| {
            attributes.get(attribute.name).and_then(Value::as_object).is_some_and(serde_json::Map::is_empty)
        };
        let mut files = self.attributes.iter().filter(|attribute| attribute.kind == Kind::Files);
        self.on_removal == OnRemoval::Propose && files.all(is_empty)
    }

    /// The attribute of that name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

/// `==` of texts, which is not `const`.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Checks the schemas of all types against each other. The test of a table of types calls it.
///
/// # Errors
/// Every name that a schema uses and nothing has, and every name that is used twice.
pub fn check(schemas: &[&Schema]) -> Result<(), Vec<String>> {
    let mut mistakes = Vec::new();
    for (index, schema) in schemas.iter().enumerate() {
        let type_name = schema.type_name;
        let mut mistake = |text: String| mistakes.push(format!("`{type_name}`: {text}"));
        if schemas[..index].iter().any(|other| other.type_name == type_name) {
            mistake("the type is there twice".to_owned());
        }
        for (index, attribute) in schema.attributes.iter().enumerate() {
            if schema.attributes[..index].iter().any(|other| other.name == attribute.name) {
                mistake(format!("the attribute `{}` is there twice", attribute.name));
            }
            if attribute.is_write_only() && attribute.forces_replacement {
                mistake(format!("`{}` is write-only, and cannot force a replacement", attribute.name));
            }
        }
        for name in schema.natural_key.iter().filter(|name| **name != "id") {
            match schema.attribute(name) {
                None => mistake(format!("`{name}` of the natural key is not an attribute")),
                Some(attribute) if attribute.is_write_only() => {
                    mistake(format!("`{name}` is write-only, and cannot be part of the natural key"));
                }
                Some(_) => {}
            }
        }
        for name in schema.distinct.iter().copied().flatten() {
            if !schema.attribute(name).is_some_and(Attribute::is_read_back) {
                mistake(format!("`{name}` of the distinct values is not an attribute that lists show"));
            }
        }
        for name in schema.reads_after {
            if schemas.iter().all(|other| other.type_name != *name) {
                mistake(format!("it is read after `{name}`, which is not a type"));
            }
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

/// The effect of removing an object from the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRemoval {
    /// It is deleted.
    Delete,
    /// It is removed from the state only: a person, or a setting that has no neutral value.
    Forget,
    /// Its deletion is proposed, and takes effect when others agree. The state keeps it until it is gone.
    Propose,
}

/// One attribute of a type.
#[derive(Debug)]
pub struct Attribute {
    /// As the API calls it: `cluster_type`.
    pub name: &'static str,
    /// How its values are compared, stored and shown.
    pub kind: Kind,
    /// The API cannot change it in place: a different value replaces the object.
    pub forces_replacement: bool,
    /// The effect of removing it from the configuration.
    pub unset: Unset,
    /// koctl generates its text. A plan does not show the text of a new one.
    pub generated: bool,
    /// Where readers and writers find its values. The engine itself does not look at it.
    pub location: Location,
}

/// The effect of removing an attribute from the configuration, if koctl set it.
#[derive(Debug, Clone, Copy)]
pub enum Unset {
    /// The object keeps the value: the configuration always sets it, or nothing stands for no value.
    Stays,
    /// It has no value any more.
    Null,
    /// The same, and this text stands for no value in requests and answers, which take no `null`. The engine itself does
    /// not look at the text.
    Blank(&'static str),
    /// It has the default of the API again.
    Default(fn() -> Value),
}

/// Where the values of an attribute are in requests and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the body, under the name of the attribute.
    Body,
    /// In the body, at a JSON pointer.
    Inside(&'static str),
    /// In the body: under the name of the attribute in requests, at a JSON pointer in answers.
    AnsweredInside(&'static str),
    /// In the address of the object: its region, or the id of the object that it is a part of.
    Address,
}

/// How values of an attribute are compared, stored and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any JSON value, compared whole.
    Plain,
    /// A map of labels. koctl owns only those that it set.
    Labels,
    /// A long text: shown as a unified diff, and recorded in the state as a digest.
    Text,
    /// Texts by path: shown as unified diffs, and recorded in the state as digests.
    Files,
    /// A secret: sent, never read back, and recorded as a trace (R11). It cannot be part of a natural key or force a
    /// replacement, since nothing shows if the object already has it.
    WriteOnly,
    /// Set by the server; other resources may refer to it. An update in place is taken to leave it as it is.
    Computed,
    /// What the object waits for, in words. It is reported, and neither compared nor recorded.
    Notice,
}

impl Attribute {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, forces_replacement: false, unset: Unset::Stays, generated: false, location: Location::Body }
    }

    /// A JSON value, compared whole.
    #[must_use]
    pub const fn plain(name: &'static str) -> Self {
        Self::new(name, Kind::Plain)
    }

    /// Labels, of which koctl owns those that it set.
    #[must_use]
    pub const fn labels(name: &'static str) -> Self {
        Self::new(name, Kind::Labels)
    }

    /// A long text.
    #[must_use]
    pub const fn text(name: &'static str) -> Self {
        Self::new(name, Kind::Text)
    }

    /// Texts by path.
    #[must_use]
    pub const fn files(name: &'static str) -> Self {
        Self::new(name, Kind::Files)
    }

    /// A secret that is sent and never read back (R11). Its desired value is an [`Expr::Secret`](super::Expr::Secret).
    #[must_use]
    pub const fn write_only(name: &'static str) -> Self {
        Self::new(name, Kind::WriteOnly)
    }

    /// Set by the server.
    #[must_use]
    pub const fn computed(name: &'static str) -> Self {
        Self::new(name, Kind::Computed)
    }

    /// What an object waits for.
    #[must_use]
    pub const fn notice(name: &'static str) -> Self {
        Self::new(name, Kind::Notice)
    }

    /// True if this value stands for none: it is what removing the attribute from the configuration leaves.
    #[must_use]
    pub fn is_no_value(&self, value: &Value) -> bool {
        value.is_null()
            || match self.unset {
                Unset::Stays | Unset::Null => false,
                Unset::Blank(text) => value == text,
                Unset::Default(default) => *value == default(),
            }
    }

    /// True if lists show what was set.
    #[must_use]
    pub fn is_read_back(&self) -> bool {
        !matches!(self.kind, Kind::Computed | Kind::WriteOnly | Kind::Notice)
    }

    /// True if the configuration may leave it to others once the object exists: a value that is seen, and that is no part of
    /// the object's address.
    #[must_use]
    pub fn can_be_ignored(&self) -> bool {
        self.is_read_back() && self.kind != Kind::Files && self.location != Location::Address
    }

    /// True if it is a secret that is sent and never read back.
    #[must_use]
    pub fn is_write_only(&self) -> bool {
        self.kind == Kind::WriteOnly
    }

    /// A different value replaces the object.
    #[must_use]
    pub const fn forces_replacement(mut self) -> Self {
        self.forces_replacement = true;
        self
    }

    /// koctl generates its text.
    #[must_use]
    pub const fn generated(mut self) -> Self {
        self.generated = true;
        self
    }

    /// Bodies have it at this JSON pointer.
    #[must_use]
    pub const fn inside(mut self, pointer: &'static str) -> Self {
        self.location = Location::Inside(pointer);
        self
    }

    /// Answers have it at this JSON pointer, requests under its own name.
    #[must_use]
    pub const fn answered_inside(mut self, pointer: &'static str) -> Self {
        self.location = Location::AnsweredInside(pointer);
        self
    }

    /// It is a part of the object's address, and not of bodies.
    #[must_use]
    pub const fn in_address(mut self) -> Self {
        self.location = Location::Address;
        self
    }

    /// Removing it from the configuration clears it: the API takes `null` for it.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.unset = Unset::Null;
        self
    }

    /// Removing it from the configuration clears it. The API takes no `null` for it: this text stands for no value.
    #[must_use]
    pub const fn blank_as(mut self, text: &'static str) -> Self {
        self.unset = Unset::Blank(text);
        self
    }

    /// Removing it from the configuration sets it to the default that the API documents.
    #[must_use]
    pub const fn defaults_to(mut self, value: fn() -> Value) -> Self {
        self.unset = Unset::Default(value);
        self
    }
}
