//! What people see and may do, by their roles and by the scopes of their tokens.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, ETAG, IF_NONE_MATCH, LINK};
use sandbox::github::ensure_repository;
use serde_json::{Value, json};

use crate::world::{Answer, World, git, names, send, text, texts};

/// `Org/public` and `Org/private`, with a file each.
async fn two_repositories() -> World {
    let world = World::new().await;
    for (name, private) in [("public", false), ("private", true)] {
        let body = json!({"name": name, "private": private, "auto_init": true});
        world.post("/orgs/Org/repos", body).await.expect(201);
    }
    world
}

/// Changes the accounts.
async fn edit(world: &World, change: impl FnOnce(&mut Value)) {
    let mut accounts = world.get("/_sandbox/accounts").await.expect(200);
    change(&mut accounts);
    world.put("/_sandbox/accounts", accounts).await.expect(200);
}

async fn ask(world: &World, token: &str, path: &str) -> Answer {
    send(world.anonymous(Method::GET, path).bearer_auth(token)).await
}

/// An attempt to write a file, as its status.
async fn write(world: &World, token: &str, repo: &str) -> u16 {
    let path = format!("/repos/{repo}/contents/by-{}", token.len());
    let body = json!({"message": "Write", "content": "eA=="});
    let request = world.anonymous(Method::PUT, &path).bearer_auth(token).json(&body);
    send(request).await.status.as_u16()
}

#[tokio::test]
async fn a_fresh_sandbox_has_people_of_three_kinds() {
    let world = two_repositories().await;
    for (login, role, private, public) in [
        ("platform-engineer", Some("admin"), Some("admin"), "admin"),
        ("orders-developer", Some("member"), Some("write"), "write"),
        ("guest", None, None, "read"),
    ] {
        let token = world.token(login, "repo read:org").await;
        let membership = ask(&world, &token, "/user/memberships/orgs/Org").await;
        let found = (membership.status == 200).then(|| text(&membership.json()["role"]));
        assert_eq!(found.as_deref(), role, "{login}");
        let seen = ask(&world, &token, "/repos/Org/private").await;
        assert_eq!(seen.status == 200, private.is_some(), "{login}");
        for (repo, role) in [("private", private), ("public", Some(public))] {
            let path = format!("/repos/Org/{repo}/collaborators/{login}/permission");
            let permission = world.get(&path).await.expect(200);
            assert_eq!(permission["role_name"], role.unwrap_or("none"), "{login} in {repo}");
        }
    }
}

#[tokio::test]
async fn a_developer_only_reads_the_repository_of_the_platform() {
    let world = World::new().await;
    let body = json!({"name": "platform", "private": true, "auto_init": true});
    world.post("/orgs/Org/repos", body).await.expect(201);
    let developer = world.token("orders-developer", "repo").await;
    let seen = ask(&world, &developer, "/repos/Org/platform").await.expect(200);
    assert_eq!((&seen["permissions"]["pull"], &seen["permissions"]["push"]), (&json!(true), &json!(false)));
    assert_eq!(write(&world, &developer, "Org/platform").await, 403);
    let engineer = world.token("platform-engineer", "repo").await;
    assert_eq!(write(&world, &engineer, "Org/platform").await, 201);
}

#[tokio::test]
async fn a_role_decides_what_a_person_may_do() {
    let world = two_repositories().await;
    let developer = world.token("orders-developer", "repo").await;
    let guest = world.token("guest", "repo").await;
    assert_eq!(write(&world, &developer, "Org/private").await, 201);
    assert_eq!(write(&world, &guest, "Org/public").await, 403);
    assert_eq!(write(&world, &guest, "Org/private").await, 404, "hidden");
    let secrets = "/repos/Org/public/actions/secrets";
    ask(&world, &guest, secrets).await.refusal(403);
    ask(&world, &developer, secrets).await.expect(200);
    edit(&world, |accounts| {
        let role = json!({"repository": "Org/private", "login": "guest", "permission": "read"});
        accounts["collaborators"] = json!([role]);
    })
    .await;
    ask(&world, &guest, "/repos/Org/private").await.expect(200);
    assert_eq!(write(&world, &guest, "Org/private").await, 403);
    world.get("/repos/Org/private/collaborators/guest").await.expect(204);
    let all = world.get("/repos/Org/private/collaborators").await.expect(200);
    assert_eq!(names(&all, "login"), ["platform-engineer", "orders-developer", "guest"]);
}

