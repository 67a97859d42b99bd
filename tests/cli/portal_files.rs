//! Pages and snippets of developer portals from files beside the configuration.

use http::Method;
use sandbox::{Fault, Trigger};

use crate::outside::Outsider;
use crate::world::{Run, World, filters};

const ORGANIZATIONS: &str = "konnect/organizations.yaml";
const PAGES: &str = "konnect/Acme/envs/dev/portal/pages";

/// The smallest platform with these pages in files.
fn world(pages: &[(&str, &str)]) -> World {
    let world = World::new();
    for (page, text) in pages {
        world.write(&format!("{PAGES}/{page}"), text);
    }
    world
}

const TREE: &[(&str, &str)] = &[
    ("index.md", "# Welcome\n"),
    ("guides/index.md", "# Guides\n"),
    ("guides/start.md", "---\ntitle: Start here\nvisibility: public\nstatus: unpublished\n---\nText.\n"),
    ("guides/start/first-call.md", "# First call\n\nSay hello.\n"),
];

/// What `koctl validate` says of a configuration that is not valid.
fn refused(world: &World) -> String {
    world.run(&["validate"]).exits(1).stderr
}

#[track_caller]
fn is_quiet(world: &World) -> Run {
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0)
}

#[test]
fn r6_a_folder_without_pages_changes_nothing() {
    let world = World::new().applied();
    std::fs::create_dir_all(world.path().join(PAGES)).unwrap();
    is_quiet(&world);
}

#[test]
fn the_tree_of_files_is_the_tree_of_pages_and_every_change_of_it_ends_in_an_empty_plan() {
    let world = world(TREE);
    let plan = world.koctl(&["plan"]).exits(0).stdout;
    for page in ["index", "guides", "guides/start", "guides/start/first-call"] {
        assert!(plan.contains(&format!("/portal_page/dev/{page}  will be created")), "{plan}");
    }
    let world = world.applied();
    is_quiet(&world);

    let first_call = format!("{PAGES}/guides/start/first-call.md");
    world.edit(&first_call, "hello", "good morning");
    let guard = filters();
    insta::assert_snapshot!(world.koctl(&["plan", "--detailed-exitcode"]).exits(2).stdout);
    drop(guard);
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    is_quiet(&world);

    // A page that moves to a key of the configuration stays the same page.
    std::fs::remove_file(world.path().join(&first_call)).unwrap();
    world.edit(
        ORGANIZATIONS,
        "region: eu\n",
        "region: eu\n        portal:\n          pages:\n            guides/start/first-call: \"# First call\\n\\nSay good \
         morning.\\n\"\n",
    );
    is_quiet(&world);

    std::fs::remove_dir_all(world.path().join(PAGES).join("guides")).unwrap();
    assert!(refused(&world).contains("is below `guides/start`, which is not a page"));
    world.edit(ORGANIZATIONS, "            guides/start/first-call: \"# First call\\n\\nSay good morning.\\n\"\n", "");
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(2).stdout;
    assert!(plan.contains("Plan: 0 to add, 0 to change, 3 to destroy."), "{plan}");
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    is_quiet(&world);
}

#[tokio::test]
async fn konnect_gets_what_front_matter_says_and_an_unchanged_page_costs_no_request_of_its_own() {
    let world = world(TREE);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let outsider = Outsider(&sandbox);
    let portals = outsider.konnect(Method::GET, "eu", "/v3/portals", None).await;
    let pages = format!("/v3/portals/{}/pages", portals["data"][0]["id"].as_str().unwrap());
    let listed = outsider.konnect(Method::GET, "eu", &pages, None).await;
    let of = |pages: &serde_json::Value, slug: &str| {
        pages.as_array().unwrap().iter().find(|page| page["slug"] == slug).unwrap().clone()
    };
    assert_eq!(of(&listed["data"], "/")["title"], "Welcome");
    let guides = of(&listed["data"], "guides");
    let start = of(&guides["children"], "start");
    assert_eq!(
        (&start["title"], &start["visibility"], &start["status"]),
        (&"Start here".into(), &"public".into(), &"unpublished".into())
    );
    assert_eq!(of(&start["children"], "first-call")["visibility"], guides["visibility"]);

    for command in [["plan", "--detailed-exitcode"].as_slice(), &["drift"]] {
        let before = sandbox.exchanges().len();
        world.against(&sandbox, command).await.exits(0);
        let exchanges = sandbox.exchanges();
        let about: Vec<&str> =
            exchanges[before..].iter().map(|one| one.path.as_str()).filter(|path| path.contains("/pages")).collect();
        assert_eq!(about.len(), 1, "{about:?}");
    }
    sandbox.stop().await;
}

