//! `portal_team`: a team of a portal's developers (`portal-management-v3`, `/portals/{portalId}/teams`).

use super::portal::Portal;
use crate::konnect::collection::Collection;
use crate::konnect::resource::{KonnectType, PLAIN, Resource, off, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged};
use engine::typed::Typed;

engine::schema! {
    /// A team of developers. Who is in it is not managed.
    PortalTeam = "portal_team" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        PORTAL_ID: Attribute::plain("portal_id").forces_replacement().in_address(),
        NAME: Attribute::plain("name"),
        /// The document allows no `null`, and no text without a character (schema `PortalUpdateTeamRequest`).
        DESCRIPTION: Attribute::plain("description").blank_as(" "),
        /// The default is that of the document (schema `PortalCreateTeamRequest`).
        CAN_OWN_APPLICATIONS: Attribute::plain("can_own_applications").defaults_to(off),
    }
    natural_key: &[REGION.text(), PORTAL_ID.text(), NAME.text()],
    reads_after: &[Portal::SCHEMA.type_name],
    // The document has no conflict for a second team of a name (`create-portal-team`).
    may_repeat: true,
    guarded: true,
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of teams of developers.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAnd,
    reader: reader::<PortalTeam>,
    writer: Some(writer::<PortalTeam>),
    watch: &[],
    generate: Generate::Read {
        plural: "the teams of developers",
        listing: Listing::Below { parent: Portal::SCHEMA, attribute: PORTAL_ID.text(), with_parents: false },
        part: Some(Part::PortalTeam),
        unmanaged: Some(Unmanaged {
            reason: "no environment has it among the teams of its portal",
            below: &[(Portal::SCHEMA, PORTAL_ID.text())],
            title: &[
                Title::Attribute(NAME.text()),
                Title::Text(" in "),
                Title::NameOf(Portal::SCHEMA, PORTAL_ID.text()),
            ],
        }),
    },
};

impl Resource for PortalTeam {
    const COLLECTION: Collection = Collection::new(&SCHEMA, "/v3/portals/{portal_id}/teams");
}
