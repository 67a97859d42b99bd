//! `koctl import --generate`: an organization that was set up by hand comes under plan and apply.

use engine::state::{LockOptions, Store};
use futures::future::join_all;
use http::{Method, StatusCode};
use sandbox::{Exchange, Fault, Sandbox, Trigger};
use serde_json::{Value, json};

use crate::outside::{GLOBAL, Outsider};
use crate::world::{Run, World, copy, filters, finish, spec};

/// Each environment: its name, whether it is in production, its region.
const ENVIRONMENTS: [(&str, bool, &str); 6] = [
    ("dev", false, "eu"),
    ("qa", false, "eu"),
    ("prd", true, "eu"),
    ("us-dev", false, "us"),
    ("us-qa", false, "us"),
    ("us-prd", true, "us"),
];
/// How many teams there are, and how many of them have a service each.
const TEAMS: usize = 30;
const SERVICES: usize = 20;
/// The one environment in which nothing has labels.
const UNLABELLED: &str = "us-qa";

const GENERATE: &[&str] = &["import", "--generate", "--org", "Acme", "--token-env", "ACME_TOKEN", "--out", "platform"];

impl Outsider<'_> {
    async fn post(&self, region: &str, path: &str, body: Value) -> Value {
        self.konnect(Method::POST, region, path, Some(body)).await
    }

    /// Makes an object and returns its id.
    async fn make(&self, region: &str, path: &str, body: Value) -> String {
        id(&self.post(region, path, body).await)
    }
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

fn labels(environment: &str, is_production: bool, more: Value) -> Value {
    if environment == UNLABELLED {
        return json!({});
    }
    let env_type = if is_production { "PROD" } else { "DEV" };
    let mut labels = json!({ "ko-konnect-orchestrator": "true", "env-name": environment, "env-type": env_type });
    labels.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    labels
}

/// Teams 0 to 29, of which every other has a description, every third a member, and the first ten koctl's label.
async fn teams(konnect: &Outsider<'_>) -> Vec<String> {
    let team = async |number: usize| {
        let mut team = json!({ "name": format!("team-{number:02}") });
        if number.is_multiple_of(2) {
            team["description"] = format!("Team {number}: plans, builds, runs.").into();
        }
        if number < 10 {
            team["labels"] = json!({ "ko-konnect-orchestrator": "true", "cost-centre": "4711" });
        }
        let team = konnect.make(GLOBAL, "/v3/teams", team).await;
        if number.is_multiple_of(3) {
            let email = format!("person-{number}@example.com");
            konnect.post(GLOBAL, "/v3/invites", json!({ "email": email })).await;
            let found =
                konnect.konnect(Method::GET, GLOBAL, &format!("/v3/users?filter[email][eq]={email}"), None).await;
            konnect.post(GLOBAL, &format!("/v3/teams/{team}/users"), json!({ "id": id(&found["data"][0]) })).await;
        }
        team
    };
    join_all((0..TEAMS).map(team)).await
}

async fn portal(konnect: &Outsider<'_>, environment: (&str, bool, &str)) -> String {
    let (name, is_production, region) = environment;
    let visibility = if is_production { "public" } else { "private" };
    let display_name = if is_production { "Acme".to_owned() } else { format!("Acme ({name})") };
    let portal = json!({
        "name": name,
        "display_name": display_name,
        "authentication_enabled": !is_production,
        "default_api_visibility": visibility,
        "default_page_visibility": visibility,
        "labels": labels(name, is_production, json!({})),
    });
    konnect.make(region, "/v3/portals", portal).await
}

/// The control plane of a team, with its role on it. The last two teams with services share theirs in production.
async fn plane(konnect: &Outsider<'_>, environment: (&str, bool, &str), number: usize, team: &str) -> String {
    let (name, is_production, region) = environment;
    let cluster_type = if is_production { "CLUSTER_TYPE_CONTROL_PLANE" } else { "CLUSTER_TYPE_SERVERLESS" };
    let kind = if is_production { "PROD" } else { "DEV" };
    let own = json!({ "env": kind, "team": format!("team-{number:02}") });
    let plane = json!({
        "name": format!("team-{number:02}-{name}"),
        "cluster_type": cluster_type,
        "labels": labels(name, is_production, own),
    });
    let plane = konnect.make(region, "/v2/control-planes", plane).await;
    let role = json!({
        "role_name": if is_production { "Viewer" } else { "Admin" },
        "entity_id": plane,
        "entity_type_name": "Control Planes",
        "entity_region": region,
    });
    konnect.post(GLOBAL, &format!("/v3/teams/{team}/assigned-roles"), role).await;
    plane
}