#[test]
fn a_page_in_two_places_is_refused_with_both() {
    let world = world(&[("guides.md", "# Guides\n"), ("guides/index.md", "# Guides\n")]);
    assert!(refused(&world).contains(&format!("the files {PAGES}/guides/index.md and {PAGES}/guides.md")));
    std::fs::remove_file(world.path().join(PAGES).join("guides/index.md")).unwrap();
    world.write(&format!("{PAGES}/Guides.md"), "# Guides\n");
    assert!(refused(&world).contains("are about the same page"));
    std::fs::remove_file(world.path().join(PAGES).join("Guides.md")).unwrap();
    world.edit(ORGANIZATIONS, "region: eu\n", "region: eu\n        portal: {pages: {guides: '# Guides'}}\n");
    let stderr = refused(&world);
    assert!(stderr.contains(&format!("the page `guides` is here and in the file {PAGES}/guides.md")), "{stderr}");
    assert!(stderr.contains("konnect/organizations.yaml:"), "{stderr}");
}

#[test]
fn what_cannot_be_a_page_is_refused_by_the_name_of_its_file() {
    let world = world(&[
        ("my page.md", "# Mine\n"),
        ("lonely/start.md", "# Start\n"),
        ("draft.md", "---\nstatus: draft\n---\n"),
        ("logo.png", "x"),
        ("bell.md", "ding \u{7}\n"),
    ]);
    std::os::unix::fs::symlink("/etc/passwd", world.path().join(PAGES).join("passwd.md")).unwrap();
    let run = world.run(&["validate"]).exits(1);
    insta::assert_snapshot!(run.stderr);
    // Nothing of another file is shown.
    assert!(!run.stderr.contains("root:"));
}

#[test]
fn files_are_found_beside_the_configuration_that_a_flag_names() {
    let world = world(&[("start.md", "# Start\n")]);
    let is_found = |flags: &[&str]| {
        let graph = world.run(&[&["graph", "--sandbox"], flags].concat()).exits(0).stdout;
        graph.contains("portal_page/dev/start")
    };
    assert!(is_found(&[]));
    assert!(is_found(&["--orgs", "konnect/organizations.yaml"]));
    let (teams, organizations) = (world.read("konnect/teams.yaml"), world.read(ORGANIZATIONS));
    world.write("all.yaml", &format!("{teams}{organizations}"));
    world.write("konnect/all.yaml", &format!("{teams}{organizations}"));
    assert!(is_found(&["--file", "all.yaml"]));
    assert!(is_found(&["--file", "konnect/all.yaml"]));
    world.write("elsewhere/all.yaml", &format!("{teams}{organizations}"));
    assert!(!is_found(&["--file", "elsewhere/all.yaml"]));
}

#[test]
fn r7_a_saved_plan_is_not_applied_after_its_files_changed() {
    let world = world(&[("start.md", "# Start\n")]);
    world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
    world.write(&format!("{PAGES}/start.md"), "# Other\n");
    let run = world.koctl(&["apply", "plan.koctl"]).exits(1);
    assert!(run.stderr.contains("configuration"), "{}", run.stderr);
}

#[test]
fn a_folder_that_no_environment_has_is_a_warning_with_the_nearest_name() {
    let world = World::new();
    world.write("konnect/Acme/envs/devv/portal/pages/start.md", "# Start\n");
    for run in [world.run(&["validate"]).exits(0), world.koctl(&["plan"]).exits(0)] {
        let told = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("The files in konnect/Acme/envs/devv/portal are not used"), "{told}");
        assert!(told.contains("Did you mean `dev`?"), "{told}");
    }
    // Staged files of a former environment are no content of a portal.
    std::fs::remove_dir_all(world.path().join("konnect/Acme/envs/devv/portal")).unwrap();
    world.write("konnect/Acme/envs/devv/teams/orders/kong.yaml", "");
    assert_eq!(world.run(&["validate"]).exits(0).stderr.matches("Warning").count(), 0);
}

#[test]
fn r15_a_renamed_environment_keeps_its_pages_once_its_folder_is_renamed_too() {
    let world = world(TREE).applied();
    world.edit(ORGANIZATIONS, "      dev:\n", "      qa:\n");
    let teams = world.read("konnect/teams.yaml");
    world.write(
        "konnect/teams.yaml",
        &format!("{teams}moved:\n  - {{type: environment, from: Acme/dev, to: Acme/qa}}\n"),
    );
    let stderr = refused(&world);
    assert!(stderr.contains("konnect/Acme/envs/dev/portal is about an environment that `moved` renames"), "{stderr}");
    let command = "git mv konnect/Acme/envs/dev/portal konnect/Acme/envs/qa/portal";
    assert!(stderr.split_whitespace().collect::<Vec<_>>().join(" ").contains(command), "{stderr}");

    let [from, to] = ["dev", "qa"].map(|name| world.path().join(format!("konnect/Acme/envs/{name}/portal")));
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::rename(from, to).unwrap();
    let plan = world.koctl(&["plan"]).exits(0).stdout;
    assert!(!plan.contains("portal_page/qa/guides  will be"), "{plan}");
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    is_quiet(&world);
}

