//! `portal_team_group_mapping`: the developers of a group of the identity provider are in a team of the portal
//! (`portal-management-v3`, `/portals/{portalId}/identity-providers/{id}/team-group-mappings`).

use super::portal::Portal;
use super::portal_identity_provider::PortalIdentityProvider;
use super::portal_team::PortalTeam;
use crate::konnect::collection::{Collection, Paging};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged, Watch};
use engine::typed::Typed;

engine::schema! {
    /// A group of the identity provider in a team of developers. Konnect cannot change one in place. Names of groups
    /// differ by case.
    PortalTeamGroupMapping = "portal_team_group_mapping" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        PORTAL_ID: Attribute::plain("portal_id").forces_replacement().in_address(),
        IDENTITY_PROVIDER_ID: Attribute::plain("identity_provider_id").forces_replacement().in_address(),
        TEAM_ID: Attribute::plain("team_id").forces_replacement(),
        GROUP: Attribute::plain("group").forces_replacement(),
    }
    natural_key: &[
        REGION.text(),
        PORTAL_ID.text(),
        IDENTITY_PROVIDER_ID.text(),
        TEAM_ID.text(),
        GROUP.text(),
    ],
    reads_after: &[
        Portal::SCHEMA.type_name,
        PortalIdentityProvider::SCHEMA.type_name,
        PortalTeam::SCHEMA.type_name,
    ],
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of mappings of portals.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAnd,
    reader: reader::<PortalTeamGroupMapping>,
    writer: Some(writer::<PortalTeamGroupMapping>),
    watch: &[Watch::Access {
        gained: "the developers of a group join the team",
        changed: "the developers of another group join the team",
        lost: "the developers of a group leave the team",
        shown: &[GROUP.text()],
    }],
    generate: Generate::Read {
        plural: "the team mappings of identity providers of portals",
        listing: Listing::Below {
            parent: PortalIdentityProvider::SCHEMA,
            attribute: IDENTITY_PROVIDER_ID.text(),
            with_parents: false,
        },
        part: Some(Part::PortalGroupMapping),
        unmanaged: Some(Unmanaged {
            reason: "the mappings of another identity provider of the portal are described, or of none",
            below: &[(PortalIdentityProvider::SCHEMA, IDENTITY_PROVIDER_ID.text())],
            title: &[
                Title::NameOf(PortalTeam::SCHEMA, TEAM_ID.text()),
                Title::Text(": "),
                Title::Attribute(GROUP.text()),
            ],
        }),
    },
};

impl Resource for PortalTeamGroupMapping {
    const COLLECTION: Collection = Collection::new(
        &SCHEMA,
        "/v3/portals/{portal_id}/identity-providers/{identity_provider_id}/team-group-mappings",
    )
    .paged(Paging::Cursor);
}
