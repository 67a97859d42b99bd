//! Every kind of drift of every resource type: changed attribute by attribute, deleted and added behind koctl's back,
//! straight through the APIs. Each is reported, `apply` repairs what is managed, and never touches what is not.
//!
//! The cases follow the schemas: a type or an attribute that is not in the tables fails the test. Those that cannot
//! drift, or whose drift cannot be seen, are in the tables too, with the reason. Three groups of attributes are not in
//! the tables: those that force a replacement, since the APIs cannot change them; those that the server computes; and
//! secrets, which are never read back. The page `docs/drift.md` describes this.

use std::collections::BTreeSet;

use engine::{Attribute, Schema};
use http::Method;
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::outside::{GLOBAL, Outsider};
use crate::world::{World, spec};

const TEAMS: &str = "\
teams:
  orders:
    description: Takes orders.
    users: [kim@example.com]
    services:
      Acme/checkout:
        name: checkout
        slug: checkout
        description: The checkout.
        git: {remote: 'https://github.com/Acme/checkout.git'}
        docs: docs
";

const ORGANIZATIONS: &str = "\
organizations:
  Acme:
    access-token: {type: env, value: ACME_TOKEN}
    notifications: {email: false}
    authorization:
      built-in: {enabled: true}
      oidc: {enabled: true, login-path: acme, issuer: 'https://idp.example.com', client-id: konnect,
             client-secret: {type: literal, value: sesame}, scopes: [openid], claim-mappings: {name: name, email: mail, groups: roles}}
      saml: {enabled: false, login-path: acme-saml, idp-metadata-url: 'https://idp.example.com/saml'}
      team-mappings:
        built-in: {enabled: false}
        idp: {enabled: true, mappings: {orders: [buyers]}}
    environments:
      dev:
        type: DEV
        region: eu
        control-plane: {description: A gateway., auth-type: pinned_client_certs, proxy-urls: ['https://dev.example.com']}
        portal:
          description: For developers.
          authorization:
            built-in: {enabled: true}
            oidc: {enabled: true, issuer: 'https://idp.example.com', client-id: portal,
                   client-secret: {type: literal, value: sesame}, scopes: [openid],
                   claim-mappings: {name: name, email: mail, groups: roles}}
            saml: {enabled: false, idp-metadata-url: 'https://idp.example.com/saml'}
            team-mappings:
              built-in: {enabled: false}
              idp: {enabled: true, mappings: {partners: [buyers]}}
          custom-domain:
            hostname: developers.example.com
            certificate: {type: literal, value: CERTIFICATE}
            private-key: {type: literal, value: KEY}
            skip-ca-check: true
          customization:
            theme: {name: ours, mode: dark, primary-color: '#0b5fff'}
            layout: ours
            css: 'a {}'
            menu:
              main: [{path: /apis, title: APIs}]
              footer-sections: [{title: More, items: [{path: /about, title: About}]}]
              footer-bottom: [{path: /terms, title: Terms}]
            spec-renderer:
              try-it-ui: true
              try-it-insomnia: true
              infinite-scroll: true
              show-schemas: true
              hide-internal: true
              hide-deprecated: true
              allow-custom-server-urls: true
            robots: 'User-agent: *'
          logo: data:image/png;base64,iVBORw0KGgo=
          rbac: false
          ip-allow-list: false
          auto-approve-developers: false
          auto-approve-applications: false
          developers-in-notifications: false
          pages: {handbook: \"---\\nvisibility: private\\n---\\n# Handbook\"}
          snippets: {note: \"---\\nvisibility: private\\n---\\nA note.\"}
          auth-strategies:
            company: {strategy-type: openid_connect, issuer: 'https://idp.example.com'}
            partner: {strategy-type: key_auth, ttl: 1 year}
          default-application-auth-strategy: partner
          teams:
            partners: {description: Buy from us., can-own-applications: false, roles: [{role: API Viewer}]}
";

/// One of koctl's own files, which is deleted outside koctl.
const OWN_FILE: &str = ".github/workflows/koctl-plan.yml";

/// How an attribute is changed behind koctl's back.
#[derive(Clone, Copy)]
enum Change {
    /// By the type's own operation; the body is made from the object as the API shows it.
    Send(fn(&Value) -> Value),
    /// Otherwise.
    By(Hand),
    /// It is, and the object then looks deleted to koctl, as the text says why.
    Loses(fn(&Value) -> Value, &'static str),
    /// It cannot be changed, or the change cannot be seen.
    Never(&'static str),
}

/// A change that takes more than one request, or other operations than the type's own.
#[derive(Clone, Copy)]
enum Hand {
    /// SAML is used to sign in instead of OpenID Connect.
    SignInBySaml,
    /// A staged file is edited on its pull request's branch.
    EditStagedFile,
    /// One of koctl's own files is deleted from the default branch.
    DeleteOwnFile,
}

use Change::{By, Loses, Never, Send};

const NAMED: &str = "where the files are follows from the name of the environment";
const FOLLOWS: &str = "it follows the identity provider: it changes where that is made again";
const LEFT: &str = "these files are left to people once they are written";
const TRAVELLED: &str = "it is how the last change travelled, and its pull request may be merged long since";

/// Every attribute that can be read back and changed in place.
const CHANGES: &[(&str, &str, Change)] = &[
    ("team", "name", Send(|_| json!({ "name": "theirs" }))),
    ("team", "description", Send(|_| json!({ "description": "Theirs." }))),
    ("team", "labels", Send(|_| json!({ "labels": { "ko-konnect-orchestrator": "false" } }))),
    ("user", "email", Never("Konnect does not change the address of a person")),
    ("authentication_settings", "basic_auth_enabled", Send(|_| json!({ "basic_auth_enabled": false }))),
    ("authentication_settings", "oidc_auth_enabled", Send(|_| json!({ "oidc_auth_enabled": false }))),
    ("authentication_settings", "saml_auth_enabled", By(Hand::SignInBySaml)),
    ("authentication_settings", "idp_mapping_enabled", Send(|_| json!({ "idp_mapping_enabled": false }))),
    ("authentication_settings", "konnect_mapping_enabled", Send(|_| json!({ "konnect_mapping_enabled": true }))),
    ("authentication_settings", "oidc_provider_id", Never(FOLLOWS)),
    ("authentication_settings", "saml_provider_id", Never(FOLLOWS)),
    ("identity_provider", "login_path", Send(|_| json!({ "login_path": "theirs" }))),
    ("identity_provider", "issuer_url", Send(|is| configured(is, "issuer_url", "https://sso.example.com"))),
    ("identity_provider", "client_id", Send(|is| configured(is, "client_id", "theirs"))),
    ("identity_provider", "scopes", Send(|is| configured(is, "scopes", json!(["openid", "email"])))),
    (
        "identity_provider",
        "claim_mappings",
        Send(|is| configured(is, "claim_mappings", json!({ "name": "nick", "email": "mail", "groups": "roles" }))),
    ),
    (
        "identity_provider",
        "idp_metadata_url",
        Send(|is| configured(is, "idp_metadata_url", "https://sso.example.com/saml")),
    ),
    ("notification_subscription", "name", Send(|is| with(is, SUBSCRIBED, "name", "theirs"))),
    ("notification_subscription", "regions", Loses(|is| with(is, SUBSCRIBED, "regions", json!(["EU"])), PARTIAL)),
    (
        "notification_subscription",
        "entities",
        Loses(|is| with(is, SUBSCRIBED, "entities", json!(["d32d905a-ed33-46a3-a093-d8f536af9a8a"])), PARTIAL),
    ),
    (
        "notification_subscription",
        "channels",
        Send(|is| with(is, SUBSCRIBED, "channels", json!([{ "type": "EMAIL", "enabled": true }]))),
    ),
    ("notification_subscription", "enabled", Send(|is| with(is, SUBSCRIBED, "enabled", false))),
    ("dashboard", "name", Send(|is| with(is, DASHBOARD, "name", "theirs"))),
    ("dashboard", "definition", Send(|is| with(is, DASHBOARD, "definition", json!({ "tiles": [] })))),
    ("dashboard", "labels", Send(|is| with(is, DASHBOARD, "labels", json!({})))),
    ("control_plane", "name", Send(|_| json!({ "name": "theirs" }))),
    ("control_plane", "description", Send(|_| json!({ "description": "Theirs." }))),
    ("control_plane", "auth_type", Send(|_| json!({ "auth_type": "pki_client_certs" }))),
    ("control_plane", "proxy_urls", Send(|_| json!({ "proxy_urls": [] }))),
    ("control_plane", "labels", Send(|_| json!({ "labels": { "theirs": "true" } }))),
    ("application_auth_strategy", "name", Send(|_| json!({ "name": "theirs" }))),
    ("application_auth_strategy", "display_name", Send(|_| json!({ "display_name": "Theirs" }))),
    ("application_auth_strategy", "key_names", Send(|_| key_auth(json!({ "key_names": ["theirs"] })))),
    ("application_auth_strategy", "ttl", Send(|_| key_auth(json!({ "ttl": null })))),
    ("application_auth_strategy", "issuer", Send(|_| openid_connect("issuer", json!("https://sso.example.com")))),
    ("application_auth_strategy", "credential_claim", Send(|_| openid_connect("credential_claim", json!(["sub"])))),
    ("application_auth_strategy", "scopes", Send(|_| openid_connect("scopes", json!(["openid", "email"])))),
    ("application_auth_strategy", "auth_methods", Send(|_| openid_connect("auth_methods", json!(["session"])))),
    ("application_auth_strategy", "labels", Send(|_| json!({ "labels": { "env-name": "theirs" } }))),
    ("portal", "name", Send(|_| json!({ "name": "theirs" }))),
    ("portal", "display_name", Send(|_| json!({ "display_name": "Theirs" }))),
    ("portal", "description", Send(|_| json!({ "description": "Theirs." }))),
    ("portal", "rbac_enabled", Send(|_| json!({ "rbac_enabled": true }))),
    ("portal", "sipr_enabled", Send(|_| json!({ "sipr_enabled": true }))),
    (
        "portal",
        "default_application_auth_strategy_id",
        Send(|_| json!({ "default_application_auth_strategy_id": null })),
    ),
    ("portal", "auto_approve_developers", Send(|_| json!({ "auto_approve_developers": true }))),
    ("portal", "auto_approve_applications", Send(|_| json!({ "auto_approve_applications": true }))),
    (
        "portal",
        "notifications_developer_pii_visibility_enabled",
        Send(|_| json!({ "notifications_developer_pii_visibility_enabled": true })),
    ),
    ("portal", "authentication_enabled", Send(|_| json!({ "authentication_enabled": false }))),
    ("portal", "default_api_visibility", Send(|_| json!({ "default_api_visibility": "public" }))),
    ("portal", "default_page_visibility", Send(|_| json!({ "default_page_visibility": "public" }))),
    ("portal", "labels", Send(|_| json!({ "labels": { "env-name": "theirs" } }))),
    ("portal_custom_domain", "enabled", Send(|_| json!({ "enabled": false }))),
    ("portal_custom_domain", "skip_ca_check", Send(|_| json!({ "ssl": { "skip_ca_check": false } }))),
    ("portal_customization", "theme_name", Send(|_| json!({ "theme": { "name": "theirs" } }))),
    ("portal_customization", "theme_mode", Send(|_| json!({ "theme": { "mode": "light" } }))),
    ("portal_customization", "primary_color", Send(|_| json!({ "theme": { "colors": { "primary": "#fff" } } }))),
    ("portal_customization", "layout", Send(|_| json!({ "layout": "theirs" }))),
    ("portal_customization", "css", Send(|_| json!({ "css": "b {}" }))),
    ("portal_customization", "main_menu", Send(|_| json!({ "menu": { "main": [] } }))),
    ("portal_customization", "footer_sections", Send(|_| json!({ "menu": { "footer_sections": [] } }))),
    ("portal_customization", "footer_bottom", Send(|_| json!({ "menu": { "footer_bottom": [] } }))),
    ("portal_customization", "try_it_ui", Send(|_| json!({ "spec_renderer": { "try_it_ui": false } }))),
    ("portal_customization", "try_it_insomnia", Send(|_| json!({ "spec_renderer": { "try_it_insomnia": false } }))),
    ("portal_customization", "infinite_scroll", Send(|_| json!({ "spec_renderer": { "infinite_scroll": false } }))),
    ("portal_customization", "show_schemas", Send(|_| json!({ "spec_renderer": { "show_schemas": false } }))),
    ("portal_customization", "hide_internal", Send(|_| json!({ "spec_renderer": { "hide_internal": false } }))),
    ("portal_customization", "hide_deprecated", Send(|_| json!({ "spec_renderer": { "hide_deprecated": false } }))),
    (
        "portal_customization",
        "allow_custom_server_urls",
        Send(|_| json!({ "spec_renderer": { "allow_custom_server_urls": false } })),
    ),
    ("portal_customization", "robots", Send(|_| json!({ "robots": null }))),
    ("portal_asset", "data", Send(|_| json!({ "data": "data:image/png;base64,AAAA" }))),
    ("portal_authentication_settings", "basic_auth_enabled", Send(|_| json!({ "basic_auth_enabled": false }))),
    ("portal_authentication_settings", "oidc_auth_enabled", Send(|_| json!({ "oidc_auth_enabled": false }))),
    (
        "portal_authentication_settings",
        "saml_auth_enabled",
        Send(|_| json!({ "oidc_auth_enabled": false, "saml_auth_enabled": true })),
    ),
    ("portal_authentication_settings", "idp_mapping_enabled", Send(|_| json!({ "idp_mapping_enabled": false }))),
    ("portal_authentication_settings", "konnect_mapping_enabled", Send(|_| json!({ "konnect_mapping_enabled": true }))),
    ("portal_authentication_settings", "oidc_provider_id", Never(FOLLOWS)),
    ("portal_authentication_settings", "saml_provider_id", Never(FOLLOWS)),
    ("portal_identity_provider", "issuer_url", Send(|is| configured(is, "issuer_url", "https://sso.example.com"))),
    ("portal_identity_provider", "client_id", Send(|is| configured(is, "client_id", "theirs"))),
    ("portal_identity_provider", "scopes", Send(|is| configured(is, "scopes", json!(["openid", "email"])))),
    (
        "portal_identity_provider",
        "claim_mappings",
        Send(|is| configured(is, "claim_mappings", json!({ "name": "nick", "email": "mail", "groups": "roles" }))),
    ),
    (
        "portal_identity_provider",
        "idp_metadata_url",
        Send(|is| configured(is, "idp_metadata_url", "https://sso.example.com/saml")),
    ),
    ("portal_page", "parent_page_id", Never("another page would have to be above it, and koctl has one here")),
    ("portal_page", "slug", Send(|_| json!({ "slug": "theirs" }))),
    ("portal_page", "title", Send(|_| json!({ "title": "Theirs" }))),
    ("portal_page", "content", Send(|_| json!({ "content": "# Theirs" }))),
    ("portal_page", "visibility", Send(|_| json!({ "visibility": "public" }))),
    ("portal_page", "status", Send(|_| json!({ "status": "unpublished" }))),
    ("portal_snippet", "name", Send(|_| json!({ "name": "theirs" }))),
    ("portal_snippet", "title", Send(|_| json!({ "title": "Theirs" }))),
    ("portal_snippet", "content", Send(|_| json!({ "content": "Theirs." }))),
    ("portal_snippet", "visibility", Send(|_| json!({ "visibility": "public" }))),
    ("portal_snippet", "status", Send(|_| json!({ "status": "unpublished" }))),
    ("portal_team", "name", Send(|_| json!({ "name": "theirs" }))),
    ("portal_team", "description", Send(|_| json!({ "description": "Theirs." }))),
    ("portal_team", "can_own_applications", Send(|_| json!({ "can_own_applications": true }))),
    ("api", "name", Send(|_| json!({ "name": "theirs" }))),
    ("api", "version", Send(|_| json!({ "version": "9.9.9" }))),
    ("api", "slug", Send(|_| json!({ "slug": "theirs" }))),
    ("api", "description", Send(|_| json!({ "description": "Theirs." }))),
    ("api", "labels", Send(|_| json!({ "labels": { "team-name": null } }))),
    ("api_document", "parent_document_id", Never("another document would have to be above it, and koctl has one here")),
    ("api_document", "slug", Send(|_| json!({ "slug": "theirs" }))),
    ("api_document", "title", Send(|_| json!({ "title": "Theirs" }))),
    ("api_document", "content", Send(|_| json!({ "content": "# Theirs" }))),
    ("api_document", "status", Send(|_| json!({ "status": "unpublished" }))),
    ("api_version", "version", Send(|_| json!({ "version": "9.9.9" }))),
    ("api_version", "content", Send(|_| json!({ "spec": { "content": spec("theirs", "1.0.0") } }))),
    ("api_publication", "visibility", Send(|_| json!({ "visibility": "public" }))),
    ("api_publication", "auth_strategy_id", Send(|_| json!({ "visibility": "private", "auth_strategy_ids": null }))),
    ("pull_request", "branch", Never(NAMED)),
    ("pull_request", "folder", Never(NAMED)),
    ("pull_request", "former_folders", Never(NAMED)),
    ("pull_request", "title", Never(TRAVELLED)),
    ("pull_request", "files", By(Hand::EditStagedFile)),
    ("repository_files", "branch", Never(TRAVELLED)),
    ("repository_files", "title", Never(TRAVELLED)),
    ("repository_files", "files", By(Hand::DeleteOwnFile)),
    ("repository_files", "shared_files", Never(LEFT)),
    ("repository_files", "removed_files", Never(LEFT)),
];

const PARTIAL: &str = "a subscription to a part of everything is somebody's own, which koctl does not look at";
const SUBSCRIBED: &[&str] = &["name", "regions", "entities", "channels", "enabled"];
const DASHBOARD: &[&str] = &["name", "definition", "labels"];

/// These fields of the object, one of them with another value.
fn with(is: &Value, names: &[&str], name: &str, value: impl Into<Value>) -> Value {
    let mut body: Value = names.iter().map(|name| ((*name).to_owned(), is[*name].clone())).collect();
    body[name] = value.into();
    body
}

/// The change of an auth strategy with keys.
fn key_auth(change: Value) -> Value {
    json!({ "configs": { "key-auth": change } })
}

/// The change of an auth strategy with tokens.
fn openid_connect(name: &str, value: Value) -> Value {
    let mut change = json!({ "configs": { "openid-connect": {} } });
    change["configs"]["openid-connect"][name] = value;
    change
}

/// An identity provider's configuration with one other value.
fn configured(is: &Value, name: &str, value: impl Into<Value>) -> Value {
    let settings = ["issuer_url", "client_id", "scopes", "claim_mappings", "idp_metadata_url"];
    let mut config: Value =
        settings.iter().filter_map(|name| Some(((*name).to_owned(), is["config"].get(*name)?.clone()))).collect();
    config[name] = value.into();
    json!({ "config": config })
}

/// How an object is deleted behind koctl's back, or why it is not.
const DELETIONS: &[(&str, Result<(), &str>)] = &[
    ("team", Ok(())),
    ("user", Ok(())),
    ("team_user", Ok(())),
    ("team_role", Ok(())),
    ("authentication_settings", Err("there is always one")),
    ("identity_provider", Ok(())),
    ("team_group_mapping", Ok(())),
    ("notification_subscription", Ok(())),
    ("dashboard", Ok(())),
    ("control_plane", Ok(())),
    ("application_auth_strategy", Ok(())),
    ("portal", Ok(())),
    ("portal_custom_domain", Ok(())),
    ("portal_customization", Err("there is always one")),
    ("portal_asset", Err("there is always one")),
    ("portal_authentication_settings", Err("there is always one")),
    ("portal_identity_provider", Ok(())),
    ("portal_team_group_mapping", Ok(())),
    ("portal_page", Ok(())),
    ("portal_snippet", Ok(())),
    ("portal_team", Ok(())),
    ("portal_team_role", Ok(())),
    ("api", Ok(())),
    ("api_version", Ok(())),
    ("api_document", Ok(())),
    ("api_publication", Ok(())),
    ("api_implementation", Ok(())),
    ("gateway_service", Err(LOOKED_UP)),
    ("konnect_team", Err(LOOKED_UP)),
    ("pull_request", Ok(())),
    ("repository_files", Ok(())),
    ("repository", Err("without it there is no place for anything else: the scope fails, and says so")),
    ("actions_secret", Err("reading even the names of secrets takes a permission that looking does without")),
];

const LOOKED_UP: &str = "it is only looked up, and in no state";

/// The request that creates a deleted object again: its path and its body, made from the record in the state and from
/// the object as the API showed it, if the API shows single objects. Or the reason why this cannot be seen.
type Remake = Result<fn(&Known, &Value) -> (String, Value), &'static str>;

const REMAKES: &[(&str, Remake)] = &[
    ("team", Ok(|_, is| ("/v3/teams".to_owned(), json!({ "name": is["name"] })))),
    ("user", Ok(|_, is| ("/v3/invites".to_owned(), json!({ "email": is["email"] })))),
    ("team_user", Err(SAME)),
    (
        "team_role",
        Ok(|known, _| {
            let names = ["role_name", "entity_id", "entity_type_name", "entity_region"];
            (known.collection(), names.iter().map(|name| ((*name).to_owned(), known.values[*name].clone())).collect())
        }),
    ),
    ("authentication_settings", Err("there is always one")),
    (
        "identity_provider",
        Ok(|known, is| {
            let mut body = configured(is, "client_secret", "theirs");
            body["type"] = is["type"].clone();
            body["login_path"] = is["login_path"].clone();
            (known.collection(), body)
        }),
    ),
    (
        "team_group_mapping",
        Ok(|known, _| {
            let Known { values, .. } = known;
            (known.collection(), json!({ "team_id": values["team_id"], "group": values["group"] }))
        }),
    ),
    ("notification_subscription", Ok(|known, is| (known.collection(), with(is, SUBSCRIBED, "enabled", true)))),
    ("dashboard", Ok(|known, is| (known.collection(), with(is, DASHBOARD, "labels", json!({}))))),
    (
        "control_plane",
        Ok(|known, is| {
            let kind = &known.values["cluster_type"];
            (known.collection(), json!({ "name": is["name"], "cluster_type": kind }))
        }),
    ),
    (
        "application_auth_strategy",
        Ok(|known, is| {
            (known.collection(), with(is, &["name", "display_name", "strategy_type", "configs"], "labels", json!({})))
        }),
    ),
    ("portal_custom_domain", Err(SAME)),
    ("portal_customization", Err("there is always one")),
    ("portal_asset", Err("there is always one")),
    ("portal_authentication_settings", Err("there is always one")),
    (
        "portal_identity_provider",
        Ok(|known, is| {
            let mut body = configured(is, "client_secret", "theirs");
            body["type"] = is["type"].clone();
            (known.collection(), body)
        }),
    ),
    (
        "portal_team_group_mapping",
        Ok(|known, _| {
            let Known { values, .. } = known;
            (known.collection(), json!({ "team_id": values["team_id"], "group": values["group"] }))
        }),
    ),
    ("portal_team", Ok(|known, is| (known.collection(), json!({ "name": is["name"] })))),
    (
        "portal_team_role",
        Ok(|known, _| {
            let names = ["role_name", "entity_id", "entity_type_name", "entity_region"];
            (known.collection(), names.iter().map(|name| ((*name).to_owned(), known.values[*name].clone())).collect())
        }),
    ),
    ("portal", Ok(|known, is| (known.collection(), json!({ "name": is["name"] })))),
    ("portal_page", Ok(|known, is| (known.collection(), with(is, &["slug", "content"], "status", "published")))),
    ("portal_snippet", Ok(|known, is| (known.collection(), with(is, &["name", "content"], "status", "published")))),
    ("api", Ok(|known, is| (known.collection(), json!({ "name": is["name"], "version": is["version"] })))),
    ("api_document", Ok(|known, is| (known.collection(), with(is, &["slug", "content"], "status", "published")))),
    (
        "api_version",
        Ok(|known, is| {
            let spec = json!({ "content": is["spec"]["content"] });
            (known.collection(), json!({ "version": is["version"], "spec": spec }))
        }),
    ),
    ("api_publication", Err(SAME)),
    (
        "api_implementation",
        Ok(|known, _| {
            let Known { values, .. } = known;
            let service = json!({ "id": values["service_id"], "control_plane_id": values["control_plane_id"] });
            (known.collection(), json!({ "service": service }))
        }),
    ),
    ("gateway_service", Err(LOOKED_UP)),
    ("konnect_team", Err(LOOKED_UP)),
    ("pull_request", Err(SAME)),
    ("repository_files", Err(SAME)),
    ("repository", Err(SAME)),
    ("actions_secret", Err(SAME)),
];

const SAME: &str = "it has no id of its own but its name: another one is the same";

fn schemas() -> impl Iterator<Item = &'static Schema> {
    koctl::registry::schemas().iter().copied()
}

#[test]
fn the_tables_have_every_type_and_every_attribute_that_can_drift_and_no_other() {
    let drifts = |attribute: &&Attribute| !attribute.forces_replacement && attribute.is_read_back();
    let attributes = schemas()
        .flat_map(|schema| schema.attributes.iter().filter(drifts).map(|attribute| (schema.type_name, attribute.name)));
    let listed: Vec<_> = CHANGES.iter().map(|(type_name, attribute, _)| (*type_name, *attribute)).collect();
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), attributes.collect::<BTreeSet<_>>());
    assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), listed.len(), "one is there twice");
    let types: BTreeSet<_> = DELETIONS.iter().map(|(type_name, _)| *type_name).collect();
    assert_eq!(types, schemas().map(|schema| schema.type_name).collect::<BTreeSet<_>>());
    assert_eq!(types.len(), DELETIONS.len());
    let remade: BTreeSet<_> = REMAKES.iter().map(|(type_name, _)| *type_name).collect();
    assert_eq!((remade.len(), remade), (REMAKES.len(), types));
}