/// The specification of an environment's API: those in production differ from the others, and `app-00` in `qa` has its
/// own.
fn content(environment: (&str, bool, &str), number: usize) -> (String, String) {
    let version = match environment {
        (_, true, _) => "1.0.0",
        ("qa", _, _) if number == 0 => "3.0.0",
        _ => "2.0.0",
    };
    (version.to_owned(), spec(&format!("app-{number:02}"), version))
}

async fn api(konnect: &Outsider<'_>, environment: (&str, bool, &str), number: usize, portal: &str, plane: &str) {
    let (name, is_production, region) = environment;
    let service = format!("app-{number:02}");
    let api_name = if is_production { service.clone() } else { format!("{service}-{name}") };
    let (version, content) = content(environment, number);
    let own = json!({ "team-name": format!("team-{number:02}"), "service-name": service });
    let api = json!({
        "name": api_name,
        "version": version,
        "description": format!("The application {number}."),
        "labels": labels(name, is_production, own),
    });
    let api = konnect.make(region, "/v3/apis", api).await;
    let body = json!({ "version": version, "spec": { "content": content } });
    konnect.post(region, &format!("/v3/apis/{api}/versions"), body).await;
    let visibility = if is_production { "public" } else { "private" };
    let path = format!("/v3/apis/{api}/publications/{portal}");
    konnect.konnect(Method::PUT, region, &path, Some(json!({ "visibility": visibility }))).await;
    // If nothing has labels, the gateway service shows to whom the API belongs.
    if name == UNLABELLED {
        let service =
            json!({ "name": service, "host": "app.example.com", "tags": [format!("ko-api-name={api_name}")] });
        let path = format!("/v2/control-planes/{plane}/core-entities/services");
        let service = konnect.make(region, &path, service).await;
        let link = json!({ "service": { "id": service, "control_plane_id": plane } });
        konnect.post(region, &format!("/v3/apis/{api}/implementations"), link).await;
    }
}

async fn environment(konnect: &Outsider<'_>, environment: (&str, bool, &str), teams: &[String]) -> Vec<String> {
    let portal = portal(konnect, environment).await;
    let services = (0..SERVICES).map(async |number| {
        let plane = plane(konnect, environment, number, &teams[number]).await;
        api(konnect, environment, number, &portal, &plane).await;
        plane
    });
    join_all(services).await
}

async fn sign_in(konnect: &Outsider<'_>, team: &str) {
    let provider = json!({
        "type": "oidc",
        "login_path": "acme",
        "enabled": true,
        "config": { "issuer_url": "https://idp.example.com", "client_id": "konnect", "client_secret": "hunter2" },
    });
    let provider = konnect.make(GLOBAL, "/v3/identity-providers", provider).await;
    let switches = json!({ "oidc_auth_enabled": true, "idp_mapping_enabled": true });
    konnect.konnect(Method::PATCH, GLOBAL, "/v3/authentication-settings", Some(switches)).await;
    let mapping = json!({ "team_id": team, "group": "builders" });
    konnect.post(GLOBAL, &format!("/v3/identity-providers/{provider}/team-group-mappings"), mapping).await;
}

async fn notifications(konnect: &Outsider<'_>) {
    const EVENTS: &str = "/v1/notifications/configurations";
    for event in konnect.konnect(Method::GET, GLOBAL, EVENTS, None).await["data"].as_array().unwrap() {
        let subscription = json!({
            "name": "Konnect Orchestrator",
            "regions": ["*"],
            "entities": ["*"],
            "channels": [{ "type": "EMAIL", "enabled": false }, { "type": "IN_APP", "enabled": true }],
            "enabled": true,
        });
        let path = format!("{EVENTS}/{}/subscriptions", event["event_id"].as_str().unwrap());
        konnect.post(GLOBAL, &path, subscription).await;
    }
}

