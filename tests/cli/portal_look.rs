//! The look of a portal, its images, and its custom domain.

use http::Method;
use sandbox::{Fault, Sandbox, Trigger};
use serde_json::{Value, json};

use crate::outside::Outsider;
use crate::world::{World, filters};

const APPLY: &[&str] = &["apply", "--auto-approve", "--allow-destroy"];
const PLAN: &[&str] = &["plan", "--detailed-exitcode"];
const FOLDER: &str = "konnect/Acme/envs/dev/portal";

const LOOK: &str = "          customization:
            theme: {mode: dark, primary-color: '#0b5fff'}
            menu:
              main: [{path: /apis, title: APIs}]
            spec-renderer: {hide-internal: true}
            robots: |
              User-agent: *
              Disallow: /
";
const DOMAIN: &str = "          custom-domain: {hostname: developers.example.com}\n";

/// The smallest platform, whose portal has these keys.
fn world(portal: &str) -> World {
    let world = World::new();
    look(&world, portal);
    world
}

fn look(world: &World, portal: &str) {
    let text = world.read("konnect/organizations.yaml");
    let (before, _) = text.split_once("        region: eu\n").unwrap();
    let portal = if portal.is_empty() { String::new() } else { format!("        portal:\n{portal}") };
    world.write("konnect/organizations.yaml", &format!("{before}        region: eu\n{portal}"));
}

/// The path of the portal in Konnect.
async fn portal(sandbox: &Sandbox) -> String {
    let portals = Outsider(sandbox).konnect(Method::GET, "eu", "/v3/portals", None).await;
    format!("/v3/portals/{}", portals["data"][0]["id"].as_str().unwrap())
}

#[tokio::test]
async fn r2_a_portal_without_these_keys_costs_no_request_more() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    for arguments in [APPLY, PLAN, &["drift", "--json"]] {
        world.against(&sandbox, arguments).await.exits(0);
    }
    let is_about = |path: &str| ["/customization", "/assets/", "/custom-domain"].iter().any(|end| path.contains(end));
    assert_eq!(sandbox.exchanges().iter().find(|exchange| is_about(&exchange.path)), None);
    sandbox.stop().await;
}

