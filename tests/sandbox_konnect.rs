//! The sandbox's Konnect, spoken to with a plain HTTP client: each rule of the published documents by name.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic, in its helpers too")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use koctl::sandbox::{Account, Fault, Options, Sandbox, SandboxError, Trigger};
use reqwest::Client;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

const SPEC: &str = "openapi: 3.0.3\ninfo: {title: Flights, version: 1.2.0}\npaths: {}\n";
const NOWHERE: &str = "00000000-0000-4000-8000-000000000000";

/// A sandbox with the organizations `one` and `two`, and plain requests to it.
struct World {
    sandbox: Sandbox,
    client: Client,
    directory: PathBuf,
    _temporary: Option<TempDir>,
}

/// An answer: its status, its content type and its body, null where it is empty.
#[derive(Debug)]
struct Answer {
    status: u16,
    kind: String,
    body: Value,
}

fn account(organization: &str, token: &str) -> Account {
    Account { organization: organization.to_owned(), token: token.to_owned().into() }
}

async fn start(directory: &Path) -> Result<Sandbox, SandboxError> {
    let organizations = vec![account("one", "token-one"), account("one", "token-other"), account("two", "token-two")];
    Sandbox::start(Options { dir: directory.to_owned(), port: 0, organizations }).await
}

impl World {
    async fn new() -> World {
        let temporary = tempfile::tempdir().unwrap();
        let world = World::at(temporary.path()).await;
        World { _temporary: Some(temporary), ..world }
    }

    async fn at(directory: &Path) -> World {
        let sandbox = start(directory).await.unwrap();
        World { sandbox, client: Client::new(), directory: directory.to_owned(), _temporary: None }
    }

    async fn restart(self) -> World {
        let World { sandbox, directory, _temporary, .. } = self;
        sandbox.stop().await;
        World { _temporary, ..World::at(&directory).await }
    }

    fn url(&self, region: &str, path: &str) -> String {
        format!("{}{path}", self.sandbox.konnect_url().replace("{region}", region))
    }

    async fn send(&self, token: &str, method: Method, region: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.client.request(method, self.url(region, path)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer(request.send().await.unwrap()).await
    }

    /// Identity is global, everything else here is of the region `us`.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let identity = ["/v3/teams", "/v3/users", "/v3/invites", "/v3/organizations", "/v3/identity"];
        let region = if identity.iter().any(|prefix| path.starts_with(prefix)) { "global" } else { "us" };
        self.send("token-one", method, region, path, body).await
    }

    async fn try_get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.try_get(path).await;
        assert_eq!(answer.status, 200, "GET {path}: {answer:?}");
        answer.body
    }

    async fn total(&self, path: &str) -> u64 {
        self.get(path).await["meta"]["page"]["total"].as_u64().unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PUT, path, Some(body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PATCH, path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> u16 {
        self.ask(Method::DELETE, path, None).await.status
    }

    async fn created(&self, path: &str, body: Value) -> Value {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, 201, "POST {path}: {answer:?}");
        answer.body
    }

    async fn team(&self, name: &str) -> String {
        id(&self.created("/v3/teams", json!({ "name": name })).await)
    }

    async fn control_plane(&self, name: &str) -> String {
        id(&self.created("/v2/control-planes", json!({ "name": name })).await)
    }

    async fn service(&self, control_plane: &str, name: &str) -> String {
        let body = json!({ "name": name, "host": "example.com", "tags": ["a", name] });
        id(&self.created(&services(control_plane), body).await)
    }

    async fn api(&self, name: &str) -> String {
        id(&self.created("/v3/apis", json!({ "name": name })).await)
    }

    async fn portal(&self, name: &str) -> String {
        id(&self.created("/v3/portals", json!({ "name": name })).await)
    }
}

async fn answer(response: reqwest::Response) -> Answer {
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    let text = response.text().await.unwrap();
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    Answer { status, kind: kind.unwrap_or_default(), body }
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("no id: {object}")).to_owned()
}

fn uuid(index: usize) -> String {
    format!("00000000-0000-4000-8000-{index:012}")
}

fn services(control_plane: &str) -> String {
    format!("/v2/control-planes/{control_plane}/core-entities/services")
}

fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list["data"].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

/// The fields that a 400 complains of and the rules that they broke, in order.
fn invalid(answer: &Answer) -> Vec<(&str, &str)> {
    assert_eq!(answer.status, 400, "{answer:?}");
    let parameters = answer.body["invalid_parameters"].as_array().unwrap();
    parameters.iter().map(|entry| (entry["field"].as_str().unwrap(), entry["rule"].as_str().unwrap())).collect()
}

// What is there at first, and who may see it.

#[tokio::test]
async fn a_new_organization_has_empty_lists() {
    let world = World::new().await;
    for path in ["/v2/control-planes", "/v3/portals", "/v3/apis", "/v3/api-publications", "/v3/api-implementations"] {
        let expected = json!({ "data": [], "meta": { "page": { "number": 1, "size": 10, "total": 0 } } });
        assert_eq!(world.get(path).await, expected, "{path}");
    }
}

#[tokio::test]
async fn a_new_organization_has_its_owner_and_the_predefined_teams() {
    let world = World::new().await;
    let organization = world.get("/v3/organizations/me").await;
    assert_eq!((&organization["name"], &organization["state"]), (&json!("one"), &json!("active")));
    assert_eq!(world.get("/v3/users/me").await["id"], organization["owner_id"]);
    let teams = world.get("/v3/teams?page[size]=100").await;
    assert!(each(&teams, "name").contains(&"Organization Admin"));
    assert!(teams["data"].as_array().unwrap().iter().all(|team| team["system_team"] == true));
}

