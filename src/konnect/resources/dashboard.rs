//! `dashboard`: charts of how APIs are used (`analytics-dashboards-v2`, `/dashboards`). Each region has its own, of what
//! was measured there.

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::konnect::client::WriteClient;
use crate::konnect::collection::{Collection, text};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged};
use engine::resource::Update;
use engine::{Attributes, Error, ErrorKind, Remote};

engine::schema! {
    /// A dashboard.
    Dashboard = "dashboard" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        NAME: Attribute::plain("name"),
        /// The JSON document that the API has as an object: a text, so that a plan shows line by line what changes in it.
        DEFINITION: Attribute::text("definition").generated(),
        LABELS: Attribute::labels("labels"),
    }
    natural_key: &[REGION.text(), NAME.text()],
    // The document has no conflict for a second dashboard of a name (`dashboardsCreate`).
    may_repeat: true,
    ..PLAIN
}

/// Everything that is said of dashboards.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::Own,
    reader: reader::<Dashboard>,
    writer: Some(writer::<Dashboard>),
    watch: &[],
    generate: Generate::Read {
        plural: "the dashboards",
        listing: Listing::Regions { except: NOT_IN },
        part: Some(Part::CustomReports),
        unmanaged: Some(Unmanaged {
            reason: "only koctl's own dashboards can be described, in every region of an environment",
            below: &[],
            title: &[Title::Attribute(NAME.text())],
        }),
    },
};

/// The regions without dashboards: Singapore is not among the servers of `analytics-dashboards-v2`.
pub const NOT_IN: &[&str] = &["sg"];

#[async_trait]
impl Resource for Dashboard {
    const COLLECTION: Collection = Collection::new(&SCHEMA, "/v2/dashboards");

    /// The definition as a text, with keys in alphabetical order.
    fn read(address: &Attributes, mut json: Value) -> Result<Remote, Error> {
        json[DEFINITION.text()] = format!("{:#}\n", json[DEFINITION.text()]).into();
        Self::COLLECTION.remote(address, &json)
    }

    fn body(attributes: &Attributes) -> Result<Value, Error> {
        let definition: Value = serde_json::from_str(text(attributes, DEFINITION.text())?).map_err(|error| {
            Error::new(ErrorKind::Refused, "prepare the request", format!("the definition is not valid JSON: {error}"))
        })?;
        let mut body = Self::COLLECTION.body(attributes);
        body[DEFINITION.text()] = definition;
        if body.get(LABELS.text()).is_none() {
            body[LABELS.text()] = json!({});
        }
        Ok(body)
    }

    /// A request replaces the whole dashboard.
    async fn update(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
        let (region, path) = Self::COLLECTION.object_url(update.after, update.id)?;
        Self::read(update.after, client.put(&region, &path, &Self::body(update.after)?).await?)
    }
}
