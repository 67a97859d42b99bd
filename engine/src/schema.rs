//! What the engine must know of a resource type.

/// A resource type: its name, its identity, its attributes and how careful one must be with it.
///
/// Each type has one, as a `static` beside its reader and writer.
#[derive(Debug)]
pub struct Schema {
    /// As in an address: `control_plane`.
    pub type_name: &'static str,
    /// The system that has the objects, as Terraform's providers are called.
    pub provider: &'static str,
    /// The attributes by which an object is recognised that no state knows (R5). Values of references are ids.
    pub natural_key: &'static [&'static str],
    /// Holds other people's work: deleting or replacing it needs a person, or `--allow-destroy` (R12).
    pub guarded: bool,
    /// What becomes of the object when it leaves the configuration.
    pub on_removal: OnRemoval,
    /// Types whose objects must have been listed before this type can be.
    pub reads_after: &'static [&'static str],
    /// The first segment of the key is the environment, under which a plan shows the resource.
    pub environment_in_key: bool,
    /// Everything that the configuration may set, and what only the server sets.
    pub attributes: &'static [Attribute],
}

impl Schema {
    /// A type with no special care: to be completed with `..Schema::PLAIN`.
    pub const PLAIN: Self = Self {
        type_name: "",
        provider: "",
        natural_key: &[],
        guarded: false,
        on_removal: OnRemoval::Delete,
        reads_after: &[],
        environment_in_key: false,
        attributes: &[],
    };

    /// Checks that the natural key consists of attributes of the schema.
    ///
    /// # Panics
    /// If it does not. In a constant, that is an error of the compiler.
    pub const fn check(&self) {
        let mut at = 0;
        while at < self.natural_key.len() {
            assert!(self.names(self.natural_key[at]), "the natural key has an attribute that the schema does not have");
            at += 1;
        }
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

/// What becomes of an object when it leaves the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRemoval {
    /// It is deleted.
    Delete,
    /// Only the state forgets it: a person, or a setting that has no neutral value.
    Forget,
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
    /// The API takes `null` for it, so that removing it from the configuration clears it.
    pub nullable: bool,
    /// koctl writes it, and no configuration holds it: of a new one, nobody needs to see more than that it is there.
    pub generated: bool,
    /// Where readers and writers find its values. The engine itself does not look at it.
    pub location: Location,
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
    /// A map of labels of which koctl owns only those that it set.
    Labels,
    /// A long text: shown as a unified diff, kept in the state as a digest.
    Text,
    /// Texts by path: shown as unified diffs, kept in the state as digests.
    Files,
    /// A secret: it is sent, never read back, and kept as a trace (R11). It is no part of a natural key and forces no
    /// replacement, since whether the object already has it cannot be known.
    WriteOnly,
    /// Set by the server; other resources may refer to it. An update in place is taken to leave it as it is.
    Computed,
}

impl Attribute {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, forces_replacement: false, nullable: false, generated: false, location: Location::Body }
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

    /// Whether lists show what was set.
    #[must_use]
    pub fn is_read_back(&self) -> bool {
        !matches!(self.kind, Kind::Computed | Kind::WriteOnly)
    }

    /// Whether it is a secret that is sent and never read back.
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

    /// Its text is koctl's own.
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

    /// Removing it from the configuration clears it.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }
}
