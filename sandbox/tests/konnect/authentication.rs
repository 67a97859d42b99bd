//! Logging in: authentication settings, identity providers, and their team group mappings.

use http::Method;
use serde_json::{Value, json};

use super::world::{NOWHERE, World, each, id, invalid};

const SETTINGS: &str = "/v3/authentication-settings";
const PROVIDERS: &str = "/v3/identity-providers";
const SINGLE: &str = "/v3/identity-provider";

fn oidc() -> Value {
    json!({
        "type": "oidc",
        "login_path": "one",
        "config": { "issuer_url": "https://id.example.com/", "client_id": "koctl", "client_secret": "s3cret" },
    })
}

fn saml() -> Value {
    json!({ "type": "saml", "login_path": "one", "config": { "idp_metadata_url": "https://id.example.com/saml" } })
}

#[tokio::test]
async fn people_log_in_with_a_password_until_something_else_is_set() {
    let world = World::new().await;
    let initial = json!({
        "basic_auth_enabled": true,
        "oidc_auth_enabled": false,
        "saml_auth_enabled": false,
        "idp_mapping_enabled": false,
        "konnect_mapping_enabled": true,
    });
    assert_eq!(world.get(SETTINGS).await, initial);
    assert_eq!(world.patch(SETTINGS, json!({})).await.body, initial);
    assert_eq!(world.get(PROVIDERS).await, json!([]));
    assert_eq!(world.get("/v3/organizations/me").await["login_path"], "");
}

#[tokio::test]
async fn settings_are_changed_one_by_one_and_are_those_of_one_organization() {
    let world = World::new().await;
    let changed = world.patch(SETTINGS, json!({ "idp_mapping_enabled": true })).await.body;
    assert_eq!((&changed["idp_mapping_enabled"], &changed["konnect_mapping_enabled"]), (&json!(true), &json!(true)));
    assert_eq!(world.get(SETTINGS).await, changed);
    let other = world.send("token-two", Method::GET, "global", SETTINGS, None).await;
    assert_eq!(other.body["idp_mapping_enabled"], false);
    let world = world.restart().await;
    assert_eq!(world.get(SETTINGS).await, changed);
}

#[tokio::test]
async fn the_last_way_to_log_in_cannot_be_disabled() {
    let world = World::new().await;
    let refused = world.patch(SETTINGS, json!({ "basic_auth_enabled": false })).await;
    let fields: Vec<&str> = invalid(&refused).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["oidc_auth_enabled", "basic_auth_enabled", "saml_auth_enabled"]);
    assert_eq!(world.get(SETTINGS).await["basic_auth_enabled"], true);
}

#[tokio::test]
async fn a_method_needs_its_identity_provider() {
    let world = World::new().await;
    for (field, provider) in [("oidc_auth_enabled", saml()), ("saml_auth_enabled", oidc())] {
        let other = format!("{PROVIDERS}/{}", id(&world.created(PROVIDERS, provider).await));
        let refused = world.patch(SETTINGS, json!({ field: true })).await;
        assert_eq!(invalid(&refused), [(field, "invalid")]);
        assert_eq!(world.delete(&other).await, 204);
    }
    world.created(PROVIDERS, oidc()).await;
    let changed = world.patch(SETTINGS, json!({ "oidc_auth_enabled": true, "basic_auth_enabled": false })).await;
    assert_eq!(changed.status, 200);
    assert_eq!(world.get("/v3/organizations/me").await["login_path"], "one");
}

#[tokio::test]
async fn oidc_and_saml_are_not_enabled_together() {
    let world = World::new().await;
    world.created(PROVIDERS, oidc()).await;
    world.created(PROVIDERS, saml()).await;
    let refused = world.patch(SETTINGS, json!({ "oidc_auth_enabled": true, "saml_auth_enabled": true })).await;
    assert_eq!(invalid(&refused), [("saml_auth_enabled", "invalid")]);
    assert_eq!(world.patch(SETTINGS, json!({ "oidc_auth_enabled": true })).await.status, 200);
    let swapped = world.patch(SETTINGS, json!({ "oidc_auth_enabled": false, "saml_auth_enabled": true })).await;
    assert_eq!(swapped.status, 200);
}