#[tokio::test]
async fn a_missing_or_unknown_token_is_401() {
    let world = World::new().await;
    for (region, path) in [("global", "/v3/teams"), ("us", "/v3/apis"), ("global", "/v3/identity-providers")] {
        let unknown = world.send("nobody", Method::GET, region, path, None).await;
        assert_eq!((unknown.status, unknown.kind.as_str()), (401, "application/problem+json"), "{path}");
        assert_eq!(unknown.body["status"], 401);
        let missing = world.client.get(world.url(region, path)).send().await.unwrap();
        assert_eq!(missing.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn gateway_errors_have_the_gateways_shape() {
    let world = World::new().await;
    let unknown = world.send("nobody", Method::GET, "us", &services(NOWHERE), None).await;
    assert_eq!((unknown.status, unknown.kind.as_str()), (401, "application/json"));
    assert!(unknown.body["message"].is_string() && unknown.body["status"] == 401, "{unknown:?}");
    assert_eq!(world.try_get(&services(NOWHERE)).await.status, 404);
}

#[tokio::test]
async fn organizations_are_isolated_and_two_tokens_may_open_one() {
    let world = World::new().await;
    let path = format!("/v3/apis/{}", world.api("flights").await);
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(world.send("token-two", method, "us", &path, None).await.status, 404);
    }
    let list = world.send("token-two", Method::GET, "us", "/v3/apis", None).await;
    assert_eq!(list.body["meta"]["page"]["total"], 0);
    assert_eq!(world.send("token-other", Method::GET, "us", &path, None).await.status, 200);
}

#[tokio::test]
async fn regions_are_isolated_and_each_api_is_served_where_its_document_says() {
    let world = World::new().await;
    let path = format!("/v3/apis/{}", world.api("flights").await);
    assert_eq!(world.send("token-one", Method::GET, "eu", &path, None).await.status, 404);
    for (region, path) in [("global", "/v3/apis"), ("us", "/v3/teams"), ("mars", "/v3/apis")] {
        let answer = world.send("token-one", Method::GET, region, path, None).await;
        assert_eq!(answer.status, 404, "{region}{path}");
    }
}

#[tokio::test]
async fn what_is_documented_but_not_offered_is_501_and_what_is_not_documented_404() {
    let world = World::new().await;
    let missing = world.ask(Method::DELETE, &format!("/v3/identity-providers/{NOWHERE}"), None).await;
    assert_eq!(missing.status, 501);
    let detail = missing.body["detail"].as_str().unwrap();
    assert!(detail.contains("DELETE /v3/identity-providers/{id}"), "{detail}");
    assert_eq!(world.try_get("/v3/portals/email-domains").await.status, 501);
    assert_eq!(world.try_get("/v3/nonsense").await.status, 404);
    assert_eq!(world.put("/v3/apis", json!({})).await.status, 404);
}

// What all collections have in common.

#[tokio::test]
async fn lists_come_in_order_of_creation_page_by_page() {
    let world = World::new().await;
    for name in ["e", "d", "c", "b", "a"] {
        world.api(name).await;
    }
    let first = world.get("/v3/apis?page[size]=2").await;
    assert_eq!(each(&first, "name"), ["e", "d"]);
    assert_eq!(first["meta"]["page"], json!({ "number": 1, "size": 2, "total": 5 }));
    let last = world.get("/v3/apis?page%5Bsize%5D=2&page%5Bnumber%5D=3").await;
    assert_eq!(each(&last, "name"), ["a"]);
    assert!(each(&world.get("/v3/apis?page[number]=9").await, "name").is_empty());
}

#[tokio::test]
async fn a_page_that_is_no_number_or_too_large_is_refused() {
    let world = World::new().await;
    for (field, value, rule) in
        [("page[size]", "x", "is_number"), ("page[size]", "101", "max"), ("page[number]", "0", "min")]
    {
        let answer = world.try_get(&format!("/v3/apis?{field}={value}")).await;
        assert_eq!(invalid(&answer), [(field, rule)]);
        assert_eq!(answer.body["invalid_parameters"][0]["source"], "query");
    }
}

#[tokio::test]
async fn lists_are_filtered_and_sorted_as_documented() {
    let world = World::new().await;
    for (name, version, team) in [("flights", "2", "x"), ("flights", "1", "y"), ("bookings", "1", "x")] {
        let body = json!({ "name": name, "version": version, "labels": { "team-name": team } });
        world.created("/v3/apis", body).await;
    }
    for (query, versions) in [
        ("filter[name][eq]=flights", vec!["2", "1"]),
        ("filter%5Bname%5D%5Beq%5D=flights", vec!["2", "1"]),
        ("filter[name]=bookings", vec!["1"]),
        ("filter[name][contains]=ight&filter[version][neq]=2", vec!["1"]),
        ("filter[labels.team-name]=x", vec!["2", "1"]),
        ("filter[labels.team-name][neq]=x", vec!["1"]),
        ("filter[name][oeq]=flights,bookings&sort=version", vec!["1", "1", "2"]),
        ("sort=name,version%20desc", vec!["1", "2", "1"]),
    ] {
        assert_eq!(each(&world.get(&format!("/v3/apis?{query}")).await, "version"), versions, "{query}");
    }
    let refused = world.try_get("/v3/apis?filter[nope]=1").await;
    assert_eq!(invalid(&refused), [("filter[nope]", "unknown_property")]);
    let refused = world.try_get("/v3/apis?sort=slug").await;
    let choices = &refused.body["invalid_parameters"][0]["choices"];
    assert_eq!(*choices, json!(["name", "version", "created_at", "updated_at"]));
}

#[tokio::test]
async fn a_body_that_breaks_several_rules_is_told_all_of_them() {
    let world = World::new().await;
    let answer = world.post("/v3/apis", json!({ "nmae": "x", "version": "", "id": NOWHERE })).await;
    assert_eq!(answer.kind, "application/problem+json");
    let mut rules = invalid(&answer);
    rules.sort_unstable();
    let expected = [("id", "invalid"), ("name", "required"), ("nmae", "unknown_property"), ("version", "min_length")];
    assert_eq!(rules, expected);
}

#[tokio::test]
async fn each_kind_of_field_is_checked() {
    let world = World::new().await;
    let urls = json!([{}, {}, {}, {}, {}, {}]);
    let rbac = json!({ "name": "x", "rbac_enabled": true, "authentication_enabled": false });
    let strategy = json!({ "name": "x", "default_application_auth_strategy_id": "1" });
    for (path, body, field, rule) in [
        ("/v2/control-planes", json!({ "name": "a" }), "name", "min_length"),
        ("/v2/control-planes", json!({ "name": "ab", "cluster_type": "X" }), "cluster_type", "enum"),
        ("/v2/control-planes", json!({ "name": "ab", "cloud_gateway": "no" }), "cloud_gateway", "is_boolean"),
        ("/v2/control-planes", json!({ "name": 1 }), "name", "is_string"),
        ("/v2/control-planes", json!({ "name": "ab", "proxy_urls": urls }), "proxy_urls", "max_items"),
        ("/v3/portals", json!({ "name": "x".repeat(256) }), "name", "max_length"),
        ("/v3/portals", rbac, "rbac_enabled", "dependent_fields"),
        ("/v3/portals", strategy, "default_application_auth_strategy_id", "is_uuid"),
        ("/v3/apis", json!({ "name": "x", "slug": "a b" }), "slug", "matches_regex"),
        ("/v3/apis", json!({ "name": "x", "labels": [] }), "labels", "is_object"),
        ("/v3/apis", json!({ "name": "x", "attributes": { "Env": ["a"] } }), "attributes.Env", "invalid"),
        ("/v3/invites", json!({ "email": "nobody" }), "email", "invalid"),
        ("/v3/teams", json!({ "name": "x", "description": "" }), "description", "min_length"),
    ] {
        let answer = world.post(path, body.clone()).await;
        assert_eq!(invalid(&answer)[0], (field, rule), "{path} {body}");
    }
}

#[tokio::test]
async fn labels_follow_konnects_rules() {
    let world = World::new().await;
    let good = json!({ "ko-konnect-orchestrator": "true", "env-name": "dev.1_a-b" });
    assert_eq!(world.created("/v3/apis", json!({ "name": "good", "labels": good })).await["labels"], good);
    let long = "x".repeat(64);
    for labels in [
        json!({ "kong-x": "a" }),
        json!({ "konnect": "a" }),
        json!({ "mesh.x": "a" }),
        json!({ "kic": "a" }),
        json!({ "_x": "a" }),
        json!({ "a b": "a" }),
        json!({ "": "a" }),
        json!({ &long: "a" }),
        json!({ "a": "" }),
        json!({ "a": "-a" }),
        json!({ "a": "a b" }),
        json!({ "a": long }),
        json!({ "a": null }),
    ] {
        for path in ["/v3/apis", "/v2/control-planes", "/v3/teams"] {
            let answer = world.post(path, json!({ "name": "bad", "labels": labels })).await;
            assert_eq!(invalid(&answer)[0].1, "is_label", "{path} {labels}");
        }
    }
    let many: Map<String, Value> = (0..51).map(|index| (format!("a{index}"), json!("b"))).collect();
    let answer = world.post("/v3/apis", json!({ "name": "bad", "labels": many })).await;
    assert_eq!(invalid(&answer), [("labels", "max_items")]);
}

#[tokio::test]
async fn a_change_that_changes_nothing_keeps_the_time_of_the_last_one() {
    let world = World::new().await;
    let created = world.created("/v3/apis", json!({ "name": "flights", "labels": { "env": "dev" } })).await;
    let path = format!("/v3/apis/{}", id(&created));
    let same = world.patch(&path, json!({ "name": "flights", "labels": { "env": "dev" } })).await.body;
    assert_eq!(same["updated_at"], created["updated_at"]);
    let changed = world.patch(&path, json!({ "description": "New" })).await.body;
    assert_ne!(changed["updated_at"], created["updated_at"]);
    assert_eq!(changed["created_at"], created["created_at"]);
}

#[tokio::test]
async fn patched_labels_are_merged_where_null_is_allowed_and_replaced_where_it_is_not() {
    let world = World::new().await;
    let labelled = json!({ "name": "ab", "labels": { "env": "dev", "tier": "1" } });
    for path in ["/v3/apis", "/v3/portals", "/v3/teams"] {
        let item = format!("{path}/{}", id(&world.created(path, labelled.clone()).await));
        let patched = world.patch(&item, json!({ "labels": { "tier": null, "new": "2" } })).await.body;
        assert_eq!(patched["labels"], json!({ "env": "dev", "new": "2" }), "{path}");
        let cleared = world.patch(&item, json!({ "labels": null })).await.body;
        assert_eq!(cleared["labels"], json!({}), "{path}");
    }
    let item = format!("/v2/control-planes/{}", id(&world.created("/v2/control-planes", labelled).await));
    let patched = world.patch(&item, json!({ "labels": { "new": "2" } })).await.body;
    assert_eq!(patched["labels"], json!({ "new": "2" }));
    assert_eq!(world.patch(&item, json!({ "labels": { "new": null } })).await.status, 400);
}

#[tokio::test]
async fn ids_that_are_no_uuids_are_refused_as_each_document_says() {
    let world = World::new().await;
    assert_eq!(invalid(&world.try_get("/v3/teams/x").await), [("teamId", "is_uuid")]);
    assert_eq!(invalid(&world.try_get("/v2/control-planes/x").await), [("controlPlaneId", "is_uuid")]);
    assert_eq!(world.try_get("/v3/apis/x").await.status, 404);
    assert_eq!(world.try_get("/v3/portals/x").await.status, 404);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_and_the_api_catalog_insists_on_its_type() {
    let world = World::new().await;
    let send = async |region: &str, path: &str, kind: &'static str, body: &'static str| {
        let request = world.client.post(world.url(region, path)).bearer_auth("token-one");
        answer(request.header("content-type", kind).body(body).send().await.unwrap()).await
    };
    let broken = send("us", "/v3/apis", "application/json", "{").await;
    assert_eq!(invalid(&broken), [("body", "invalid")]);
    let list = send("global", "/v3/teams", "application/json", "[]").await;
    assert_eq!(invalid(&list), [("body", "is_object")]);
    assert_eq!(send("us", "/v3/apis", "text/plain", "{}").await.status, 415);
}

// Identity.

#[tokio::test]
async fn teams_are_created_read_changed_and_deleted_and_may_share_a_name() {
    let world = World::new().await;
    let team = world.created("/v3/teams", json!({ "name": "flight-data" })).await;
    assert_eq!((&team["description"], &team["system_team"]), (&Value::Null, &json!(false)));
    assert_eq!(team["labels"], json!({}));
    world.team("flight-data").await;
    let path = format!("/v3/teams/{}", id(&team));
    let changed = world.patch(&path, json!({ "description": "Flights" })).await;
    assert_eq!((changed.status, &changed.body["description"]), (200, &json!("Flights")));
    assert_eq!(world.get(&path).await, changed.body);
    assert_eq!(world.total("/v3/teams?filter[name][eq]=flight-data").await, 2);
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.delete(&path).await, 404);
}

#[tokio::test]
async fn system_teams_take_members_but_cannot_be_changed_or_deleted() {
    let world = World::new().await;
    let found = world.get("/v3/teams?filter[name][eq]=Portal%20Admin").await;
    let path = format!("/v3/teams/{}", id(&found["data"][0]));
    assert_eq!(invalid(&world.patch(&path, json!({ "name": "x" })).await)[0].0, "teamID");
    assert_eq!(world.delete(&path).await, 400);
    assert_eq!(world.post(&format!("{path}/assigned-roles"), viewer(NOWHERE)).await.status, 400);
    let me = id(&world.get("/v3/users/me").await);
    assert_eq!(world.post(&format!("{path}/users"), json!({ "id": me })).await.status, 201);
}

#[tokio::test]
async fn an_invited_user_is_listed_as_inactive_and_cannot_be_invited_twice() {
    let world = World::new().await;
    let invitation = json!({ "email": "a@example.com" });
    let invited = world.post("/v3/invites", invitation.clone()).await;
    assert_eq!((invited.status, &invited.body), (201, &Value::Null));
    assert_eq!(world.post("/v3/invites", invitation.clone()).await.status, 409);
    let found = world.get("/v3/users?filter[email][eq]=a@example.com").await;
    assert_eq!(found["data"][0]["active"], false);
    let path = format!("/v3/users/{}", id(&found["data"][0]));
    assert_eq!(world.patch(&path, json!({ "full_name": "A Person" })).await.body["full_name"], "A Person");
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.post("/v3/invites", invitation).await.status, 201);
}

#[tokio::test]
async fn members_are_added_once_listed_and_removed() {
    let world = World::new().await;
    let team = world.team("flight-data").await;
    let members = format!("/v3/teams/{team}/users");
    let me = id(&world.get("/v3/users/me").await);
    assert!(each(&world.get(&members).await, "id").is_empty());
    let added = world.post(&members, json!({ "id": me })).await;
    assert_eq!((added.status, &added.body), (201, &Value::Null));
    assert_eq!(world.post(&members, json!({ "id": me })).await.status, 409);
    assert_eq!(world.post(&members, json!({ "id": NOWHERE })).await.status, 404);
    assert_eq!(each(&world.get(&members).await, "id"), [&me]);
    assert!(each(&world.get(&format!("/v3/users/{me}/teams")).await, "id").contains(&team.as_str()));
    assert_eq!(world.delete(&format!("{members}/{me}")).await, 204);
    assert_eq!(world.delete(&format!("{members}/{me}")).await, 404);
}

fn viewer(control_plane: &str) -> Value {
    json!({
        "role_name": "Viewer",
        "entity_id": control_plane,
        "entity_type_name": "Control Planes",
        "entity_region": "us",
    })
}

#[tokio::test]
async fn a_role_is_assigned_once_and_goes_with_its_team() {
    let world = World::new().await;
    let team = format!("/v3/teams/{}", world.team("flight-data").await);
    let roles = format!("{team}/assigned-roles");
    assert_eq!(world.total(&roles).await, 0);
    let assigned = world.created(&roles, viewer(NOWHERE)).await;
    assert_eq!(world.post(&roles, viewer(NOWHERE)).await.status, 409);
    world.created(&roles, viewer(&uuid(1))).await;
    let refused = world.post(&roles, json!({ "role_name": "King" })).await;
    assert!(invalid(&refused).contains(&("role_name", "enum")));
    assert_eq!(world.total(&format!("{roles}?filter[role_name][eq]=Viewer")).await, 2);
    assert_eq!(world.total(&format!("{roles}?filter[role_name][eq]=Admin")).await, 0);
    let path = format!("{roles}/{}", id(&assigned));
    assert_eq!(world.get(&path).await, assigned);
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.try_get(&path).await.status, 404);
    assert_eq!(world.delete(&team).await, 204);
    assert_eq!(world.try_get(&roles).await.status, 404);
}

