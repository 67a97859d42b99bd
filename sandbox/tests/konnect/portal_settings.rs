//! How developers sign in to a portal, its custom domain, its logo and its favicon.

use serde_json::{Value, json};

use super::world::{NOWHERE, World, each, id, invalid};

async fn portal(world: &World) -> String {
    format!("/v3/portals/{}", world.portal("dev").await)
}

fn oidc() -> Value {
    json!({
        "type": "oidc",
        "config": { "issuer_url": "https://idp.example.com", "client_id": "portal", "client_secret": "hunter2" },
    })
}

fn saml() -> Value {
    json!({ "type": "saml", "config": { "idp_metadata_url": "https://idp.example.com/saml" } })
}

#[tokio::test]
async fn a_new_portal_has_the_sign_in_with_a_password() {
    let world = World::new().await;
    let portal = portal(&world).await;
    let settings = world.get(&format!("{portal}/authentication-settings")).await;
    let initial = json!({
        "basic_auth_enabled": true, "oidc_auth_enabled": false, "saml_auth_enabled": false,
        "oidc_team_mapping_enabled": false, "idp_mapping_enabled": false, "konnect_mapping_enabled": true,
    });
    assert_eq!(settings, initial);
    assert_eq!(world.get(&format!("{portal}/identity-providers")).await, json!([]));
    let nowhere = format!("/v3/portals/{NOWHERE}/authentication-settings");
    assert_eq!(world.try_get(&nowhere).await.status, 404);
}