#[tokio::test]
async fn a_provider_gets_defaults_and_its_secret_is_never_returned() {
    let world = World::new().await;
    let created = world.created(PROVIDERS, oidc()).await;
    let config = json!({
        "issuer_url": "https://id.example.com/",
        "client_id": "koctl",
        "scopes": ["email", "openid", "profile"],
        "claim_mappings": { "name": "name", "email": "email", "groups": "groups" },
    });
    assert_eq!((&created["config"], &created["enabled"]), (&config, &json!(false)));
    let path = format!("{PROVIDERS}/{}", id(&created));
    assert_eq!(world.get(&path).await, created);
    assert_eq!(world.get(PROVIDERS).await, json!([created]));
    assert!(world.get(&format!("{PROVIDERS}?filter[type][eq]=saml")).await.as_array().unwrap().is_empty());
}

#[tokio::test]
async fn the_store_holds_no_client_secret() {
    let world = World::new().await;
    world.created(PROVIDERS, oidc()).await;
    let file = std::fs::read(world.directory.join("konnect.redb")).unwrap();
    let holds = |text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("id.example.com"));
    assert!(!holds("s3cret"));
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name_and_a_new_secret_moves_the_time() {
    let world = World::new().await;
    let created = world.created(PROVIDERS, oidc()).await;
    let path = format!("{PROVIDERS}/{}", id(&created));
    let same = json!({ "config": { "issuer_url": "https://id.example.com/", "client_id": "koctl" } });
    assert_eq!(world.patch(&path, same).await.body, created);
    let secret = json!({
        "config": { "issuer_url": "https://id.example.com/", "client_id": "koctl", "client_secret": "new" },
    });
    let rotated = world.patch(&path, secret).await.body;
    assert_eq!(rotated["config"], created["config"]);
    assert_ne!(rotated["updated_at"], created["updated_at"]);
    let scopes = json!({
        "enabled": true,
        "config": { "issuer_url": "https://id.example.com/", "client_id": "other", "scopes": ["openid"] },
    });
    let changed = world.patch(&path, scopes).await.body;
    assert_eq!((&changed["config"]["client_id"], &changed["enabled"]), (&json!("other"), &json!(true)));
    assert_eq!(changed["config"]["scopes"], json!(["openid"]));
    assert_eq!(changed["config"]["claim_mappings"], created["config"]["claim_mappings"]);
}

#[tokio::test]
async fn a_saml_provider_shows_the_addresses_of_its_service_provider() {
    let world = World::new().await;
    let organization = world.get("/v3/organizations/me").await;
    let created = world.created(PROVIDERS, saml()).await;
    let config = &created["config"];
    let entity = format!("https://cloud.konghq.com/sp/{}", id(&organization));
    assert_eq!(config["sp_entity_id"], json!(entity));
    assert_eq!(config["login_url"], "https://cloud.konghq.com/login/one");
    let path = format!("{PROVIDERS}/{}", id(&created));
    let changed = world.patch(&path, json!({ "config": { "idp_metadata_xml": "<EntityDescriptor/>" } })).await.body;
    assert_eq!(changed["config"]["idp_metadata_xml"], "<EntityDescriptor/>");
    assert_eq!(changed["config"].get("idp_metadata_url"), None);
}

#[tokio::test]
async fn there_is_one_provider_of_a_type_and_one_is_enabled() {
    let world = World::new().await;
    world.created(PROVIDERS, oidc()).await;
    assert_eq!(world.post(PROVIDERS, oidc()).await.status, 409);
    let second = world.created(PROVIDERS, saml()).await;
    let path = format!("{PROVIDERS}/{}", id(&second));
    assert_eq!(world.patch(&path, json!({ "enabled": true })).await.status, 200);
    let first = world.get(&format!("{PROVIDERS}?filter[type][eq]=oidc")).await;
    let first = format!("{PROVIDERS}/{}", id(&first[0]));
    assert_eq!(world.patch(&first, json!({ "enabled": true })).await.status, 409);
    assert_eq!(world.patch(&path, json!({ "enabled": false })).await.status, 200);
    assert_eq!(world.patch(&first, json!({ "enabled": true })).await.status, 200);
}

#[tokio::test]
async fn a_login_path_leads_to_one_organization() {
    let world = World::new().await;
    world.created(PROVIDERS, oidc()).await;
    let taken = world.send("token-two", Method::POST, "global", PROVIDERS, Some(oidc())).await;
    assert_eq!(taken.status, 409, "{taken:?}");
    world.created(PROVIDERS, saml()).await;
}

