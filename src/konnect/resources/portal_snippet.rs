//! `portal_snippet`: a text that pages of a developer portal share (`portal-management-v3`,
//! `/portals/{portalId}/snippets`).
//!
//! koctl manages the snippets of the configuration. All others belong to the portal's authors.

use async_trait::async_trait;
use futures::future::try_join_all;

use super::portal::Portal;
use crate::konnect::client::{ReadClient, WriteClient};
use crate::konnect::collection::{Collection, if_there};
use crate::konnect::content::with_content;
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Opening, Part, Title, Unmanaged, Watch};
use engine::refresh::Scan;
use engine::typed::Typed;
use engine::{Attributes, Error, ErrorKind, Remote};

engine::schema! {
    /// A text that pages share.
    PortalSnippet = "portal_snippet" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        PORTAL_ID: Attribute::plain("portal_id").forces_replacement().in_address(),
        NAME: Attribute::plain("name"),
        TITLE: Attribute::plain("title"),
        CONTENT: Attribute::text("content"),
        VISIBILITY: Attribute::plain("visibility"),
        STATUS: Attribute::plain("status"),
        UPDATED_AT: Attribute::computed("updated_at"),
    }
    natural_key: &[REGION.text(), PORTAL_ID.text(), NAME.text()],
    reads_after: &[Portal::SCHEMA.type_name],
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of snippets.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAnd,
    reader: reader::<PortalSnippet>,
    writer: Some(writer::<PortalSnippet>),
    watch: &[Watch::Opens {
        attribute: VISIBILITY.text(),
        to: Opening::Text("public"),
        effect: "everyone sees the snippet",
    }],
    generate: Generate::Read {
        plural: "the snippets of portals",
        listing: Listing::EachBelow { parent: Portal::SCHEMA, attribute: PORTAL_ID.text() },
        part: Some(Part::Snippet),
        unmanaged: Some(Unmanaged {
            reason: "its portal is not that of an environment",
            below: &[(Portal::SCHEMA, PORTAL_ID.text())],
            title: &[
                Title::Attribute(NAME.text()),
                Title::Text(" of the portal "),
                Title::NameOf(Portal::SCHEMA, PORTAL_ID.text()),
            ],
        }),
    },
};

#[async_trait]
impl Resource for PortalSnippet {
    const COLLECTION: Collection = Collection::new(&SCHEMA, "/v3/portals/{portal_id}/snippets");

    /// The text of a snippet, which the list leaves out, is read if the configuration or the state has the snippet, unless it
    /// is unchanged.
    async fn list(client: &ReadClient, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let listed = Self::COLLECTION.list(client, scan).await?.into_iter();
        let all =
            listed.map(async |(address, json)| with_content::<Self>(client, scan, &address, json, NAME.text()).await);
        Ok(try_join_all(all).await?.into_iter().flatten().collect())
    }

    /// A new portal has Konnect's default snippets. If one of them has the name, it becomes the one of the configuration.
    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        let (region, path) = Self::COLLECTION.url(planned)?;
        let body = Self::body(planned)?;
        match client.post(&region, &path, &body).await {
            Err(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::Conflict) => {
                let all = if_there(client.reader().list(&region, &path).await)?.unwrap_or_default();
                let of_name = all.iter().find(|snippet| planned.get(NAME.text()) == snippet.get(NAME.text()));
                let present = Self::read(planned, of_name.ok_or(error)?.clone())?;
                let (region, path) = Self::COLLECTION.object_url(planned, &present.id)?;
                Self::read(planned, client.patch(&region, &path, &body).await?)
            }
            made => Self::read(planned, made?),
        }
    }
}
