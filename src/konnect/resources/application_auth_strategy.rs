//! `application_auth_strategy`: how applications identify themselves to published APIs
//! (`application-auth-strategies-v2`, `/application-auth-strategies` of a region).

use async_trait::async_trait;
use serde_json::Value;

use crate::konnect::client::WriteClient;
use crate::konnect::collection::Collection;
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged, Watch};
use engine::resource::Update;
use engine::schema::Location;
use engine::{Error, Remote};

engine::schema! {
    /// An application auth strategy. Its type cannot be changed. Fields of its plugin that others set are not sent.
    ApplicationAuthStrategy = "application_auth_strategy" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        NAME: Attribute::plain("name"),
        DISPLAY_NAME: Attribute::plain("display_name"),
        STRATEGY_TYPE: Attribute::plain("strategy_type").forces_replacement(),
        KEY_NAMES: Attribute::plain("key_names").inside("/configs/key-auth/key_names"),
        /// `null` is a change that removes it (schema `PartialAppAuthStrategyConfigKeyAuth`).
        TTL: Attribute::plain("ttl").inside("/configs/key-auth/ttl").nullable(),
        ISSUER: Attribute::plain("issuer").inside("/configs/openid-connect/issuer"),
        CREDENTIAL_CLAIM: Attribute::plain("credential_claim").inside("/configs/openid-connect/credential_claim"),
        SCOPES: Attribute::plain("scopes").inside("/configs/openid-connect/scopes"),
        AUTH_METHODS: Attribute::plain("auth_methods").inside("/configs/openid-connect/auth_methods"),
        LABELS: Attribute::labels("labels"),
    }
    natural_key: &[REGION.text(), NAME.text()],
    // The document has no conflict for a second strategy of a name (`create-app-auth-strategy`).
    may_repeat: true,
    guarded: true,
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of application auth strategies.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAnd,
    reader: reader::<ApplicationAuthStrategy>,
    writer: Some(writer::<ApplicationAuthStrategy>),
    watch: &[Watch::Access {
        gained: "applications can identify themselves to APIs in a further way",
        changed: "how applications identify themselves to APIs changes",
        lost: "applications can no longer identify themselves to APIs in this way",
        shown: &[STRATEGY_TYPE.text(), ISSUER.text()],
    }],
    generate: Generate::Read {
        plural: "the application auth strategies",
        listing: Listing::Regions { except: &[] },
        part: Some(Part::AuthStrategy),
        unmanaged: Some(Unmanaged {
            reason: "no environment that is taken over uses it",
            below: &[],
            title: &[Title::Attribute(NAME.text())],
        }),
    },
};

/// Attributes of the configuration of a strategy.
fn is_nested(name: &str) -> bool {
    SCHEMA.attribute(name).is_some_and(|attribute| matches!(attribute.location, Location::Inside(_)))
}

#[async_trait]
impl Resource for ApplicationAuthStrategy {
    const COLLECTION: Collection = Collection::new(&SCHEMA, "/v2/application-auth-strategies");

    /// A strategy with a provider of dynamic client registration is made with what koctl does not describe.
    fn is_listed(json: &Value) -> bool {
        json["dcr_provider"].is_null()
    }

    /// The document does not say that a configuration is merged deeply: all that koctl knows of it is sent.
    async fn update(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
        let (region, path) = Self::COLLECTION.object_url(update.after, update.id)?;
        let mut attributes = Self::COLLECTION.changes(update);
        if update.changed.iter().any(|name| is_nested(name)) {
            let nested = update.after.iter().filter(|(name, _)| is_nested(name));
            attributes.extend(nested.map(|(name, value)| (name.clone(), value.clone())));
        }
        Self::read(update.after, client.patch(&region, &path, &Self::body(&attributes)?).await?)
    }
}
