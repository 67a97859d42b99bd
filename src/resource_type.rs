//! Everything that is said of a resource type, in one value.
//!
//! Each type's file has one as `TYPE`, and each provider has one table of them. Every list of types is derived from the
//! tables, which [`registry`](crate::registry) joins.
//!
//! Must not enter: clients and requests. A provider says here how its readers and writers are made.

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
            | Self::EnvironmentAndControlPlane
            | Self::EnvironmentAnd => true,
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