#[test]
fn r6_the_look_is_set_changed_and_left_and_quiet_in_between() {
    let _filters = filters();
    let world = world(LOOK);
    world.write(&format!("{FOLDER}/custom.css"), "a {\n  color: red;\n}\n");
    world.write(&format!("{FOLDER}/logo.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n");
    insta::assert_snapshot!(world.koctl(PLAN).exits(2).stdout);
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
    world.koctl(&["drift"]).exits(0);

    world.write(&format!("{FOLDER}/custom.css"), "a {\n  color: blue;\n}\n");
    world.write(&format!("{FOLDER}/logo.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\"/>\n");
    world.edit("konnect/organizations.yaml", "            spec-renderer: {hide-internal: true}\n", "");
    insta::assert_snapshot!("the_look_changes", world.koctl(PLAN).exits(2).stdout);
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
    let state = world.koctl(&["state", "pull", "Acme"]).exits(0).stdout;
    assert!(!state.contains("data:image"), "{state}");

    // It always exists: it stays as it is.
    look(&world, "");
    std::fs::remove_dir_all(world.path().join(FOLDER)).unwrap();
    let plan = world.koctl(PLAN).exits(2).stdout;
    assert!(plan.contains("will be forgotten"), "{plan}");
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
}

#[tokio::test]
async fn r3_what_people_set_by_hand_beside_it_stays() {
    let world = world(LOOK);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    let (outsider, path) = (Outsider(&sandbox), format!("{}/customization", portal(&sandbox).await));
    let theirs = json!({
        "theme": { "name": "theirs" }, "layout": "theirs", "css": "b {}",
        "menu": { "footer_bottom": [{ "path": "/a", "title": "A", "visibility": "public", "external": false }] },
        "spec_renderer": { "try_it_ui": false },
    });
    outsider.konnect(Method::PATCH, "eu", &path, Some(theirs)).await;
    world.against(&sandbox, &["drift"]).await.exits(0);
    world.edit("konnect/organizations.yaml", "mode: dark", "mode: light");
    world.edit("konnect/organizations.yaml", "title: APIs", "title: All APIs");
    world.edit("konnect/organizations.yaml", "hide-internal: true", "hide-internal: false");
    world.against(&sandbox, APPLY).await.exits(0);
    let now = outsider.konnect(Method::GET, "eu", &path, None).await;
    assert_eq!(now["theme"], json!({ "name": "theirs", "mode": "light", "colors": { "primary": "#0b5fff" } }));
    assert_eq!((&now["layout"], &now["css"]), (&json!("theirs"), &json!("b {}")));
    assert_eq!(now["menu"]["footer_bottom"][0]["title"], "A");
    assert_eq!(now["menu"]["main"][0]["title"], "All APIs");
    assert_eq!(
        (&now["spec_renderer"]["try_it_ui"], &now["spec_renderer"]["hide_internal"]),
        (&json!(false), &json!(false))
    );
    sandbox.stop().await;
}

#[test]
fn r5_what_exists_is_imported() {
    let world = world(&format!("{LOOK}{DOMAIN}          logo: data:image/png;base64,iVBORw0KGgo=\n")).applied();
    for pattern in ["Acme/portal_customization/**", "Acme/portal_asset/**", "Acme/portal_custom_domain/**"] {
        world.koctl(&["state", "rm", pattern, "--auto-approve"]).exits(0);
    }
    let plan = world.koctl(PLAN).exits(2);
    assert_eq!(plan.last_line(), "Plan: 3 to import, 0 to add, 0 to change, 0 to destroy.");
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
}

#[test]
fn r12_a_custom_domain_is_made_replaced_and_removed_with_a_person_only() {
    let _filters = filters();
    let world = world(DOMAIN);
    insta::assert_snapshot!(world.koctl(PLAN).exits(2).stdout);
    world.koctl(APPLY).exits(0);
    let quiet = world.koctl(PLAN).exits(0);
    assert!(quiet.stdout.contains("CNAME record of \"developers.example.com\""), "{}", quiet.stdout);

    world.edit("konnect/organizations.yaml", "example.com}", "example.com, enabled: false}");
    let plan = world.koctl(PLAN).exits(2);
    assert_eq!(plan.last_line(), "Plan: 0 to add, 1 to change, 0 to destroy.");
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    world.koctl(PLAN).exits(0);

    for edited in [DOMAIN.replace("developers", "portal"), String::new()] {
        look(&world, &edited);
        assert!(world.koctl(PLAN).exits(2).last_line().ends_with("1 to destroy."));
        let refused = world.koctl(&["apply", "--auto-approve"]).exits(1);
        assert!(refused.stderr.contains("--allow-destroy"), "{}", refused.stderr);
        world.koctl(APPLY).exits(0);
        world.koctl(PLAN).exits(0);
    }
}

#[tokio::test]
async fn r13_a_lost_answer_leaves_one_of_each() {
    let world = world(&format!("{LOOK}{DOMAIN}"));
    let sandbox = world.sandbox().await;
    for (method, path) in
        [(Method::POST, "/eu/v3/portals/*/custom-domain"), (Method::PATCH, "/eu/v3/portals/*/customization")]
    {
        sandbox.faults().inject(Trigger::new(method, path), Fault::LoseAnswer);
    }
    world.against(&sandbox, APPLY).await;
    sandbox.faults().clear();
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    let domain = format!("{}/custom-domain", portal(&sandbox).await);
    let made = Outsider(&sandbox).konnect(Method::GET, "eu", &domain, None).await;
    assert_eq!(made["hostname"], "developers.example.com");
    sandbox.stop().await;
}

#[tokio::test]
async fn r11_a_certificate_and_its_key_are_sent_together_and_never_recorded_or_shown() {
    let world = world(
        "          custom-domain:
            hostname: developers.example.com
            certificate: {type: file, value: secrets/certificate}
            private-key: {type: file, value: secrets/key}
            skip-ca-check: true
",
    );
    world.write("secrets/certificate", "CERTIFICATE-1\n");
    world.write("secrets/key", "PRIVATE-1\n");
    let sandbox = world.sandbox().await;
    let applied = world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    world.write("secrets/key", "PRIVATE-2\n");
    let plan = world.against(&sandbox, PLAN).await.exits(2);
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    let state = world.against(&sandbox, &["state", "pull", "Acme"]).await.exits(0).stdout;
    assert!(!format!("{}{}{state}", applied.stdout, plan.stdout).contains("PRIVATE"), "{}", plan.stdout);
    let sent: Vec<Value> = sandbox
        .exchanges()
        .into_iter()
        .filter(|one| one.path.ends_with("/custom-domain") && one.method != "GET")
        .map(|one| one.request_body.unwrap()["ssl"].clone())
        .collect();
    assert_eq!(sent[0]["custom_private_key"], "PRIVATE-1");
    let changed = json!({ "custom_certificate": "CERTIFICATE-1", "custom_private_key": "PRIVATE-2" });
    assert_eq!(sent[1], changed);
    sandbox.stop().await;
}

#[test]
fn mistakes_are_named_with_their_place() {
    let _filters = filters();
    let world = world(
        "          customization:
            theme: {mode: bright, primary-color: blue}
            menu: {main: [{path: '', title: APIs}]}
            css: 'a {}'
          custom-domain: {hostname: 'https://example.com', certificate: {type: env, value: CERTIFICATE}}
          logo: logo.png
      qa:
        type: DEV
        region: eu
        portal: {custom-domain: {hostname: Portal.example.com, skip-ca-check: true}}
      prd:
        type: PROD
        region: eu
        portal: {custom-domain: {hostname: portal.example.com}}
",
    );
    world.write(&format!("{FOLDER}/custom.css"), "a {}\n");
    world.write(&format!("{FOLDER}/favicon.webp"), "image");
    world.write("konnect/Acme/envs/qa/portal/logo.png", "image");
    world.write("konnect/Acme/envs/qa/portal/logo.svg", "image");
    insta::assert_snapshot!(world.run(&["validate"]).exits(1).stderr);
}
