//! Everything that is said of a resource type, in one value.
//!
//! Each type's file has one as `TYPE`, and each provider has one table of them. Every list of types is derived from the
//! tables, which [`registry`](crate::registry) joins.
//!
//! Must not enter: clients and requests. A provider says here how its readers and writers are made.

use serde_json::Value;

use engine::{Reader, Readers, Schema, Writer, Writers};

/// A resource type, whose readers are made from a client `R` and whose writers from a client `W`.
#[derive(Debug)]
pub struct ResourceType<R: 'static, W: 'static> {
    /// Its schema, for the engine.
    pub schema: &'static Schema,
    /// The shape of its keys, which decides what a rename does to them.
    pub key: KeyShape,
    /// Makes its reader.
    pub reader: fn(&R) -> Box<dyn Reader>,
    /// Makes its writer. `None` if the type is only looked up.
    pub writer: Option<MakeWriter<W>>,
    /// The changes of its objects that a reviewer must see before all others.
    pub watch: &'static [Watch],
    /// How `koctl import --generate` describes its objects.
    pub generate: Generate,
}

impl<R, W> ResourceType<R, W> {
    /// Adds its reader.
    pub fn add_reader(&self, readers: &mut Readers, client: &R) {
        readers.add_boxed((self.reader)(client));
    }

    /// Adds its writer, if it has one.
    pub fn add_writer(&self, writers: &mut Writers, client: &W) {
        if let Some(writer) = self.writer {
            writers.add_boxed(self.schema, writer(client));
        }
    }
}

/// Makes the writer of a type from a client.
pub type MakeWriter<W> = fn(&W) -> Box<dyn Writer>;

/// The shape of the keys of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyShape {
    /// A name that no team, service or environment gives.
    Own,
    /// `<team>`
    Team,
    /// `<team>/<something>`
    TeamAnd,
    /// `<environment>`
    Environment,
    /// `<environment>/<team>`
    EnvironmentAndTeam,
    /// `<environment>/<service>`
    EnvironmentAndService,
    /// `<environment>/<service>/<something>`
    EnvironmentAndServiceAnd,
    /// `<environment>/<control plane>`, which is `<team>-<environment>` unless the configuration names it.
    EnvironmentAndControlPlane,
    /// `<environment>/<something>`
    EnvironmentAnd,
}

impl KeyShape {
    /// True if the first segment of a key is an environment.
    #[must_use]
    pub const fn begins_with_environment(self) -> bool {
        match self {
            Self::Own | Self::Team | Self::TeamAnd => false,
            Self::Environment
            | Self::EnvironmentAndTeam
            | Self::EnvironmentAndService
            | Self::EnvironmentAndServiceAnd
            | Self::EnvironmentAndControlPlane
            | Self::EnvironmentAnd => true,
        }
    }
}

/// A kind of change that a reviewer must see before all others (R16). Deletions and replacements of guarded types are,
/// too, without being named here.
#[derive(Debug, Clone, Copy)]
pub enum Watch {
    /// An attribute gets the value with which more people can see or use the object.
    Opens {
        /// The attribute.
        attribute: &'static str,
        /// The value.
        to: Opening,
        /// The effect, as a sentence without its end.
        effect: &'static str,
    },
    /// The object decides who may sign in, or who may do what. Each text is a sentence without its end.
    Access {
        /// The effect of a new object.
        gained: &'static str,
        /// The effect of a changed or replaced object.
        changed: &'static str,
        /// The effect of a deletion.
        lost: &'static str,
        /// The attributes whose values are shown of a new or a deleted object. Of a changed one, the changes are.
        shown: &'static [&'static str],
    },
    /// The object connects two others. Each text is a sentence without its end.
    Link {
        /// The effect of a deletion.
        cut: &'static str,
        /// The effect of a replacement.
        moved: &'static str,
    },
    /// An attribute is a part of the address at which people find the object. The effect of another value is a sentence
    /// without its end.
    Address {
        /// The attribute.
        attribute: &'static str,
        /// The effect.
        effect: &'static str,
    },
    /// An attribute has specifications of APIs, which callers rely on.
    Specification {
        /// The attribute.
        attribute: &'static str,
        /// The name of the files that are specifications, if the attribute has files by path.
        file: Option<&'static str>,
    },
}

