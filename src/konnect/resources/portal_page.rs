//! `portal_page`: a page of a developer portal (`portal-management-v3`, `/portals/{portalId}/pages`).
//!
//! koctl manages the pages of the configuration. All other pages belong to the portal's authors.

use async_trait::async_trait;
use serde_json::Value;

use super::portal::Portal;
use crate::konnect::client::{ReadClient, WriteClient};
use crate::konnect::collection::{Collection, Paging};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::konnect::tree::{self, Tree};
use crate::resource_type::{Generate, KeyShape, Listing, Opening, Part, Title, Unmanaged, Watch};
use engine::refresh::Scan;
use engine::typed::Typed;
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// A page of a developer portal.
    PortalPage = "portal_page" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        PORTAL_ID: Attribute::plain("portal_id").forces_replacement().in_address(),
        /// The id of the page above. `null` at the top.
        PARENT_PAGE_ID: Attribute::plain("parent_page_id").nullable(),
        SLUG: Attribute::plain("slug"),
        TITLE: Attribute::plain("title"),
        CONTENT: Attribute::text("content"),
        VISIBILITY: Attribute::plain("visibility"),
        STATUS: Attribute::plain("status"),
        UPDATED_AT: Attribute::computed("updated_at"),
    }
    natural_key: &[REGION.text(), PORTAL_ID.text(), PARENT_PAGE_ID.text(), SLUG.text()],
    reads_after: &[Portal::SCHEMA.type_name],
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of pages.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAnd,
    reader: reader::<PortalPage>,
    writer: Some(writer::<PortalPage>),
    watch: &[Watch::Opens {
        attribute: VISIBILITY.text(),
        to: Opening::Text("public"),
        effect: "everyone sees the page",
    }],
    generate: Generate::Read {
        plural: "the pages of portals",
        listing: Listing::EachBelow { parent: Portal::SCHEMA, attribute: PORTAL_ID.text() },
        part: Some(Part::Page),
        unmanaged: Some(Unmanaged {
            reason: "its portal is not that of an environment",
            below: &[(Portal::SCHEMA, PORTAL_ID.text())],
            title: &[
                Title::Attribute(SLUG.text()),
                Title::Text(" of the portal "),
                Title::NameOf(Portal::SCHEMA, PORTAL_ID.text()),
            ],
        }),
    },
};

#[async_trait]
impl Resource for PortalPage {
    const COLLECTION: Collection = Collection::new(&SCHEMA, "/v3/portals/{portal_id}/pages").paged(Paging::Unpaged);

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

impl Tree for PortalPage {
    const PARENT: &'static str = PARENT_PAGE_ID.text();
    const SLUG: &'static str = SLUG.text();
    const NOUNS: [&'static str; 2] = ["page", "pages"];
}
