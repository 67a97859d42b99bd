//! `team_group_mapping`: the people of a group of the identity provider are in a team (`identity-v3`,
//! `/identity-providers/{idpId}/team-group-mappings`).

use super::identity_provider::IdentityProvider;
use super::konnect_team::KonnectTeam;
use super::team::Team;
use crate::konnect::collection::{Collection, Paging};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged, Watch};
use engine::typed::Typed;

engine::schema! {
    /// A group of the identity provider in a team. Konnect cannot change one in place. Names of groups differ by case.
    TeamGroupMapping = "team_group_mapping" {
        IDENTITY_PROVIDER_ID: Attribute::plain("identity_provider_id").forces_replacement().in_address(),
        TEAM_ID: Attribute::plain("team_id").forces_replacement(),
        GROUP: Attribute::plain("group").forces_replacement(),
    }
    natural_key: &[IDENTITY_PROVIDER_ID.text(), TEAM_ID.text(), GROUP.text()],
    reads_after: &[
        IdentityProvider::SCHEMA.type_name,
        Team::SCHEMA.type_name,
        KonnectTeam::SCHEMA.type_name,
    ],
    ..PLAIN
}

/// Everything that is said of mappings.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::TeamAnd,
    reader: reader::<TeamGroupMapping>,
    writer: Some(writer::<TeamGroupMapping>),
    watch: &[Watch::Access {
        gained: "the people of a group join the team",
        changed: "the people of another group join the team",
        lost: "the people of a group leave the team",
        shown: &[GROUP.text()],
    }],
    generate: Generate::Read {
        plural: "the team mappings of identity providers",
        listing: Listing::Below {
            parent: IdentityProvider::SCHEMA,
            attribute: IDENTITY_PROVIDER_ID.text(),
            with_parents: false,
        },
        part: Some(Part::GroupMapping),
        unmanaged: Some(Unmanaged {
            reason: "the mappings of another identity provider are described, or of none",
            below: &[(IdentityProvider::SCHEMA, IDENTITY_PROVIDER_ID.text())],
            title: &[
                Title::NameOf(KonnectTeam::SCHEMA, TEAM_ID.text()),
                Title::Text(": "),
                Title::Attribute(GROUP.text()),
            ],
        }),
    },
};

impl Resource for TeamGroupMapping {
    const COLLECTION: Collection =
        Collection::new(&SCHEMA, "/v3/identity-providers/{identity_provider_id}/team-group-mappings")
            .paged(Paging::Cursor);
}