#[tokio::test]
async fn a_token_may_do_what_its_scopes_allow() {
    let world = two_repositories().await;
    for (scopes, public, private) in [("", 403, 404), ("public_repo", 201, 404), ("repo", 201, 201)] {
        let token = world.token("platform-engineer", scopes).await;
        assert_eq!(write_as(&world, &token, "Org/public", scopes).await, public, "{scopes:?} in public");
        assert_eq!(write_as(&world, &token, "Org/private", scopes).await, private, "{scopes:?} in private");
    }
    let none = world.token("platform-engineer", "").await;
    ask(&world, &none, "/user/emails").await.refusal(404);
    ask(&world, &none, "/user/orgs").await.refusal(403);
    assert_eq!(ask(&world, &none, "/user").await.expect(200)["user_view_type"], "public");
    let some = world.token("platform-engineer", "user read:org").await;
    let emails = ask(&world, &some, "/user/emails").await.expect(200);
    assert_eq!(names(&emails, "email"), ["platform-engineer@sandbox.invalid"]);
    assert_eq!(names(&ask(&world, &some, "/user/orgs").await.expect(200), "login"), ["Org"]);
    assert_eq!(ask(&world, &some, "/user").await.expect(200)["user_view_type"], "private");
}

async fn write_as(world: &World, token: &str, repo: &str, file: &str) -> u16 {
    let path = format!("/repos/{repo}/contents/by-{file}");
    let body = json!({"message": "Write", "content": "eA=="});
    send(world.anonymous(Method::PUT, &path).bearer_auth(token).json(&body)).await.status.as_u16()
}

#[tokio::test]
async fn people_list_the_repositories_that_are_theirs() {
    let world = two_repositories().await;
    ensure_repository(world.root(), "guest", "own", &texts(&[("a", "1")])).unwrap();
    let list = |login: &'static str, scopes: &'static str, path: &'static str| {
        let world = &world;
        async move {
            let token = world.token(login, scopes).await;
            names(&ask(world, &token, path).await.expect(200), "full_name")
        }
    };
    assert_eq!(list("guest", "repo", "/user/repos").await, ["guest/own"]);
    assert_eq!(list("orders-developer", "repo", "/user/repos").await, ["Org/private", "Org/public"]);
    assert_eq!(list("orders-developer", "", "/user/repos").await, ["Org/public"]);
    assert_eq!(list("orders-developer", "repo", "/user/repos?visibility=private").await, ["Org/private"]);
    assert_eq!(list("orders-developer", "repo", "/user/repos?affiliation=owner").await, Vec::<String>::new());
    assert_eq!(list("guest", "repo", "/orgs/Org/repos").await, ["Org/public"]);
    assert_eq!(list("guest", "repo", "/users/guest/repos").await, ["guest/own"]);
    let token = world.token("orders-developer", "repo").await;
    let page = ask(&world, &token, "/user/repos?per_page=1").await;
    assert!(page.headers[LINK].to_str().unwrap().contains("rel=\"next\""));
    let both = ask(&world, &token, "/user/repos?type=owner&visibility=all").await;
    both.refusal(422);
    let found = ask(&world, &token, "/search/repositories?q=private+org:Org").await.expect(200);
    assert_eq!((&found["total_count"], &found["items"][0]["full_name"]), (&json!(1), &json!("Org/private")));
    let guest = world.token("guest", "repo").await;
    assert_eq!(ask(&world, &guest, "/search/repositories?q=private").await.expect(200)["total_count"], 0);
    assert_eq!(ask(&world, &guest, "/repos/guest/own").await.expect(200)["owner"]["type"], "User");
}

#[tokio::test]
async fn members_see_the_teams_of_their_organization() {
    let world = two_repositories().await;
    let member = world.token("orders-developer", "read:org").await;
    let teams = ask(&world, &member, "/orgs/Org/teams").await.expect(200);
    assert_eq!(names(&teams, "slug"), ["platform", "orders"]);
    let team = ask(&world, &member, "/orgs/Org/teams/orders").await.expect(200);
    assert_eq!((&team["members_count"], &team["organization"]["login"]), (&json!(1), &json!("Org")));
    let members = ask(&world, &member, "/orgs/Org/teams/platform/members").await.expect(200);
    assert_eq!(names(&members, "login"), ["platform-engineer"]);
    let role = ask(&world, &member, "/orgs/Org/teams/platform/memberships/platform-engineer").await.expect(200);
    assert_eq!(role["role"], "maintainer");
    ask(&world, &member, "/orgs/Org/teams/platform/memberships/guest").await.refusal(404);
    ask(&world, &member, "/orgs/Org/teams/none").await.refusal(404);
    ask(&world, &member, "/orgs/Org/teams/orders/repos/Org/public").await.expect(204);
    assert_eq!(names(&ask(&world, &member, "/user/teams").await.expect(200), "slug"), ["orders"]);
    ask(&world, &member, "/orgs/Org/members/platform-engineer").await.expect(204);
    ask(&world, &member, "/orgs/Org/members/guest").await.refusal(404);
    ask(&world, &member, "/orgs/Org/memberships/platform-engineer").await.expect(200);
    let guest = world.token("guest", "read:org").await;
    ask(&world, &guest, "/orgs/Org/teams").await.refusal(403);
    assert_eq!(send(world.browser_as(&guest, "/orgs/Org/members/platform-engineer")).await.status, 302);
    ask(&world, &guest, "/orgs/None").await.refusal(404);
    assert_eq!(ask(&world, &guest, "/orgs/Org").await.expect(200)["public_repos"], 1);
    assert_eq!(ask(&world, &guest, "/users/platform-engineer").await.expect(200)["type"], "User");
}

