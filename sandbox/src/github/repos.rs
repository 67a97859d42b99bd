//! Repositories: reading and creating them.

use serde_json::{Value, json};

use super::accounts::owner;
use super::answer::{Answer, created, extend, ok};
use super::clock::now;
use super::errors::{ApiError, GitHubSandboxError};
use super::identity::caller::Caller;
use super::identity::permission::Need;
use super::ids::node_id;
use super::links::Links;
use super::metadata::Settings;
use super::repo_name::RepoName;
use super::repository::Repo;
use super::request::{ApiRequest, Fields};
use super::store::{self, NewBranch, Store};
use super::tree::Files;

/// The name of a repository in validation errors.
pub(super) const RESOURCE: &str = "Repository";

/// `GET /repos/{owner}/{repo}` (repos/get).
pub(super) fn get(repo: &Repo, request: &ApiRequest) -> Answer {
    ok(full(repo, &request.links)?)
}

/// `POST /user/repos` (repos/create-for-authenticated-user).
pub(super) fn create_own(store: &Store, request: &ApiRequest) -> Answer {
    let login = request.require_user()?;
    create(store, request, login)
}

/// `POST /orgs/{org}/repos` (repos/create-in-org). Every organization exists for the sandbox's own user; others must be
/// members.
pub(super) fn create_in_organization(store: &Store, request: &ApiRequest) -> Answer {
    let owner = request.param("owner");
    if let Caller::Operator = *request.visit.caller {
        return create(store, request, owner);
    }
    let role = request.access().role_in(owner, request.require_user()?);
    role.ok_or_else(|| ApiError::forbidden("You need to be a member of the organization to create a repository."))?;
    create(store, request, owner)
}

fn create(store: &Store, request: &ApiRequest, owner: &str) -> Answer {
    let fields = request.fields(RESOURCE)?;
    let name = fields.required_words("name")?;
    let name = RepoName::parse(owner, name).map_err(|error| match error {
        GitHubSandboxError::Name { what: "an owner", .. } => ApiError::not_found(),
        refusal => fields.refuse("name", refusal.to_string()),
    })?;
    for template in ["gitignore_template", "license_template"] {
        if fields.value(template).is_some() {
            let message = "The sandbox has no templates. Create the file after the repository.";
            return Err(fields.refuse(template, message));
        }
    }
    let settings = settings(&fields)?;
    if let Some(scopes) = request.visit.caller.issued().and_then(|issued| issued.grant.scopes())
        && !scopes.have(if settings.private { "repo" } else { "public_repo" })
    {
        return Err(ApiError::not_found().with_header("x-accepted-oauth-scopes", "public_repo, repo"));
    }
    let mut branches = Vec::new();
    if fields.flag("auto_init")?.unwrap_or(false) {
        branches.push(first_branch(&name, &settings));
    }
    if !store::create(store.root(), &name, &branches, settings, now())? {
        return Err(fields.refuse("name", "name already exists on this account"));
    }
    let mut repo = store.open(&name)?.ok_or_else(ApiError::not_found)?;
    request.admit(Need::METADATA, &mut repo)?;
    created(full(&repo, &request.links)?)
}

fn settings(fields: &Fields) -> Result<Settings, ApiError> {
    let default = Settings::default();
    let flag = |name, default| fields.flag(name).map(|given| given.unwrap_or(default));
    let text = |name| fields.text(name).map(|given| given.map(str::to_owned));
    let private = match fields.text("visibility")? {
        None => flag("private", default.private)?,
        Some("public") => false,
        Some("private") => true,
        Some(_) => return Err(fields.invalid("visibility")),
    };
    Ok(Settings {
        description: text("description")?,
        homepage: text("homepage")?,
        private,
        is_template: flag("is_template", default.is_template)?,
        has_issues: flag("has_issues", default.has_issues)?,
        has_projects: flag("has_projects", default.has_projects)?,
        has_wiki: flag("has_wiki", default.has_wiki)?,
        has_discussions: flag("has_discussions", default.has_discussions)?,
        has_downloads: flag("has_downloads", default.has_downloads)?,
        allow_merge_commit: flag("allow_merge_commit", default.allow_merge_commit)?,
        allow_squash_merge: flag("allow_squash_merge", default.allow_squash_merge)?,
        delete_branch_on_merge: flag("delete_branch_on_merge", default.delete_branch_on_merge)?,
    })
}

