//! Documents of APIs from the repositories of services.

use std::collections::BTreeMap;

use http::Method;
use koctl::github::documents::{Files, read};
use koctl::github::fetch::Credentials;
use koctl::github::specs::{Source, Wanted};
use koctl::github::{Access, ReadClient};
use sandbox::{Exchange, Fault, Sandbox, Trigger};
use serde_json::{Value, json};
use transport::{Settings, Transport};

use crate::held_services::two_services;
use crate::outside::Outsider;
use crate::world::{World, filters, spec};

const DOCS: &str = "services/Acme/checkout/dev/docs";
const TREE: &[(&str, &str)] = &[
    ("index.md", "# Checkout\n\nHow people pay.\n"),
    ("guides/index.md", "# Guides\n"),
    ("guides/start.md", "---\ntitle: Start here\nstatus: unpublished\n---\nSay hello.\n"),
    ("logo.svg", "<svg/>\n"),
];

/// The smallest platform, whose service has documents.
fn world() -> World {
    with_documents(World::new())
}

fn with_documents(world: World) -> World {
    world.edit("konnect/teams.yaml", "checkout.git\n", "checkout.git\n        docs: docs\n");
    for (file, text) in TREE {
        world.write(&format!("{DOCS}/{file}"), text);
    }
    world
}

/// The same, applied.
async fn applied() -> (World, Sandbox) {
    let world = world();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    (world, sandbox)
}