/// The files of a portal are in the folder of an environment, beside its staged files.
#[test]
fn the_files_of_a_portal_stay_when_the_staged_files_beside_them_are_deleted() {
    let world = World::new();
    world.write(
        "konnect/teams.yaml",
        &format!(
            "{}      Acme/pay:\n        name: pay\n        git:\n          remote: https://github.com/Acme/pay.git\n",
            world.read("konnect/teams.yaml")
        ),
    );
    for branch in ["main", "dev"] {
        world.write(&format!("services/Acme/pay/{branch}/openapi.yaml"), &crate::world::spec("pay", "1.0.0"));
    }
    let world = world.applied();
    let staged = "Acme-dev-konnect-orchestrator-apply";
    let page = "konnect/Acme/envs/dev/portal/pages/start.md";
    world.git("Acme/platform", &["update-ref", "refs/heads/main", staged]);
    world.merge("Acme/platform", &[(page.to_owned(), "# Start\n".to_owned())]);
    for (organizations, removed) in [(false, "pay"), (true, "checkout")] {
        if organizations {
            world.edit("konnect/organizations.yaml", "      dev:\n", "      qa:\n");
        } else {
            let teams = world.read("konnect/teams.yaml");
            world.write("konnect/teams.yaml", &teams[..teams.find("      Acme/pay").unwrap()]);
        }
        world.koctl(&["apply", "--auto-approve", "--allow-destroy"]).exits(0);
        let files = world.git("Acme/platform", &["ls-tree", "-r", "--name-only", staged]);
        assert!(!files.contains(&format!("{removed}/openapi.yaml")), "{files}");
        assert!(files.contains(page), "{files}");
    }
}

const SNIPPETS: &str = "konnect/Acme/envs/dev/portal/snippets";

#[test]
fn snippets_in_files_are_made_changed_imported_and_deleted_and_quiet_in_between() {
    let world = World::new();
    world.write(&format!("{SNIPPETS}/note.md"), "---\nvisibility: public\n---\nA note.\n");
    // Konnect gives a new portal a snippet of this name.
    world.write(&format!("{SNIPPETS}/footer.md"), "# Footer\n");
    let plan = world.koctl(&["plan"]).exits(0).stdout;
    assert!(plan.contains("/portal_snippet/dev/note  will be created"), "{plan}");
    assert!(plan.contains("everyone sees the snippet"), "{plan}");
    let world = world.applied();
    is_quiet(&world);

    world.edit(&format!("{SNIPPETS}/note.md"), "A note.", "Another note.");
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(2).stdout;
    assert!(plan.contains("-A note.") && plan.contains("+Another note."), "{plan}");
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    is_quiet(&world);

    world.koctl(&["state", "rm", "Acme/portal_snippet/dev/note", "--auto-approve"]).exits(0);
    let plan = world.koctl(&["plan"]).exits(0).stdout;
    assert!(plan.contains("Plan: 1 to import, 0 to add, 0 to change, 0 to destroy."), "{plan}");
    world.koctl(&["apply", "--auto-approve"]).exits(0);

    std::fs::remove_dir_all(world.path().join(SNIPPETS)).unwrap();
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(2).stdout;
    assert!(plan.contains("Plan: 0 to add, 0 to change, 2 to destroy."), "{plan}");
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    is_quiet(&world);
}

#[tokio::test]
async fn r10_a_snippet_whose_creation_got_no_answer_is_there_once_and_an_unchanged_one_costs_no_request_of_its_own() {
    let world = World::new();
    world.write(&format!("{SNIPPETS}/note.md"), "A note.\n");
    let sandbox = world.sandbox().await;
    sandbox.faults().inject(Trigger::new(Method::POST, "/snippets"), Fault::LoseAnswer);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let before = sandbox.exchanges().len();
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    let exchanges = sandbox.exchanges();
    let about: Vec<&str> =
        exchanges[before..].iter().map(|one| one.path.as_str()).filter(|path| path.contains("/snippets")).collect();
    assert_eq!(about.len(), 1, "{about:?}");
    sandbox.stop().await;
}

#[test]
fn a_snippet_in_a_folder_is_refused_by_the_name_of_its_file() {
    let world = World::new();
    world.write(&format!("{SNIPPETS}/parts/note.md"), "A note.\n");
    let stderr = refused(&world);
    assert!(stderr.contains("the snippet `parts/note` is not valid: snippets are in no folders"), "{stderr}");
    assert!(stderr.contains("parts/note.md:1:1"), "{stderr}");
}
