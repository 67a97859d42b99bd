//! R4: an optional attribute that leaves the configuration is cleared, for every type alike.

use std::collections::BTreeMap;

use engine::refresh::{Remembered, refresh};
use engine::resource::Update;
use engine::schema::Unset;
use engine::{Attribute, Attributes, Desired, Kind, Readers, Remote, Schema};
use koctl::konnect::client::{ReadClient, WriteClient};
use koctl::konnect::resources::TYPES;
use sandbox::Sandbox;
use serde_json::{Value, json};
use transport::{Settings, Transport};

use crate::outside::Outsider;
use crate::world::World;

/// Attributes that every configuration sets, so that they never leave it. The switches of `authentication_settings` are
/// not among the optional ones either: without a block in the configuration, koctl leaves the switch as it is.
const ALWAYS_SET: &[(&str, &[&str])] = &[
    (
        "authentication_settings",
        &[
            "basic_auth_enabled",
            "oidc_auth_enabled",
            "saml_auth_enabled",
            "idp_mapping_enabled",
            "konnect_mapping_enabled",
            "oidc_provider_id",
            "saml_provider_id",
        ],
    ),
    ("identity_provider", &["issuer_url", "client_id", "idp_metadata_url"]),
    ("portal_custom_domain", &["enabled"]),
    // The document has no default for a theme, a layout and a menu, so what was set stays.
    (
        "portal_customization",
        &["theme_name", "theme_mode", "primary_color", "layout", "main_menu", "footer_sections", "footer_bottom"],
    ),
    ("portal_asset", &["data"]),
    // As those of an organization.
    (
        "portal_authentication_settings",
        &[
            "basic_auth_enabled",
            "oidc_auth_enabled",
            "saml_auth_enabled",
            "idp_mapping_enabled",
            "konnect_mapping_enabled",
            "oidc_provider_id",
            "saml_provider_id",
        ],
    ),
    ("portal_identity_provider", &["issuer_url", "client_id", "idp_metadata_url"]),
    ("notification_subscription", &["name", "regions", "entities", "channels", "enabled"]),
    // Konnect makes a slug by itself, and another one would be another address: it stays.
    ("api", &["slug"]),
    // The document has no default for it, so what was set stays.
    ("control_plane", &["auth_type"]),
    ("dashboard", &["definition"]),
    ("portal", &["display_name", "authentication_enabled", "default_api_visibility", "default_page_visibility"]),
    // A strategy always has what its type needs, with a default of koctl's.
    (
        "application_auth_strategy",
        &["display_name", "key_names", "issuer", "credential_claim", "scopes", "auth_methods"],
    ),
    // The title of a page is optional, and Konnect gives a page one by itself: from a heading, or from the slug.
    // So is its visibility, which is the portal's default at first; the document has no value for "as the portal".
    ("portal_page", &["title", "content", "visibility", "status"]),
    ("portal_snippet", &["title", "content", "visibility", "status"]),
    // The title of a document is a heading, or its slug.
    ("api_document", &["title", "content", "status"]),
    // The version of a specification is that of its text, and Konnect reads it there by itself.
    ("api_version", &["version", "content"]),
    ("api_publication", &["visibility"]),
];

fn is_optional(schema: &Schema, attribute: &Attribute) -> bool {
    let is_owned = matches!(attribute.kind, Kind::Computed | Kind::Labels | Kind::Notice | Kind::WriteOnly);
    let always = ALWAYS_SET.iter().filter(|(type_name, _)| *type_name == schema.type_name);
    let is_always_set = always.flat_map(|(_, names)| *names).any(|name| *name == attribute.name);
    !is_owned && !attribute.forces_replacement && !is_always_set && !is_identity(schema, attribute)
}

/// Part of the natural key, and never absent there.
fn is_identity(schema: &Schema, attribute: &Attribute) -> bool {
    schema.natural_key.contains(&attribute.name) && matches!(attribute.unset, Unset::Stays)
}

#[test]
fn r4_every_optional_attribute_of_every_type_can_be_cleared() {
    for schema in TYPES.iter().filter(|one| one.writer.is_some()).map(|one| one.schema) {
        for attribute in schema.attributes {
            let clears = !matches!(attribute.unset, Unset::Stays);
            assert_eq!(clears, is_optional(schema, attribute), "`{}` of `{}`", attribute.name, schema.type_name);
        }
    }
}