/// A platform with a resource of every type, applied.
struct Platform {
    world: World,
    sandbox: Sandbox,
}

/// A resource of the state.
#[derive(Debug, Clone)]
struct Known {
    address: String,
    type_name: String,
    values: Value,
}

impl Known {
    fn text(&self, name: &str) -> &str {
        self.values[name].as_str().unwrap_or_else(|| panic!("{} has no {name}", self.address))
    }

    /// The region and the path of its object in the API.
    fn place(&self) -> (&str, String) {
        let id = || self.text("id");
        let region = self.values["region"].as_str().unwrap_or(GLOBAL);
        let path = match self.type_name.as_str() {
            "team" => format!("/v3/teams/{}", id()),
            "user" => format!("/v3/users/{}", id()),
            "team_user" => format!("/v3/teams/{}/users/{}", self.text("team_id"), self.text("user_id")),
            "team_role" => format!("/v3/teams/{}/assigned-roles/{}", self.text("team_id"), id()),
            "authentication_settings" => "/v3/authentication-settings".to_owned(),
            "identity_provider" => format!("/v3/identity-providers/{}", id()),
            "team_group_mapping" => {
                format!("/v3/identity-providers/{}/team-group-mappings/{}", self.text("identity_provider_id"), id())
            }
            "notification_subscription" => {
                format!("/v1/notifications/configurations/{}/subscriptions/{}", self.text("event_id"), id())
            }
            "dashboard" => format!("/v2/dashboards/{}", id()),
            "control_plane" => format!("/v2/control-planes/{}", id()),
            "portal" => format!("/v3/portals/{}", id()),
            "portal_custom_domain" => format!("/v3/portals/{}/custom-domain", self.text("portal_id")),
            "portal_customization" => format!("/v3/portals/{}/customization", self.text("portal_id")),
            "portal_asset" => format!("/v3/portals/{}/assets/{}", self.text("portal_id"), self.text("name")),
            "portal_authentication_settings" => {
                format!("/v3/portals/{}/authentication-settings", self.text("portal_id"))
            }
            "portal_identity_provider" => {
                format!("/v3/portals/{}/identity-providers/{}", self.text("portal_id"), id())
            }
            "portal_team_group_mapping" => {
                let (portal, provider) = (self.text("portal_id"), self.text("identity_provider_id"));
                format!("/v3/portals/{portal}/identity-providers/{provider}/team-group-mappings/{}", id())
            }
            "portal_page" => format!("/v3/portals/{}/pages/{}", self.text("portal_id"), id()),
            "portal_snippet" => format!("/v3/portals/{}/snippets/{}", self.text("portal_id"), id()),
            "application_auth_strategy" => format!("/v2/application-auth-strategies/{}", id()),
            "portal_team" => format!("/v3/portals/{}/teams/{}", self.text("portal_id"), id()),
            "portal_team_role" => {
                let (portal, team) = (self.text("portal_id"), self.text("team_id"));
                format!("/v3/portals/{portal}/teams/{team}/assigned-roles/{}", id())
            }
            "api" => format!("/v3/apis/{}", id()),
            "api_version" => format!("/v3/apis/{}/versions/{}", self.text("api_id"), id()),
            "api_document" => format!("/v3/apis/{}/documents/{}", self.text("api_id"), id()),
            "api_publication" => format!("/v3/apis/{}/publications/{}", self.text("api_id"), self.text("portal_id")),
            "api_implementation" => format!("/v3/apis/{}/implementations/{}", self.text("api_id"), id()),
            other => panic!("where is a {other}?"),
        };
        (region, path)
    }
}

