//! `portal_team_role`: a role that a team of developers has on an API (`portal-management-v3`,
//! `/portals/{portalId}/teams/{teamId}/assigned-roles`).

use async_trait::async_trait;

use super::api::Api;
use super::portal::Portal;
use super::portal_team::PortalTeam;
use crate::konnect::client::ReadClient;
use crate::konnect::collection::Collection;
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged, Watch};
use engine::typed::Typed;
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// A role of a team of developers. Konnect cannot change one in place.
    PortalTeamRole = "portal_team_role" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        PORTAL_ID: Attribute::plain("portal_id").forces_replacement().in_address(),
        TEAM_ID: Attribute::plain("team_id").forces_replacement().in_address(),
        ROLE_NAME: Attribute::plain("role_name").forces_replacement(),
        ENTITY_ID: Attribute::plain("entity_id").forces_replacement(),
        ENTITY_TYPE_NAME: Attribute::plain("entity_type_name").forces_replacement(),
        ENTITY_REGION: Attribute::plain("entity_region").forces_replacement(),
    }
    natural_key: &[REGION.text(), PORTAL_ID.text(), TEAM_ID.text(), ROLE_NAME.text(), ENTITY_ID.text()],
    reads_after: &[Portal::SCHEMA.type_name, PortalTeam::SCHEMA.type_name, Api::SCHEMA.type_name],
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of roles of developers.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAndServiceAnd,
    reader: reader::<PortalTeamRole>,
    writer: Some(writer::<PortalTeamRole>),
    watch: &[Watch::Access {
        gained: "the developers of a team get a role on the API",
        changed: "the developers of a team get another role on the API",
        lost: "the developers of a team lose a role on the API",
        shown: &[ROLE_NAME.text()],
    }],
    generate: Generate::Read {
        plural: "the roles of teams of developers",
        listing: Listing::Below { parent: PortalTeam::SCHEMA, attribute: TEAM_ID.text(), with_parents: false },
        part: Some(Part::PortalTeamRole),
        unmanaged: Some(Unmanaged {
            reason: "it is not about an API of the portal's environment",
            below: &[(PortalTeam::SCHEMA, TEAM_ID.text()), (Api::SCHEMA, ENTITY_ID.text())],
            title: &[
                Title::NameOf(PortalTeam::SCHEMA, TEAM_ID.text()),
                Title::Text(": "),
                Title::Attribute(ROLE_NAME.text()),
                Title::Text(" of "),
                Title::NameOf(Api::SCHEMA, ENTITY_ID.text()),
            ],
        }),
    },
};

#[async_trait]
impl Resource for PortalTeamRole {
    const COLLECTION: Collection = Collection::new(&SCHEMA, "/v3/portals/{portal_id}/teams/{team_id}/assigned-roles");

    /// Roles are in the list only: the document has no operation for one.
    async fn read_one(_: &ReadClient, _: &str, _: &Attributes) -> Result<Option<Remote>, Error> {
        Ok(None)
    }
}