#[tokio::test]
async fn settings_change_one_by_one_and_belong_to_one_portal() {
    let world = World::new().await;
    let (first, second) = (portal(&world).await, format!("/v3/portals/{}", world.portal("prd").await));
    let path = format!("{first}/authentication-settings");
    let changed = world.patch(&path, json!({ "idp_mapping_enabled": true })).await.body;
    assert_eq!((&changed["idp_mapping_enabled"], &changed["oidc_team_mapping_enabled"]), (&json!(true), &json!(true)));
    assert_eq!(changed["basic_auth_enabled"], true);
    let changed = world.patch(&path, json!({ "basic_auth_enabled": false })).await.body;
    assert_eq!((&changed["idp_mapping_enabled"], &changed["basic_auth_enabled"]), (&json!(true), &json!(false)));
    let refused = world.patch(&path, json!({ "basic_auth_enabled": "no" })).await;
    assert_eq!(invalid(&refused), [("basic_auth_enabled", "is_boolean")]);
    let other = world.get(&format!("{second}/authentication-settings")).await;
    assert_eq!((&other["idp_mapping_enabled"], &other["basic_auth_enabled"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn one_provider_of_each_type_one_of_them_enabled() {
    let world = World::new().await;
    let portal = portal(&world).await;
    let providers = format!("{portal}/identity-providers");
    let made = world.created(&providers, oidc()).await;
    assert_eq!(made["enabled"], false);
    assert_eq!(made["config"].get("client_secret"), None);
    assert_eq!(made["config"]["scopes"], json!(["email", "openid", "profile"]));
    assert_eq!(world.post(&providers, oidc()).await.status, 409);
    let other = world.created(&providers, saml()).await;
    assert!(other["config"]["callback_url"].is_string(), "{other}");
    let (oidc, saml) = (format!("{providers}/{}", id(&made)), format!("{providers}/{}", id(&other)));
    assert_eq!(world.patch(&oidc, json!({ "enabled": true })).await.body["enabled"], true);
    assert_eq!(world.patch(&saml, json!({ "enabled": true })).await.status, 409);
    let settings = world.get(&format!("{portal}/authentication-settings")).await;
    assert_eq!((&settings["oidc_auth_enabled"], &settings["saml_auth_enabled"]), (&json!(true), &json!(false)));
    assert_eq!(settings["oidc_config"]["issuer"], "https://idp.example.com");
    let listed = world.get(&format!("{providers}?filter[type][eq]=saml")).await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["id"], other["id"]);
    assert_eq!(world.delete(&oidc).await, 204);
    assert_eq!(world.try_get(&oidc).await.status, 404);
    let settings = world.get(&format!("{portal}/authentication-settings")).await;
    assert_eq!(settings["oidc_auth_enabled"], false);
}

#[tokio::test]
async fn the_deprecated_fields_show_and_change_the_identity_providers() {
    let world = World::new().await;
    let portal = portal(&world).await;
    let settings = format!("{portal}/authentication-settings");
    let refused = world.patch(&settings, json!({ "saml_auth_enabled": true })).await;
    assert_eq!(invalid(&refused), [("saml_auth_enabled", "invalid")]);
    let refused = world.patch(&settings, json!({ "oidc_client_id": "portal" })).await;
    assert_eq!(invalid(&refused), [("oidc_issuer", "required")]);
    let enabled = json!({
        "oidc_auth_enabled": true, "oidc_issuer": "https://idp.example.com", "oidc_client_id": "portal",
        "oidc_client_secret": "hunter2", "oidc_team_mapping_enabled": true,
    });
    let changed = world.patch(&settings, enabled).await.body;
    assert_eq!((&changed["oidc_auth_enabled"], &changed["idp_mapping_enabled"]), (&json!(true), &json!(true)));
    assert_eq!(world.get(&settings).await, changed);
    let providers = world.get(&format!("{portal}/identity-providers")).await;
    assert_eq!((&providers[0]["enabled"], &providers[0]["config"]["client_id"]), (&json!(true), &json!("portal")));
    assert_eq!(providers[0]["config"].get("client_secret"), None);
    let changed = world.patch(&settings, json!({ "oidc_client_id": "other" })).await.body;
    assert_eq!(changed["oidc_config"]["client_id"], "other");
    assert_eq!(changed["oidc_config"]["issuer"], "https://idp.example.com");
    let claims = json!({ "oidc_claim_mappings": { "name": "nick", "shoe": "size" } });
    let changed = world.patch(&settings, claims).await.body;
    assert_eq!(
        changed["oidc_config"]["claim_mappings"],
        json!({ "name": "nick", "email": "email", "groups": "groups" })
    );
}

#[tokio::test]
async fn a_group_is_mapped_to_a_team_of_the_portal_once() {
    let world = World::new().await;
    let portal = portal(&world).await;
    let by_team = format!("{portal}/identity-provider/team-group-mappings");
    assert_eq!(invalid(&world.try_get(&by_team).await), [("data", "invalid")]);
    let provider = id(&world.created(&format!("{portal}/identity-providers"), oidc()).await);
    let mappings = format!("{portal}/identity-providers/{provider}/team-group-mappings");
    let team = id(&world.created(&format!("{portal}/teams"), json!({ "name": "partners" })).await);
    let mapping = json!({ "team_id": team, "group": "Buyers" });
    let made = world.created(&mappings, mapping.clone()).await;
    assert_eq!(world.post(&mappings, mapping).await.status, 409);
    let refused = world.post(&mappings, json!({ "team_id": NOWHERE, "group": "Buyers" })).await;
    assert_eq!(invalid(&refused), [("team_id", "missing_reference")]);
    assert_eq!(each(&world.get(&mappings).await, "group"), ["Buyers"]);
    let listed = world.get(&by_team).await;
    assert_eq!(listed["data"], json!([{ "team_id": team, "groups": ["Buyers"] }]));
    let change = json!({ "data": [{ "team_id": team, "groups": ["Sellers"] }] });
    assert_eq!(world.patch(&by_team, change).await.body["data"][0]["groups"], json!(["Sellers"]));
    assert_eq!(each(&world.get(&mappings).await, "group"), ["Sellers"]);
    assert_eq!(world.try_get(&format!("{mappings}/{}", id(&made))).await.status, 404);
    assert_eq!(world.delete(&format!("{portal}/teams/{team}")).await, 204);
    assert_eq!(world.get(&mappings).await["data"], json!([]));
}

#[tokio::test]
async fn a_portal_has_one_custom_domain_whose_name_stays() {
    let world = World::new().await;
    let portal = portal(&world).await;
    let path = format!("{portal}/custom-domain");
    assert_eq!(world.try_get(&path).await.status, 404);
    assert_eq!(world.patch(&path, json!({ "enabled": false })).await.status, 404);
    assert_eq!(world.delete(&path).await, 404);
    let domain = json!({
        "hostname": "developers.example.com", "enabled": true, "ssl": { "domain_verification_method": "http" },
    });
    for hostname in ["", "a..b", "-a.example", "a b.example"] {
        let mut wrong = domain.clone();
        wrong["hostname"] = json!(hostname);
        assert_eq!(invalid(&world.post(&path, wrong).await)[0].0, "hostname", "{hostname}");
    }
    let made = world.created(&path, domain.clone()).await;
    assert_eq!((&made["cname_status"], &made["ssl"]["verification_status"]), (&json!("pending"), &json!("pending")));
    assert_eq!(world.get(&path).await, made);
    assert_eq!(world.get(&portal).await["canonical_domain"], "developers.example.com");
    assert_eq!(invalid(&world.post(&path, domain).await), [("hostname", "invalid")]);
    assert_eq!(world.patch(&path, json!({ "enabled": false })).await.body["enabled"], false);
    let refused = world.patch(&path, json!({ "hostname": "other.example.com" })).await;
    assert_eq!(invalid(&refused), [("hostname", "unknown_property")]);
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.try_get(&path).await.status, 404);
    let portal = world.get(&portal).await;
    assert_eq!(portal["canonical_domain"], portal["default_domain"]);
}

#[tokio::test]
async fn a_certificate_of_a_custom_domain_is_never_shown() {
    let world = World::new().await;
    let path = format!("{}/custom-domain", portal(&world).await);
    let ssl = json!({ "domain_verification_method": "custom_certificate", "custom_certificate": "CERT" });
    let domain = |ssl: Value| json!({ "hostname": "developers.example.com", "enabled": true, "ssl": ssl });
    assert_eq!(invalid(&world.post(&path, domain(ssl.clone())).await), [("ssl.custom_private_key", "required")]);
    let mut whole = ssl;
    whole["custom_private_key"] = json!("KEY");
    let made = world.created(&path, domain(whole)).await;
    assert_eq!(made["ssl"]["skip_ca_check"], false);
    assert!(made["ssl"]["uploaded_at"].is_string(), "{made}");
    let change =
        json!({ "ssl": { "custom_certificate": "NEW", "custom_private_key": "NEWER", "skip_ca_check": true } });
    let changed = world.patch(&path, change).await.body;
    assert_eq!(changed["ssl"]["skip_ca_check"], true);
    let text = format!("{made}{changed}{}", world.get(&path).await);
    assert!(["CERT", "KEY", "NEW"].iter().all(|secret| !text.contains(secret)), "{text}");
}

#[tokio::test]
async fn the_logo_and_the_favicon_are_images_that_can_be_replaced() {
    let world = World::new().await;
    let portal = portal(&world).await;
    let (logo, favicon) = (format!("{portal}/assets/logo"), format!("{portal}/assets/favicon"));
    let initial = world.get(&logo).await;
    assert!(initial["data"].as_str().unwrap().starts_with("data:image/"), "{initial}");
    let image = json!({ "data": "data:image/png;base64,iVBORw0KGgo=" });
    assert_eq!(world.put(&logo, image.clone()).await.body, image);
    assert_eq!(world.get(&logo).await, image);
    assert_eq!(world.get(&favicon).await, initial);
    for other in ["data:image/webp;base64,AAAA", "data:image/png;base64,A", "https://example.com/logo.png"] {
        let refused = world.put(&favicon, json!({ "data": other })).await;
        assert_eq!(invalid(&refused), [("data", "matches_regex")], "{other}");
    }
    assert_eq!(invalid(&world.put(&favicon, json!({})).await), [("data", "required")]);
}

#[tokio::test]
async fn everything_goes_with_the_portal() {
    let world = World::new().await;
    let portal = portal(&world).await;
    let provider = id(&world.created(&format!("{portal}/identity-providers"), oidc()).await);
    let team = id(&world.created(&format!("{portal}/teams"), json!({ "name": "partners" })).await);
    let mapping = json!({ "team_id": team, "group": "Buyers" });
    world.created(&format!("{portal}/identity-providers/{provider}/team-group-mappings"), mapping).await;
    world.patch(&format!("{portal}/authentication-settings"), json!({ "idp_mapping_enabled": true })).await;
    world.put(&format!("{portal}/assets/logo"), json!({ "data": "data:image/png;base64,iVBORw0KGgo=" })).await;
    assert_eq!(world.delete(&portal).await, 204);
    for path in ["identity-providers", "authentication-settings", "assets/logo", "custom-domain"] {
        assert_eq!(world.try_get(&format!("{portal}/{path}")).await.status, 404, "{path}");
    }
    // The file of the sandbox can be read again.
    let world = world.restart().await;
    assert_eq!(world.total("/v3/portals").await, 0);
}

#[tokio::test]
async fn a_new_portal_answers_for_everything_that_clients_read() {
    let world = World::new().await;
    let portal = portal(&world).await;
    let page = json!({ "size": 10, "next": null, "previous": null });
    for (path, body) in [
        ("ip-allow-list", json!({ "data": [], "meta": page })),
        ("integrations", json!({})),
        ("audit-log-webhook", json!({ "enabled": false })),
        ("audit-log-webhook/status", json!({ "webhook_enabled": false, "webhook_status": "inactive" })),
        ("audit-log-replay-job", json!({ "status": "unconfigured" })),
    ] {
        assert_eq!(world.get(&format!("{portal}/{path}")).await, body, "{path}");
    }
    let delivery = world.get(&format!("{portal}/email-delivery")).await;
    assert_eq!((&delivery["enabled"], &delivery["from_email"]), (&json!(false), &Value::Null));
    assert_eq!(world.try_get(&format!("{portal}/email-config")).await.status, 404);
    let own = world.get(&format!("{portal}/email-templates")).await;
    let defaults = world.get("/v3/portals/email-templates").await;
    assert_eq!((each(&own, "name").len(), each(&own, "name")), (11, each(&defaults, "name")));
    assert_eq!(each(&world.get("/v3/portals/email-templates/variables").await, "name").len(), 12);
    for path in ["ip-allow-list", "integrations", "audit-log-webhook", "email-delivery", "email-templates"] {
        assert_eq!(world.try_get(&format!("/v3/portals/{NOWHERE}/{path}")).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn ip_allow_lists_are_created_changed_replaced_and_deleted() {
    let world = World::new().await;
    let lists = format!("{}/ip-allow-list", portal(&world).await);
    let made = world.created(&lists, json!({ "allowed_ips": ["10.0.0.0/8"] })).await;
    let path = format!("{lists}/{}", id(&made));
    assert_eq!(world.get(&path).await, made);
    assert_eq!(world.get(&lists).await["data"], json!([made]));
    assert_eq!(invalid(&world.patch(&path, json!({})).await), [("allowed_ips", "required")]);
    for body in [json!({ "allowed_ips": ["10.0.0.1"] }), json!({ "allowed_ips": ["10.0.0.2"] })] {
        assert_eq!(world.put(&path, body.clone()).await.body["allowed_ips"], body["allowed_ips"]);
        assert_eq!(world.patch(&path, body.clone()).await.body["allowed_ips"], body["allowed_ips"]);
    }
    assert_eq!(invalid(&world.post(&lists, json!({ "allowed_ips": [] })).await), [("allowed_ips", "min_items")]);
    for wrong in [json!([""]), json!(["10.0.0.0/33"]), json!(["example.com"]), json!(["::1", "::1"])] {
        let refused = world.post(&lists, json!({ "allowed_ips": wrong })).await;
        assert_eq!(invalid(&refused), [("allowed_ips", "invalid")], "{wrong}");
    }
    assert_eq!((world.delete(&path).await, world.delete(&path).await), (204, 404));
}

#[tokio::test]
async fn integrations_are_merged_and_must_be_whole() {
    let world = World::new().await;
    let path = format!("{}/integrations", portal(&world).await);
    let analytics = json!({ "enabled": true, "type": "analytics", "config_data": { "id": "G-ABC-1" } });
    let made = world.patch(&path, json!({ "google_analytics_4": analytics })).await;
    assert_eq!((made.status, &made.body["google_analytics_4"]), (200, &analytics));
    let changed = world.patch(&path, json!({ "google_analytics_4": { "enabled": false } })).await.body;
    assert_eq!(changed["google_analytics_4"]["config_data"]["id"], "G-ABC-1");
    assert_eq!(world.get(&path).await, changed);
    let refused = world.patch(&path, json!({ "equal_web": { "enabled": false } })).await;
    assert_eq!(invalid(&refused), [("equal_web.type", "required"), ("equal_web.config_data", "required")]);
    let manager = json!({ "enabled": true, "type": "tracking", "config_data": { "id": "GTM-" } });
    let refused = world.put(&path, json!({ "google_tag_manager": manager })).await;
    assert_eq!(invalid(&refused)[0].0, "google_tag_manager.config_data.id");
    assert_eq!(world.put(&path, json!({})).await.body, json!({}));
}

#[tokio::test]
async fn a_portal_has_one_email_configuration_and_a_delivery() {
    let world = World::new().await;
    let portal = portal(&world).await;
    let (config, delivery) = (format!("{portal}/email-config"), format!("{portal}/email-delivery"));
    let sender = json!({ "from_name": "Flights", "from_email": "flights@example.com" });
    assert_eq!(world.patch(&config, sender.clone()).await.status, 404);
    let made = world.created(&config, sender.clone()).await;
    assert_eq!((&made["from_name"], &made["domain_name"]), (&json!("Flights"), &Value::Null));
    assert_eq!(world.post(&config, sender).await.status, 409);
    assert_eq!(world.patch(&config, json!({ "reply_to_email": "a@example.com" })).await.body["from_name"], "Flights");
    assert_eq!(world.get(&config).await["reply_to_email"], "a@example.com");
    assert_eq!(invalid(&world.patch(&config, json!({ "from_email": "me" })).await), [("from_email", "invalid")]);
    assert_eq!((world.delete(&config).await, world.delete(&config).await), (204, 404));
    let changed = world.patch(&delivery, json!({ "enabled": true })).await.body;
    assert_eq!(world.get(&delivery).await, changed);
    assert_eq!(world.delete(&delivery).await, 204);
    assert_eq!(world.get(&delivery).await["enabled"], false);
}

#[tokio::test]
async fn an_email_template_is_changed_and_taken_back_to_its_default() {
    let world = World::new().await;
    let path = format!("{}/email-templates/reset-password", portal(&world).await);
    let first = world.get(&path).await;
    assert!(first["content"].is_null() && first["enabled"] == true, "{first}");
    assert_eq!(world.get("/v3/portals/email-templates/reset-password").await["label"], first["label"]);
    let changed = world.patch(&path, json!({ "content": { "subject": "New" } })).await.body;
    let changed_again = world.patch(&path, json!({ "content": { "title": "Newer" }, "enabled": false })).await.body;
    assert_eq!(changed["content"], json!({ "subject": "New" }));
    assert_eq!(changed_again["content"], json!({ "subject": "New", "title": "Newer" }));
    assert_eq!(world.get(&path).await, changed_again);
    let content = json!({ "subject": "s", "title": "t", "body": "b" });
    assert_eq!(world.post(&format!("{path}/send-test-email"), json!({ "content": content })).await.status, 204);
    assert_eq!(world.post(&format!("{path}/send-test-email"), json!({ "content": {} })).await.status, 400);
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.get(&path).await, first);
    assert_eq!(world.try_get("/v3/portals/email-templates/nothing").await.status, 404);
}

#[tokio::test]
async fn an_audit_log_webhook_needs_a_destination() {
    let world = World::new().await;
    let path = format!("{}/audit-log-webhook", portal(&world).await);
    let refused = world.patch(&path, json!({ "audit_log_destination_id": NOWHERE })).await;
    assert_eq!(invalid(&refused), [("audit_log_destination_id", "missing_reference")]);
    assert_eq!(invalid(&world.patch(&path, json!({ "enabled": true })).await), [("enabled", "dependent_fields")]);
    assert_eq!(world.patch(&path, json!({ "enabled": false })).await.body, json!({ "enabled": false }));
    assert_eq!(world.delete(&path).await, 204);
}