impl Known {
    /// The collection that it is in.
    fn collection(&self) -> String {
        self.place().1.rsplit_once('/').unwrap().0.to_owned()
    }
}

impl Platform {
    async fn new() -> Self {
        let world = World::new();
        world.write("konnect/teams.yaml", TEAMS);
        world.write("konnect/organizations.yaml", ORGANIZATIONS);
        world.write("services/Acme/checkout/dev/docs/start.md", "# Start\n");
        let sandbox = world.sandbox().await;
        let platform = Self { world, sandbox };
        platform.koctl(&["init", "--auto-approve", "--state", "file:.koctl/state"], 0).await;
        platform.apply().await;
        platform.synchronise().await;
        platform.apply().await;
        assert_eq!(platform.drift(0).await, [] as [Value; 0]);
        platform
    }

    /// Creates the gateway service that decK makes of the staged specification.
    async fn synchronise(&self) {
        let services = format!("{}/core-entities/services", self.one("control_plane").await.place().1);
        let service = json!({ "name": "checkout", "host": "example.com", "tags": ["ko-api-name=checkout-dev"] });
        self.outsider().konnect(Method::POST, "eu", &services, Some(service)).await;
    }

    fn outsider(&self) -> Outsider<'_> {
        Outsider(&self.sandbox)
    }

    async fn koctl(&self, arguments: &[&str], code: i32) -> String {
        self.world.against(&self.sandbox, arguments).await.exits(code).stdout
    }

    async fn apply(&self) {
        self.koctl(&["apply", "--auto-approve", "--allow-destroy"], 0).await;
    }

    /// Applies after an object of this type was deleted, and checks that everything is in place again.
    async fn repair(&self, type_name: &str) {
        self.apply().await;
        if type_name == "control_plane" {
            // The gateway service was deleted with it, and the link of the API waits for a new one (R9).
            self.synchronise().await;
            self.apply().await;
        }
        assert_eq!(self.drift(0).await, [] as [Value; 0], "{type_name}");
    }

    /// The drift of resources in the report of `koctl drift`.
    async fn drift(&self, code: i32) -> Vec<Value> {
        self.scopes(code).await.iter().flat_map(|scope| scope["drift"].as_array().unwrap().clone()).collect()
    }

    async fn scopes(&self, code: i32) -> Vec<Value> {
        let document: Value = serde_json::from_str(&self.koctl(&["drift", "--json"], code).await).unwrap();
        document["scopes"].as_array().unwrap().clone()
    }

    /// All resources of the state.
    async fn known(&self) -> Vec<Known> {
        let document: Value = serde_json::from_str(&self.koctl(&["show", "--json"], 0).await).unwrap();
        let resources = document["values"]["root_module"]["resources"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let known = |one: &Value| Known {
            address: text(&one["address"]),
            type_name: text(&one["type"]),
            values: one["values"].clone(),
        };
        resources.iter().map(known).collect()
    }

    /// A resource of that type.
    async fn one(&self, type_name: &str) -> Known {
        let found = self.known().await.into_iter().find(|known| known.type_name == type_name);
        found.unwrap_or_else(|| panic!("no {type_name}"))
    }

    /// Sends the change of one attribute.
    async fn change(&self, known: &Known, change: fn(&Value) -> Value) {
        let (region, path) = known.place();
        let is = self.outsider().konnect(Method::GET, region, &path, None).await;
        let method = match known.type_name.as_str() {
            "api_publication" | "dashboard" | "portal_asset" => Method::PUT,
            _ => Method::PATCH,
        };
        self.outsider().konnect(method, region, &path, Some(change(&is))).await;
    }

    async fn by(&self, hand: Hand) {
        match hand {
            Hand::SignInBySaml => self.sign_in_by_saml().await,
            Hand::EditStagedFile => {
                let pull = self.one("pull_request").await;
                let path = pull.values["files"].as_object().unwrap().keys().next().unwrap().clone();
                self.write_file(pull.text("branch"), &path, Some("theirs: true\n")).await;
            }
            Hand::DeleteOwnFile => {
                self.merge().await;
                self.write_file("main", OWN_FILE, None).await;
            }
        }
    }

    async fn sign_in_by_saml(&self) {
        let settings = json!({ "oidc_auth_enabled": false, "saml_auth_enabled": true });
        self.outsider().konnect(Method::PATCH, GLOBAL, "/v3/authentication-settings", Some(settings)).await;
        for (kind, enabled) in [("oidc", false), ("saml", true)] {
            let of_kind = |known: &Known| known.type_name == "identity_provider" && known.text("type") == kind;
            let provider = self.known().await.into_iter().find(of_kind).unwrap();
            let path = provider.place().1;
            self.outsider().konnect(Method::PATCH, GLOBAL, &path, Some(json!({ "enabled": enabled }))).await;
        }
    }

    /// Writes a file on a branch of the platform repository, or deletes it.
    async fn write_file(&self, branch: &str, path: &str, text: Option<&str>) {
        let route = format!("/repos/Acme/platform/contents/{path}");
        let there = self.outsider().github(Method::GET, &format!("{route}?ref={branch}"), None).await;
        let mut body = json!({ "message": "Change", "branch": branch, "sha": there["sha"] });
        let method = match text {
            Some(text) => {
                use base64::Engine as _;
                body["content"] = base64::engine::general_purpose::STANDARD.encode(text).into();
                Method::PUT
            }
            None => Method::DELETE,
        };
        self.outsider().github(method, &route, Some(body)).await;
    }

    /// Merges all open pull requests, oldest first.
    async fn merge(&self) {
        let route = "/repos/Acme/platform/pulls";
        let pulls = self.outsider().github(Method::GET, &format!("{route}?direction=asc"), None).await;
        for pull in pulls.as_array().unwrap() {
            let merge = format!("{route}/{}/merge", pull["number"]);
            self.outsider().github(Method::PUT, &merge, Some(json!({}))).await;
        }
    }

    async fn delete(&self, known: &Known) {
        match known.type_name.as_str() {
            "pull_request" => {
                let route = format!("/repos/Acme/platform/git/refs/heads/{}", known.text("branch"));
                self.outsider().github(Method::DELETE, &route, None).await;
            }
            "repository_files" => {
                self.merge().await;
                for path in known.values["files"].as_object().unwrap().keys() {
                    self.write_file("main", path, None).await;
                }
            }
            name => {
                let (region, path) = known.place();
                // A portal with published APIs is not deleted otherwise.
                let force = if name == "portal" { "?force=true" } else { "" };
                self.outsider().konnect(Method::DELETE, region, &format!("{path}{force}"), None).await;
            }
        }
    }

    async fn stop(self) {
        self.sandbox.stop().await;
    }
}

