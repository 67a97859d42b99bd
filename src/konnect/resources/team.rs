//! `team`: a team of the organization (`identity-v3`, `/teams`). System teams are Konnect's own and left alone.

use serde_json::Value;

use crate::konnect::collection::Collection;
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged};

engine::schema! {
    /// A team of the organization.
    Team = "team" {
        NAME: Attribute::plain("name"),
        /// The document allows no `null`, and no text without a character (schema `UpdateTeam`).
        DESCRIPTION: Attribute::plain("description").blank_as(" "),
        LABELS: Attribute::labels("labels"),
    }
    natural_key: &[NAME.text()],
    // The document has no conflict for a second team of a name (`create-team`).
    may_repeat: true,
    guarded: true,
    ..PLAIN
}

/// Everything that is said of teams.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::Team,
    reader: reader::<Team>,
    writer: Some(writer::<Team>),
    watch: &[],
    generate: Generate::Read {
        plural: "the teams",
        listing: Listing::Global,
        part: Some(Part::Team),
        unmanaged: Some(Unmanaged {
            reason: "the configuration has no team of its name",
            below: &[],
            title: &[Title::Attribute(NAME.text())],
        }),
    },
};

/// The collection.
pub(super) const PATH: &str = "/v3/teams";

impl Resource for Team {
    const COLLECTION: Collection = Collection::new(&SCHEMA, PATH);

    fn is_listed(json: &Value) -> bool {
        json["system_team"] != true
    }
}