/// The branch that `auto_init` creates: a README with the repository's name and description.
fn first_branch(name: &RepoName, settings: &Settings) -> NewBranch {
    let mut readme = format!("# {}", name.name());
    if let Some(description) = &settings.description {
        readme.push('\n');
        readme.push_str(description);
    }
    NewBranch {
        name: "main".to_owned(),
        files: Files::from([("README.md".to_owned(), readme.into_bytes())]),
        message: "Initial commit".to_owned(),
    }
}

/// The schema `full-repository`: a single repository. There are no watchers and no forks.
fn full(repo: &Repo, links: &Links) -> Result<Value, ApiError> {
    let mut body = to_json(repo, links)?;
    extend(&mut body, json!({ "subscribers_count": 0, "network_count": 0 }));
    if !repo.is_of_person {
        body["organization"] = body["owner"].clone();
    }
    Ok(body)
}

/// The schema `repository`: one of the user's own, or a pull request's.
pub(super) fn to_json(repo: &Repo, links: &Links) -> Result<Value, ApiError> {
    let settings = &repo.metadata.settings;
    let mut body = minimal(repo, links)?;
    let merging = json!({
        "allow_merge_commit": settings.allow_merge_commit,
        "allow_squash_merge": settings.allow_squash_merge,
        "allow_rebase_merge": false,
        "allow_auto_merge": false,
        "allow_update_branch": false,
    });
    extend(&mut body, merging);
    Ok(body)
}

/// The schema `minimal-repository`: one in an owner's list.
pub(super) fn minimal(repo: &Repo, links: &Links) -> Result<Value, ApiError> {
    let mut body = identity(repo, links);
    extend(&mut body, urls(&repo.name, links));
    extend(&mut body, addresses(repo, links));
    extend(&mut body, settings_json(&repo.metadata.settings));
    extend(&mut body, counts(repo));
    let pushed_at = repo.pushed_at()?;
    let state = json!({
        "default_branch": repo.default_branch()?,
        "pushed_at": pushed_at,
        "created_at": repo.metadata.created_at,
        "updated_at": pushed_at,
    });
    extend(&mut body, state);
    Ok(body)
}

fn identity(repo: &Repo, links: &Links) -> Value {
    json!({
        "id": repo.metadata.id,
        "node_id": node_id("Repository", repo.metadata.id),
        "name": repo.name.name(),
        "full_name": repo.name.to_string(),
        "owner": owner(links, repo.name.owner(), repo.is_of_person),
        "fork": false,
        "license": null,
        "language": null,
        "mirror_url": null,
        "topics": [],
        "archived": false,
        "disabled": false,
        "permissions": repo.permission.to_json(),
    })
}

/// The URLs below the repository: the field, and the path after the repository's own URL.
const URLS: [(&str, &str); 36] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

fn urls(name: &RepoName, links: &Links) -> Value {
    let url = |(field, rest): (&str, &str)| (field.to_owned(), links.repo(name, rest).into());
    Value::Object(URLS.into_iter().map(url).collect())
}

/// The repository's other addresses. `git clone` works with `clone_url`.
fn addresses(repo: &Repo, links: &Links) -> Value {
    let (name, host) = (&repo.name, links.host());
    json!({
        "url": links.repo(name, ""),
        "html_url": links.html(name, ""),
        "svn_url": links.html(name, ""),
        "git_url": format!("git://{host}/{name}.git"),
        "ssh_url": format!("git@{host}:{name}.git"),
        "clone_url": links.html(name, ".git"),
    })
}

/// The settings, and the features that no repository of the sandbox has.
fn settings_json(settings: &Settings) -> Value {
    json!({
        "description": settings.description,
        "homepage": settings.homepage,
        "private": settings.private,
        "visibility": if settings.private { "private" } else { "public" },
        "is_template": settings.is_template,
        "has_issues": settings.has_issues,
        "has_projects": settings.has_projects,
        "has_wiki": settings.has_wiki,
        "has_discussions": settings.has_discussions,
        "has_downloads": settings.has_downloads,
        "has_pages": false,
        "allow_forking": false,
        "delete_branch_on_merge": settings.delete_branch_on_merge,
        "web_commit_signoff_required": false,
    })
}

/// Counts. There are no stars and forks; like GitHub before its hourly count, the size is 0.
fn counts(repo: &Repo) -> Value {
    let open = repo.metadata.open_issues();
    json!({
        "size": 0,
        "forks_count": 0,
        "forks": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "watchers": 0,
        "open_issues_count": open,
        "open_issues": open,
    })
}