#[tokio::test]
async fn r3_every_attribute_that_somebody_changes_is_reported_and_put_back() {
    let platform = Platform::new().await;
    for (type_name, attribute, change) in CHANGES {
        let name = format!("{type_name}.{attribute}");
        let set = |known: &Known| known.type_name == *type_name && !known.values[*attribute].is_null();
        let known = platform.known().await.into_iter().find(set);
        match change {
            Never(reason) => {
                assert!(!reason.is_empty());
                continue;
            }
            Send(change) | Loses(change, _) => platform.change(known.as_ref().unwrap(), *change).await,
            By(hand) => platform.by(*hand).await,
        }
        let known = known.unwrap_or_else(|| panic!("{name} is not set"));
        let drift = platform.drift(2).await;
        assert_eq!(drift.len(), 1, "{name}: {drift:#?}");
        assert_eq!(drift[0]["address"], known.address.as_str(), "{name}: {drift:#?}");
        if let Loses(_, reason) = change {
            assert_eq!(drift[0]["kind"], "deleted", "{name}: {drift:#?}; {reason}");
        } else {
            let sides = &drift[0]["attributes"][*attribute];
            assert!(sides.is_object() && sides["was"] != sides["is"], "{name}: {drift:#?}");
        }
        platform.apply().await;
    }
    assert_eq!(platform.drift(0).await, [] as [Value; 0]);
    platform.koctl(&["plan", "--detailed-exitcode"], 0).await;
    platform.stop().await;
}

