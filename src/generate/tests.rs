//! A manifest is compiled, what it asks for is taken to exist, and recognised again.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::{
    Draft, Inventory, Proven, RecogniseOptions, RemotePattern, UnmanagedObject, proof, recognise, render, unmanaged,
};
use crate::compiler::{Events, Input, Spec, SpecAddress, Specs, compile, placements};
use crate::konnect::resources::{TYPES, of_name};
use crate::manifest::load::load_texts;
use crate::manifest::model::{EnvironmentPortal, Manifest, Region};
use engine::refresh::{Remembered, refresh};
use engine::{Action, Attributes, Desired, Expr, Remote, diff};

/// Two teams, three environments in two regions, a service that only one of them has.
const TEAMS: &str = r#"
teams:
  flight-data:
    description: "Everything about flights: and routes."
    users: [ada@example.com, bob@example.com]
    services:
      acme/flights: {name: flights, description: The flights., git: {remote: "https://github.com/acme/flights.git"}}
      acme/routes: {name: routes, git: {remote: "https://github.com/acme/routes.git"}}
  sales:
    services:
      acme/bookings: {name: bookings, git: {remote: "https://github.com/acme/bookings.git"}}
"#;

const ORGANIZATIONS: &str = r#"
organizations:
  Acme:
    access-token: {type: env, value: ACME_TOKEN}
    environments:
      dev: {type: DEV, region: eu}
      qa:
        type: DEV
        region: us
        teams:
          flight-data:
            control-plane-name: shared-qa
            services: {acme/flights: {}}
          sales: {control-plane-name: shared-qa}
      prd: {type: PROD, region: eu, teams: {flight-data: {}}}
    notifications: {email: false, in-app: true}
    authorization:
      built-in: {enabled: false}
      oidc:
        enabled: true
        login-path: acme
        issuer: https://idp.example.com
        client-id: konnect
        client-secret: {type: env, value: ACME_SECRET}
        claim-mappings: {groups: roles}
        scopes: [openid]
      team-mappings:
        idp:
          enabled: true
          mappings: {Organization Admin: [owners], sales: [buyers, sellers]}
"#;

fn manifest(organizations: &str) -> Manifest {
    load_texts(&[("teams.yaml", TEAMS), ("organizations.yaml", organizations)], Path::new("/")).unwrap().manifest
}

fn spec(address: &SpecAddress) -> Spec {
    let SpecAddress { remote, branch, .. } = address;
    let text = format!("openapi: 3.1.0\ninfo: {{title: '{remote}', version: 1.0.{}}}\npaths: {{}}\n", branch.len());
    Spec::parse(text).unwrap()
}

/// The events that the organization can subscribe to.
const EVENTS: [&str; 2] = ["one", "two"];

/// Everything that the manifest asks of Konnect.
fn desired(manifest: &Manifest, client_secret: &str) -> Vec<Desired> {
    let (name, organization) = manifest.organizations.iter().next().unwrap();
    let environments = organization.environments.values();
    let placed = environments.flat_map(|environment| placements(manifest, environment));
    let specs: Specs = placed.map(|one| (one.spec(), Ok(spec(&one.spec())))).collect();
    let input = Input {
        manifest,
        specs: &specs,
        secrets: &organization
            .resource_secrets(name)
            .into_iter()
            .map(|(path, _)| (path, Ok(client_secret.into())))
            .collect(),
        events: &Events::from([(name.clone(), Ok(EVENTS.map(str::to_owned).into()))]),
        platform_repository: "Acme/platform",
    };
    let compiled = compile(input, name, organization).unwrap();
    compiled.desired.into_iter().filter(|resource| of_name(resource.address.type_name()).is_some()).collect()
}

/// Everything that the manifest asks for, as Konnect would list it.
pub(super) fn built(manifest: &Manifest) -> Inventory {
    let desired = desired(manifest, "");
    let mut inventory = Inventory::default();
    inventory.events = EVENTS.map(str::to_owned).into();
    inventory.regions = Region::ALL.map(Region::as_str).into();
    inventory.add("konnect_team", [own_team()]);
    for resource in &desired {
        let schema = of_name(resource.address.type_name()).map(|one| one.schema);
        if let (Some(schema), Some(object)) = (schema, object(resource, &desired)) {
            inventory.add(schema.type_name, [object]);
        }
    }
    inventory.add("authentication_settings", [settings()]);
    inventory
}