/// Objects that koctl does not manage, or that a configuration cannot express.
async fn noise(konnect: &Outsider<'_>, teams: &[String], planes: &[String]) {
    konnect.make("eu", "/v3/portals", json!({ "name": "partners", "display_name": "For partners" })).await;
    konnect.make("us", "/v2/control-planes", json!({ "name": "legacy" })).await;
    let legacy = konnect.make("eu", "/v3/apis", json!({ "name": "legacy", "version": "1.0.0" })).await;
    let body = json!({ "version": "1.0.0", "spec": { "content": spec("legacy", "1.0.0") } });
    konnect.post("eu", &format!("/v3/apis/{legacy}/versions"), body).await;
    konnect.make("us", "/v3/apis", json!({ "name": "idea" })).await;
    let role = json!({
        "role_name": "Viewer", "entity_id": planes[1], "entity_type_name": "Control Planes", "entity_region": "eu",
    });
    konnect.post(GLOBAL, &format!("/v3/teams/{}/assigned-roles", teams[0]), role).await;
    konnect.post(GLOBAL, "/v3/invites", json!({ "email": "nobody@example.com" })).await;
    konnect.make(GLOBAL, "/v3/system-accounts", json!({ "name": "robot", "description": "Deploys." })).await;
}

/// An organization of 30 teams, 6 environments in 2 regions and 120 APIs, built by nothing but requests.
async fn clicked_together(sandbox: &Sandbox) {
    let konnect = Outsider(sandbox);
    let teams = teams(&konnect).await;
    let planes = join_all(ENVIRONMENTS.map(|one| environment(&konnect, one, &teams))).await;
    sign_in(&konnect, &teams[3]).await;
    notifications(&konnect).await;
    noise(&konnect, &teams, &planes[0]).await;
}

/// A sandbox with an empty organization and an empty platform repository.
async fn sandbox(world: &World) -> Sandbox {
    std::fs::create_dir(world.path().join("services")).unwrap();
    world.sandbox().await
}

/// Runs koctl in the directory that was generated, as against real systems.
async fn in_platform(world: &World, sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let mut command = world.command(arguments);
    command
        .current_dir(world.path().join("platform"))
        .env("KOCTL_KONNECT_URL", sandbox.konnect_url())
        .env("KOCTL_GITHUB_URL", sandbox.github_url())
        .env("GITHUB_REPO_URL", "https://github.com/Acme/platform.git")
        .env("GITHUB_TOKEN", "github-token")
        .env("ACME_OIDC_CLIENT_SECRET", "hunter2")
        .env("ACME_TOKEN", "acme-token");
    tokio::task::spawn_blocking(move || finish(command)).await.unwrap()
}

/// The exchanges with Konnect since `before`.
fn with_konnect(sandbox: &Sandbox, before: usize) -> Vec<Exchange> {
    let exchanges = sandbox.exchanges();
    exchanges[before..].iter().filter(|exchange| exchange.path.starts_with("/konnect")).cloned().collect()
}

#[track_caller]
fn were_reads(exchanges: &[Exchange]) {
    let write = exchanges.iter().find(|exchange| exchange.method != "GET");
    assert_eq!(write, None);
}

/// As developers push each specification into the repository of its service.
fn publish_specifications(world: &World) {
    let github = world.path().join(".koctl/sandbox/github");
    sandbox::github::seed(&github, &world.path().join("platform/services")).unwrap();
}

