//! `gateway_service`: what decK synchronises into a control plane (`control-planes-config-v2`,
//! `/control-planes/{controlPlaneId}/core-entities/services`). koctl reads services to link APIs with them, and
//! never writes one.

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::Value;

use super::{id, if_there, known};
use crate::konnect::client::ReadClient;
use engine::refresh::Scan;
use engine::{Attribute, Error, Reader, Remote, Schema};

/// What the engine knows of gateway services.
pub static SCHEMA: Schema = Schema {
    type_name: "gateway_service",
    reads_after: &["control_plane"],
    attributes: &[
        Attribute::computed("region"),
        Attribute::computed("control_plane_id"),
        Attribute::computed("name"),
        Attribute::computed("tags"),
    ],
    ..Schema::PLAIN
};

/// Gateway services over a client.
pub struct GatewayService<C>(pub C);

fn service(region: &str, control_plane: &str, mut json: Value) -> Result<Remote, Error> {
    json["region"] = region.into();
    json["control_plane_id"] = control_plane.into();
    Ok(Remote { id: id(&SCHEMA, &json)?, attributes: known(&SCHEMA, &json) })
}

#[async_trait]
impl Reader for GatewayService<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let planes = scan.distinct(["region", "control_plane_id"]).into_iter().map(async |[region, plane]| {
            let path = format!("/v2/control-planes/{plane}/core-entities/services");
            // The control plane was deleted since it was listed, and its services with it.
            let services = if_there(self.0.list_by_offset(&region, &path).await)?;
            services.into_iter().map(|json| service(&region, &plane, json)).collect::<Result<Vec<_>, Error>>()
        });
        Ok(try_join_all(planes).await?.into_iter().flatten().collect())
    }
}