/// One of Konnect's own teams.
fn own_team() -> Remote {
    let names = json!(["Organization Admin"]);
    Remote { id: "konnect_team/Organization Admin".into(), attributes: [("names".to_owned(), names)].into() }
}

/// The settings of a new organization, which the manifest does not set.
fn settings() -> Remote {
    let switches = [("basic_auth_enabled", true), ("konnect_mapping_enabled", true)];
    let switches = switches.map(|(name, on)| (name.to_owned(), on.into()));
    Remote { id: "authentication-settings".into(), attributes: switches.into() }
}

/// The object of a resource; `None` if it waits for a gateway service.
fn object(resource: &Desired, all: &[Desired]) -> Option<Remote> {
    let id = |address: &engine::Address| match address.type_name() {
        "authentication_settings" => "authentication-settings".to_owned(),
        type_name => format!("{type_name}/{}", address.key()),
    };
    let mut attributes = Attributes::new();
    for (name, expr) in &resource.attributes {
        let value = match expr {
            Expr::Value(value) => value.clone(),
            Expr::Secret(_) => continue,
            Expr::Lookup(lookup) if lookup.must_exist => format!("konnect_team/{}", lookup.needle).into(),
            Expr::Lookup(_) => return None,
            Expr::Reference(reference) if reference.attribute == "id" => id(&reference.address).into(),
            Expr::Reference(reference) => {
                let other = all.iter().find(|other| other.address == reference.address)?;
                object(other, all)?.attribute(&reference.attribute)?
            }
        };
        attributes.insert(name.clone(), value);
    }
    if resource.address.type_name() == "authentication_settings" {
        let other = settings().attributes.into_iter().filter(|(name, _)| !attributes.contains_key(name));
        attributes.extend(other.collect::<Vec<_>>());
    }
    Some(Remote { id: id(&resource.address), attributes })
}

pub(super) fn options() -> RecogniseOptions {
    RecogniseOptions {
        organization: "Acme".into(),
        token_variable: "ACME_TOKEN".into(),
        client_secret_variable: "ACME_SECRET".into(),
        portal_secret_variable: |_, environment| format!("ACME_{}_SECRET", environment.to_uppercase()),
        remote: RemotePattern::parse("https://github.com/acme/{service}.git").unwrap(),
    }
}

async fn proven(inventory: &Inventory) -> Proven {
    let draft: Draft = recognise(inventory, options());
    proof(draft, inventory).await.unwrap()
}

async fn left_of(inventory: &Inventory) -> Vec<UnmanagedObject> {
    unmanaged(&proven(inventory).await, inventory)
}

/// Changes an attribute of an object.
pub(super) fn change(inventory: &mut Inventory, type_name: &'static str, id: &str, attribute: &str, value: Value) {
    let mut all = Inventory::default();
    all.events = inventory.events.clone();
    all.regions = inventory.regions.clone();
    let mut found = false;
    for schema in TYPES.iter().map(|one| one.schema) {
        all.add(
            schema.type_name,
            inventory.of(schema.type_name).iter().cloned().map(|mut object| {
                if schema.type_name == type_name && object.id == id {
                    found = true;
                    object.attributes.insert(attribute.to_owned(), value.clone());
                }
                object
            }),
        );
    }
    assert!(found, "there is no {id}");
    *inventory = all;
}

fn reasons(left: &[UnmanagedObject]) -> Vec<String> {
    left.iter().map(|left| format!("{} {}: {}", left.type_name, left.name, left.reason)).collect()
}

pub(super) fn reread(proven: &Proven) -> Manifest {
    let configuration = proven.configuration.without_content();
    let (teams, organizations) = (render::teams(&configuration), render::organizations(&configuration));
    let texts = [("teams.yaml", teams.as_str()), ("organizations.yaml", organizations.as_str())];
    match load_texts(&texts, Path::new("/")) {
        Ok(loaded) => loaded.manifest,
        Err(wrong) => panic!("{wrong:?}\n{teams}\n{organizations}"),
    }
}

fn json(manifest: &Manifest) -> Value {
    serde_json::to_value(manifest).unwrap()
}

