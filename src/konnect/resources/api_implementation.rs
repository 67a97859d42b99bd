//! `api_implementation`: the gateway service that serves an API (`api-builder-v3`, `/api-implementations` and
//! `/apis/{apiId}/implementations`).

use serde_json::Value;

use super::api::Api;
use super::gateway_service::GatewayService;
use crate::konnect::collection::Collection;
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged, Watch};
use engine::typed::Typed;

engine::schema! {
    /// The link of an API to a gateway service. Konnect cannot change one in place.
    ApiImplementation = "api_implementation" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        API_ID: Attribute::plain("api_id").forces_replacement().in_address(),
        CONTROL_PLANE_ID: Attribute::plain("control_plane_id").forces_replacement().inside("/service/control_plane_id"),
        SERVICE_ID: Attribute::plain("service_id").forces_replacement().inside("/service/id"),
    }
    natural_key: &[REGION.text(), API_ID.text(), SERVICE_ID.text()],
    reads_after: &[GatewayService::SCHEMA.type_name],
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of implementations.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAndService,
    reader: reader::<ApiImplementation>,
    writer: Some(writer::<ApiImplementation>),
    watch: &[Watch::Link {
        cut: "the API is no longer linked to its gateway service",
        moved: "the API is unlinked from its gateway service before it is linked again",
    }],
    generate: Generate::Read {
        plural: "the implementations of APIs",
        listing: Listing::Regions { except: &[] },
        part: Some(Part::Api),
        unmanaged: Some(Unmanaged {
            reason: "the gateway service is not tagged with the name of the API",
            below: &[(Api::SCHEMA, API_ID.text())],
            title: &[
                Title::NameOf(Api::SCHEMA, API_ID.text()),
                Title::Text(" by "),
                Title::NameOf(GatewayService::SCHEMA, SERVICE_ID.text()),
            ],
        }),
    },
};

impl Resource for ApiImplementation {
    const COLLECTION: Collection =
        Collection::new(&SCHEMA, "/v3/apis/{api_id}/implementations").listed_at("/v3/api-implementations");

    /// Links to a whole control plane instead of a service belong to someone else.
    fn is_listed(json: &Value) -> bool {
        json["service"].is_object()
    }
}