#[tokio::test]
async fn what_people_make_has_their_name() {
    let world = two_repositories().await;
    let token = world.token("orders-developer", "repo").await;
    let post = |method: Method, path: &str, body: Value| {
        send(world.anonymous(method, &format!("/repos/Org/private{path}")).bearer_auth(&token).json(&body))
    };
    let tip = world.get("/repos/Org/private/git/ref/heads/main").await.expect(200)["object"]["sha"].clone();
    post(Method::POST, "/git/refs", json!({"ref": "refs/heads/work", "sha": tip})).await.expect(201);
    let file = json!({"message": "Add", "content": "eA==", "branch": "work"});
    let made = post(Method::PUT, "/contents/file", file).await.expect(201);
    assert_eq!(made["commit"]["author"]["name"], "Orders developer");
    let pull = json!({"title": "Work", "head": "work", "base": "main"});
    assert_eq!(post(Method::POST, "/pulls", pull).await.expect(201)["user"]["login"], "orders-developer");
    let comment = post(Method::POST, "/issues/1/comments", json!({"body": "Please"})).await.expect(201);
    assert_eq!(comment["user"]["login"], "orders-developer");
    let engineer = world.token("platform-engineer", "repo").await;
    let merge = world.anonymous(Method::PUT, "/repos/Org/private/pulls/1/merge").bearer_auth(&engineer);
    send(merge.json(&json!({}))).await.expect(200);
    let merged = world.get("/repos/Org/private/pulls/1").await.expect(200);
    assert_eq!(merged["merged_by"]["login"], "platform-engineer");
    assert_eq!(merged["user"]["login"], "orders-developer");
}

#[tokio::test]
async fn single_sign_on_hides_what_is_private_until_the_token_is_authorized() {
    let world = two_repositories().await;
    edit(&world, |accounts| accounts["organizations"][0]["single_sign_on"] = true.into()).await;
    let token = world.token("orders-developer", "repo read:org").await;
    let refused = ask(&world, &token, "/repos/Org/private").await;
    let header = refused.headers["x-github-sso"].to_str().unwrap().to_owned();
    assert!(refused.refusal(403).contains("SAML"));
    let list = ask(&world, &token, "/user/repos").await;
    let partial = list.headers["x-github-sso"].to_str().unwrap().to_owned();
    assert!(partial.starts_with("partial-results; organizations="), "{partial}");
    assert_eq!(names(&list.expect(200), "full_name"), ["Org/public"]);
    ask(&world, &token, "/repos/Org/public").await.expect(200);
    world.get("/repos/Org/private").await.expect(200);

    let page = header.strip_prefix("required; url=").unwrap();
    let html = crate::world::client().get(page).send().await.unwrap().text().await.unwrap();
    let (address, query) = page.split_once('?').unwrap();
    assert!(html.contains(query.split_once('=').unwrap().1), "{html}");
    let click = crate::world::client().post(address).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(click.body(query.to_owned()).send().await.unwrap().status(), 200);
    ask(&world, &token, "/repos/Org/private").await.expect(200);
    let other = world.token("orders-developer", "repo").await;
    ask(&world, &other, "/repos/Org/private").await.refusal(403);
}