#[tokio::test]
async fn nothing_gives_an_organization_without_environments() {
    let proven = proven(&Inventory::default()).await;
    assert_eq!(
        render::organizations(&proven.configuration),
        "\
# The Konnect organizations, and the environments in each of them.
organizations:
  Acme:
    access-token:
      type: env
      value: ACME_TOKEN
    environments: {}
"
    );
    assert_eq!(reread(&proven).teams.len(), 0);
}

#[tokio::test]
async fn what_a_manifest_makes_is_recognised_as_that_manifest() {
    let wanted = manifest(ORGANIZATIONS);
    let inventory = built(&wanted);
    let proven = proven(&inventory).await;
    assert_eq!(reasons(&unmanaged(&proven, &inventory)), Vec::<String>::new());
    assert_eq!(json(&reread(&proven)), json(&wanted));
    assert_eq!(proven.unlabelled(), 0);
}

#[tokio::test]
async fn what_was_recognised_is_written_as_a_person_would() {
    let proven = proven(&built(&manifest(ORGANIZATIONS))).await;
    let (teams, organizations) = (render::teams(&proven.configuration), render::organizations(&proven.configuration));
    insta::assert_snapshot!(format!("{teams}---\n{organizations}"));
}

#[tokio::test]
async fn without_any_label_names_and_references_tell_the_same() {
    let wanted = manifest(ORGANIZATIONS);
    let mut inventory = built(&wanted);
    for (type_name, id) in ids(&inventory) {
        // Nothing says of a team or a dashboard that it has labels of others.
        let has_key = ["control_plane", "portal"].contains(&type_name);
        let unlabelled = if has_key { json!({}) } else { json!({ "cost-centre": "4711" }) };
        if ["team", "control_plane", "portal", "dashboard"].contains(&type_name) {
            change(&mut inventory, type_name, &id, "labels", unlabelled);
        }
    }
    let proven = proven(&inventory).await;
    assert_eq!(reasons(&unmanaged(&proven, &inventory)), Vec::<String>::new());
    assert_eq!(json(&reread(&proven)), json(&wanted));
    // Two teams, four control planes, three portals, four dashboards.
    assert_eq!(proven.unlabelled(), 13);
}

pub(super) fn ids(inventory: &Inventory) -> Vec<(&'static str, String)> {
    let of_type = |type_name: &'static str| inventory.of(type_name).iter().map(move |one| (type_name, one.id.clone()));
    TYPES.iter().flat_map(|one| of_type(one.schema.type_name)).collect()
}

