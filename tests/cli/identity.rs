//! How people sign in to an organization: every method and every change from one to another, without a moment at which
//! no person can sign in.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use sandbox::{Exchange, Fault, Sandbox, Trigger};
use serde_json::Value;

use crate::world::{World, filters};

const ORGANIZATION: &str = "\
organizations:
  Acme:
    access-token: {type: env, value: ACME_TOKEN}
    enable-custom-reports: false
";

const BUILT_IN: &str = "    authorization:\n      built-in: {enabled: true}\n";
const OIDC: &str = "    authorization:\n      built-in: {enabled: false}\n      oidc: {enabled: true, login-path: acme, \
     issuer: 'https://idp.example.com', client-id: konnect, client-secret: {type: file, value: secrets/oidc}}\n";
const OIDC_OFF: &str = "    authorization:\n      built-in: {enabled: true}\n      oidc: {enabled: false, login-path: \
     acme, issuer: 'https://idp.example.com', client-id: konnect, client-secret: {type: file, value: secrets/oidc}}\n";
const SAML: &str = "    authorization:\n      built-in: {enabled: false}\n      saml: {enabled: true, login-path: acme, \
     idp-metadata-url: 'https://idp.example.com/saml'}\n";

/// A world in which people sign in as `authorization` says, once it is applied.
fn world(authorization: &str) -> World {
    let world = World::new();
    world.write("secrets/oidc", "hunter2\n");
    sign_in(&world, authorization);
    world
}

fn sign_in(world: &World, authorization: &str) {
    world.write("konnect/organizations.yaml", &format!("{ORGANIZATION}{authorization}"));
}

const APPLY: &[&str] = &["apply", "--auto-approve", "--allow-destroy"];
const PLAN: &[&str] = &["plan", "--detailed-exitcode"];

/// The settings that decide who can sign in, followed from one exchange to the next.
#[derive(Default)]
struct Door {
    settings: Value,
    providers: BTreeMap<String, Value>,
}

impl Door {
    fn see(&mut self, exchange: &Exchange) {
        if !exchange.status.is_some_and(|status| (200..300).contains(&status)) {
            return;
        }
        let path = exchange.path.split('?').next().unwrap();
        let answer = exchange.response_body.clone().unwrap_or_default();
        let id = |provider: &Value| provider["id"].as_str().unwrap().to_owned();
        match (path.split_once("/v3/").unwrap_or_default().1, exchange.method.as_str()) {
            ("authentication-settings", _) => self.settings = answer,
            ("identity-providers", "GET") => {
                self.providers = answer.as_array().unwrap().iter().map(|one| (id(one), one.clone())).collect();
            }
            (one, "DELETE") if one.starts_with("identity-providers/") && one.matches('/').count() == 1 => {
                self.providers.remove(one.rsplit('/').next().unwrap());
            }
            (one, "POST" | "PATCH") if one.starts_with("identity-providers") && one.matches('/').count() < 2 => {
                self.providers.insert(id(&answer), answer);
            }
            _ => {}
        }
    }

    fn is_open(&self) -> bool {
        let works = |method: &str| {
            let provider = self.providers.values().any(|one| one["type"] == method && one["enabled"] == true);
            self.settings[format!("{method}_auth_enabled")] == true && provider
        };
        self.settings["basic_auth_enabled"] == true || works("oidc") || works("saml")
    }
}

/// Asserts that people could sign in after each request, from the first that shows who can.
#[track_caller]
fn was_always_open(sandbox: &Sandbox) {
    let mut door = Door::default();
    for exchange in sandbox.exchanges() {
        door.see(&exchange);
        // The settings are read before anything is changed, at the same time as the providers.
        assert!(exchange.method == "GET" || door.settings.is_null() || door.is_open(), "{exchange:#?}");
    }
    assert!(door.is_open());
}

/// How many requests of a method that changes something were sent since `before`.
fn writes(sandbox: &Sandbox, before: usize, method: &Method) -> usize {
    sandbox.exchanges()[before..].iter().filter(|exchange| exchange.method == method.as_str()).count()
}

#[tokio::test]
async fn without_authorization_nothing_of_it_is_read_or_written() {
    let world = world("");
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    let touched =
        |exchange: &Exchange| ["authentication", "identity-prov"].iter().any(|one| exchange.path.contains(one));
    assert!(!sandbox.exchanges().iter().any(touched));
    sandbox.stop().await;
}

