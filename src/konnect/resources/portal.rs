//! `portal`: a developer portal in a region (`portal-management-v3`, `/portals`).

use async_trait::async_trait;

use crate::konnect::client::WriteClient;
use crate::konnect::collection::Collection;
use crate::konnect::resource::{KonnectType, PLAIN, Resource, off, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Opening, Part, Title, Unmanaged, Watch};
use engine::{Error, Remote};

engine::schema! {
    /// A developer portal.
    Portal = "portal" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        NAME: Attribute::plain("name"),
        DISPLAY_NAME: Attribute::plain("display_name"),
        DESCRIPTION: Attribute::plain("description").nullable(),
        AUTHENTICATION_ENABLED: Attribute::plain("authentication_enabled"),
        // The defaults of the switches are those of the document (schema `Portal`).
        RBAC_ENABLED: Attribute::plain("rbac_enabled").defaults_to(off),
        SIPR_ENABLED: Attribute::plain("sipr_enabled").defaults_to(off),
        DEFAULT_API_VISIBILITY: Attribute::plain("default_api_visibility"),
        DEFAULT_PAGE_VISIBILITY: Attribute::plain("default_page_visibility"),
        /// `null` for none (schema `UpdatePortal`).
        DEFAULT_APPLICATION_AUTH_STRATEGY_ID: Attribute::plain("default_application_auth_strategy_id").nullable(),
        AUTO_APPROVE_DEVELOPERS: Attribute::plain("auto_approve_developers").defaults_to(off),
        AUTO_APPROVE_APPLICATIONS: Attribute::plain("auto_approve_applications").defaults_to(off),
        NOTIFICATIONS_DEVELOPER_PII_VISIBILITY_ENABLED:
            Attribute::plain("notifications_developer_pii_visibility_enabled").defaults_to(off),
        LABELS: Attribute::labels("labels"),
    }
    natural_key: &[REGION.text(), NAME.text()],
    identity_labels: &["ko-konnect-orchestrator", "env-name"],
    guarded: true,
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of portals.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::Environment,
    reader: reader::<Portal>,
    writer: Some(writer::<Portal>),
    watch: &[
        Watch::Opens {
            attribute: DEFAULT_API_VISIBILITY.text(),
            to: Opening::Text("public"),
            effect: "everyone sees what is published in it, unless a publication says otherwise",
        },
        Watch::Opens {
            attribute: DEFAULT_PAGE_VISIBILITY.text(),
            to: Opening::Text("public"),
            effect: "everyone sees its pages, unless a page says otherwise",
        },
        Watch::Opens {
            attribute: AUTHENTICATION_ENABLED.text(),
            to: Opening::Flag(false),
            effect: "nobody needs to sign in",
        },
        Watch::Opens {
            attribute: RBAC_ENABLED.text(),
            to: Opening::Flag(false),
            effect: "developers need no team to see and to use the APIs",
        },
        Watch::Opens { attribute: SIPR_ENABLED.text(), to: Opening::Flag(false), effect: "every address reaches it" },
        Watch::Opens {
            attribute: AUTO_APPROVE_DEVELOPERS.text(),
            to: Opening::Flag(true),
            effect: "whoever registers as a developer is let in without approval",
        },
        Watch::Opens {
            attribute: AUTO_APPROVE_APPLICATIONS.text(),
            to: Opening::Flag(true),
            effect: "applications get access to APIs without approval",
        },
    ],
    generate: Generate::Read {
        plural: "the portals",
        listing: Listing::Regions { except: &[] },
        part: Some(Part::Environment),
        unmanaged: Some(Unmanaged {
            reason: "no environment has it as its portal",
            below: &[],
            title: &[Title::Attribute(NAME.text())],
        }),
    },
};

/// Deleted without `force`: Konnect refuses to delete a portal in which others have published.
#[async_trait]
impl Resource for Portal {
    const COLLECTION: Collection = Collection::new(&SCHEMA, "/v3/portals");

    /// Gives a new portal Konnect's default pages, once. By its document, the request leaves existing pages as they are.
    /// From then on, the pages belong to their authors.
    async fn complete(client: &WriteClient, made: &Remote) -> Result<(), Error> {
        let (region, path) = Self::COLLECTION.object_url(&made.attributes, &made.id)?;
        client.post_repeatable(&region, &format!("{path}/default-content")).await.map(drop)
    }
}