#[tokio::test]
async fn r3_every_object_that_somebody_deletes_is_reported_and_made_again() {
    let platform = Platform::new().await;
    for (type_name, deletion) in DELETIONS {
        if let Err(reason) = deletion {
            assert!(!reason.is_empty());
            continue;
        }
        let known = platform.one(type_name).await;
        platform.delete(&known).await;
        let drift = platform.drift(2).await;
        let reported = drift.iter().find(|one| one["address"] == known.address.as_str());
        assert_eq!(reported.unwrap_or_else(|| panic!("{}: {drift:#?}", known.address))["kind"], "deleted");
        platform.repair(type_name).await;
        platform.one(type_name).await;
    }
    platform.koctl(&["plan", "--detailed-exitcode"], 0).await;
    platform.stop().await;
}

#[tokio::test]
async fn r3_every_object_that_somebody_makes_again_is_reported_and_taken_over() {
    let platform = Platform::new().await;
    for (type_name, remake) in REMAKES {
        let Ok(remake) = remake else { continue };
        let known = platform.one(type_name).await;
        let (region, path) = known.place();
        let is = platform.outsider().shown(region, &path).await;
        platform.delete(&known).await;
        let (collection, body) = remake(&known, &is);
        platform.outsider().konnect(Method::POST, region, &collection, Some(body)).await;
        let drift = platform.drift(2).await;
        let reported = drift.iter().find(|one| one["address"] == known.address.as_str());
        let reported = reported.unwrap_or_else(|| panic!("{}: {drift:#?}", known.address));
        assert_eq!(reported["kind"], "remade", "{drift:#?}");
        platform.repair(type_name).await;
        assert_eq!(reported["id"], platform.one(type_name).await.values["id"], "{type_name} was not taken over");
    }
    platform.koctl(&["plan", "--detailed-exitcode"], 0).await;
    platform.stop().await;
}