#[tokio::test]
async fn an_organization_without_a_configuration_goes_round_and_nothing_is_sent_but_gets() {
    let _filters = filters();
    let world = World::empty();
    let sandbox = sandbox(&world).await;
    clicked_together(&sandbox).await;
    let before = sandbox.exchanges().len();

    let generated = world.against(&sandbox, GENERATE).await.exits(0);
    were_reads(&with_konnect(&sandbox, before));
    insta::assert_snapshot!("the_report", generated.stdout);
    insta::assert_snapshot!("organizations", world.read("platform/konnect/organizations.yaml"));
    insta::assert_snapshot!("teams", head(&world.read("platform/konnect/teams.yaml"), 40));

    let valid = in_platform(&world, &sandbox, &["validate"]).await.exits(0);
    assert_eq!(valid.last_line(), "The configuration is valid: 30 teams, 20 services, 1 organization, 7 environments.");

    publish_specifications(&world);
    let before = sandbox.exchanges().len();
    let proposed = in_platform(&world, &sandbox, &["plan", "--detailed-exitcode"]).await.exits(2);
    assert_eq!(proposed.last_line(), "Plan: 6 to add, 0 to change, 0 to destroy.");
    let added: Vec<&str> = proposed.stdout.lines().filter(|line| line.contains("will be created")).collect();
    assert!(added.iter().all(|line| line.contains("/pull_request/")), "{added:?}");

    let applied = in_platform(&world, &sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(applied.last_line(), "Apply complete! Resources: 6 added, 0 changed, 0 destroyed.");
    in_platform(&world, &sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    were_reads(&with_konnect(&sandbox, before));

    world.edit("platform/konnect/teams.yaml", "Team 4: plans, builds, runs.", "Team 4 rests.");
    let before = sandbox.exchanges().len();
    let applied = in_platform(&world, &sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(applied.last_line(), "Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    let exchanges = with_konnect(&sandbox, before);
    let writes: Vec<&Exchange> = exchanges.iter().filter(|exchange| exchange.method != "GET").collect();
    let [write] = writes.as_slice() else { panic!("{writes:#?}") };
    assert_eq!(
        (write.method.as_str(), &write.request_body),
        ("PATCH", &Some(json!({ "description": "Team 4 rests." })))
    );
    assert!(write.path.contains("/v3/teams/"), "{}", write.path);
    in_platform(&world, &sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);

    // The secret was not known when the organization was taken over. The applies have its trace recorded.
    let state = in_platform(&world, &sandbox, &["state", "pull", "Acme"]).await.exits(0).stdout;
    assert!(state.contains("hmac-sha256") && !state.contains("hunter2"));
    sandbox.stop().await;
}

fn head(text: &str, lines: usize) -> String {
    text.lines().take(lines).map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn what_koctl_made_itself_is_described_as_it_was_configured() {
    let world = World::new().applied();
    world.koctl(&["state", "rm", "Acme/**", "--auto-approve"]).exits(0);
    let arguments = [GENERATE, &["--git-remote", "https://github.com/Acme/{service}.git"]].concat();
    world.koctl(&arguments).exits(0);
    let generated = world.read("platform/konnect/organizations.yaml");
    let written = world.read("konnect/organizations.yaml");
    assert_eq!(without_comments(&generated), without_comments(&written));
    let generated = world.read("platform/konnect/teams.yaml");
    assert_eq!(without_comments(&generated), without_comments(&world.read("konnect/teams.yaml")));
    // Its pull request is open still, and the state is the sandbox's own.
    take_content(&world);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(2);
    let plan = world.koctl(&["plan"]).exits(0);
    assert_eq!(plan.last_line(), "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.", "{}", plan.stdout);
}

#[tokio::test]
async fn what_departs_from_the_opinions_is_described_as_it_was_configured() {
    let world = World::new();
    world.edit(
        "konnect/teams.yaml",
        "name: checkout\n",
        "name: checkout\n        display-name: The Checkout\n        slug: pay\n",
    );
    let overrides = "        control-plane:
          cluster-type: CLUSTER_TYPE_CONTROL_PLANE
          description: A gateway.
          auth-type: pki_client_certs
          proxy-urls:
            - http://dev.example.com
            - https://dev.example.com:8443
          labels:
            tier: gold
        portal:
          name: acme-dev
          display-name: Acme for developers
          description: Try things out.
          rbac: true
          ip-allow-list: true
          default-api-visibility: public
          default-page-visibility: public
          auto-approve-developers: true
          auto-approve-applications: true
          developers-in-notifications: true
          labels:
            tier: gold
          auth-strategies:
            Company-login:
              strategy-type: openid_connect
              name: Company login
              display-name: Company
              issuer: https://idp.example.com
              scopes:
                - openid
                - email
            partner:
              strategy-type: key_auth
              key-names:
                - x-api-key
              ttl: 2 weeks
          default-application-auth-strategy: partner
          teams:
            partners:
              description: Buy from us.
              can-own-applications: true
              roles:
                - role: API Viewer
                - role: API Consumer
        teams:
          orders:
            services:
              Acme/checkout:
                visibility: private
                auth-strategy: Company-login
";
    world.edit("konnect/teams.yaml", "        git:\n", "        labels:\n          stage: beta\n        git:\n");
    let organizations = world.read("konnect/organizations.yaml");
    world.write("konnect/organizations.yaml", &format!("{organizations}{overrides}"));
    let world = world.applied();
    world.koctl(&["state", "rm", "Acme/**", "--auto-approve"]).exits(0);
    let arguments = [GENERATE, &["--git-remote", "https://github.com/Acme/{service}.git"]].concat();
    world.koctl(&arguments).exits(0);
    for file in ["organizations.yaml", "teams.yaml"] {
        let generated = world.read(&format!("platform/konnect/{file}"));
        assert_eq!(without_comments(&generated), without_comments(&world.read(&format!("konnect/{file}"))));
    }
    take_content(&world);
    let plan = world.koctl(&["plan"]).exits(0);
    assert_eq!(plan.last_line(), "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.", "{}", plan.stdout);
}

#[tokio::test]
async fn pages_and_snippets_become_files_and_documents_of_apis_are_left() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let konnect = Outsider(&sandbox);
    let portal = id(&konnect.konnect(Method::GET, "eu", "/v3/portals", None).await["data"][0]);
    let pages = format!("/v3/portals/{portal}/pages");
    let page = json!({ "slug": "handbook", "title": "All guides", "content": "# Guides\r\n", "status": "published" });
    let handbook = konnect.make("eu", &pages, page).await;
    let content = "---\ntitle: First steps\nstatus: published\n---\nSay hello.";
    let start = json!({ "slug": "start", "content": content, "parent_page_id": handbook, "visibility": "public" });
    konnect.make("eu", &pages, start).await;
    let odd = json!({ "slug": "of ours", "title": "Ours", "content": "" });
    konnect.make("eu", &pages, odd).await;
    let note = json!({ "name": "note", "title": "note", "content": "A note.", "status": "published" });
    konnect.make("eu", &format!("/v3/portals/{portal}/snippets"), note).await;
    let api = konnect.named("eu", "/v3/apis", "checkout-dev").await;
    konnect.make("eu", &format!("/v3/apis/{}/documents", id(&api)), json!({ "content": "# How to pay" })).await;

    let before = sandbox.exchanges().len();
    let remote = ["--git-remote", "https://github.com/Acme/{service}.git"];
    let generated = world.against(&sandbox, &[GENERATE, &remote].concat()).await.exits(0).stdout;
    were_reads(&with_konnect(&sandbox, before));
    let left = &generated[generated.find("not managed").unwrap()..];
    assert!(left.contains("of ours of the portal dev"), "{left}");
    assert!(left.contains("How to pay of the API checkout-dev") && left.contains("`docs` of the service"), "{left}");
    let read = |file: &str| world.read(&format!("platform/konnect/Acme/envs/dev/portal/{file}"));
    assert_eq!(read("pages/handbook.md"), "---\nkoctl:\n  title: All guides\n---\n# Guides\r\n");
    let start = format!("---\nkoctl:\n  visibility: public\n  status: unpublished\n---\n{content}");
    assert_eq!(read("pages/handbook/start.md"), start);
    assert_eq!(read("snippets/note.md"), "A note.");

    let plan = in_platform(&world, &sandbox, &["plan"]).await.exits(0).stdout;
    assert!(plan.ends_with("Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.\n"), "{plan}");
    assert!(!plan.contains("portal_page") && !plan.contains("portal_snippet"), "{plan}");
    sandbox.stop().await;
}

/// Copies the content of portals that was generated beside the configuration that was written by hand.
fn take_content(world: &World) {
    let to = world.path().join("konnect/Acme");
    std::fs::create_dir_all(&to).unwrap();
    copy(&world.path().join("platform/konnect/Acme"), &to);
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| line.split('#').next().unwrap().trim_end()).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_nothing_is_written() {
    let _filters = filters();
    let world = World::empty();
    let sandbox = sandbox(&world).await;
    for path in ["/eu/v3/portals", "/us/v3/portals", "/v3/identity-providers"] {
        sandbox.faults().inject(Trigger::new(Method::GET, path).always(), Fault::status(StatusCode::FORBIDDEN));
    }
    let failed = world.against(&sandbox, GENERATE).await.exits(1);
    insta::assert_snapshot!("forbidden", failed.stderr);
    sandbox.faults().clear();
    let mut command = world.command(GENERATE);
    command.env("KOCTL_KONNECT_URL", sandbox.konnect_url()).env("ACME_TOKEN", "wrong");
    let failed = tokio::task::spawn_blocking(move || finish(command)).await.unwrap().exits(1);
    insta::assert_snapshot!("wrong_token", failed.stderr);
    let mut command = world.command(GENERATE);
    command.env("KOCTL_KONNECT_URL", sandbox.konnect_url());
    let failed = tokio::task::spawn_blocking(move || finish(command)).await.unwrap().exits(1);
    insta::assert_snapshot!("no_token", failed.stderr);
    let names: Vec<_> = std::fs::read_dir(world.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}: the sandbox, and the services that it was made from");
    sandbox.stop().await;
}

#[tokio::test]
async fn what_is_there_already_is_kept_unless_it_is_forced() {
    let _filters = filters();
    let world = World::empty();
    let sandbox = sandbox(&world).await;
    world.write("platform/konnect/teams.yaml", "mine\n");
    world.write("platform/notes.txt", "mine\n");
    let before = sandbox.exchanges().len();
    let refused = world.against(&sandbox, GENERATE).await.exits(1);
    assert_eq!(sandbox.exchanges().len(), before, "nobody was asked anything");
    insta::assert_snapshot!("there_already", refused.stderr);
    assert_eq!(world.read("platform/konnect/teams.yaml"), "mine\n");
    world.against(&sandbox, &[GENERATE, &["--force"]].concat()).await.exits(0);
    assert!(world.read("platform/konnect/teams.yaml").contains("teams: {}"));
    assert_eq!(world.read("platform/notes.txt"), "mine\n");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_merge_that_fails_leaves_no_state() {
    let world = World::empty();
    let sandbox = sandbox(&world).await;
    Outsider(&sandbox).make(GLOBAL, "/v3/teams", json!({ "name": "orders" })).await;
    // A directory in the place of a file, beside other files.
    world.write("platform/konnect/teams.yaml/mine", "mine\n");
    let forced = [GENERATE, &["--force"]].concat();
    let recorded = |folder: &str| {
        let files =
            std::fs::read_dir(world.path().join(folder)).into_iter().flatten().map(|entry| entry.unwrap().path());
        files.filter_map(|path| std::fs::read_to_string(path).ok()).any(|text| text.contains("Acme/team/orders"))
    };
    let refused = world.against(&sandbox, &forced).await.exits(1);
    assert!(refused.stderr.contains("could not write platform"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("the state"), "{}", refused.stderr);
    assert!(!recorded("platform/.koctl/state"), "{}", refused.stderr);
    let elsewhere = [&forced[..], &["--state", "file:states"]].concat();
    world.against(&sandbox, &elsewhere).await.exits(1);
    assert!(!recorded("states"));
    std::fs::remove_dir_all(world.path().join("platform/konnect/teams.yaml")).unwrap();
    world.against(&sandbox, &forced).await.exits(0);
    assert!(recorded("platform/.koctl/state"));
    sandbox.stop().await;
}

#[tokio::test]
async fn programs_are_told_what_the_screen_says() {
    let world = World::empty();
    let sandbox = sandbox(&world).await;
    let konnect = Outsider(&sandbox);
    konnect.make(GLOBAL, "/v3/teams", json!({ "name": "orders" })).await;
    let legacy = konnect.make("us", "/v2/control-planes", json!({ "name": "legacy" })).await;
    let run = world.against(&sandbox, &[GENERATE, &["--json", "--lock-timeout", "5"]].concat()).await.exits(0);
    let event: Value = serde_json::from_str(run.stdout.trim()).unwrap();
    assert_eq!((&event["type"], &event["organization"]), (&"generated".into(), &"Acme".into()));
    assert_eq!(event["taken"]["team"], 1);
    let left = event["left"].as_array().unwrap().iter().find(|one| one["id"] == legacy.as_str()).unwrap();
    assert_eq!((&left["resource_type"], &left["name"]), (&"control_plane".into(), &"legacy".into()));
    assert!(left["reason"].as_str().unwrap().contains("env-name"), "{left}");
    // A failure is an event, too.
    let run = world.against(&sandbox, &[GENERATE, &["--json"]].concat()).await.exits(1);
    let event: Value = serde_json::from_str(run.stdout.trim()).unwrap();
    assert!(event["type"] == "error" && event["message"].as_str().unwrap().contains("is not empty"), "{event}");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_state_that_another_process_has_locked_is_waited_for() {
    let world = World::empty();
    let sandbox = sandbox(&world).await;
    let url = format!("file:{}", world.path().join("states").display());
    let held = Store::open(&url, &|_| None).unwrap().lock("Acme", &LockOptions::new("test")).await.unwrap();
    let arguments = [GENERATE, &["--state", &url]].concat();
    let refused = world.against(&sandbox, &arguments).await.exits(1);
    assert!(refused.stderr.contains("locked"), "{}", refused.stderr);
    assert!(!world.path().join("platform").exists());
    let waiting = [&arguments[..], &["--lock-timeout", "600"]].concat();
    let before = sandbox.exchanges().len();
    let release = async {
        while !sandbox.exchanges()[before..].iter().any(|one| one.path.contains("/v3/portals")) {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        held.release().await.unwrap();
    };
    let (run, ()) = tokio::join!(world.against(&sandbox, &waiting), release);
    run.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_state_that_knows_the_organization_is_kept_unless_it_is_forced() {
    let world = World::new().applied();
    let before = world.koctl(&["state", "pull"]).exits(0).stdout;
    let refused = world.koctl(GENERATE).exits(1);
    assert!(refused.stderr.contains("koctl manages `Acme` already"), "{}", refused.stderr);
    assert!(!world.path().join("platform").exists());
    assert_eq!(world.koctl(&["state", "pull"]).exits(0).stdout, before);
    world.koctl(&[GENERATE, &["--force"]].concat()).exits(0);
    let after = world.koctl(&["state", "pull"]).exits(0).stdout;
    let lineage = |state: &str| serde_json::from_str::<Value>(state).unwrap()["lineage"].clone();
    assert_eq!(lineage(&after), lineage(&before));
}

#[tokio::test]
async fn flags_that_make_no_sense_are_refused_by_name() {
    let world = World::empty();
    for (more, reason) in [
        (&["--region", "mars"][..], "a region is one of us, eu, au, me, in and sg"),
        (&["--git-remote", "https://github.com/acme/specs"], "no `{service}`"),
        (&["--file", "koctl.yaml"], "cannot be used with"),
    ] {
        let refused = world.run(&[GENERATE, more].concat()).exits(1);
        assert!(refused.stderr.contains(reason), "{}", refused.stderr);
    }
    let refused = world.run(&["import", "--generate", "--org", "Acme"]).exits(1);
    assert!(refused.stderr.contains("--out <DIR>") && refused.stderr.contains("--token-env"), "{}", refused.stderr);
    let organization = ["import", "--generate", "--org", "a/b", "--token-env", "TOKEN", "--out", "x"];
    let refused = world.run(&organization).exits(1);
    assert!(refused.stderr.contains("`a/b` cannot be the name of an organization"), "{}", refused.stderr);
    let variable = ["import", "--generate", "--org", "Acme", "--token-env", "MY-TOKEN", "--out", "x"];
    let refused = world.run(&variable).exits(1);
    assert!(refused.stderr.contains("The name in --token-env cannot be that of a variable"), "{}", refused.stderr);
}

#[test]
fn in_a_sandbox_an_organization_that_does_not_exist_is_an_error_with_the_nearest_name() {
    let world = World::new().applied();
    let arguments = |name| ["import", "--generate", "--org", name, "--token-env", "TOKEN", "--out", "generated"];
    let refused = world.koctl(&arguments("Acne")).exits(1);
    assert!(refused.stderr.contains("has no organization `Acne`; did you mean `Acme`?"), "{}", refused.stderr);
    assert!(!world.path().join("generated").exists());
}

#[test]
fn what_is_in_a_region_that_was_not_read_is_left_for_that_reason() {
    let world = World::new().applied();
    let state = format!("file:{}", world.path().join("other").display());
    let arguments = ["import", "--generate", "--org", "Acme", "--token-env", "TOKEN", "--out", "generated"];
    let told = world.koctl(&[&arguments[..], &["--region", "us", "--state", &state]].concat()).exits(0).stdout;
    assert!(told.contains("in the region `eu`, which was not read: add --region eu"), "{told}");
    assert!(!told.contains("and this is another"), "{told}");
}