#[tokio::test]
async fn r6_each_way_to_sign_in_is_quiet_after_apply_and_sends_gets_only() {
    for authorization in [BUILT_IN, OIDC, OIDC_OFF, SAML] {
        let world = world(authorization);
        let sandbox = world.sandbox().await;
        world.against(&sandbox, APPLY).await.exits(0);
        let before = sandbox.exchanges().len();
        world.against(&sandbox, PLAN).await.exits(0);
        world.against(&sandbox, APPLY).await.exits(0);
        let wrote = |exchange: &&Exchange| exchange.method != "GET";
        assert_eq!(sandbox.exchanges()[before..].iter().find(wrote), None, "{authorization}");
        sandbox.stop().await;
    }
}

/// Applies one way to sign in and then another, and checks that people could sign in after every single request.
async fn goes(from: &str, to: &str) {
    let world = world(from);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    sign_in(&world, to);
    let before = sandbox.exchanges().len();
    world.against(&sandbox, APPLY).await.exits(0);
    was_always_open(&sandbox);
    world.against(&sandbox, PLAN).await.exits(0);
    let counts =
        [Method::POST, Method::PATCH, Method::DELETE].map(|method| (writes(&sandbox, before, &method), method));
    sandbox.stop().await;
    for (count, method) in counts {
        for nth in 1..=count {
            fails(from, to, &method, nth).await;
        }
    }
}

/// The same with a request that is refused, after which the next apply goes on.
async fn fails(from: &str, to: &str, method: &Method, nth: usize) {
    let world = world(from);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    sign_in(&world, to);
    sandbox.faults().inject(Trigger::new(method.clone(), "/v3/*").nth(nth), Fault::status(StatusCode::BAD_REQUEST));
    world.against(&sandbox, APPLY).await.exits(1);
    was_always_open(&sandbox);
    sandbox.faults().clear();
    world.against(&sandbox, APPLY).await.exits(0);
    was_always_open(&sandbox);
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn somebody_can_sign_in_at_any_moment_on_the_way_from_built_in_to_oidc() {
    goes(BUILT_IN, OIDC).await;
}

#[tokio::test]
async fn somebody_can_sign_in_at_any_moment_on_the_way_from_oidc_to_built_in() {
    goes(OIDC, OIDC_OFF).await;
}

#[tokio::test]
async fn somebody_can_sign_in_at_any_moment_when_oidc_leaves_the_configuration() {
    goes(OIDC, BUILT_IN).await;
}

#[tokio::test]
async fn somebody_can_sign_in_at_any_moment_on_the_way_from_oidc_to_saml() {
    goes(OIDC, SAML).await;
}

#[tokio::test]
async fn somebody_can_sign_in_at_any_moment_on_the_way_from_saml_to_oidc() {
    goes(SAML, OIDC).await;
}

#[tokio::test]
async fn the_only_way_to_sign_in_is_not_deleted_when_authorization_leaves_the_configuration() {
    let world = world(OIDC);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    sign_in(&world, "");
    let refused = world.against(&sandbox, APPLY).await.exits(1);
    assert!(refused.stderr.contains("people have no other way to sign in"), "{}", refused.stderr);
    let told = format!("{}{}", refused.stdout, refused.stderr);
    assert!(told.contains("authorization.built-in.enabled: true"), "{told}");
    was_always_open(&sandbox);
    sandbox.stop().await;
}

#[tokio::test]
async fn r13_a_provider_and_a_mapping_whose_answers_were_lost_are_there_once() {
    let mappings = "      team-mappings: {idp: {enabled: true, mappings: {orders: [buyers]}}}\n";
    for path in ["/v3/identity-providers", "/team-group-mappings"] {
        let world = world(&format!("{OIDC}{mappings}"));
        let sandbox = world.sandbox().await;
        sandbox.faults().inject(Trigger::new(Method::POST, path).nth(1), Fault::LoseAnswer);
        world.against(&sandbox, APPLY).await.exits(0);
        world.against(&sandbox, PLAN).await.exits(0);
        sandbox.stop().await;
    }
}

#[test]
fn r5_what_was_set_up_by_hand_is_imported_and_its_secret_set() {
    let _filters = filters();
    let world = world(OIDC);
    world.koctl(APPLY).exits(0);
    std::fs::remove_dir_all(world.path().join(".koctl/sandbox/state")).unwrap();
    insta::assert_snapshot!(world.koctl(PLAN).exits(2).stdout);
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
}

#[test]
fn r11_another_client_secret_is_shown_as_a_change_and_never_itself() {
    let _filters = filters();
    let world = world(OIDC);
    world.koctl(APPLY).exits(0);
    world.write("secrets/oidc", "hunter3\n");
    let plan = world.koctl(&["plan", "--detailed-exitcode", "-o", "plan.koctl"]).exits(2);
    insta::assert_snapshot!(plan.stdout);
    let applied = world.koctl(&["apply", "plan.koctl", "--json"]).exits(0);
    let shown = world.koctl(&["show", "--json"]).exits(0);
    let state = std::fs::read_dir(world.path().join(".koctl/sandbox/state")).unwrap();
    let state = state.filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok()).collect::<String>();
    assert!(state.contains("hmac-sha256"));
    for text in
        [plan.stdout, plan.stderr, world.read("plan.koctl"), applied.stdout, applied.stderr, shown.stdout, state]
    {
        assert!(!text.contains("hunter"), "{text}");
    }
    world.koctl(PLAN).exits(0);
}

