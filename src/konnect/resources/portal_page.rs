//! `portal_page`: a page of a developer portal (`portal-management-v3`, `/portals/{portalId}/pages`).
//!
//! koctl manages the pages of the configuration. All other pages belong to the portal's authors.

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::Value;

use super::portal::Portal;
use crate::konnect::client::{ReadClient, WriteClient};
use crate::konnect::collection::{Collection, Paging, if_there};
use crate::konnect::content::unchanged;
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Opening, Watch};
use engine::refresh::{Scan, Wanted};
use engine::typed::Typed;
use engine::{Attributes, Error, ErrorKind, Remote};

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
    generate: Generate::NotRead,
};

#[async_trait]
impl Resource for PortalPage {
    const COLLECTION: Collection = Collection::new(&SCHEMA, "/v3/portals/{portal_id}/pages").paged(Paging::Unpaged);

    /// A page at the top has a natural key too, with `null` for its parent.
    fn read(address: &Attributes, json: Value) -> Result<Remote, Error> {
        let mut page = Self::COLLECTION.remote(address, &json)?;
        page.attributes.entry(PARENT_PAGE_ID.text().to_owned()).or_insert(Value::Null);
        Ok(page)
    }

    /// Lists are trees without the contents. The content of a page is read if the configuration or the state has the page,
    /// unless it is unchanged.
    async fn list(client: &ReadClient, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let trees = Self::COLLECTION.list(client, scan).await?;
        let pages = trees.into_iter().flat_map(|(address, tree)| {
            let pages = flattened(tree);
            pages.into_iter().map(move |page| (address.clone(), page))
        });
        let pages = pages.map(async |(address, page)| with_content(client, scan, &address, page).await);
        Ok(try_join_all(pages).await?.into_iter().flatten().collect())
    }

    /// A new portal has Konnect's default pages. If one of them has the slug, it becomes the page of the configuration.
    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        let (region, path) = Self::COLLECTION.url(planned)?;
        let body = Self::body(planned)?;
        match client.post(&region, &path, &body).await {
            Err(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::Conflict) => {
                let present = present(client.reader(), planned).await?.ok_or(error)?;
                let (region, path) = Self::COLLECTION.object_url(planned, &present.id)?;
                Self::read(planned, client.patch(&region, &path, &body).await?)
            }
            made => Self::read(planned, made?),
        }
    }

    /// Konnect deletes a page with all pages below it, so a page with pages of others below it is not deleted.
    async fn delete(client: &WriteClient, id: &str, prior: &Attributes) -> Result<(), Error> {
        if pages_below(client.reader(), id, prior).await? > 0 {
            let cause = "pages below it are not managed, and Konnect would delete them with it";
            return Err(Error::new(ErrorKind::Refused, format!("delete the page {id}"), cause)
                .help("move or delete the pages below it in Konnect, or add them to the configuration"));
        }
        let (region, path) = Self::COLLECTION.object_url(prior, id)?;
        client.delete(&region, &path).await
    }
}

/// The number of pages below the page `id`. Pages of the configuration are deleted before the page above them, so these
/// are pages of others.
async fn pages_below(client: &ReadClient, id: &str, prior: &Attributes) -> Result<usize, Error> {
    let (region, path) = PortalPage::COLLECTION.url(prior)?;
    // If the portal is gone, its pages are gone with it.
    let trees = if_there(client.list_unpaged(&region, &path).await)?.unwrap_or_default();
    Ok(trees.into_iter().flat_map(flattened).filter(|page| page["parent_page_id"] == id).count())
}

/// The page with its parent and slug, if the portal has it.
async fn present(client: &ReadClient, planned: &Attributes) -> Result<Option<Remote>, Error> {
    let (region, path) = PortalPage::COLLECTION.url(planned)?;
    for page in client.list_unpaged(&region, &path).await?.into_iter().flat_map(flattened) {
        let page = PortalPage::read(planned, page)?;
        if [PARENT_PAGE_ID, SLUG].iter().all(|name| page.attributes.get(name.text()) == planned.get(name.text())) {
            return Ok(Some(page));
        }
    }
    Ok(None)
}

/// A page and all pages below it.
fn flattened(mut page: Value) -> Vec<Value> {
    let below = page["children"].take();
    let mut pages = vec![page];
    for child in below.as_array().into_iter().flatten() {
        pages.extend(flattened(child.clone()));
    }
    pages
}

/// A page with its content, if the configuration or the state has the page. `None` if it was deleted after the list was
/// read.
async fn with_content(
    client: &ReadClient,
    scan: &Scan<'_>,
    address: &Attributes,
    listed: Value,
) -> Result<Option<Remote>, Error> {
    let mut page = PortalPage::read(address, listed)?;
    let Some(wanted) = wanted(scan, &page) else { return Ok(Some(page)) };
    let updated_at = page.attributes.get(UPDATED_AT.text()).and_then(Value::as_str);
    if let Some(mut known) = unchanged(wanted, &page.id, updated_at) {
        page.attributes.extend(known.attributes.remove_entry(CONTENT.text()));
        return Ok(Some(page));
    }
    let (region, path) = PortalPage::COLLECTION.object_url(address, &page.id)?;
    let page = if_there(client.get(&region, &path).await)?;
    page.map(|json| PortalPage::read(address, json)).transpose()
}

/// The address that a page could belong to.
fn wanted<'s, 'a>(scan: &'s Scan<'a>, page: &Remote) -> Option<&'s Wanted<'a>> {
    let slug = page.attributes.get(SLUG.text()).and_then(Value::as_str);
    let of_id = scan.wanted().find(|wanted| wanted.state.is_some_and(|state| state.id == page.id));
    of_id.or_else(|| scan.wanted().find(|wanted| wanted.text(SLUG.text()).as_deref() == slug))
}