impl Watch {
    /// The attributes that it names.
    pub fn attributes(&self) -> impl Iterator<Item = &'static str> {
        let (one, several): (Option<&str>, &[&str]) = match *self {
            Self::Opens { attribute, .. } | Self::Address { attribute, .. } | Self::Specification { attribute, .. } => {
                (Some(attribute), &[])
            }
            Self::Access { shown, .. } => (None, shown),
            Self::Link { .. } => (None, &[]),
        };
        one.into_iter().chain(several.iter().copied())
    }
}

/// A value of an attribute that opens an object to more people.
#[derive(Debug, Clone, Copy)]
pub enum Opening {
    /// A text.
    Text(&'static str),
    /// A truth value.
    Flag(bool),
    /// No value, where there was one.
    Nothing,
}

impl Opening {
    /// True if it is this value.
    #[must_use]
    pub fn is(self, value: &Value) -> bool {
        match self {
            Self::Text(text) => value == text,
            Self::Flag(flag) => value == flag,
            Self::Nothing => value.is_null(),
        }
    }
}

/// How `koctl import --generate` describes the objects of a type.
#[derive(Debug, Clone, Copy)]
pub enum Generate {
    /// They are not read, because the configuration that is generated does not describe them.
    NotRead,
    /// They are read.
    Read {
        /// Their name in the plural: `the teams`.
        plural: &'static str,
        /// How they are listed.
        listing: Listing,
        /// The part of the configuration that asks for them. `None` if they are only looked up.
        part: Option<Part>,
        /// How those that no part asks for are reported. `None` if they never are.
        unmanaged: Option<Unmanaged>,
    },
}

/// How the objects of an organization are listed when nothing is known of it.
#[derive(Debug, Clone, Copy)]
pub enum Listing {
    /// All at once.
    Global,
    /// In each region except these.
    Regions {
        /// The regions that do not have the type.
        except: &'static [&'static str],
    },
    /// Below each object of another type.
    Below {
        /// The other type.
        parent: &'static Schema,
        /// The attribute that holds its id.
        attribute: &'static str,
        /// True if the list of the parents is read too, because it saves requests.
        with_parents: bool,
    },
    /// Below each object of another type, and then one by one, because lists leave out their texts.
    EachBelow {
        /// The other type.
        parent: &'static Schema,
        /// The attribute that holds its id.
        attribute: &'static str,
    },
    /// For each event of Konnect's notifications.
    Events {
        /// The attribute that holds the event.
        attribute: &'static str,
    },
}

/// A part of a drafted configuration, which is dropped if an object differs from what the configuration describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A team.
    Team,
    /// A person, in all teams.
    User,
    /// A person in one team.
    Membership,
    /// An environment.
    Environment,
    /// The teams that share a control plane.
    ControlPlane,
    /// A team's part in an environment.
    Member,
    /// A service's part in an environment.
    Api,
    /// A way in which applications identify themselves.
    AuthStrategy,
    /// A team of developers.
    PortalTeam,
    /// A role of a team of developers.
    PortalTeamRole,
    /// A page of a portal.
    Page,
    /// A snippet of a portal.
    Snippet,
    /// The look of a portal.
    PortalCustomization,
    /// The custom domain of a portal.
    PortalCustomDomain,
    /// How developers sign in to a portal.
    PortalAuthorization,
    /// A group of the identity provider of a portal in a team of developers.
    PortalGroupMapping,
    /// How people sign in.
    Authorization,
    /// A group of the identity provider in a team.
    GroupMapping,
    /// The channels of notifications.
    Notifications,
    /// koctl's own dashboards.
    CustomReports,
}

/// How objects are reported that no part of the configuration asks for.
#[derive(Debug, Clone, Copy)]
pub struct Unmanaged {
    /// Why, unless more is known.
    pub reason: &'static str,
    /// The objects that one is a part of, as schemas with the attributes that contain their IDs. The parts of an
    /// unmanaged object are not reported again.
    pub below: &'static [(&'static Schema, &'static str)],
    /// The name of one for people.
    pub title: &'static [Title],
}

/// A piece of the name of an object for people.
#[derive(Debug, Clone, Copy)]
pub enum Title {
    /// The text of an attribute.
    Attribute(&'static str),
    /// The name of the object of a type whose id an attribute holds.
    NameOf(&'static Schema, &'static str),
    /// This text.
    Text(&'static str),
}