#[tokio::test]
async fn assigned_roles_are_listed_whole_unless_a_page_is_asked_for_as_no_paging_is_documented() {
    let world = World::new().await;
    let roles = format!("/v3/teams/{}/assigned-roles", world.team("flight-data").await);
    for index in 0..12 {
        world.created(&roles, viewer(&uuid(index))).await;
    }
    assert_eq!(each(&world.get(&roles).await, "entity_id").len(), 12);
    let page = world.get(&format!("{roles}?page[size]=5&page[number]=3")).await;
    assert_eq!(each(&page, "entity_id"), [uuid(10), uuid(11)]);
}

#[tokio::test]
async fn roles_of_a_user_are_apart_from_those_of_a_team() {
    let world = World::new().await;
    let me = id(&world.get("/v3/users/me").await);
    let team = world.team("flight-data").await;
    let assigned = world.created(&format!("/v3/users/{me}/assigned-roles"), viewer(NOWHERE)).await;
    assert_eq!(world.total(&format!("/v3/users/{me}/assigned-roles")).await, 1);
    assert_eq!(world.total(&format!("/v3/teams/{team}/assigned-roles")).await, 0);
    let elsewhere = format!("/v3/teams/{team}/assigned-roles/{}", id(&assigned));
    assert_eq!(world.delete(&elsewhere).await, 404);
}