#[tokio::test]
async fn a_label_that_says_something_else_is_told_and_the_object_left_alone() {
    let mut inventory = built(&manifest(ORGANIZATIONS));
    change(
        &mut inventory,
        "api",
        "api/dev/flights",
        "labels",
        json!({ "env-name": "dev", "env-type": "PROD",
        "team-name": "flight-data", "service-name": "flights" }),
    );
    let left = left_of(&inventory).await;
    assert_eq!(reasons(&left), [r#"api flights-dev: its label `env-type` is "PROD" instead of "DEV""#]);
}

/// Exits from the opinions that Konnect remembers.
const OVERRIDES: &str = r#"
organizations:
  Acme:
    access-token: {type: env, value: ACME_TOKEN}
    environments:
      dev:
        type: DEV
        region: eu
        control-plane:
          cluster-type: CLUSTER_TYPE_CONTROL_PLANE
          auth-type: pki_client_certs
          proxy-urls: ['https://dev.example.com', 'grpc://dev.example.com:9080']
          labels: {cost-centre: "4711"}
        portal:
          name: acme-dev
          labels: {cost-centre: "4711", tier: gold}
          display-name: Acme for developers
          rbac: true
          auto-approve-developers: true
          auth-strategies:
            key: {strategy-type: key_auth, key-names: [x-api-key], ttl: 2 weeks}
            Company-login: {strategy-type: openid_connect, name: Company login, display-name: Company, issuer: 'https://idp.example.com'}
          default-application-auth-strategy: key
          teams:
            partners: {description: Buy from us., can-own-applications: true, roles: [{role: API Viewer}]}
            Press & friends:
              roles: [{role: API Viewer, services: [acme/routes]}, {role: API Consumer, services: [acme/routes]}]
        teams:
          flight-data: {services: {acme/flights: {auth-strategy: Company-login}, acme/routes: {}}}
          sales: {services: {acme/bookings: {auth-strategy: none, slug: my_bookings, labels: {stage: alpha}}}}
      qa:
        type: DEV
        region: us
        portal: {default-api-visibility: public, default-page-visibility: public, ip-allow-list: true}
        teams:
          flight-data: {control-plane: {description: "Flights: all of them."}}
          sales: {services: {acme/bookings: {api-name: Bookings of tomorrow, visibility: private}}}
      prd:
        type: PROD
        region: eu
        control-plane: {cluster-type: CLUSTER_TYPE_K8S_INGRESS_CONTROLLER}
        portal:
          description: Everything that flies.
          authentication: true
          default-api-visibility: private
          auto-approve-applications: true
          developers-in-notifications: true
        teams:
          flight-data:
            services:
              acme/flights: {description: "Flights, for everyone.", visibility: public}
              acme/routes: {api-name: 'Routes (all)'}
"#;

#[tokio::test]
async fn what_differs_from_the_opinions_is_written_as_an_override() {
    let flights = "name: flights, display-name: The Flights, slug: fly, labels: {stage: beta, tier: '1'}";
    let teams = TEAMS.replace("name: flights, description: The flights.", flights);
    let texts = [("teams.yaml", teams.as_str()), ("organizations.yaml", OVERRIDES)];
    let wanted = load_texts(&texts, Path::new("/")).unwrap().manifest;
    let inventory = built(&wanted);
    let proven = proven(&inventory).await;
    assert_eq!(reasons(&unmanaged(&proven, &inventory)), Vec::<String>::new());
    let mut found = json(&reread(&proven));
    // A new organization has them.
    found["organizations"]["Acme"]["enable-custom-reports"] = true.into();
    assert_eq!(found, json(&wanted));
}

#[tokio::test]
async fn names_that_no_environment_and_no_service_can_have_become_overrides() {
    let mut inventory = built(&manifest(ORGANIZATIONS));
    for (type_name, id) in ids(&inventory) {
        if ["control_plane", "portal", "api"].contains(&type_name) && !id.contains("qa") && !id.contains("dev") {
            change(&mut inventory, type_name, &id, "labels", json!({}));
        }
    }
    change(&mut inventory, "portal", "portal/prd", "name", "Acme: Everything".into());
    change(&mut inventory, "api", "api/prd/flights", "name", "Acme Flights".into());
    let plane = "control_plane/prd/flight-data-prd";
    change(&mut inventory, "control_plane", plane, "labels", json!({ "env-name": "Acme-Everything", "env": "PROD" }));
    let proven = proven(&inventory).await;
    assert_eq!(reasons(&unmanaged(&proven, &inventory)), Vec::<String>::new());
    let found = reread(&proven);
    let environment = &found.organizations["Acme"].environments["Acme-Everything"];
    assert_eq!(environment.portal.name.as_deref(), Some("Acme: Everything"));
    let mut services = found.teams["flight-data"].services.values();
    let service = services.find(|service| service.name == "Acme-Flights").unwrap();
    assert_eq!(service.display_name.as_deref(), Some("Acme Flights"));
}

#[tokio::test]
async fn a_portal_that_the_configuration_cannot_express_takes_its_environment_along() {
    let mut inventory = built(&manifest(ORGANIZATIONS));
    change(&mut inventory, "portal", "portal/prd", "display_name", " Welcome".into());
    let proven = proven(&inventory).await;
    assert_eq!(
        reasons(&unmanaged(&proven, &inventory)),
        [
            "control_plane flight-data-prd: the environment `prd` is not taken over, because of its portal: its \
         display_name is \" Welcome\", where koctl would set \"Acme\"",
            "portal prd: its display_name is \" Welcome\", where koctl would set \"Acme\"",
            "api flights: the environment `prd` is not taken over, because of its portal: its display_name is \" Welcome\", \
         where koctl would set \"Acme\"",
            "api routes: the environment `prd` is not taken over, because of its portal: its display_name is \" Welcome\", \
         where koctl would set \"Acme\"",
        ]
    );
    assert_eq!(reread(&proven).organizations["Acme"].environments.keys().collect::<Vec<_>>(), ["dev", "qa"]);
}

#[tokio::test]
async fn two_of_one_name_are_left_with_both_ids() {
    let mut inventory = built(&manifest(ORGANIZATIONS));
    let twin = inventory.get("team", "team/sales").cloned().unwrap();
    inventory.add("team", [Remote { id: "team/twin".into(), ..twin }]);
    let left = left_of(&inventory).await;
    let teams: Vec<_> = left.iter().filter(|left| left.type_name == "team").map(|left| &left.id).collect();
    assert_eq!(teams, ["team/sales", "team/twin"]);
    assert!(
        left.iter().all(|left| left.type_name == "team"
            || left.type_name == "api"
            || left.type_name == "team_role"
            || left.type_name == "control_plane"
            || left.type_name == "team_group_mapping"),
        "{left:#?}"
    );
}

#[tokio::test]
async fn of_teams_whose_names_differ_only_in_case_one_is_taken_over_and_the_configuration_is_valid() {
    let mut inventory = built(&manifest(ORGANIZATIONS));
    let mut twin = inventory.get("team", "team/sales").cloned().unwrap();
    twin.id = "team/twin".into();
    twin.attributes.insert("name".to_owned(), "SALES".into());
    inventory.add("team", [twin]);
    let proven = proven(&inventory).await;
    let names: Vec<_> = reread(&proven).teams.into_keys().filter(|name| name.eq_ignore_ascii_case("sales")).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    let left = reasons(&unmanaged(&proven, &inventory));
    assert!(left.iter().any(|one| one.contains("differ only in upper and lower case")), "{left:#?}");
}

#[tokio::test]
async fn environments_of_one_type_that_differ_get_a_branch_of_their_own() {
    let organizations = r#"
organizations:
  Acme:
    access-token: {type: env, value: ACME_TOKEN}
    environments:
      dev: {type: DEV, region: eu, teams: {sales: {}}}
      test: {type: DEV, region: eu, teams: {sales: {services: {acme/bookings: {branch: test}}}}}
      uat: {type: DEV, region: eu, teams: {sales: {}}}
"#;
    let wanted = manifest(organizations);
    let mut inventory = built(&wanted);
    let content =
        |branch: &str| Value::from(format!("openapi: 3.1.0\ninfo: {{title: {branch}, version: 1.0.3}}\npaths: {{}}\n"));
    for (environment, branch) in [("dev", "dev"), ("test", "test"), ("uat", "dev")] {
        let id = format!("{environment}/bookings");
        change(&mut inventory, "api", &format!("api/{id}"), "version", "1.0.3".into());
        change(&mut inventory, "api_version", &format!("api_version/{id}"), "version", "1.0.3".into());
        change(&mut inventory, "api_version", &format!("api_version/{id}"), "content", content(branch));
    }
    let proven = proven(&inventory).await;
    assert_eq!(reasons(&unmanaged(&proven, &inventory)), Vec::<String>::new());
    assert_eq!(json(&reread(&proven))["organizations"], json(&wanted)["organizations"]);
    let branches: BTreeMap<&str, &str> =
        proven.configuration.specs.iter().map(|(at, spec)| (at.branch.as_str(), spec.content.as_str())).collect();
    assert_eq!(branches.keys().copied().collect::<Vec<_>>(), ["dev", "test"]);
    assert!(branches["test"].contains("title: test"));
}

#[tokio::test]
async fn a_role_on_the_control_plane_of_another_team_is_no_part_in_its_environment() {
    let mut inventory = built(&manifest(ORGANIZATIONS));
    let role = inventory.get("team_role", "team_role/prd/flight-data").cloned().unwrap();
    let mut extra = Remote { id: "extra".into(), ..role };
    extra.attributes.insert("team_id".to_owned(), "team/sales".into());
    inventory.add("team_role", [extra]);
    let proven = proven(&inventory).await;
    assert_eq!(
        reasons(&unmanaged(&proven, &inventory)),
        ["team_role sales: Viewer of flight-data-prd: a team has one role \
         in an environment, on its control plane, and this is another"]
    );
    let environments = &reread(&proven).organizations["Acme"].environments;
    assert_eq!(environments["prd"].teams.as_ref().unwrap().keys().collect::<Vec<_>>(), ["flight-data"]);
}

#[tokio::test]
async fn of_several_control_planes_of_a_team_the_one_of_its_name_is_its_own() {
    let mut inventory = built(&manifest(ORGANIZATIONS));
    let plane = inventory.get("control_plane", "control_plane/dev/sales-dev").cloned().unwrap();
    let role = inventory.get("team_role", "team_role/dev/sales").cloned().unwrap();
    let mut extra = Remote { id: "another".into(), ..plane };
    extra.attributes.insert("name".to_owned(), "a-dev".into());
    let mut its_role = Remote { id: "role".into(), ..role };
    its_role.attributes.insert("entity_id".to_owned(), "another".into());
    inventory.add("control_plane", [extra]);
    inventory.add("team_role", [its_role]);
    let left = left_of(&inventory).await;
    assert_eq!(reasons(&left), ["control_plane a-dev: team `sales` has another control plane in `dev` already"]);
}

#[tokio::test]
async fn an_identity_provider_without_words_leaves_how_people_sign_in_alone() {
    let mut inventory = built(&manifest(ORGANIZATIONS));
    change(&mut inventory, "identity_provider", "identity_provider/oidc", "type", "saml".into());
    change(&mut inventory, "authentication_settings", "authentication-settings", "saml_auth_enabled", true.into());
    let proven = proven(&inventory).await;
    assert!(reread(&proven).organizations["Acme"].authorization.is_none());
    assert_eq!(
        reasons(&unmanaged(&proven, &inventory)),
        ["identity_provider saml: its metadata is not at a web address"]
    );
}

#[tokio::test]
async fn the_sign_in_to_a_portal_is_described_with_the_groups_of_its_teams() {
    let portal = r#"
          authorization:
            built-in: {enabled: false}
            oidc:
              enabled: true
              issuer: https://idp.example.com
              client-id: portal
              client-secret: {type: env, value: ACME_DEV_SECRET}
              scopes: [openid]
            team-mappings:
              built-in: {enabled: false}
              idp: {enabled: true, mappings: {partners: [buyers, sellers]}}
          teams: {partners: {}}"#;
    let written = format!(
        "organizations:\n  Acme:\n    access-token: {{type: env, value: ACME_TOKEN}}\n    environments:\n      dev:\n        \
         type: DEV\n        region: eu\n        portal:{portal}\n"
    );
    let inventory = built(&manifest(&written));
    let proven = proven(&inventory).await;
    assert_eq!(unmanaged(&proven, &inventory), []);
    let wanted = serde_json::to_value(&manifest(&written).organizations["Acme"].environments["dev"].portal).unwrap();
    let described = &reread(&proven).organizations["Acme"].environments["dev"].portal;
    assert_eq!(serde_json::to_value(described).unwrap(), wanted);

    let mut inventory = inventory;
    change(&mut inventory, "portal_identity_provider", "portal_identity_provider/dev/oidc", "issuer_url", json!("no"));
    let proven = self::proven(&inventory).await;
    assert!(reread(&proven).organizations["Acme"].environments["dev"].portal.authorization.is_none());
    assert_eq!(
        reasons(&unmanaged(&proven, &inventory)),
        ["portal_identity_provider oidc of dev: it has no web address of an issuer or of metadata, or no client id"]
    );
}

#[tokio::test]
async fn the_look_and_the_domain_of_a_portal_are_described_where_they_differ_from_a_new_portal() {
    let portal = r#"
          custom-domain: {hostname: developers.example.com, enabled: false}
          customization:
            css: "a {\n  color: red;\n}\n"
            spec-renderer: {hide-internal: true, try-it-ui: false}
            robots: "User-agent: *""#;
    let written = format!(
        "organizations:\n  Acme:\n    access-token: {{type: env, value: ACME_TOKEN}}\n    environments:\n      dev:\n        \
         type: DEV\n        region: eu\n        portal:{portal}\n"
    );
    let mut inventory = built(&manifest(&written));
    change(&mut inventory, "portal_customization", "portal_customization/dev", "theme_name", json!("theirs"));
    let proven = proven(&inventory).await;
    assert_eq!(unmanaged(&proven, &inventory), []);
    let wanted = serde_json::to_value(&manifest(&written).organizations["Acme"].environments["dev"].portal).unwrap();
    let described = &reread(&proven).organizations["Acme"].environments["dev"].portal;
    assert_eq!(serde_json::to_value(described).unwrap(), wanted);
    assert!(render::organizations(&proven.configuration).contains("css: |\n"), "a style sheet is a block");

    let method = json!("custom_certificate");
    change(&mut inventory, "portal_custom_domain", "portal_custom_domain/dev", "domain_verification_method", method);
    let proven = self::proven(&inventory).await;
    assert!(reread(&proven).organizations["Acme"].environments["dev"].portal.custom_domain.is_none());
    assert_eq!(
        reasons(&unmanaged(&proven, &inventory)),
        ["portal_custom_domain developers.example.com: its certificate and its private key cannot be read: add \
             `custom-domain` with both by hand"]
    );
}

#[tokio::test]
async fn the_state_of_what_is_taken_over_makes_the_next_comparison_empty() {
    let mut inventory = built(&manifest(ORGANIZATIONS));
    for plane in ["control_plane/dev/sales-dev", "control_plane/prd/flight-data-prd"] {
        change(&mut inventory, "control_plane", plane, "labels", json!({}));
    }
    let proven = proven(&inventory).await;
    let remembered = |secret: Option<&SecretString>| {
        let records = proven.records("lineage", &|_| secret.cloned()).into_iter();
        Remembered(records.map(|(address, record)| (address.parse().unwrap(), record)).collect())
    };
    let readers = inventory.readers();
    for (known, records) in [(Some("hunter2".into()), 0), (None, 1)] {
        let remembered = remembered(known.as_ref());
        let desired = desired(&proven.configuration.manifest, "hunter2");
        let world = refresh(&desired, &remembered, &readers).await.unwrap();
        let options = diff::DiffOptions { lineage: "lineage", ..diff::DiffOptions::default() };
        let compared = diff::diff(&desired, &remembered, &world, &readers, options).unwrap();
        assert_eq!(compared.drift, []);
        let actions: Vec<Action> = compared.changes.iter().map(|change| change.action).collect();
        let (noops, deferred): (Vec<_>, Vec<_>) = actions.into_iter().partition(|action| *action == Action::NoOp);
        assert_eq!(noops.len(), records, "an unseen secret is recorded");
        assert!(deferred.iter().all(|action| *action == Action::Deferred), "{deferred:?}");
    }
}

#[tokio::test]
async fn descriptions_that_differ_are_those_of_each_environment() {
    let mut inventory = built(&manifest(ORGANIZATIONS));
    change(&mut inventory, "api", "api/qa/flights", "description", "Others.".into());
    let proven = proven(&inventory).await;
    assert_eq!(reasons(&unmanaged(&proven, &inventory)), Vec::<String>::new());
    let found = reread(&proven);
    assert_eq!(found.teams["flight-data"].services["acme/flights"].description, None);
    let of_qa = found.organizations["Acme"].environments["qa"].teams.as_ref().unwrap();
    let services = of_qa["flight-data"].services.as_ref().unwrap();
    assert_eq!(services["acme/flights"].description.as_deref(), Some("Others."));
}

#[tokio::test]
async fn a_specification_of_another_version_is_told() {
    let mut inventory = built(&manifest(ORGANIZATIONS));
    change(&mut inventory, "api", "api/dev/routes", "version", "2".into());
    let left = left_of(&inventory).await;
    assert_eq!(reasons(&left), ["api routes-dev: its version is `2`, and its specification says `1.0.3`"]);
}

#[tokio::test]
async fn channels_that_differ_by_event_are_left_alone() {
    let mut inventory = built(&manifest(ORGANIZATIONS));
    let channels = json!([{ "type": "EMAIL", "enabled": true }, { "type": "IN_APP", "enabled": true }]);
    change(&mut inventory, "notification_subscription", "notification_subscription/one", "channels", channels);
    let left = left_of(&inventory).await;
    assert_eq!(left.iter().map(|left| left.type_name).collect::<Vec<_>>(), ["notification_subscription"; 2]);
}

#[tokio::test]
async fn a_missing_dashboard_turns_reports_off() {
    let mut inventory = built(&manifest(ORGANIZATIONS));
    change(&mut inventory, "dashboard", "dashboard/eu/api-usage", "name", "Mine".into());
    let proven = proven(&inventory).await;
    assert!(!reread(&proven).organizations["Acme"].enable_custom_reports);
    assert_eq!(unmanaged(&proven, &inventory).len(), 4);
}

#[test]
fn a_pattern_of_remotes_names_the_service_an_owner_and_a_repository() {
    for (pattern, reason) in [
        ("https://github.com/acme/specs.git", "no `{service}`"),
        ("https://git.example.com/a/b/{service}", "an owner and a repository"),
        ("{service}", "does not begin with"),
    ] {
        let error = RemotePattern::parse(pattern).unwrap_err();
        assert!(error.contains(reason), "{pattern}: {error}");
    }
    let own = RemotePattern::of_organization("Kong Air");
    assert_eq!(own.remote("team", "flights"), "https://github.com/Kong-Air/flights.git");
    let of_team = RemotePattern::parse("git@example.com:{team}/{service}.git").unwrap();
    assert_eq!(of_team.remote("sales", "bookings"), "git@example.com:sales/bookings.git");
}

/// A portal with pages and snippets.
const CONTENT: &str = r##"
organizations:
  Acme:
    access-token: {type: env, value: ACME_TOKEN}
    environments:
      dev:
        type: DEV
        region: eu
        portal:
          pages:
            index: "# Welcome\n"
            guides: "---\nvisibility: private\n---\n# Guides\n"
            guides/start: "---\nkoctl:\n  title: Start here\n  visibility: public\n  status: unpublished\n---\nText.\n"
          snippets: {note: "---\nkoctl:\n  title: A note\n---\nNote.\n"}
"##;

fn portal(proven: &Proven) -> &EnvironmentPortal {
    &proven.configuration.manifest.organizations["Acme"].environments["dev"].portal
}

#[tokio::test]
async fn pages_and_snippets_are_recognised_as_the_files_that_made_them() {
    let wanted = manifest(CONTENT);
    let inventory = built(&wanted);
    let proven = proven(&inventory).await;
    assert_eq!(reasons(&unmanaged(&proven, &inventory)), Vec::<String>::new());
    let value = |portal: &EnvironmentPortal| serde_json::to_value(portal).unwrap();
    assert_eq!(value(portal(&proven)), value(&wanted.organizations["Acme"].environments["dev"].portal));
    let content = proven.configuration.content();
    let folder = "konnect/Acme/envs/dev/portal";
    let paths = ["pages/guides.md", "pages/guides/start.md", "pages/index.md", "snippets/note.md"];
    assert_eq!(content.keys().cloned().collect::<Vec<_>>(), paths.map(|path| format!("{folder}/{path}")));
    assert!(!render::organizations(&proven.configuration.without_content()).contains("portal"));
}

#[tokio::test]
async fn a_page_that_no_file_can_have_is_left_with_those_below_it() {
    let mut inventory = built(&manifest(CONTENT));
    change(&mut inventory, "portal_page", "portal_page/dev/guides", "slug", "our guides".into());
    change(&mut inventory, "portal_snippet", "portal_snippet/dev/note", "name", ".note".into());
    let proven = proven(&inventory).await;
    assert_eq!(portal(&proven).pages.keys().collect::<Vec<_>>(), ["index"]);
    insta::assert_snapshot!(reasons(&unmanaged(&proven, &inventory)).join("\n"), @"
    portal_page our guides of the portal dev: no file can have it: it contains white space, a character that is not visible, or one of `? # % \\`
    portal_page start of the portal dev: the page `our guides` above it is not taken over
    portal_snippet .note of the portal dev: no file can have it: files whose names begin with a dot are passed over
    ");
}

#[tokio::test]
async fn what_konnect_keeps_beside_a_text_is_written_before_it() {
    let mut inventory = built(&manifest(CONTENT));
    let page = "portal_page/dev/index";
    change(&mut inventory, "portal_page", page, "title", "Home: yes".into());
    change(&mut inventory, "portal_page", page, "status", "unpublished".into());
    change(&mut inventory, "portal_page", page, "visibility", "public".into());
    let proven = proven(&inventory).await;
    let text = &portal(&proven).pages["index"];
    assert_eq!(
        text,
        "---\nkoctl:\n  title: \"Home: yes\"\n  visibility: public\n  status: unpublished\n---\n# Welcome\n"
    );
}