#[tokio::test]
async fn r11_a_secret_is_sent_without_the_line_end_of_its_file() {
    let world = world(OIDC);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    let made = sandbox.exchanges().into_iter().find(|one| one.method == "POST" && one.path.ends_with("providers"));
    assert_eq!(made.unwrap().request_body.unwrap()["config"]["client_secret"], "hunter2");
    // Another way to write the same file does not make another secret.
    world.write("secrets/oidc", "hunter2");
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn r11_a_saved_plan_refuses_another_secret_before_its_first_request() {
    let world = world(OIDC);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["plan", "-o", "plan.koctl"]).await.exits(0);
    let before = sandbox.exchanges().len();
    world.write("secrets/oidc", "hunter3\n");
    let refused = world.against(&sandbox, &["apply", "plan.koctl"]).await.exits(1);
    let told = "the `client_secret` of `Acme/identity_provider/oidc` is not the one that the plan was made with; \
                make a new plan";
    assert!(refused.stderr.replace('\n', " ").contains(told), "{}", refused.stderr);
    assert_eq!(sandbox.exchanges().len(), before);
    world.write("secrets/oidc", "hunter2\n");
    world.against(&sandbox, &["apply", "plan.koctl"]).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.stop().await;
}

#[test]
fn a_mapping_takes_a_team_of_the_configuration_or_one_that_konnect_has() {
    let mappings = "      team-mappings: {built-in: {enabled: false}, idp: {enabled: true, mappings: \
                    {Organization Admin: [platform, owners], orders: [Buyers]}}}\n";
    let world = world(&format!("{OIDC}{mappings}"));
    let _filters = filters();
    insta::assert_snapshot!(world.koctl(PLAN).exits(2).stdout);
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
    world.edit("konnect/organizations.yaml", "[platform, owners]", "[platform]");
    assert_eq!(world.koctl(PLAN).exits(2).last_line(), "Plan: 0 to add, 0 to change, 1 to destroy.");
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    world.koctl(PLAN).exits(0);
}

#[test]
fn a_mapping_to_a_team_that_konnect_does_not_have_is_refused_with_the_nearest_name() {
    let mappings = "      team-mappings: {idp: {enabled: true, mappings: {Organisation Admin: [platform]}}}\n";
    let refused = world(&format!("{OIDC}{mappings}")).koctl(&["plan"]).exits(1);
    let told = "there is no team `Organisation Admin`, neither in the configuration nor in Konnect; did you mean \
                `Organization Admin`?";
    assert!(refused.stderr.replace('\n', " ").replace("  ", " ").contains(told), "{}", refused.stderr);
}

#[tokio::test]
async fn a_token_that_may_not_see_how_people_sign_in_is_told_what_it_needs() {
    let world = world(OIDC);
    let sandbox = world.sandbox().await;
    sandbox.faults().inject(
        Trigger::new(Method::GET, "/v3/authentication-settings").always(),
        Fault::status(StatusCode::FORBIDDEN),
    );
    let refused = world.against(&sandbox, APPLY).await.exits(1);
    assert!(refused.stderr.contains("/v3/authentication-settings"), "{}", refused.stderr);
    assert!(refused.stderr.contains("organization admin"), "{}", refused.stderr);
    assert_eq!(writes(&sandbox, 0, &Method::POST) + writes(&sandbox, 0, &Method::PATCH), 0);
    sandbox.stop().await;
}