// Control planes and their services.

#[tokio::test]
async fn a_control_plane_gets_defaults_and_endpoints() {
    let world = World::new().await;
    let made = world.created("/v2/control-planes", json!({ "name": "flights-dev" })).await;
    assert_eq!((&made["description"], &made["labels"]), (&json!(""), &json!({})));
    let config = &made["config"];
    assert_eq!(config["cluster_type"], "CLUSTER_TYPE_CONTROL_PLANE");
    assert_eq!(config["auth_type"], "pinned_client_certs");
    assert_eq!((&config["cloud_gateway"], &config["proxy_urls"]), (&json!(false), &json!([])));
    assert!(config["control_plane_endpoint"].as_str().unwrap().starts_with("https://"));
    assert_eq!(world.get(&format!("/v2/control-planes/{}", id(&made))).await, made);
}

#[tokio::test]
async fn the_cluster_type_is_chosen_at_creation_and_cannot_be_changed() {
    let world = World::new().await;
    let body = json!({ "name": "dev", "cluster_type": "CLUSTER_TYPE_SERVERLESS" });
    let made = world.created("/v2/control-planes", body).await;
    assert_eq!(made["config"]["cluster_type"], "CLUSTER_TYPE_SERVERLESS");
    let path = format!("/v2/control-planes/{}", id(&made));
    let refused = world.patch(&path, json!({ "cluster_type": "CLUSTER_TYPE_CONTROL_PLANE" })).await;
    assert_eq!(invalid(&refused), [("cluster_type", "unknown_property")]);
    let changed = world.patch(&path, json!({ "auth_type": "pki_client_certs" })).await.body;
    assert_eq!(changed["config"]["auth_type"], "pki_client_certs");
    assert_eq!(changed["config"]["cluster_type"], "CLUSTER_TYPE_SERVERLESS");
}

#[tokio::test]
async fn control_plane_names_are_unique_in_a_region() {
    let world = World::new().await;
    world.control_plane("flights").await;
    let second = world.control_plane("bookings").await;
    let taken = json!({ "name": "flights" });
    assert_eq!(world.post("/v2/control-planes", taken.clone()).await.status, 409);
    assert_eq!(world.patch(&format!("/v2/control-planes/{second}"), taken.clone()).await.status, 409);
    let elsewhere = world.send("token-one", Method::POST, "eu", "/v2/control-planes", Some(taken)).await;
    assert_eq!(elsewhere.status, 201);
}

