//! Every plan finds a way on: after changes of regions and of ways to sign in, and after what people did by hand
//! meanwhile.

use http::Method;
use serde_json::{Value, json};

use crate::outside::{GLOBAL, Outsider};
use crate::world::{World, spec};

const APPLY: &[&str] = &["apply", "--auto-approve", "--allow-destroy"];
const PLAN: &[&str] = &["plan", "--detailed-exitcode"];

/// A platform whose environment has a portal with a page of the configuration, next to the rest.
fn world() -> World {
    let world = World::new();
    world.edit(
        "konnect/organizations.yaml",
        "region: eu\n",
        "region: eu\n        portal:\n          pages:\n            handbook: |\n              # Handbook\n",
    );
    world
}

#[test]
fn r2_an_environment_moves_to_another_region_together_with_a_changed_specification() {
    let world = world().applied();
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", "1.1.0"));
    world.edit("konnect/organizations.yaml", "region: eu", "region: us");
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
}

#[tokio::test]
async fn r2_an_id_is_asked_for_in_its_own_region_alone() {
    let world = world();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", "1.1.0"));
    world.edit("konnect/organizations.yaml", "region: eu", "region: us");
    let before = sandbox.exchanges().len();
    world.against(&sandbox, &["plan"]).await.exits(0);
    let exchanges = sandbox.exchanges();
    let missed: Vec<_> = exchanges[before..].iter().filter(|exchange| exchange.status != Some(200)).collect();
    let konnect = missed.iter().filter(|exchange| exchange.path.starts_with("/konnect"));
    assert_eq!(konnect.map(|exchange| &exchange.path).collect::<Vec<_>>(), Vec::<&String>::new());
    sandbox.stop().await;
}

#[tokio::test]
async fn r3_what_was_deleted_with_its_parent_is_made_again_with_it() {
    let world = world();
    let sandbox = world.sandbox().await;
    let outsider = Outsider(&sandbox);
    for (path, name) in [("/v3/portals", "dev"), ("/v3/apis", "checkout-dev"), ("/v2/control-planes", "orders-dev")] {
        world.against(&sandbox, APPLY).await.exits(0);
        let parent = outsider.named("eu", path, name).await["id"].as_str().unwrap().to_owned();
        if path == "/v3/portals" {
            outsider.konnect(Method::DELETE, "eu", &format!("{path}/{parent}?force=true"), None).await;
        } else {
            outsider.konnect(Method::DELETE, "eu", &format!("{path}/{parent}"), None).await;
        }
        // The specification changes too, so that it has to be compared.
        world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", &format!("2.{}.0", path.len())));
        world.against(&sandbox, APPLY).await.exits(0);
        world.against(&sandbox, PLAN).await.exits(0);
    }
    let team = outsider.named(GLOBAL, "/v3/teams?page%5Bsize%5D=100", "orders").await;
    outsider.konnect(Method::DELETE, GLOBAL, &format!("/v3/teams/{}", team["id"].as_str().unwrap()), None).await;
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn r5_a_slug_that_a_renamed_api_still_has_does_not_block_a_new_api() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    let outsider = Outsider(&sandbox);
    let api = outsider.named("eu", "/v3/apis", "checkout-dev").await;
    let path = format!("/v3/apis/{}", api["id"].as_str().unwrap());
    // Without the labels by which koctl would know it again.
    let renamed = json!({ "name": "kept by a person", "labels": { "env-name": null, "service-name": null } });
    outsider.konnect(Method::PATCH, "eu", &path, Some(renamed)).await;
    for type_name in ["api", "api_version", "api_publication"] {
        let address = format!("Acme/{type_name}/dev/checkout");
        world.against(&sandbox, &["state", "rm", &address, "--auto-approve"]).await.exits(0);
    }
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    let new = outsider.named("eu", "/v3/apis", "checkout-dev").await;
    assert!(new["id"] != api["id"] && new["slug"] != api["slug"], "{new} {api}");
    sandbox.stop().await;
}

#[tokio::test]
async fn r8_names_that_were_swapped_by_hand_are_swapped_back() {
    let world = World::new();
    world.edit("konnect/teams.yaml", "teams:\n", "teams:\n  stock:\n    users: [kim@example.com]\n");
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    let outsider = Outsider(&sandbox);
    let id = async |name: &str| outsider.named("eu", PLANES, name).await["id"].as_str().unwrap().to_owned();
    let (orders, stock) = (id("orders-dev").await, id("stock-dev").await);
    for (id, name) in [(&orders, "aside"), (&stock, "orders-dev"), (&orders, "stock-dev")] {
        let body = Some(json!({ "name": name }));
        outsider.konnect(Method::PATCH, "eu", &format!("{PLANES}/{id}"), body).await;
    }
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    assert_eq!((id("orders-dev").await, id("stock-dev").await), (orders, stock));
    sandbox.stop().await;
}

/// A team with two services that have these slugs.
fn with_slugs(world: &World, checkout: &str, cart: &str) {
    let service = |name: &str, slug: &str| {
        format!(
            "      Acme/{name}:\n        name: {name}\n        slug: {slug}\n        git: {{remote: \
             'https://github.com/Acme/{name}.git'}}\n"
        )
    };
    let services = service("checkout", checkout) + &service("cart", cart);
    world.write("konnect/teams.yaml", &format!("teams:\n  orders:\n    services:\n{services}"));
    for branch in ["main", "dev"] {
        world.write(&format!("services/Acme/cart/{branch}/openapi.yaml"), &spec("cart", "1.0.0"));
    }
}

