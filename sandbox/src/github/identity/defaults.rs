//! The accounts and apps of a fresh sandbox: enough to sign in as someone who may do everything, someone who may do
//! their own work, and someone who is a stranger.

use super::apps::{App, GitHubApp, Installed};
use super::directory::{Directory, Member, Organization, OrganizationRole, Person, Team, TeamMember, TeamRole};
use super::names::EVERY_OTHER;
use super::permission::Permission;

/// The person who owns every organization.
const PLATFORM: &str = "platform-engineer";
/// The person who is a member of every organization.
const DEVELOPER: &str = "orders-developer";
/// The person who belongs to no organization.
const GUEST: &str = "guest";

/// The usual name of the repository that a platform team keeps for itself.
const PLATFORM_REPOSITORY: &str = "platform";

/// The id and the secret of the GitHub App of every fresh sandbox, with which people sign in. The secret is none.
pub const GITHUB_APP: (&str, &str) = ("Iv23liSandboxGitHub0", "sandbox-github-app-secret");

/// The default accounts and apps. The apps are for programs on this machine: their secrets are no secrets.
pub(super) fn defaults() -> Directory {
    Directory {
        people: vec![
            person(PLATFORM, "Platform engineer"),
            person(DEVELOPER, "Orders developer"),
            person(GUEST, "Guest"),
        ],
        organizations: vec![organization()],
        collaborators: Vec::new(),
        apps: vec![oauth_app(), github_app()],
    }
}

fn person(login: &str, name: &str) -> Person {
    Person { login: login.to_owned(), name: Some(name.to_owned()), email: None, email_is_private: false }
}

fn organization() -> Organization {
    let member = |login: &str, role| Member { login: login.to_owned(), role };
    Organization {
        login: EVERY_OTHER.to_owned(),
        description: None,
        default_repository_permission: Permission::Read,
        members: vec![member(PLATFORM, OrganizationRole::Admin), member(DEVELOPER, OrganizationRole::Member)],
        teams: vec![
            team("platform", "Platform", (PLATFORM, TeamRole::Maintainer), &[(EVERY_OTHER, Permission::Admin)]),
            // Whoever asks for something in the repository of the platform does not merge it.
            team(
                "orders",
                "Orders",
                (DEVELOPER, TeamRole::Member),
                &[(EVERY_OTHER, Permission::Write), (PLATFORM_REPOSITORY, Permission::Read)],
            ),
        ],
        single_sign_on: false,
    }
}

fn team(slug: &str, name: &str, (login, role): (&str, TeamRole), repositories: &[(&str, Permission)]) -> Team {
    Team {
        slug: slug.to_owned(),
        name: name.to_owned(),
        description: None,
        secret: false,
        members: vec![TeamMember { login: login.to_owned(), role }],
        repositories: repositories.iter().map(|(name, permission)| ((*name).to_owned(), *permission)).collect(),
    }
}

fn oauth_app() -> App {
    App {
        client_id: "Ov23liSandboxOAuth00".to_owned(),
        client_secret: "sandbox-oauth-app-secret".to_owned(),
        name: "Sandbox OAuth App".to_owned(),
        url: "http://localhost/".to_owned(),
        callback_urls: vec!["http://localhost/".to_owned(), "http://127.0.0.1/".to_owned()],
        suspended: false,
        github_app: None,
    }
}

fn github_app() -> App {
    let permissions = [
        ("actions", "read"),
        ("checks", "read"),
        ("contents", "write"),
        ("email_addresses", "read"),
        ("issues", "write"),
        ("members", "read"),
        ("metadata", "read"),
        ("pull_requests", "write"),
        ("repository_hooks", "write"),
        ("statuses", "write"),
    ];
    let path = "/auth/github/callback";
    App {
        client_id: GITHUB_APP.0.to_owned(),
        client_secret: GITHUB_APP.1.to_owned(),
        name: "Sandbox GitHub App".to_owned(),
        url: "http://localhost/".to_owned(),
        callback_urls: ["localhost", "127.0.0.1"].map(|host| format!("http://{host}{path}")).to_vec(),
        suspended: false,
        github_app: Some(GitHubApp {
            id: 1,
            slug: "sandbox-github-app".to_owned(),
            owner: PLATFORM.to_owned(),
            permissions: permissions.map(|(resource, level)| (resource.to_owned(), level.to_owned())).into(),
            events: vec!["pull_request".to_owned(), "push".to_owned()],
            webhook_url: None,
            webhook_secret: None,
            expiring_user_tokens: true,
            installations: vec![Installed { account: EVERY_OTHER.to_owned(), repositories: None, suspended: false }],
        }),
    }
}