#[tokio::test]
async fn control_planes_are_found_by_name_type_and_labels() {
    let world = World::new().await;
    for (name, labels) in
        [("flights-dev", json!({ "env": "dev", "team": "x" })), ("flights-prd", json!({ "env": "prd" }))]
    {
        world.created("/v2/control-planes", json!({ "name": name, "labels": labels })).await;
    }
    for (query, names) in [
        ("filter[name][eq]=flights-dev", vec!["flights-dev"]),
        ("filter[name][neq]=flights-dev", vec!["flights-prd"]),
        ("filter[name][contains]=flights", vec!["flights-dev", "flights-prd"]),
        ("filter[cluster_type][eq]=CLUSTER_TYPE_SERVERLESS", vec![]),
        ("filter[cloud_gateway]=false", vec!["flights-dev", "flights-prd"]),
        ("labels=env:prd", vec!["flights-prd"]),
        ("labels=env:dev,team", vec!["flights-dev"]),
        ("sort=created_at%20desc", vec!["flights-prd", "flights-dev"]),
    ] {
        assert_eq!(each(&world.get(&format!("/v2/control-planes?{query}")).await, "name"), names, "{query}");
    }
}

#[tokio::test]
async fn services_are_created_with_defaults_or_from_a_url() {
    let world = World::new().await;
    let services = services(&world.control_plane("dev").await);
    assert_eq!(world.get(&services).await, json!({ "data": [] }));
    let plain = world.created(&services, json!({ "name": "a", "host": "example.com" })).await;
    assert_eq!((&plain["port"], &plain["protocol"], &plain["retries"]), (&json!(80), &json!("http"), &json!(5)));
    assert!(plain["created_at"].is_i64() && plain.get("control_plane_id").is_none(), "{plain}");
    let url = world.created(&services, json!({ "name": "b", "host": "x", "url": "https://example.com/path" })).await;
    assert_eq!((&url["port"], &url["host"]), (&json!(443), &json!("example.com")));
    assert_eq!((&url["path"], url.get("url")), (&json!("/path"), None));
    for body in [json!({ "name": "c" }), json!({ "host": "x", "port": 70000 }), json!({ "host": "x", "nope": 1 })] {
        let refused = world.post(&services, body).await;
        assert_eq!((refused.status, refused.kind.as_str()), (400, "application/json"), "{refused:?}");
    }
    assert_eq!(world.post(&services, json!({ "name": "a", "host": "x" })).await.status, 409);
}

#[tokio::test]
async fn services_are_put_and_read_by_id_or_name_and_deleting_is_idempotent() {
    let world = World::new().await;
    let services = services(&world.control_plane("dev").await);
    let at = |key: &str| format!("{services}/{key}");
    let made = world.put(&at(NOWHERE), json!({ "name": "a", "host": "one.example" })).await;
    assert_eq!((made.status, id(&made.body).as_str()), (200, NOWHERE));
    let by_name = world.put(&at("a"), json!({ "name": "a", "host": "two.example" })).await;
    assert_eq!(id(&by_name.body), NOWHERE);
    assert_eq!(world.get(&at(NOWHERE)).await["host"], "two.example");
    assert_eq!(world.put(&at(NOWHERE), json!({ "id": uuid(1), "host": "x" })).await.status, 400);
    assert_eq!(world.put(&at("new"), json!({ "host": "x" })).await.body["name"], "new");
    assert_eq!(world.delete(&at("a")).await, 204);
    assert_eq!(world.delete(&at("a")).await, 204);
    assert_eq!(world.try_get(&at("a")).await.status, 404);
}

#[tokio::test]
async fn a_service_of_one_control_plane_is_not_reached_through_another() {
    let world = World::new().await;
    let (dev, prd) = (world.control_plane("dev").await, world.control_plane("prd").await);
    let service = world.service(&dev, "flights").await;
    let elsewhere = format!("{}/{service}", services(&prd));
    assert_eq!(world.try_get(&elsewhere).await.status, 404);
    assert_eq!(world.put(&elsewhere, json!({ "host": "x" })).await.status, 409);
    assert_eq!(world.delete(&elsewhere).await, 204);
    assert_eq!(world.try_get(&format!("{}/{service}", services(&dev))).await.status, 200);
    world.service(&prd, "flights").await;
}

#[tokio::test]
async fn services_are_listed_by_tags_and_offset() {
    let world = World::new().await;
    let control_plane = world.control_plane("dev").await;
    for name in ["x", "y", "z"] {
        world.service(&control_plane, name).await;
    }
    let services = services(&control_plane);
    for (query, names) in [
        ("tags=x", vec!["x"]),
        ("tags=a,y", vec!["y"]),
        ("tags=x/z", vec!["x", "z"]),
        ("filter[name][eq]=y", vec!["y"]),
    ] {
        assert_eq!(each(&world.get(&format!("{services}?{query}")).await, "name"), names, "{query}");
    }
    let first = world.get(&format!("{services}?size=2")).await;
    assert_eq!(each(&first, "name"), ["x", "y"]);
    let offset = first["offset"].as_str().unwrap();
    let rest = world.get(&format!("{services}?size=2&offset={offset}")).await;
    assert_eq!((each(&rest, "name"), rest.get("offset")), (vec!["z"], None));
    assert_eq!(world.try_get(&format!("{services}?size=1001")).await.status, 400);
    assert_eq!(world.try_get(&format!("{services}?offset=!")).await.status, 400);
}

// Portals.

