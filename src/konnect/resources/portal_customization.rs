//! `portal_customization`: the look of a portal (`portal-management-v3`, `/portals/{portalId}/customization`).

use async_trait::async_trait;
use serde_json::Value;

use super::portal::Portal;
use crate::konnect::client::WriteClient;
use crate::konnect::collection::{Collection, Paging};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, off, reader, writer};
use crate::konnect::single;
use crate::resource_type::{Generate, KeyShape, Listing, Part};
use engine::resource::Update;
use engine::schema::OnRemoval;
use engine::typed::Typed;
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// The look of a portal: one object, which always exists. It is removed from the state, and not reset, when it leaves
    /// the configuration. The defaults are those of the document (schema `PortalCustomizationV3`), which has none for a
    /// theme, a layout and the menus: these stay.
    PortalCustomization = "portal_customization" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        PORTAL_ID: Attribute::plain("portal_id").forces_replacement().in_address(),
        THEME_NAME: Attribute::plain("theme_name").inside("/theme/name"),
        THEME_MODE: Attribute::plain("theme_mode").inside("/theme/mode"),
        PRIMARY_COLOR: Attribute::plain("primary_color").inside("/theme/colors/primary"),
        LAYOUT: Attribute::plain("layout"),
        CSS: Attribute::text("css").nullable(),
        MAIN_MENU: Attribute::plain("main_menu").inside("/menu/main"),
        FOOTER_SECTIONS: Attribute::plain("footer_sections").inside("/menu/footer_sections"),
        FOOTER_BOTTOM: Attribute::plain("footer_bottom").inside("/menu/footer_bottom"),
        TRY_IT_UI: Attribute::plain("try_it_ui").inside("/spec_renderer/try_it_ui").defaults_to(on),
        TRY_IT_INSOMNIA: Attribute::plain("try_it_insomnia").inside("/spec_renderer/try_it_insomnia").defaults_to(on),
        INFINITE_SCROLL: Attribute::plain("infinite_scroll").inside("/spec_renderer/infinite_scroll").defaults_to(on),
        SHOW_SCHEMAS: Attribute::plain("show_schemas").inside("/spec_renderer/show_schemas").defaults_to(on),
        HIDE_INTERNAL: Attribute::plain("hide_internal").inside("/spec_renderer/hide_internal").defaults_to(off),
        HIDE_DEPRECATED: Attribute::plain("hide_deprecated").inside("/spec_renderer/hide_deprecated").defaults_to(off),
        ALLOW_CUSTOM_SERVER_URLS: Attribute::plain("allow_custom_server_urls")
            .inside("/spec_renderer/allow_custom_server_urls")
            .defaults_to(on),
        ROBOTS: Attribute::text("robots").nullable(),
    }
    natural_key: &[REGION.text(), PORTAL_ID.text()],
    on_removal: OnRemoval::Forget,
    reads_after: &[Portal::SCHEMA.type_name],
    environment_in_key: true,
    ..PLAIN
}

fn on() -> Value {
    Value::Bool(true)
}

/// Everything that is said of customizations.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::Environment,
    reader: reader::<PortalCustomization>,
    writer: Some(writer::<PortalCustomization>),
    watch: &[],
    generate: Generate::Read {
        plural: "the customizations of portals",
        listing: Listing::Below { parent: Portal::SCHEMA, attribute: PORTAL_ID.text(), with_parents: false },
        part: Some(Part::PortalCustomization),
        unmanaged: None,
    },
};

/// Changes these attributes. The document says that the request merges properties, and not how deeply: each block of which
/// something changes is sent whole, with what it has of others.
async fn bring(client: &WriteClient, address: &Attributes, changes: &Attributes) -> Result<Remote, Error> {
    let (region, path) = PortalCustomization::COLLECTION.url(address)?;
    let mut body = PortalCustomization::body(changes)?;
    if body.as_object().is_some_and(|blocks| blocks.values().any(Value::is_object)) {
        let mut present = client.reader().get(&region, &path).await?;
        for (name, block) in body.as_object_mut().into_iter().flatten().filter(|(_, block)| block.is_object()) {
            let changed = std::mem::replace(block, present[name].take());
            merge(block, changed);
        }
    }
    PortalCustomization::read(address, client.patch(&region, &path, &body).await?)
}

/// Puts `changes` into a value, deeply.
fn merge(value: &mut Value, changes: Value) {
    match (value, changes) {
        (Value::Object(fields), Value::Object(changes)) => {
            changes.into_iter().for_each(|(name, change)| merge(fields.entry(name).or_insert(Value::Null), change));
        }
        (value, changes) => *value = changes,
    }
}

#[async_trait]
impl Resource for PortalCustomization {
    const COLLECTION: Collection =
        Collection::new(&SCHEMA, "/v3/portals/{portal_id}/customization").paged(Paging::Single);

    fn read(address: &Attributes, json: Value) -> Result<Remote, Error> {
        single::read::<Self>(address, PORTAL_ID.text(), "customization", &json)
    }

    /// It exists as soon as its portal does, which a plan that makes the portal does not know.
    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        bring(client, planned, planned).await
    }

    async fn update(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
        bring(client, update.after, &update.changes()).await
    }

    /// It goes with its portal, which another one replaces.
    async fn delete(_: &WriteClient, _: &str, _: &Attributes) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_block_keeps_what_others_have_in_it() {
        let mut theme = json!({ "name": "theirs", "colors": { "primary": "#000", "other": "#fff" } });
        merge(&mut theme, json!({ "mode": "dark", "colors": { "primary": "#05f" } }));
        assert_eq!(
            theme,
            json!({ "name": "theirs", "mode": "dark", "colors": { "primary": "#05f", "other": "#fff" } })
        );
        let mut nothing = Value::Null;
        merge(&mut nothing, json!({ "mode": "dark" }));
        assert_eq!(nothing, json!({ "mode": "dark" }));
        let mut menu = json!({ "main": [1, 2] });
        merge(&mut menu, json!({ "main": [] }));
        assert_eq!(menu, json!({ "main": [] }));
    }
}