async fn is_quiet(world: &World, sandbox: &Sandbox) {
    world.against(sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
}

/// The path of the documents of the API `checkout` in Konnect.
async fn path(sandbox: &Sandbox) -> String {
    let api = Outsider(sandbox).named("eu", "/v3/apis", "checkout-dev").await;
    format!("/v3/apis/{}/documents", api["id"].as_str().unwrap())
}

/// The documents at the top.
async fn top(sandbox: &Sandbox) -> Vec<Value> {
    let listed = Outsider(sandbox).konnect(Method::GET, "eu", &path(sandbox).await, None).await;
    listed["data"].as_array().unwrap().clone()
}

fn of_slug(documents: &[Value], slug: &str) -> Value {
    documents.iter().find(|one| one["slug"] == slug).unwrap_or_else(|| panic!("no {slug}: {documents:#?}")).clone()
}

/// The paths of the requests since then that contain a text.
fn about(sandbox: &Sandbox, before: usize, text: &str) -> Vec<String> {
    let paths = sandbox.exchanges().into_iter().skip(before).map(|Exchange { path, .. }| path);
    paths.filter(|path| path.contains(text)).collect()
}

#[tokio::test]
async fn r6_a_service_without_the_key_has_no_documents_and_they_cost_nothing() {
    let world = World::new();
    world.write(&format!("{DOCS}/internal.md"), "# For us\n");
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    is_quiet(&world, &sandbox).await;
    assert_eq!(about(&sandbox, 0, "/documents"), Vec::<String>::new());
    assert_eq!(about(&sandbox, 0, "/Acme/checkout/git/"), Vec::<String>::new());
    sandbox.stop().await;
}

#[tokio::test]
async fn the_tree_of_files_is_the_tree_of_documents_and_every_change_of_it_ends_in_an_empty_plan() {
    let (world, sandbox) = applied().await;
    is_quiet(&world, &sandbox).await;
    let documents = top(&sandbox).await;
    assert_eq!(documents.len(), 2);
    assert_eq!(of_slug(&documents, "index")["title"], "Checkout");
    let guides = of_slug(&documents, "guides");
    assert_eq!((&guides["title"], &guides["status"]), (&json!("Guides"), &json!("published")));
    let start = of_slug(guides["children"].as_array().unwrap(), "start");
    assert_eq!((&start["title"], &start["status"]), (&json!("Start here"), &json!("unpublished")));

    world.push("Acme/checkout", "dev", "docs/guides/start.md", "---\ntitle: First steps\n---\nSay good morning.\n");
    let guard = filters();
    insta::assert_snapshot!(world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(2).stdout);
    drop(guard);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    is_quiet(&world, &sandbox).await;

    // A service that gives up its folder gives up its documents, and its API stays.
    world.edit("konnect/teams.yaml", "        docs: docs\n", "");
    let plan = world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(2).stdout;
    assert!(plan.contains("Plan: 0 to add, 0 to change, 3 to destroy."), "{plan}");
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    is_quiet(&world, &sandbox).await;
    assert_eq!(top(&sandbox).await, Vec::<Value>::new());
    sandbox.stop().await;
}

#[tokio::test]
async fn r5_a_document_that_exists_under_the_slug_is_imported_and_the_others_stay_with_their_authors() {
    let world = world();
    world.edit("konnect/teams.yaml", "        docs: docs\n", "");
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let path = path(&sandbox).await;
    let outsider = Outsider(&sandbox);
    let mine = outsider.made("eu", &path, json!({ "slug": "mine", "content": "Mine.\n" })).await;
    let guides = outsider.made("eu", &path, json!({ "slug": "guides", "content": "# Old guides\n" })).await;

    world.edit("konnect/teams.yaml", "checkout.git\n", "checkout.git\n        docs: docs\n");
    let plan = world.against(&sandbox, &["plan"]).await.exits(0).stdout;
    assert!(plan.contains("/api_document/dev/checkout/guides  will be imported"), "{plan}");
    assert!(plan.contains("-# Old guides") && plan.contains("+# Guides"), "{plan}");
    world
        .against(&sandbox, &["import", "Acme/api_document/dev/checkout/guides", &guides, "--auto-approve"])
        .await
        .exits(0);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    is_quiet(&world, &sandbox).await;
    let shown = outsider.shown("eu", &format!("{path}/{guides}")).await;
    assert_eq!((&shown["content"], &shown["status"]), (&json!("# Guides\n"), &json!("published")));
    assert_eq!(outsider.shown("eu", &format!("{path}/{mine}")).await["content"], "Mine.\n");
    // Someone else's document is no drift.
    world.against(&sandbox, &["drift"]).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn r12_a_document_with_documents_of_others_below_it_is_not_deleted() {
    let (world, sandbox) = applied().await;
    let guides = of_slug(&top(&sandbox).await, "guides")["id"].clone();
    let path = path(&sandbox).await;
    let mine = json!({ "slug": "mine", "content": "Mine.\n", "parent_document_id": guides });
    let mine = Outsider(&sandbox).made("eu", &path, mine).await;
    world.edit("konnect/teams.yaml", "        docs: docs\n", "");
    let run = world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(1);
    assert!(format!("{}{}", run.stdout, run.stderr).contains("documents below it are not managed"), "{}", run.stderr);
    assert_eq!(Outsider(&sandbox).shown("eu", &format!("{path}/{mine}")).await["content"], "Mine.\n");
    sandbox.stop().await;
}

#[tokio::test]
async fn r13_a_document_whose_creation_got_no_answer_is_there_once_and_an_unchanged_one_costs_no_request_of_its_own() {
    let world = world();
    let sandbox = world.sandbox().await;
    sandbox.faults().inject(Trigger::new(Method::POST, "/documents"), Fault::LoseAnswer);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(top(&sandbox).await.len(), 2);
    for command in [["plan", "--detailed-exitcode"].as_slice(), &["drift"]] {
        let before = sandbox.exchanges().len();
        world.against(&sandbox, command).await.exits(0);
        assert_eq!(about(&sandbox, before, "/documents").len(), 1, "{command:?}");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn r8_a_document_that_cannot_be_read_stops_its_own_service_only() {
    let world = with_documents(two_services());
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    world.push("Acme/checkout", "dev", "docs/my page.md", "# Mine\n");
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", "1.1.0"));
    world.push("Acme/billing", "dev", "openapi.yaml", &spec("billing", "1.1.0"));
    let plan = world.against(&sandbox, &["plan"]).await.exits(1);
    let error = &plan.stderr[plan.stderr.find("Error:").unwrap()..];
    insta::assert_snapshot!(error);
    assert!(plan.stdout.contains("api_version/dev/billing  will be updated"), "{}", plan.stdout);
    assert!(!plan.stdout.contains("/dev/checkout"), "{}", plan.stdout);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(1);
    assert_eq!(top(&sandbox).await.len(), 2);
    // Documents that are not asked for are not read.
    let before = sandbox.exchanges().len();
    world.against(&sandbox, &["plan", "--target", "Acme/api*/dev/billing"]).await.exits(0);
    assert_eq!(about(&sandbox, before, "/Acme/checkout/"), Vec::<String>::new());
    for target in ["Acme/api_document/dev/checkout/guides", "Acme/api_document/**", "Acme/api/dev/checkout"] {
        let run = world.against(&sandbox, &["plan", "--target", target]).await.exits(1);
        assert!(run.stderr.contains("my page.md"), "{target}: {}", run.stderr);
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_document_is_a_target_of_its_own() {
    let (world, sandbox) = applied().await;
    world.push("Acme/checkout", "dev", "docs/index.md", "# Checkout\n\nChanged.\n");
    world.push("Acme/checkout", "dev", "docs/guides/start.md", "# Start\n");
    let target = ["--target", "Acme/api_document/dev/checkout/guides/*"];
    let plan = world.against(&sandbox, &["plan", target[0], target[1]]).await.exits(0).stdout;
    assert!(plan.contains("dev/checkout/guides/start  will be updated") && !plan.contains("checkout/index"), "{plan}");
    world.against(&sandbox, &["apply", target[0], target[1], "--auto-approve"]).await.exits(0);
    let plan = world.against(&sandbox, &["plan"]).await.exits(0).stdout;
    assert!(plan.contains("dev/checkout/index  will be updated") && !plan.contains("guides/start"), "{plan}");
    sandbox.stop().await;
}

#[tokio::test]
async fn r15_a_renamed_service_keeps_its_documents() {
    let (world, sandbox) = applied().await;
    let before = top(&sandbox).await;
    let teams = world.read("konnect/teams.yaml").replace("name: checkout\n", "name: pay\n");
    world.write("konnect/teams.yaml", &format!("{teams}moved:\n  - {{type: service, from: checkout, to: pay}}\n"));
    world.against(&sandbox, &["apply", "--auto-approve", "--allow-destroy"]).await.exits(0);
    is_quiet(&world, &sandbox).await;
    let listed = world.against(&sandbox, &["state", "list"]).await.exits(0).stdout;
    assert!(listed.contains("Acme/api_document/dev/pay/guides/start"), "{listed}");
    let api = Outsider(&sandbox).named("eu", "/v3/apis", "pay-dev").await;
    let path = format!("/v3/apis/{}/documents", api["id"].as_str().unwrap());
    let after = Outsider(&sandbox).konnect(Method::GET, "eu", &path, None).await;
    assert_eq!(after["data"].as_array().unwrap(), &before);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_tree_is_listed_once_and_a_text_that_several_environments_have_is_read_once() {
    let world = world();
    let qa = "      dev:\n        type: DEV\n        region: eu\n      qa:\n        type: DEV\n        region: eu\n      \
              prd:\n        type: PROD\n        region: eu\n";
    world.edit("konnect/organizations.yaml", "      dev:\n        type: DEV\n        region: eu\n", qa);
    for (file, text) in TREE {
        world.write(&format!("services/Acme/checkout/main/docs/{file}"), text);
    }
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["plan"]).await.exits(0);
    assert_eq!(about(&sandbox, 0, "/Acme/checkout/git/trees/").len(), 2, "one for each of the two branches");
    assert_eq!(about(&sandbox, 0, "/Acme/checkout/git/blobs/").len(), 3, "one for each of the three documents");
    sandbox.stop().await;
}

#[tokio::test]
async fn both_ways_of_reading_a_repository_give_the_same_documents() {
    let world = world();
    world.write(&format!("{DOCS}/guides/bytes.md"), "\u{feff}# Umlaut ä\r\n\r\nNo end");
    let sandbox = world.sandbox().await;
    let access = Access { url: sandbox.github_url(), token: Some("t".into()), token_source: "the test".to_owned() };
    let client = ReadClient::new(Transport::new(&Settings::default()).unwrap(), access).unwrap();
    let git = format!("file://{}", world.repository("Acme/checkout").display());
    let github = Source::GitHub(Box::new(client), "Acme/checkout".parse().unwrap());
    let wanted = |remote: &str, source: Source| Wanted {
        remote: remote.to_owned(),
        branch: "dev".to_owned(),
        path: "docs".to_owned(),
        source,
    };
    let wanted = BTreeMap::from([
        ("git", wanted(&git, Source::Git(Credentials::None))),
        ("github", wanted("https://github.com/Acme/checkout.git", github)),
        ("elsewhere", Wanted { path: "documents".to_owned(), ..wanted(&git, Source::Git(Credentials::None)) }),
    ]);
    let mut read = read(wanted).await;
    let missing = read.remove("elsewhere").unwrap().unwrap_err();
    assert!(missing.to_string().contains("the branch has no such folder"), "{missing}");
    let files = |way: &str| -> Files { read[way].clone().unwrap() };
    assert_eq!(files("git"), files("github"));
    assert_eq!(
        files("git").keys().collect::<Vec<_>>(),
        ["guides/bytes.md", "guides/index.md", "guides/start.md", "index.md"]
    );
    assert_eq!(files("git")["guides/bytes.md"], "\u{feff}# Umlaut ä\r\n\r\nNo end".as_bytes());
    sandbox.stop().await;
}