#[tokio::test]
async fn a_portal_gets_defaults_a_display_name_and_domains() {
    let world = World::new().await;
    let made = world.created("/v3/portals", json!({ "name": "dev" })).await;
    for (field, value) in [
        ("display_name", json!("dev")),
        ("description", Value::Null),
        ("authentication_enabled", json!(true)),
        ("rbac_enabled", json!(false)),
        ("default_api_visibility", json!("private")),
        ("default_page_visibility", json!("private")),
        ("default_application_auth_strategy_id", Value::Null),
        ("auto_approve_developers", json!(false)),
        ("labels", json!({})),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    assert!(made["default_domain"].as_str().unwrap().contains(".us."), "{made}");
    assert_eq!(made["canonical_domain"], made["default_domain"]);
    assert_eq!(world.get(&format!("/v3/portals/{}", id(&made))).await, made);
}

#[tokio::test]
async fn portal_names_are_unique() {
    let world = World::new().await;
    world.portal("dev").await;
    let other = format!("/v3/portals/{}", world.portal("prd").await);
    assert_eq!(world.post("/v3/portals", json!({ "name": "dev" })).await.status, 409);
    assert_eq!(world.patch(&other, json!({ "name": "dev" })).await.status, 409);
    let changed = world.patch(&other, json!({ "display_name": "Production" })).await.body;
    assert_eq!((&changed["name"], &changed["display_name"]), (&json!("prd"), &json!("Production")));
}

#[tokio::test]
async fn default_content_is_created_once_and_can_be_read_back() {
    let world = World::new().await;
    let portal = format!("/v3/portals/{}", world.portal("dev").await);
    assert_eq!(world.get(&format!("{portal}/pages")).await, json!({ "data": [] }));
    let made = world.ask(Method::POST, &format!("{portal}/default-content"), None).await;
    assert_eq!(made.status, 201);
    let again = world.ask(Method::POST, &format!("{portal}/default-content"), None).await;
    assert_eq!((again.status, again.body), (201, json!({ "pages": [], "snippets": [] })));
    let pages = world.get(&format!("{portal}/pages")).await;
    assert_eq!(json!(each(&pages, "slug")), made.body["pages"]);
    assert_eq!(pages["data"][0]["children"], json!([]));
    let page = world.get(&format!("{portal}/pages/{}", id(&pages["data"][0]))).await;
    assert!(page["content"].as_str().unwrap().starts_with('#'), "{page}");
    let snippets = world.get(&format!("{portal}/snippets")).await;
    assert_eq!(json!(each(&snippets, "name")), made.body["snippets"]);
    let snippet = world.get(&format!("{portal}/snippets/{}", id(&snippets["data"][0]))).await;
    assert!(snippet["content"].is_string(), "{snippet}");
}

#[tokio::test]
async fn a_portal_with_publications_is_deleted_only_by_force_and_takes_them_along() {
    let world = World::new().await;
    let (portal, api) = (world.portal("dev").await, world.api("flights").await);
    world.put(&format!("/v3/apis/{api}/publications/{portal}"), json!({})).await;
    assert_eq!(world.delete(&format!("/v3/portals/{portal}")).await, 409);
    assert_eq!(world.delete(&format!("/v3/portals/{portal}?force=nonsense")).await, 400);
    assert_eq!(world.delete(&format!("/v3/portals/{portal}?force=true")).await, 204);
    assert_eq!(world.total("/v3/api-publications").await, 0);
    assert_eq!(world.get(&format!("/v3/apis/{api}")).await["portals"], json!([]));
}

// APIs.

#[tokio::test]
async fn an_api_gets_a_slug_and_empty_relations() {
    let world = World::new().await;
    let made = world.created("/v3/apis", json!({ "name": "myAPI", "version": "v1" })).await;
    for (field, value) in [
        ("slug", json!("my-api-v1")),
        ("description", Value::Null),
        ("labels", json!({})),
        ("attributes", json!({})),
        ("portals", json!([])),
        ("api_spec_ids", json!([])),
        ("current_version_summary", Value::Null),
        ("implementation_mode", Value::Null),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    assert_eq!(world.get("/v3/apis").await["data"], json!([made]));
}

#[tokio::test]
async fn name_and_version_of_apis_are_unique_together() {
    let world = World::new().await;
    world.created("/v3/apis", json!({ "name": "flights", "version": "1" })).await;
    let second = world.created("/v3/apis", json!({ "name": "flights", "version": "2" })).await;
    world.api("flights").await;
    for body in [json!({ "name": "flights", "version": "1" }), json!({ "name": "flights" })] {
        assert_eq!(world.post("/v3/apis", body.clone()).await.status, 409, "{body}");
    }
    let path = format!("/v3/apis/{}", id(&second));
    assert_eq!(world.patch(&path, json!({ "version": "1" })).await.status, 409);
    let updated = world.patch(&path, json!({ "version": "3" })).await.body;
    assert_eq!((&updated["version"], &updated["slug"]), (&json!("3"), &json!("flights-2")));
}

#[tokio::test]
async fn an_api_may_come_with_its_specification() {
    let world = World::new().await;
    let made = world.created("/v3/apis", json!({ "name": "flights", "spec_content": SPEC })).await;
    assert_eq!(made["current_version_summary"]["version"], "1.2.0");
    assert_eq!(made["current_version_summary"]["spec"], json!({ "type": "oas3" }));
    assert!(made.get("spec_content").is_none());
    let refused = world.post("/v3/apis", json!({ "name": "x", "spec_content": "openapi: 3.0.0\n" })).await;
    assert_eq!(invalid(&refused), [("version", "missing_reference")]);
}

#[tokio::test]
async fn an_api_has_one_version_whose_type_and_name_come_from_its_content() {
    let world = World::new().await;
    let api = format!("/v3/apis/{}", world.api("flights").await);
    let versions = format!("{api}/versions");
    assert_eq!(world.total(&versions).await, 0);
    let made = world.created(&versions, json!({ "spec": { "content": SPEC } })).await;
    assert_eq!(made["version"], "1.2.0");
    assert_eq!(made["spec"], json!({ "content": SPEC, "type": "oas3", "validation_messages": [] }));
    assert_eq!(world.post(&versions, json!({ "spec": { "content": SPEC } })).await.status, 409);
    assert_eq!(world.get(&versions).await["data"][0]["spec"], json!({ "type": "oas3" }));
    assert_eq!(world.total(&format!("{versions}?filter[type]=oas3")).await, 1);
    let summary = world.get(&api).await["current_version_summary"].clone();
    assert_eq!((&summary["id"], &summary["updated_at"]), (&made["id"], &made["updated_at"]));
    assert_eq!(world.delete(&format!("{versions}/{}", id(&made))).await, 204);
    assert_eq!(world.get(&api).await["current_version_summary"], Value::Null);
}

#[tokio::test]
async fn changing_a_version_moves_the_time_in_the_apis_summary() {
    let world = World::new().await;
    let api = format!("/v3/apis/{}", world.api("flights").await);
    let made = world.created(&format!("{api}/versions"), json!({ "spec": { "content": SPEC } })).await;
    let path = format!("{api}/versions/{}", id(&made));
    let same = world.patch(&path, json!({ "spec": { "content": SPEC } })).await.body;
    assert_eq!(same["updated_at"], made["updated_at"]);
    let content = SPEC.replace("1.2.0", "1.3.0");
    let changed = world.patch(&path, json!({ "spec": { "content": content } })).await.body;
    assert_eq!((&changed["version"], &changed["spec"]["content"]), (&json!("1.3.0"), &json!(content)));
    assert_ne!(changed["updated_at"], made["updated_at"]);
    assert_eq!(world.get(&api).await["current_version_summary"]["updated_at"], changed["updated_at"]);
}

#[tokio::test]
async fn a_specification_that_cannot_be_read_is_kept_with_messages() {
    let world = World::new().await;
    let versions = format!("/v3/apis/{}/versions", world.api("flights").await);
    let refused = world.post(&versions, json!({ "spec": { "content": "a: [" } })).await;
    assert_eq!(invalid(&refused), [("version", "missing_reference")]);
    let made = world.created(&versions, json!({ "version": "1", "spec": { "content": "a: [" } })).await;
    assert!(made["spec"]["validation_messages"][0]["message"].is_string(), "{made}");
    assert!(made["spec"].get("type").is_none());
    let empty = world.post(&versions, json!({ "spec": { "content": "" } })).await;
    assert_eq!(invalid(&empty), [("spec.content", "min_length")]);
}

#[tokio::test]
async fn a_publication_takes_its_defaults_from_the_portal() {
    let world = World::new().await;
    let api = world.api("flights").await;
    let open = json!({ "name": "prd", "default_api_visibility": "public" });
    let portal = id(&world.created("/v3/portals", open).await);
    let path = format!("/v3/apis/{api}/publications/{portal}");
    assert_eq!(world.try_get(&path).await.status, 404);
    let published = world.put(&path, json!({})).await;
    assert_eq!((published.status, &published.body["visibility"]), (200, &json!("public")));
    assert_eq!(published.body["auth_strategy_ids"], Value::Null);
    assert_eq!(published.body["auto_approve_registrations"], false);
    assert_eq!(world.put(&path, json!({ "visibility": "public" })).await.body, published.body);
    let hidden = world.put(&path, json!({ "visibility": "private" })).await.body;
    assert_eq!(world.get(&path).await, hidden);
    assert_eq!(world.get(&format!("/v3/apis/{api}")).await["portals"][0]["name"], "prd");
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.delete(&path).await, 404);
}

#[tokio::test]
async fn publications_are_listed_over_all_portals_and_of_one() {
    let world = World::new().await;
    let (dev, prd) = (world.portal("dev").await, world.portal("prd").await);
    for (name, portal) in [("flights", &dev), ("bookings", &dev), ("routes", &prd)] {
        let path = format!("/v3/apis/{}/publications/{portal}", world.api(name).await);
        assert_eq!(world.put(&path, json!({})).await.status, 200);
    }
    let of_portal = world.get(&format!("/v3/portals/{prd}/api-publications")).await;
    assert_eq!(of_portal["data"][0]["portal_ids"], json!([prd]));
    let all = world.get("/v3/api-publications").await;
    assert_eq!(each(&all, "portal_id"), [&dev, &dev, &prd]);
    assert_eq!(each(&all, "entity_type"), ["api", "api", "api"]);
    for (path, total) in [
        (format!("/v3/api-publications?filter[portal_id][eq]={prd}"), 1),
        ("/v3/api-publications?filter[portal_name]=dev".to_owned(), 2),
        ("/v3/api-publications?filter[api_name][contains]=o".to_owned(), 2),
        (format!("/v3/portals/{dev}/api-publications"), 2),
        (format!("/v3/portals/{dev}/api-publications?filter[api_name][eq]=flights"), 1),
    ] {
        assert_eq!(world.total(&path).await, total, "{path}");
    }
}

#[tokio::test]
async fn an_implementation_links_an_api_to_a_service_that_exists_and_is_free() {
    let world = World::new().await;
    let (flights, bookings) = (world.api("flights").await, world.api("bookings").await);
    let control_plane = world.control_plane("dev").await;
    let service = world.service(&control_plane, "flights").await;
    let at = |api: &str| format!("/v3/apis/{api}/implementations");
    let link =
        |control_plane: &str, service: &str| json!({ "service": { "control_plane_id": control_plane, "id": service } });
    let refused = world.post(&at(&flights), link(&control_plane, NOWHERE)).await;
    assert_eq!(invalid(&refused), [("service.id", "missing_reference")]);
    let refused = world.post(&at(&flights), link(NOWHERE, &service)).await;
    assert_eq!(invalid(&refused), [("service.control_plane_id", "missing_reference")]);
    assert_eq!(world.post(&at(&flights), json!({})).await.status, 400);

    let made = world.created(&at(&flights), link(&control_plane, &service)).await;
    assert_eq!(made["service"], link(&control_plane, &service)["service"]);
    assert!(made.get("api_id").is_none());
    let mode = world.get(&format!("/v3/apis/{flights}")).await["implementation_mode"].clone();
    assert_eq!(mode, "gateway_entity_binding");
    for api in [&flights, &bookings] {
        assert_eq!(world.post(&at(api), link(&control_plane, &service)).await.status, 409);
    }

    let listed = world.get(&format!("/v3/api-implementations?filter[service_id][eq]={service}")).await;
    assert_eq!(each(&listed, "api_id"), [&flights]);
    assert_eq!(world.delete(&format!("{}/{}", at(&flights), id(&made))).await, 204);
    assert_eq!(world.get(&format!("/v3/apis/{flights}")).await["implementation_mode"], Value::Null);
}

#[tokio::test]
async fn a_control_plane_may_implement_several_apis() {
    let world = World::new().await;
    let control_plane = world.control_plane("dev").await;
    for name in ["flights", "bookings"] {
        let path = format!("/v3/apis/{}/implementations", world.api(name).await);
        let body = json!({ "control_plane": { "control_plane_id": control_plane } });
        let made = world.created(&path, body).await;
        assert_eq!(made["control_plane"]["control_plane_id"], json!(control_plane));
        assert_eq!(world.get(&format!("{path}/{}", id(&made))).await, made);
    }
    assert_eq!(world.total("/v3/api-implementations").await, 2);
}

#[tokio::test]
async fn deleting_an_api_or_a_control_plane_takes_along_what_depends_on_it() {
    let world = World::new().await;
    let (api, portal) = (world.api("flights").await, world.portal("dev").await);
    let control_plane = world.control_plane("dev").await;
    let service = world.service(&control_plane, "flights").await;
    let link = json!({ "service": { "control_plane_id": control_plane, "id": service } });
    world.created(&format!("/v3/apis/{api}/implementations"), link.clone()).await;
    world.created(&format!("/v3/apis/{api}/versions"), json!({ "spec": { "content": SPEC } })).await;
    world.put(&format!("/v3/apis/{api}/publications/{portal}"), json!({})).await;

    assert_eq!(world.delete(&format!("/v3/apis/{api}")).await, 204);
    assert_eq!(world.total("/v3/api-publications").await, 0);
    assert_eq!(world.total("/v3/api-implementations").await, 0);
    assert_eq!(world.delete(&format!("/v3/portals/{portal}")).await, 204);

    let again = world.api("flights").await;
    world.created(&format!("/v3/apis/{again}/implementations"), link).await;
    assert_eq!(world.delete(&format!("/v2/control-planes/{control_plane}")).await, 204);
    assert_eq!(world.total("/v3/api-implementations").await, 0);
    assert_eq!(world.try_get(&services(&control_plane)).await.status, 404);
}

// The sandbox itself.

#[tokio::test]
async fn data_survives_a_restart() {
    let world = World::new().await;
    let teams = world.get("/v3/teams?page[size]=100").await;
    let made = world.created("/v3/apis", json!({ "name": "flights", "spec_content": SPEC })).await;
    let world = world.restart().await;
    assert_eq!(world.get(&format!("/v3/apis/{}", id(&made))).await, made);
    assert_eq!(world.get("/v3/teams?page[size]=100").await, teams);
}

/// Not a test of its own: the server that the next test starts as a process, to kill it.
#[tokio::test]
#[ignore = "runs until it is killed"]
async fn serve_until_killed() {
    let directory = PathBuf::from(std::env::var("SANDBOX_TEST_DIRECTORY").unwrap());
    let sandbox = start(&directory).await.unwrap();
    std::fs::write(directory.join("url.part"), sandbox.konnect_url()).unwrap();
    std::fs::rename(directory.join("url.part"), directory.join("url")).unwrap();
    std::future::pending().await
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "serve_until_killed", "--ignored"])
        .env("SANDBOX_TEST_DIRECTORY", directory.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let url = loop {
        match std::fs::read_to_string(directory.path().join("url")) {
            Ok(url) => break url.replace("{region}", "us") + "/v3/apis",
            Err(_) => assert!(Instant::now() < deadline, "the server did not start"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let client = Client::new();
    let create = |name: String| client.post(&url).bearer_auth("token-one").json(&json!({ "name": name })).send();
    let mut acknowledged = Vec::new();
    for index in 0..20 {
        assert_eq!(create(format!("api-{index}")).await.unwrap().status(), StatusCode::CREATED);
        acknowledged.push(format!("api-{index}"));
    }
    server.kill().unwrap();
    server.wait().unwrap();
    let world = World::at(directory.path()).await;
    assert_eq!(each(&world.get("/v3/apis?page[size]=100").await, "name"), acknowledged);
}

#[tokio::test]
async fn a_directory_in_use_is_a_clear_error() {
    let world = World::new().await;
    let error = start(&world.directory).await.unwrap_err();
    assert!(matches!(error, SandboxError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("konnect.redb"), "{error}");
}

#[tokio::test]
async fn one_token_for_two_organizations_is_an_error_that_does_not_tell_it() {
    let directory = tempfile::tempdir().unwrap();
    let organizations = vec![account("one", "secret"), account("two", "secret")];
    let options = Options { dir: directory.path().to_owned(), port: 0, organizations };
    let error = Sandbox::start(options).await.unwrap_err();
    assert!(matches!(error, SandboxError::SharedToken { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
}

#[tokio::test]
async fn a_port_in_use_is_a_clear_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let port = taken.local_addr().unwrap().port();
    let options = Options { dir: directory.path().to_owned(), port, organizations: Vec::new() };
    let error = Sandbox::start(options).await.unwrap_err();
    assert!(matches!(error, SandboxError::Listen { .. }), "{error}");
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}

#[tokio::test]
async fn exchanges_are_logged_in_order_without_tokens() {
    let world = World::new().await;
    assert_eq!(world.sandbox.exchanges(), []);
    world.get("/v3/apis?page[size]=3").await;
    for _ in 0..2 {
        world.post("/v3/apis", json!({ "name": "flights" })).await;
    }
    let exchanges = world.sandbox.exchanges();
    let seen: Vec<_> = exchanges.iter().map(|exchange| (exchange.method.as_str(), exchange.status)).collect();
    assert_eq!(seen, [("GET", Some(200)), ("POST", Some(201)), ("POST", Some(409))]);
    assert!(exchanges[0].path.starts_with("/konnect/us/v3/apis?page"), "{}", exchanges[0].path);
    assert_eq!(exchanges[0].request_body, None);
    assert_eq!(exchanges[1].request_body, Some(json!({ "name": "flights" })));
    assert_eq!(exchanges[2].response_body.as_ref().unwrap()["title"], "Conflict");
    assert!(!serde_json::to_string(&exchanges).unwrap().contains("token-one"));
}

impl World {
    async fn try_api(&self, name: &str) -> reqwest::Result<reqwest::Response> {
        let request = self.client.post(self.url("us", "/v3/apis")).bearer_auth("token-one");
        request.json(&json!({ "name": name })).send().await
    }
}

#[tokio::test]
async fn a_fault_answers_once_in_place_of_the_work() {
    let world = World::new().await;
    let faults = world.sandbox.faults();
    faults.inject(Trigger::new(Method::POST, "/v3/apis").nth(2), Fault::rate_limited(7));
    world.api("first").await;
    let limited = world.try_api("second").await.unwrap();
    assert_eq!(limited.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.headers()["retry-after"], "7");
    world.api("third").await;
    assert_eq!(each(&world.get("/v3/apis").await, "name"), ["first", "third"]);
}

#[tokio::test]
async fn a_fault_may_answer_with_a_body_of_its_own() {
    let world = World::new().await;
    let wrong = json!([{ "field": "sort", "reason": "is wrong" }]);
    let body =
        json!({ "status": 400, "title": "Bad Request", "instance": "x", "detail": "", "invalid_parameters": wrong });
    let fault = Fault::Answer { status: StatusCode::BAD_REQUEST, headers: Vec::new(), body: body.clone() };
    world.sandbox.faults().inject(Trigger::new(None, "/v3/*"), fault);
    let struck = world.try_get("/v3/portals").await;
    assert_eq!((struck.status, struck.body), (400, body));
    assert_eq!(world.try_get("/v3/portals").await.status, 200);
}

#[tokio::test]
async fn a_dropped_request_does_nothing_and_a_lost_answer_leaves_the_work_done() {
    let world = World::new().await;
    let faults = world.sandbox.faults();
    faults.inject(Trigger::new(Method::POST, "/v3/apis"), Fault::Drop);
    faults.inject(Trigger::new(Method::POST, "/v3/apis"), Fault::LoseAnswer);
    for name in ["dropped", "lost"] {
        let error = world.try_api(name).await.unwrap_err();
        assert!(error.is_request(), "{error:?}");
    }
    assert_eq!(each(&world.get("/v3/apis").await, "name"), ["lost"]);
    let statuses: Vec<_> = world.sandbox.exchanges().iter().map(|exchange| exchange.status).collect();
    assert_eq!(statuses, [None, None, Some(200)]);
}

#[tokio::test]
async fn faults_that_are_cleared_strike_no_more() {
    let world = World::new().await;
    let fault = Fault::status(StatusCode::SERVICE_UNAVAILABLE);
    world.sandbox.faults().inject(Trigger::new(None, "*").always(), fault);
    for _ in 0..2 {
        assert_eq!(world.try_get("/v3/apis").await.status, 503);
    }
    world.sandbox.faults().clear();
    assert_eq!(world.try_get("/v3/apis").await.status, 200);
}

#[tokio::test]
async fn a_stopped_sandbox_frees_its_port_though_connections_are_idle() {
    let world = World::new().await;
    world.get("/v3/apis").await;
    let url: reqwest::Url = world.sandbox.github_url().parse().unwrap();
    let started = Instant::now();
    world.sandbox.stop().await;
    assert!(started.elapsed() < Duration::from_secs(4), "an idle connection held up the stop");
    std::net::TcpListener::bind(("127.0.0.1", url.port().unwrap())).unwrap();
}
