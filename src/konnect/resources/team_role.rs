//! `team_role`: a role that a team has on a control plane (`identity-v3`, `/teams/{teamId}/assigned-roles`).

use super::control_plane::ControlPlane;
use super::team::Team;
use crate::konnect::collection::{Collection, Paging};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged, Watch};
use engine::typed::Typed;

engine::schema! {
    /// A role of a team on a control plane. Konnect cannot change one in place.
    TeamRole = "team_role" {
        TEAM_ID: Attribute::plain("team_id").forces_replacement().in_address(),
        ROLE_NAME: Attribute::plain("role_name").forces_replacement(),
        ENTITY_ID: Attribute::plain("entity_id").forces_replacement(),
        ENTITY_TYPE_NAME: Attribute::plain("entity_type_name").forces_replacement(),
        ENTITY_REGION: Attribute::plain("entity_region").forces_replacement(),
    }
    natural_key: &[TEAM_ID.text(), ROLE_NAME.text(), ENTITY_ID.text()],
    reads_after: &[Team::SCHEMA.type_name, ControlPlane::SCHEMA.type_name],
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of assigned roles.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAndTeam,
    reader: reader::<TeamRole>,
    writer: Some(writer::<TeamRole>),
    watch: &[Watch::Access {
        gained: "the team gets a role",
        changed: "the team gets another role",
        lost: "the team loses a role",
        shown: &[ROLE_NAME.text()],
    }],
    generate: Generate::Read {
        plural: "the roles of teams",
        listing: Listing::Below { parent: Team::SCHEMA, attribute: TEAM_ID.text(), with_parents: false },
        part: Some(Part::Member),
        unmanaged: Some(Unmanaged {
            reason: "a team has one role in an environment, on its control plane, and this is another",
            below: &[(Team::SCHEMA, TEAM_ID.text()), (ControlPlane::SCHEMA, ENTITY_ID.text())],
            title: &[
                Title::NameOf(Team::SCHEMA, TEAM_ID.text()),
                Title::Text(": "),
                Title::Attribute(ROLE_NAME.text()),
                Title::Text(" of "),
                Title::NameOf(ControlPlane::SCHEMA, ENTITY_ID.text()),
            ],
        }),
    },
};

impl Resource for TeamRole {
    const COLLECTION: Collection =
        Collection::new(&SCHEMA, "/v3/teams/{team_id}/assigned-roles").paged(Paging::Unpaged);
}