/// An unmanaged object of each type that can have one: its path and its body. `{team}` and the like stand for IDs of
/// objects that koctl manages.
const ADDITIONS: &[(&str, &str, &str, &str)] = &[
    ("team", GLOBAL, "/v3/teams", r#"{"name": "shadow"}"#),
    ("user", GLOBAL, "/v3/invites", r#"{"email": "robin@example.com"}"#),
    (
        "team_role",
        GLOBAL,
        "/v3/teams/{team}/assigned-roles",
        r#"{"role_name": "Viewer", "entity_id": "{control_plane}", "entity_type_name": "Control Planes", "entity_region": "eu"}"#,
    ),
    (
        "team_group_mapping",
        GLOBAL,
        "/v3/identity-providers/{identity_provider}/team-group-mappings",
        r#"{"team_id": "{team}", "group": "sellers"}"#,
    ),
    ("dashboard", "eu", "/v2/dashboards", r#"{"name": "mine", "definition": {"tiles": []}}"#),
    ("control_plane", "eu", "/v2/control-planes", r#"{"name": "shadow"}"#),
    ("portal", "eu", "/v3/portals", r#"{"name": "shadow"}"#),
    (
        "application_auth_strategy",
        "eu",
        "/v2/application-auth-strategies",
        r#"{"name": "shadow", "display_name": "Shadow", "strategy_type": "key_auth", "configs": {"key-auth": {}}}"#,
    ),
    ("portal_team", "eu", "/v3/portals/{portal}/teams", r#"{"name": "shadow"}"#),
    (
        "portal_team_group_mapping",
        "eu",
        "/v3/portals/{portal}/identity-providers/{portal_identity_provider}/team-group-mappings",
        r#"{"team_id": "{portal_team}", "group": "sellers"}"#,
    ),
    (
        "portal_team_role",
        "eu",
        "/v3/portals/{portal}/teams/{portal_team}/assigned-roles",
        r#"{"role_name": "API Consumer", "entity_id": "{api}", "entity_type_name": "Services", "entity_region": "eu"}"#,
    ),
    ("api", "eu", "/v3/apis", r#"{"name": "shadow", "version": "1.0.0"}"#),
];

/// Why a type has none.
const NO_ADDITIONS: &[(&str, &str)] = &[
    ("team_user", "who is in a team is compared for the people of the configuration"),
    ("authentication_settings", "there is always one, and no other"),
    ("identity_provider", "one of each kind is all that there can be, and koctl has both here"),
    ("notification_subscription", "the same event can have others, for a part of everything"),
    ("portal_custom_domain", "a portal has one at most, and koctl has it here"),
    ("portal_customization", "there is always one, and no other"),
    ("portal_asset", "there is always one of each name, and no other"),
    ("portal_authentication_settings", "there is always one, and no other"),
    ("portal_identity_provider", "one of each kind is all that there can be, and koctl has both here"),
    ("portal_page", "the other pages of a portal belong to its authors"),
    ("portal_snippet", "the other snippets of a portal belong to its authors"),
    ("api_document", "the other documents of an API belong to their authors"),
    ("api_version", "koctl looks at the current version of an API alone"),
    ("api_publication", "an API of somebody else would have to be published: the one above is not koctl's"),
    ("api_implementation", "an API of somebody else would have to be implemented"),
    ("gateway_service", LOOKED_UP),
    ("konnect_team", LOOKED_UP),
    ("pull_request", "koctl only looks at the branches that are its own"),
    ("repository_files", "koctl only looks at the files that are its own"),
    ("repository", "the account's other repositories are none of koctl's business"),
    ("actions_secret", "reading even the names of secrets takes a permission that looking does without"),
];

#[test]
fn the_tables_of_additions_have_every_type_once() {
    let with = ADDITIONS.iter().map(|(type_name, ..)| *type_name);
    let all: Vec<&str> = with.chain(NO_ADDITIONS.iter().map(|(type_name, _)| *type_name)).collect();
    assert_eq!(all.iter().copied().collect::<BTreeSet<_>>(), schemas().map(|schema| schema.type_name).collect());
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "one is there twice");
}

#[tokio::test]
async fn r3_what_somebody_adds_is_reported_where_it_holds_work_and_is_never_touched() {
    let platform = Platform::new().await;
    let known = platform.known().await;
    let filled = |text: &str| {
        known.iter().fold(text.to_owned(), |text, known| {
            text.replace(&format!("{{{}}}", known.type_name), known.values["id"].as_str().unwrap())
        })
    };
    for (_, region, path, body) in ADDITIONS {
        let body = serde_json::from_str(&filled(body)).unwrap();
        platform.outsider().konnect(Method::POST, region, &filled(path), Some(body)).await;
    }
    let seen = async || {
        let scopes = platform.scopes(2).await;
        assert_eq!(scopes.iter().map(|scope| scope["drift"].as_array().unwrap().len()).sum::<usize>(), 0);
        scopes.iter().flat_map(|scope| scope["unmanaged"].as_array().unwrap().clone()).collect::<Vec<_>>()
    };
    let unmanaged = seen().await;
    let types: BTreeSet<&str> = unmanaged.iter().map(|one| one["type"].as_str().unwrap()).collect();
    let added = |type_name: &str| ADDITIONS.iter().any(|(added, ..)| *added == type_name);
    let guarded = schemas().filter(|schema| schema.guarded && added(schema.type_name)).map(|schema| schema.type_name);
    assert_eq!(types, guarded.collect());
    assert_eq!(unmanaged.len(), types.len(), "{unmanaged:#?}");

    let before = platform.sandbox.exchanges().len();
    platform.apply().await;
    let wrote = |exchange: &&sandbox::Exchange| exchange.method != "GET";
    assert_eq!(platform.sandbox.exchanges()[before..].iter().find(wrote), None);
    assert_eq!(seen().await, unmanaged);
    platform.stop().await;
}
