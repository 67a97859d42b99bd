//! `api_implementation`: the gateway service that serves an API (`api-builder-v3`, `/api-implementations` and
//! `/apis/{apiId}/implementations`).

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{lift, list_regions, remote, text};
use crate::konnect::client::{ReadClient, WriteClient};
use engine::refresh::Scan;
use engine::{Attribute, Attributes, Error, Reader, Remote, Schema, Writer};

/// What the engine knows of implementations. Konnect cannot change one in place.
pub static SCHEMA: Schema = Schema {
    type_name: "api_implementation",
    natural_key: &["region", "api_id", "service_id"],
    reads_after: &["gateway_service"],
    environment_in_key: true,
    attributes: &[
        Attribute::plain("region").forces_replacement(),
        Attribute::plain("api_id").forces_replacement(),
        Attribute::plain("control_plane_id").forces_replacement(),
        Attribute::plain("service_id").forces_replacement(),
    ],
    ..Schema::PLAIN
};

/// Implementations over a client.
pub struct ApiImplementation<C>(pub C);

/// Konnect nests the ends of the link under `service`.
fn implementation(region: &str, api: Option<&str>, mut json: Value) -> Result<Remote, Error> {
    lift(&mut json, "/service/id", "service_id");
    lift(&mut json, "/service/control_plane_id", "control_plane_id");
    if let Some(api) = api {
        json["api_id"] = api.into();
    }
    remote(&SCHEMA, region, json)
}

#[async_trait]
impl Reader for ApiImplementation<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    /// Links to a whole control plane instead of a service are somebody else's and left out.
    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let listed = list_regions(&self.0, scan, "/v3/api-implementations").await?;
        let of_services = listed.into_iter().filter(|(_, json)| json["service"].is_object());
        of_services.map(|(region, json)| implementation(&region, None, json)).collect()
    }
}

#[async_trait]
impl Writer for ApiImplementation<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let (region, api) = (text(planned, "region")?, text(planned, "api_id")?);
        let service = json!({
            "service": { "id": text(planned, "service_id")?, "control_plane_id": text(planned, "control_plane_id")? }
        });
        let made = self.0.post(region, &format!("/v3/apis/{api}/implementations"), &service).await?;
        implementation(region, Some(api), made)
    }

    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error> {
        let (region, api) = (text(prior, "region")?, text(prior, "api_id")?);
        self.0.delete(region, &format!("/v3/apis/{api}/implementations/{id}")).await
    }
}