#[test]
fn r8_slugs_of_apis_are_swapped_and_passed_on_by_one_apply() {
    let world = World::new();
    with_slugs(&world, "pay", "shop");
    let world = world.applied();
    for (checkout, cart) in [("shop", "pay"), ("basket", "shop")] {
        with_slugs(&world, checkout, cart);
        world.koctl(APPLY).exits(0);
        world.koctl(PLAN).exits(0);
    }
}

#[tokio::test]
async fn r8_a_slug_that_an_api_of_someone_else_has_is_told_before_anything_is_applied() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    let outsider = Outsider(&sandbox);
    let theirs = json!({ "name": "Payments", "version": "2.0", "slug": "pay-dev" });
    outsider.konnect(Method::POST, "eu", "/v3/apis", Some(theirs)).await;
    with_slugs(&world, "pay", "shop");
    sandbox::github::seed(&world.path().join(".koctl/sandbox/github"), &world.path().join("services")).unwrap();
    let plan = world.against(&sandbox, &["plan"]).await.exits(1);
    let told = "`Acme/api/dev/checkout` cannot get the slug `pay-dev`: Payments 2.0 (";
    assert!(plan.stderr.replace(['\n', '│'], "").contains(told), "{}", plan.stderr);
    // Everything else is applied, and the API comes as soon as it has another slug.
    world.against(&sandbox, APPLY).await.exits(1);
    with_slugs(&world, "checkout", "shop");
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.stop().await;
}

const PLANES: &str = "/v2/control-planes";

/// An organization whose people sign in as `authorization` says.
fn sign_in(world: &World, authorization: &str) {
    let organization = "organizations:\n  Acme:\n    access-token: {type: env, value: ACME_TOKEN}\n    \
                        enable-custom-reports: false\n    authorization:\n";
    world.write("konnect/organizations.yaml", &format!("{organization}{authorization}"));
}

#[test]
fn r8_single_sign_on_is_switched_although_the_state_does_not_know_the_settings() {
    for built_in in [true, false] {
        let world = World::new();
        world.write("secrets/oidc", "hunter2\n");
        let built_in = format!("      built-in: {{enabled: {built_in}}}\n");
        let oidc = "      oidc: {enabled: true, issuer: 'https://idp.example.com', client-id: konnect, \
                    client-secret: {type: file, value: secrets/oidc}}\n";
        sign_in(&world, &format!("{built_in}{oidc}"));
        let world = world.applied();
        world.koctl(&["state", "rm", "Acme/authentication_settings/organization", "--auto-approve"]).exits(0);
        let saml = "      saml: {enabled: true, idp-metadata-url: 'https://idp.example.com/saml'}\n";
        sign_in(&world, &format!("{built_in}{saml}"));
        world.koctl(APPLY).exits(0);
        world.koctl(PLAN).exits(0);
    }
}

/// What Konnect shows of an object, with the attributes that are alike for it: nothing, `null` and a blank text.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

#[tokio::test]
async fn r4_a_description_that_leaves_the_configuration_goes_in_konnect_for_teams_and_for_services() {
    for gone in ["", "    description: \"\"\n"] {
        let world = World::new();
        let sandbox = world.sandbox().await;
        world.against(&sandbox, APPLY).await.exits(0);
        world.edit("konnect/teams.yaml", "    description: Takes orders.\n", gone);
        let service = gone.replace("    description", "        description");
        world.edit("konnect/teams.yaml", "        description: The checkout.\n", &service);
        world.against(&sandbox, APPLY).await.exits(0);
        let outsider = Outsider(&sandbox);
        let team = outsider.named(GLOBAL, "/v3/teams?page%5Bsize%5D=100", "orders").await;
        assert!(is_nothing(&team["description"]), "{team}");
        let api = outsider.named("eu", "/v3/apis", "checkout-dev").await;
        assert!(is_nothing(&api["description"]), "{api}");
        world.against(&sandbox, PLAN).await.exits(0);
        sandbox.stop().await;
    }
}

#[tokio::test]
async fn r4_what_an_identity_provider_was_told_goes_when_it_leaves_the_configuration() {
    let world = World::new();
    world.write("secrets/oidc", "hunter2\n");
    let rest = "issuer: 'https://idp.example.com', client-id: konnect, client-secret: {type: file, value: \
                secrets/oidc}";
    let all = format!(
        "      built-in: {{enabled: true}}\n      oidc: {{enabled: true, login-path: acme, scopes: [openid], \
         claim-mappings: {{name: nick}}, {rest}}}\n"
    );
    sign_in(&world, &all);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    sign_in(&world, &format!("      built-in: {{enabled: true}}\n      oidc: {{enabled: true, {rest}}}\n"));
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    let providers = Outsider(&sandbox).konnect(Method::GET, GLOBAL, "/v3/identity-providers", None).await;
    assert_eq!(providers[0]["login_path"], "");
    assert_eq!(providers[0]["config"]["scopes"], json!(["email", "openid", "profile"]));
    assert_eq!(providers[0]["config"]["claim_mappings"]["name"], "name");
    sandbox.stop().await;
}