/// An object of each type with optional attributes, in which all of these are set.
async fn samples(outsider: &Outsider<'_>) -> BTreeMap<&'static str, Value> {
    let portal = outsider.made("eu", "/v3/portals", json!({ "name": "docs" })).await;
    let api = outsider.made("eu", "/v3/apis", json!({ "name": "docs", "version": "1.0.0" })).await;
    let key = json!({
        "name": "key", "display_name": "Key", "strategy_type": "key_auth", "configs": { "key-auth": {} }
    });
    let key = outsider.made("eu", "/v2/application-auth-strategies", key).await;
    let above = json!({ "slug": "above", "title": "Above", "content": "Above" });
    let above = outsider.made("eu", &format!("/v3/portals/{portal}/pages"), above).await;
    let document = json!({ "slug": "above", "content": "Above" });
    let document = outsider.made("eu", &format!("/v3/apis/{api}/documents"), document).await;
    BTreeMap::from([
        ("team", json!({ "name": "orders", "description": "Takes orders." })),
        (
            "control_plane",
            json!({
                "region": "eu", "name": "orders", "description": "Serves orders.",
                "cluster_type": "CLUSTER_TYPE_CONTROL_PLANE",
                "proxy_urls": [{ "host": "dev.example.com", "port": 443, "protocol": "https" }]
            }),
        ),
        (
            "identity_provider",
            json!({
                "type": "oidc", "login_path": "acme", "issuer_url": "https://idp.example.com", "client_id": "konnect",
                "client_secret": "hunter2", "scopes": ["openid"],
                "claim_mappings": { "name": "nick", "email": "mail", "groups": "circles" }
            }),
        ),
        (
            "portal_custom_domain",
            json!({
                "region": "eu", "portal_id": portal, "hostname": "developers.example.com", "enabled": true,
                "domain_verification_method": "custom_certificate", "custom_certificate": "CERTIFICATE",
                "custom_private_key": "KEY", "skip_ca_check": true
            }),
        ),
        (
            "portal_customization",
            json!({
                "region": "eu", "portal_id": portal, "css": "a {}", "robots": "User-agent: *",
                "try_it_ui": false, "try_it_insomnia": false, "infinite_scroll": false, "show_schemas": false,
                "hide_internal": true, "hide_deprecated": true, "allow_custom_server_urls": false
            }),
        ),
        (
            "portal_identity_provider",
            json!({
                "region": "eu", "portal_id": portal, "type": "oidc", "issuer_url": "https://idp.example.com",
                "client_id": "portal", "client_secret": "hunter2", "scopes": ["openid"],
                "claim_mappings": { "name": "nick", "email": "mail", "groups": "circles" }
            }),
        ),
        (
            "portal_page",
            json!({
                "region": "eu", "portal_id": portal, "parent_page_id": above, "slug": "below", "title": "Below",
                "content": "Below", "status": "published"
            }),
        ),
        (
            "api_document",
            json!({
                "region": "eu", "api_id": api, "parent_document_id": document, "slug": "below", "title": "Below",
                "content": "Below", "status": "published"
            }),
        ),
        (
            "application_auth_strategy",
            json!({
                "region": "eu", "name": "partner", "display_name": "Partner", "strategy_type": "key_auth",
                "key_names": ["apikey"], "ttl": { "value": 1, "unit": "years" }
            }),
        ),
        (
            "portal_team",
            json!({
                "region": "eu", "portal_id": portal, "name": "partners", "description": "Buy from us.",
                "can_own_applications": true
            }),
        ),
        (
            "api_publication",
            json!({
                "region": "eu", "portal_id": portal, "api_id": api, "visibility": "private", "auth_strategy_id": key
            }),
        ),
        (
            "portal",
            json!({
                "region": "eu", "name": "orders", "display_name": "Orders", "description": "All orders.",
                "authentication_enabled": true, "rbac_enabled": true, "sipr_enabled": true,
                "default_api_visibility": "private", "default_page_visibility": "private",
                "auto_approve_developers": true, "auto_approve_applications": true,
                "default_application_auth_strategy_id": key,
                "notifications_developer_pii_visibility_enabled": true
            }),
        ),
        ("api", json!({ "region": "eu", "name": "orders", "version": "1.0.0", "description": "Takes orders." })),
    ])
}

/// The object as its reader lists it.
async fn listed(readers: &Readers, schema: &Schema, attributes: &Attributes, id: &str) -> Remote {
    let mut desired = Desired::new("Acme", schema.type_name, "one");
    for (name, value) in attributes {
        desired = desired.with(name.as_str(), value.clone());
    }
    let world = refresh(&[desired], &Remembered::default(), readers).await.unwrap();
    world.by_id(schema.type_name, id).unwrap().clone()
}

fn clients(sandbox: &Sandbox) -> (ReadClient, WriteClient) {
    let account = koctl::konnect::Account {
        organization: "Acme".to_owned(),
        token: "acme-token".to_owned().into(),
        token_source: "this test".to_owned(),
        url: sandbox.konnect_url(),
    };
    let read = ReadClient::new(Transport::new(&Settings::default()).unwrap(), account);
    (read.clone(), WriteClient::new(read))
}

#[tokio::test]
async fn r4_what_is_cleared_has_no_value_any_more_in_konnect() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    let samples = samples(&Outsider(&sandbox)).await;
    let (read, write) = clients(&sandbox);
    for one in TYPES.iter().filter(|one| one.writer.is_some()) {
        let schema = one.schema;
        let optional = schema.attributes.iter().filter(|attribute| !matches!(attribute.unset, Unset::Stays));
        let optional: Vec<_> = optional.collect();
        let Some(sample) = samples.get(schema.type_name) else {
            assert!(optional.is_empty(), "there is no sample of `{}`", schema.type_name);
            continue;
        };
        let mut readers = Readers::default();
        TYPES.iter().for_each(|one| one.add_reader(&mut readers, &read));
        let writer = (one.writer.unwrap())(&write);
        let asked: Attributes = sample.as_object().unwrap().clone().into_iter().collect();
        let made = writer.create(&asked).await.unwrap();
        for attribute in optional {
            let name = attribute.name;
            let before = listed(&readers, schema, &asked, &made.id).await;
            assert_eq!(before.attributes.get(name), Some(&sample[name]), "`{name}` of `{}`", schema.type_name);
            let cleared = match attribute.unset {
                Unset::Default(value) => value(),
                _ => Value::Null,
            };
            let mut after = asked.clone();
            after.insert(name.to_owned(), cleared.clone());
            let update =
                Update { id: &made.id, before: &before.attributes, after: &after, changed: &[name.to_owned()] };
            let answered = writer.update(&update).await.unwrap();
            let now = listed(&readers, schema, &asked, &made.id).await;
            for remote in [answered, now] {
                let is = remote.attributes.get(name).cloned().unwrap_or_default();
                assert_eq!(is, cleared, "`{name}` of `{}`", schema.type_name);
            }
        }
    }
    sandbox.stop().await;
}
