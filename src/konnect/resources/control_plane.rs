//! `control_plane`: a gateway's control plane in a region (`control-planes-v2`, `/control-planes`).

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::konnect::client::WriteClient;
use crate::konnect::collection::Collection;
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged};
use engine::resource::Update;
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// A gateway's control plane.
    ControlPlane = "control_plane" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        NAME: Attribute::plain("name"),
        /// The document allows no `null` (schema `UpdateControlPlaneRequest`).
        DESCRIPTION: Attribute::plain("description").blank_as(""),
        CLUSTER_TYPE: Attribute::plain("cluster_type").forces_replacement().answered_inside("/config/cluster_type"),
        AUTH_TYPE: Attribute::plain("auth_type").answered_inside("/config/auth_type"),
        /// In the order of [`sorted`]: the document has a set.
        PROXY_URLS: Attribute::plain("proxy_urls").answered_inside("/config/proxy_urls").defaults_to(|| json!([])),
        LABELS: Attribute::labels("labels"),
    }
    natural_key: &[REGION.text(), NAME.text()],
    identity_labels: &["ko-konnect-orchestrator", "env-name", "team"],
    guarded: true,
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of control planes.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAndControlPlane,
    reader: reader::<ControlPlane>,
    writer: Some(writer::<ControlPlane>),
    watch: &[],
    generate: Generate::Read {
        plural: "the control planes",
        listing: Listing::Regions { except: &[] },
        part: Some(Part::ControlPlane),
        unmanaged: Some(Unmanaged {
            reason: "no team has it as its control plane",
            below: &[],
            title: &[Title::Attribute(NAME.text())],
        }),
    },
};

#[async_trait]
impl Resource for ControlPlane {
    const COLLECTION: Collection = Collection::new(&SCHEMA, "/v2/control-planes");

    /// Konnect has two words for serverless. A control plane with the other one is as wanted.
    fn read(address: &Attributes, mut json: Value) -> Result<Remote, Error> {
        if let Some(cluster_type) = json.pointer_mut("/config/cluster_type")
            && *cluster_type == "CLUSTER_TYPE_SERVERLESS_V1"
        {
            *cluster_type = "CLUSTER_TYPE_SERVERLESS".into();
        }
        if let Some(Value::Array(urls)) = json.pointer_mut("/config/proxy_urls") {
            sorted(urls);
        }
        Self::COLLECTION.remote(address, &json)
    }

    /// A request replaces all labels: the document allows no `null` among them. So the labels that others set are read
    /// just before, and sent too.
    async fn update(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
        let (region, path) = Self::COLLECTION.object_url(update.after, update.id)?;
        let mut body = Self::COLLECTION.body(&update.changes());
        if let Some(Value::Object(labels)) = body.get_mut(LABELS.text()) {
            let now = client.reader().get(&region, &path).await?;
            let before = update.before.get(LABELS.text());
            let ours = |key: &String| before.is_some_and(|before| before.get(key).is_some());
            for (key, value) in now["labels"].as_object().into_iter().flatten().filter(|(key, _)| !ours(key)) {
                labels.entry(key).or_insert_with(|| value.clone());
            }
        }
        Self::read(update.after, client.patch(&region, &path, &body).await?)
    }
}

/// Brings the addresses of data planes into one order: by host, port and protocol.
pub fn sorted(urls: &mut [Value]) {
    let text = |url: &Value, key: &str| url[key].as_str().unwrap_or_default().to_owned();
    urls.sort_by_cached_key(|url| (text(url, "host"), url["port"].as_u64(), text(url, "protocol")));
}