#[tokio::test]
async fn each_person_has_a_budget_and_what_is_known_costs_nothing() {
    let world = two_repositories().await;
    let (one, two) = (world.token("guest", "repo").await, world.token("guest", "").await);
    let first = ask(&world, &one, "/repos/Org/public").await;
    assert_eq!(first.headers["x-ratelimit-remaining"], "4999");
    let tag = first.headers[ETAG].to_str().unwrap().to_owned();
    let request = world.anonymous(Method::GET, "/repos/Org/public").bearer_auth(&one).header(IF_NONE_MATCH, &tag);
    let known = send(request).await;
    assert_eq!((known.status.as_u16(), known.bytes.len()), (304, 0));
    assert_eq!(
        (&known.headers["x-ratelimit-remaining"], &known.headers[ETAG]),
        (&"4999".parse().unwrap(), &tag.parse().unwrap())
    );
    assert_eq!(ask(&world, &two, "/user").await.headers["x-ratelimit-remaining"], "4998", "it is the person's");
    let other = world.token("platform-engineer", "repo").await;
    assert_eq!(ask(&world, &other, "/user").await.headers["x-ratelimit-remaining"], "4999");
    world.put("/repos/Org/public/contents/new", json!({"message": "m", "content": "eA=="})).await.expect(201);
    let request = world.anonymous(Method::GET, "/repos/Org/public/branches").bearer_auth(&one);
    assert_ne!(send(request.header(IF_NONE_MATCH, &tag)).await.status, 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn git_clones_and_pushes_as_a_person() {
    let world = two_repositories().await;
    let folder = tempfile::tempdir().unwrap();
    let address =
        |token: &str| world.server.base.replace("http://", &format!("http://x:{token}@")) + "/Org/private.git";
    let developer = world.token("orders-developer", "repo").await;
    git(folder.path(), &["clone", "--quiet", &address(&developer), "work"]);
    let work = folder.path().join("work");
    git(&work, &["commit", "--quiet", "--allow-empty", "-m", "Nothing"]);
    git(&work, &["push", "--quiet", "origin", "HEAD:refs/heads/more"]);
    let guest = world.token("guest", "repo").await;
    let request = world.anonymous(Method::GET, "/Org/private.git/info/refs?service=git-upload-pack");
    assert_eq!(send(request.basic_auth("x", Some(&guest))).await.status, 404);
    let request = world.anonymous(Method::GET, "/Org/public.git/info/refs?service=git-receive-pack");
    assert_eq!(send(request.basic_auth("x", Some(&guest))).await.status, 403);
}

#[tokio::test]
async fn accounts_that_make_no_sense_are_refused_and_change_nothing() {
    let world = World::new().await;
    let before = world.get("/_sandbox/accounts").await.expect(200);
    for (pointer, value, expected) in [
        ("/people/0/login", json!("../x"), "`../x` is not a valid login"),
        ("/people/0/login", json!("guest"), "`guest` is there twice"),
        ("/people/0/email", json!("nowhere"), "not a valid e-mail address"),
        ("/organizations/0/members/0/login", json!("nobody"), "`nobody` is a member of *, and not among the people"),
        ("/organizations/0/teams/0/members/0/login", json!("guest"), "`guest` is in the team platform"),
        ("/apps/0/callback_urls/0", json!("javascript:x"), "not a valid callback URL"),
        ("/apps/0/client_id", json!("Iv23liSandboxGitHub0"), "is there twice"),
        ("/people/0/role", json!("x"), "unknown field `role`"),
    ] {
        let mut accounts = before.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = accounts.pointer_mut(parent).unwrap();
        match parent {
            Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
            other => other[name] = value,
        }
        let message = world.put("/_sandbox/accounts", accounts).await.refusal(422);
        assert!(message.contains(expected), "{message}");
    }
    assert_eq!(world.get("/_sandbox/accounts").await.expect(200), before);
    let guest = world.token("guest", "repo").await;
    ask(&world, &guest, "/_sandbox/accounts").await.refusal(404);
    send(world.anonymous(Method::GET, "/_sandbox/accounts")).await.refusal(401);
}

#[tokio::test]
async fn an_edited_file_counts_at_once_and_a_damaged_one_is_named() {
    let world = World::new().await;
    let mut accounts = world.get("/_sandbox/accounts").await.expect(200);
    accounts["people"].as_array_mut().unwrap().push(json!({"login": "newcomer"}));
    let file = world.root().join("accounts.json");
    std::fs::write(&file, accounts.to_string()).unwrap();
    assert_eq!(world.get("/users/newcomer").await.expect(200)["name"], "newcomer");
    std::fs::write(&file, "{").unwrap();
    let message = world.get("/user").await.refusal(500);
    assert!(message.contains("accounts.json"), "{message}");
    std::fs::remove_file(&file).unwrap();
    let request = world.anonymous(Method::GET, "/user").header(AUTHORIZATION, "Bearer any");
    send(request).await.expect(200);
}
