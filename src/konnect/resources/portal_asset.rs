//! `portal_asset`: the logo and the favicon of a portal (`portal-management-v3`, `/portals/{portalId}/assets/logo` and
//! `/assets/favicon`).

use async_trait::async_trait;
use serde_json::Value;

use super::portal::Portal;
use crate::konnect::client::WriteClient;
use crate::konnect::collection::{Collection, Paging, text};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::konnect::single;
use crate::resource_type::{Generate, KeyShape};
use engine::resource::Update;
use engine::schema::OnRemoval;
use engine::typed::Typed;
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// An image of a portal: `logo` or `favicon`. A portal always has both, and the document has no operation to delete
    /// one: it is removed from the state, and stays, when it leaves the configuration.
    PortalAsset = "portal_asset" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        PORTAL_ID: Attribute::plain("portal_id").forces_replacement().in_address(),
        NAME: Attribute::plain("name").forces_replacement().in_address(),
        /// The image as a data URL, of which plans show the size and the digest.
        DATA: Attribute::text("data"),
    }
    natural_key: &[REGION.text(), PORTAL_ID.text(), NAME.text()],
    on_removal: OnRemoval::Forget,
    reads_after: &[Portal::SCHEMA.type_name],
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of images. The document does not say which image is Konnect's own, so that `koctl import
/// --generate` cannot say which ones a person chose.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAnd,
    reader: reader::<PortalAsset>,
    writer: Some(writer::<PortalAsset>),
    watch: &[],
    generate: Generate::NotRead,
};

async fn replace(client: &WriteClient, image: &Attributes) -> Result<Remote, Error> {
    let (region, path) = PortalAsset::COLLECTION.url(image)?;
    PortalAsset::read(image, client.put(&region, &path, &PortalAsset::body(image)?).await?)
}

#[async_trait]
impl Resource for PortalAsset {
    const COLLECTION: Collection =
        Collection::new(&SCHEMA, "/v3/portals/{portal_id}/assets/{name}").paged(Paging::Single);

    fn read(address: &Attributes, json: Value) -> Result<Remote, Error> {
        single::read::<Self>(address, PORTAL_ID.text(), text(address, NAME.text())?, &json)
    }

    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        replace(client, planned).await
    }

    async fn update(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
        replace(client, update.after).await
    }

    /// It goes with its portal, which another one replaces.
    async fn delete(_: &WriteClient, _: &str, _: &Attributes) -> Result<(), Error> {
        Ok(())
    }
}
