//! `gateway_service`: what decK synchronises into a control plane (`control-planes-config-v2`,
//! `/control-planes/{controlPlaneId}/core-entities/services`). koctl reads services to link APIs with them, and
//! never writes one.

use super::control_plane::ControlPlane;
use crate::konnect::collection::{Collection, Paging};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader};
use crate::resource_type::{Generate, KeyShape, Listing};
use engine::typed::Typed;

engine::schema! {
    /// A gateway service.
    GatewayService = "gateway_service" {
        REGION: Attribute::computed("region").in_address(),
        CONTROL_PLANE_ID: Attribute::computed("control_plane_id").in_address(),
        NAME: Attribute::computed("name"),
        TAGS: Attribute::computed("tags"),
    }
    reads_after: &[ControlPlane::SCHEMA.type_name],
    ..PLAIN
}

/// Everything that is said of gateway services.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::Own,
    reader: reader::<GatewayService>,
    writer: None,
    watch: &[],
    generate: Generate::Read {
        plural: "the gateway services of control planes",
        listing: Listing::Below {
            parent: ControlPlane::SCHEMA,
            attribute: CONTROL_PLANE_ID.text(),
            with_parents: false,
        },
        part: None,
        unmanaged: None,
    },
};

impl Resource for GatewayService {
    const COLLECTION: Collection =
        Collection::new(&SCHEMA, "/v2/control-planes/{control_plane_id}/core-entities/services").paged(Paging::Offset);
}