#[tokio::test]
async fn a_provider_without_what_it_needs_is_refused() {
    let world = World::new().await;
    for (body, expected) in [
        (json!({ "config": {} }), vec!["type", "config.issuer_url", "config.client_id"]),
        (json!({ "type": "saml" }), vec!["config"]),
        (json!({ "type": "saml", "config": {} }), vec!["config.idp_metadata_url"]),
        (json!({ "type": "saml", "config": { "login_url": "x" } }), vec!["config.login_url"]),
        (json!({ "type": "oidc", "config": { "issuer_url": "x", "client_id": "y" } }), vec!["config.issuer_url"]),
        (json!({ "type": "ldap", "config": { "issuer_url": "a:b", "client_id": "y" } }), vec!["type"]),
    ] {
        let answer = world.post(PROVIDERS, body.clone()).await;
        let fields: Vec<&str> = invalid(&answer).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, expected, "{body}");
    }
}

#[tokio::test]
async fn deleting_a_provider_disables_its_method_unless_it_is_the_last() {
    let world = World::new().await;
    let path = format!("{PROVIDERS}/{}", id(&world.created(PROVIDERS, oidc()).await));
    world.patch(SETTINGS, json!({ "oidc_auth_enabled": true, "basic_auth_enabled": false })).await;
    assert_eq!(world.delete(&path).await, 400);
    world.patch(SETTINGS, json!({ "basic_auth_enabled": true })).await;
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.get(SETTINGS).await["oidc_auth_enabled"], false);
    assert_eq!(world.try_get(&path).await.status, 404);
}

#[tokio::test]
async fn a_group_is_mapped_to_a_team_once_and_goes_with_the_team_or_the_provider() {
    let world = World::new().await;
    let provider = id(&world.created(PROVIDERS, oidc()).await);
    let path = format!("{PROVIDERS}/{provider}/team-group-mappings");
    let (one, other) = (world.team("one").await, world.team("other").await);
    let created = world.created(&path, json!({ "team_id": one, "group": "devs" })).await;
    world.created(&path, json!({ "team_id": other, "group": "devs" })).await;
    world.created(&path, json!({ "team_id": other, "group": "Devs" })).await;
    assert_eq!(world.post(&path, json!({ "team_id": one, "group": "devs" })).await.status, 409);
    let unknown = world.post(&path, json!({ "team_id": NOWHERE, "group": "devs" })).await;
    assert_eq!(invalid(&unknown), [("team_id", "missing_reference")]);
    assert_eq!(world.get(&format!("{path}/{}", id(&created))).await, created);
    assert_eq!(each(&world.get(&format!("{path}?filter[team_id][eq]={one}")).await, "group"), ["devs"]);
    world.delete(&format!("/v3/teams/{other}")).await;
    assert_eq!(each(&world.get(&path).await, "team_id"), [one.as_str()]);
    assert_eq!(world.delete(&format!("{path}/{}", id(&created))).await, 204);
    assert_eq!(world.delete(&format!("{path}/{}", id(&created))).await, 404);
    world.delete(&format!("{PROVIDERS}/{provider}")).await;
    assert_eq!(world.try_get(&path).await.status, 404);
}

#[tokio::test]
async fn the_older_address_of_the_provider_shows_and_changes_the_same_one() {
    let world = World::new().await;
    assert_eq!(world.try_get(SINGLE).await.status, 404);
    let nothing = world.patch(SINGLE, json!({ "login_path": "one" })).await;
    assert_eq!(invalid(&nothing), [("issuer", "required"), ("client_id", "required")]);
    let some = world.patch(SINGLE, json!({ "claim_mappings": { "groups": "roles" } })).await;
    assert_eq!(invalid(&some), [("claim_mappings.name", "required"), ("claim_mappings.email", "required")]);
    let sent = json!({
        "issuer": "https://id.example.com/",
        "client_id": "koctl",
        "client_secret": "s3cret",
        "claim_mappings": { "name": "name", "email": "email", "groups": "roles" },
    });
    let made = world.patch(SINGLE, sent).await.body;
    let expected = json!({
        "issuer": "https://id.example.com/",
        "login_path": "",
        "client_id": "koctl",
        "scopes": ["email", "openid", "profile"],
        "claim_mappings": { "name": "name", "email": "email", "groups": "roles" },
    });
    assert_eq!(made, expected);
    let provider = &world.get(PROVIDERS).await[0];
    assert_eq!((&provider["type"], &provider["enabled"]), (&json!("oidc"), &json!(false)));
    assert_eq!(provider["config"]["issuer_url"], "https://id.example.com/");
    world.patch(SINGLE, json!({ "login_path": "one", "scopes": ["openid"] })).await;
    let path = format!("{PROVIDERS}/{}", id(provider));
    let changed = world.get(&path).await;
    assert_eq!(json!([changed["login_path"], changed["config"]["scopes"]]), json!(["one", ["openid"]]));
    assert_eq!(changed["config"]["client_id"], "koctl");
    assert_eq!(world.get(SINGLE).await["claim_mappings"], expected["claim_mappings"]);
}

