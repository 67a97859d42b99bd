//! `api`: an API of the catalog in a region (`api-builder-v3`, `/apis`).

use serde_json::Value;

use crate::konnect::collection::Collection;
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged};
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// An API of the catalog.
    Api = "api" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        NAME: Attribute::plain("name"),
        VERSION: Attribute::plain("version").nullable(),
        DESCRIPTION: Attribute::plain("description").nullable(),
        LABELS: Attribute::labels("labels"),
    }
    natural_key: &[REGION.text(), NAME.text(), VERSION.text()],
    guarded: true,
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of APIs.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAndService,
    reader: reader::<Api>,
    writer: Some(writer::<Api>),
    generate: Generate::Read {
        plural: "the APIs",
        listing: Listing::Regions { except: &[] },
        part: Some(Part::Api),
        unmanaged: Some(Unmanaged {
            reason: "no service has it as its API",
            below: &[],
            title: &[Title::Attribute(NAME.text())],
        }),
    },
};

/// The id of the current version, which the list of APIs contains. It is not an attribute.
pub(super) const CURRENT_VERSION: &str = "current_version_id";
/// The time of that version's last change.
pub(super) const CURRENT_VERSION_UPDATED: &str = "current_version_updated_at";

impl Resource for Api {
    const COLLECTION: Collection = Collection::new(&SCHEMA, "/v3/apis");

    /// Keeps what shows whether the current version changed, so that an unchanged specification needs no request of its
    /// own.
    fn read(address: &Attributes, json: Value) -> Result<Remote, Error> {
        let mut api = Self::COLLECTION.remote(address, &json)?;
        let current = &json["current_version_summary"];
        api.attributes.entry(VERSION.text().to_owned()).or_insert(Value::Null);
        for (name, field) in [(CURRENT_VERSION, "id"), (CURRENT_VERSION_UPDATED, "updated_at")] {
            api.attributes.insert(name.to_owned(), current[field].clone());
        }
        Ok(api)
    }
}
