//! `api_document`: a text beside the specification of an API (`api-builder-v3`, `/apis/{apiId}/documents`).
//!
//! koctl manages the documents of the configuration. All others belong to their authors.

use async_trait::async_trait;
use serde_json::Value;

use super::api::Api;
use crate::konnect::client::{ReadClient, WriteClient};
use crate::konnect::collection::{Collection, Paging};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::konnect::tree::{self, Tree};
use crate::resource_type::{Generate, KeyShape, Listing, Title, Unmanaged};
use engine::refresh::Scan;
use engine::typed::Typed;
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// A text beside the specification of an API.
    ApiDocument = "api_document" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        API_ID: Attribute::plain("api_id").forces_replacement().in_address(),
        /// The id of the document above. `null` at the top.
        PARENT_DOCUMENT_ID: Attribute::plain("parent_document_id").nullable(),
        SLUG: Attribute::plain("slug"),
        TITLE: Attribute::plain("title"),
        CONTENT: Attribute::text("content"),
        STATUS: Attribute::plain("status"),
        UPDATED_AT: Attribute::computed("updated_at"),
    }
    natural_key: &[REGION.text(), API_ID.text(), PARENT_DOCUMENT_ID.text(), SLUG.text()],
    reads_after: &[Api::SCHEMA.type_name],
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of documents. Who sees one is decided by the publication of its API, which is watched.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAndServiceAnd,
    reader: reader::<ApiDocument>,
    writer: Some(writer::<ApiDocument>),
    watch: &[],
    generate: Generate::Read {
        plural: "the documents of APIs",
        listing: Listing::Below { parent: Api::SCHEMA, attribute: API_ID.text(), with_parents: false },
        part: None,
        unmanaged: Some(Unmanaged {
            reason: "documents are in the repositories of services, which are not written here: add the text there, and \
                     the folder as `docs` of the service",
            below: &[(Api::SCHEMA, API_ID.text())],
            title: &[
                Title::Attribute(TITLE.text()),
                Title::Text(" of the API "),
                Title::NameOf(Api::SCHEMA, API_ID.text()),
            ],
        }),
    },
};

#[async_trait]
impl Resource for ApiDocument {
    const COLLECTION: Collection = Collection::new(&SCHEMA, "/v3/apis/{api_id}/documents").paged(Paging::Unpaged);

    fn read(address: &Attributes, json: Value) -> Result<Remote, Error> {
        tree::read::<Self>(address, &json)
    }

    async fn list(client: &ReadClient, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        tree::list::<Self>(client, scan).await
    }

    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        tree::create::<Self>(client, planned).await
    }

    async fn delete(client: &WriteClient, id: &str, prior: &Attributes) -> Result<(), Error> {
        tree::delete::<Self>(client, id, prior).await
    }
}

impl Tree for ApiDocument {
    const PARENT: &'static str = PARENT_DOCUMENT_ID.text();
    const SLUG: &'static str = SLUG.text();
    const NOUNS: [&'static str; 2] = ["document", "documents"];
}