#[tokio::test]
async fn the_older_mappings_are_those_of_the_provider_by_group_and_by_team() {
    let world = World::new().await;
    let (by_group, by_team) = (format!("{SINGLE}/team-mappings"), format!("{SINGLE}/team-group-mappings"));
    assert_eq!(world.try_get(&by_group).await.status, 404);
    assert_eq!(world.try_get(&by_team).await.status, 400);
    let provider = id(&world.created(PROVIDERS, oidc()).await);
    let mut teams = [world.team("one").await, world.team("two").await];
    teams.sort();
    let [one, two] = teams;
    let mappings = format!("{PROVIDERS}/{provider}/team-group-mappings");
    let first = id(&world.created(&mappings, json!({ "team_id": one, "group": "a" })).await);

    let sent = json!([{ "group": "a", "team_ids": [one, two] }, { "group": "b", "team_ids": [two] }]);
    let replaced = world.put(&by_group, json!({ "mappings": sent })).await.body;
    assert_eq!(replaced["data"], sent);
    assert_eq!(world.get(&by_group).await["data"], sent);
    assert_eq!(world.get(&mappings).await["data"][0]["id"], json!(first), "what is wanted still is not made anew");

    let changed = world.patch(&by_team, json!({ "data": [{ "team_id": two, "groups": ["c"] }] })).await.body;
    let expected = json!([{ "team_id": one, "groups": ["a"] }, { "team_id": two, "groups": ["c"] }]);
    assert_eq!((&changed["data"], &changed["meta"]["page"]["total"]), (&expected, &json!(2)));
    assert_eq!(world.get(&format!("{by_team}?page[size]=1&page[number]=2")).await["data"], json!([expected[1]]));

    let unknown = world.put(&by_group, json!({ "mappings": [{ "group": "a", "team_ids": [NOWHERE] }] })).await;
    assert_eq!(invalid(&unknown), [("mappings.0.team_ids.0", "missing_reference")]);
    let unknown = world.patch(&by_team, json!({ "data": [{ "team_id": NOWHERE, "groups": [] }] })).await;
    assert_eq!(invalid(&unknown), [("data.0.team_id", "missing_reference")]);
    assert_eq!(world.get(&by_team).await["data"], expected);
}

#[tokio::test]
async fn mappings_are_listed_by_cursor_in_both_directions() {
    let world = World::new().await;
    let provider = id(&world.created(PROVIDERS, oidc()).await);
    let path = format!("{PROVIDERS}/{provider}/team-group-mappings");
    let team = world.team("one").await;
    let mut ids = Vec::new();
    for group in ["a", "b", "c", "d", "e"] {
        ids.push(id(&world.created(&path, json!({ "team_id": team, "group": group })).await));
    }
    let page = |list: &Value, name: &str| list["meta"]["page"][name].as_str().map(|link| format!("/v3{link}"));
    let first = world.get(&format!("{path}?page[size]=2")).await;
    assert_eq!((each(&first, "group"), page(&first, "previous")), (vec!["a", "b"], None));
    assert_eq!(first["meta"]["page"]["size"], 2);
    // A cursor outlives the entry that it was made from.
    world.delete(&format!("{path}/{}", ids[1])).await;
    let second = world.get(&page(&first, "next").unwrap()).await;
    assert_eq!(each(&second, "group"), ["c", "d"]);
    let last = world.get(&page(&second, "next").unwrap()).await;
    assert_eq!((each(&last, "group"), page(&last, "next")), (vec!["e"], None));
    let back = world.get(&page(&last, "previous").unwrap()).await;
    assert_eq!(each(&back, "group"), ["c", "d"]);
    let refused = world.try_get(&format!("{path}?page[after]=nonsense")).await;
    assert_eq!(invalid(&refused), [("page[after]", "invalid")]);
}

#[tokio::test]
async fn impersonation_is_off_until_it_is_allowed() {
    let world = World::new().await;
    assert_eq!(world.get("/v3/organizations/impersonation").await, json!({ "enabled": false }));
    let changed = world.patch("/v3/organizations/impersonation", json!({ "enabled": true })).await;
    assert_eq!((changed.status, changed.body), (200, json!({ "enabled": true })));
    assert_eq!(world.get("/v3/organizations/impersonation").await, json!({ "enabled": true }));
}
