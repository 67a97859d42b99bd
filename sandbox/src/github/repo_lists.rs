//! Lists of repositories: a person's own, those of an owner, and those that a search finds.

use std::collections::BTreeSet;

use axum::http::HeaderValue;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::answer::{Answer, with_link};
use super::errors::ApiError;
use super::identity::access::Affiliation;
use super::identity::caller::Caller;
use super::identity::permission::Permission;
use super::ids::stable_id;
use super::links::Links;
use super::repo_name::RepoName;
use super::repos::{RESOURCE, minimal, to_json};
use super::repository::Repo;
use super::request::ApiRequest;
use super::store::Store;

/// A schema in which a repository is shown.
type View = fn(&Repo, &Links) -> Result<Value, ApiError>;

/// `GET /user/repos` (repos/list-for-authenticated-user): those that are a person's own, of which they are a
/// collaborator, or that they see as a member of an organization.
pub(super) fn list_own(store: &Store, request: &ApiRequest) -> Answer {
    let login = request.require_user()?;
    if request.has_query("type") && (request.has_query("visibility") || request.has_query("affiliation")) {
        let message = "If you specify visibility or affiliation, you cannot specify type.";
        return Err(ApiError::unprocessable(message));
    }
    let access = request.access();
    let related = |name: &RepoName| access.affiliation(login, name);
    let mut found = Visible::list(store, request, None, |name| related(name).is_some())?;
    let affiliated = |affiliation: Affiliation, word: &str| match word {
        "owner" => affiliation == Affiliation::Owner,
        "collaborator" => affiliation == Affiliation::Collaborator,
        "organization_member" => affiliation == Affiliation::OrganizationMember,
        "member" => affiliation != Affiliation::Owner,
        _ => true,
    };
    found.retain(|repo| {
        related(&repo.name).is_some_and(|affiliation| {
            request.query("type").is_none_or(|word| affiliated(affiliation, word))
                && request
                    .query("affiliation")
                    .is_none_or(|words| words.split(',').any(|word| affiliated(affiliation, word.trim())))
        })
    });
    found.respond(request, &["full_name", "created", "updated", "pushed"], to_json)
}

/// `GET /users/{username}/repos` and `GET /orgs/{org}/repos` (repos/list-for-user, repos/list-for-org).
pub(super) fn list_of(store: &Store, request: &ApiRequest) -> Answer {
    let owner = request.param("owner");
    let is_person = request.visit.directory.is_person(owner);
    // Organizations list the newest first, users by name.
    let sorts = if is_person {
        ["full_name", "created", "updated", "pushed"]
    } else {
        ["created", "full_name", "updated", "pushed"]
    };
    let mut found = Visible::list(store, request, Some(owner), |_| true)?;
    // A user's list has what is public alone; only the sandbox's own user sees everything in it.
    let all = !is_person || matches!(*request.visit.caller, Caller::Operator);
    found.retain(|repo| all || !repo.metadata.settings.private);
    let type_ = request.query("type");
    found.retain(|_| match type_ {
        Some("member") => !is_person,
        Some("forks") => false,
        _ => true,
    });
    found.respond(request, &sorts, minimal)
}

/// `GET /installation/repositories`, and the list of one for a person: those that a test of the name lets through, with
/// their number.
pub(super) fn list_counted(store: &Store, request: &ApiRequest, wanted: impl Fn(&RepoName) -> bool) -> Answer {
    let found = Visible::list(store, request, None, wanted)?;
    let count = found.repositories.len();
    let page = request.page(found.repositories);
    let link = page.link.clone();
    let items = page.items.iter().map(|repo| to_json(repo, &request.links)).collect::<Result<Vec<_>, _>>()?;
    let body = json!({"total_count": count, "repository_selection": "all", "repositories": items});
    Ok(with_link(axum::Json(body).into_response(), link))
}

/// `GET /search/repositories` (search/repos): words in the name, the description or both, and the qualifiers `user:`,
/// `org:`, `repo:`, `is:` and `in:`.
pub(super) fn search(store: &Store, request: &ApiRequest) -> Answer {
    let Some(query) = request.query("q") else {
        return Err(ApiError::validation("Search", "q", "missing"));
    };
    let terms: Vec<&str> = query.split_whitespace().collect();
    let mut found = Visible::list(store, request, None, |_| true)?;
    found.retain(|repo| terms.iter().all(|term| fits(repo, term)));
    found.sort(if request.query("sort") == Some("updated") { "updated" } else { "full_name" })?;
    if request.query("sort") == Some("updated") && request.query("order") != Some("asc") {
        found.repositories.reverse();
    }
    let count = found.repositories.len();
    let page = request.page(found.repositories);
    let link = page.link.clone();
    let mut items = Vec::new();
    for repo in &page.items {
        let mut item = to_json(repo, &request.links)?;
        item["score"] = 1.0.into();
        // The one field of `repository` that `repo-search-result-item` does not have.
        if let Value::Object(fields) = &mut item {
            fields.remove("allow_update_branch");
        }
        items.push(item);
    }
    let body = json!({"total_count": count, "incomplete_results": false, "items": items});
    Ok(with_link(axum::Json(body).into_response(), link))
}

/// True if a repository fits one term of a search. A qualifier that the sandbox has no data for fits nothing.
fn fits(repo: &Repo, term: &str) -> bool {
    let settings = &repo.metadata.settings;
    let within = |text: &str, word: &str| text.to_ascii_lowercase().contains(&word.to_ascii_lowercase());
    match term.split_once(':') {
        Some(("user" | "org", owner)) => repo.name.owner().eq_ignore_ascii_case(owner),
        Some(("repo", name)) => repo.name.to_string().eq_ignore_ascii_case(name),
        Some(("is" | "visibility", word)) => word == if settings.private { "private" } else { "public" },
        Some(("archived" | "fork", word)) => word == "false",
        // Words are looked for in the name and the description anyway.
        Some(("in", _)) => true,
        Some(_) => false,
        None => {
            let word = term.trim_matches('"');
            within(repo.name.name(), word) || settings.description.as_deref().is_some_and(|text| within(text, word))
        }
    }
}

/// The repositories that a caller sees.
struct Visible {
    repositories: Vec<Repo>,
    /// The organizations whose single sign-on hides some.
    hidden: BTreeSet<u64>,
}

impl Visible {
    /// All that the caller may read, of one owner or of all, if a test lets the name through.
    fn list(
        store: &Store,
        request: &ApiRequest,
        owner: Option<&str>,
        wanted: impl Fn(&RepoName) -> bool,
    ) -> Result<Self, ApiError> {
        let access = request.access();
        let mut visible = Self { repositories: Vec::new(), hidden: BTreeSet::new() };
        for name in store.list(owner)? {
            if !wanted(&name) {
                continue;
            }
            let Some(mut repo) = store.open(&name)? else { continue };
            let private = repo.metadata.settings.private;
            repo.permission = access.permission(&name, private);
            repo.is_of_person = request.visit.directory.is_person(name.owner());
            if repo.permission < Permission::Read {
                continue;
            }
            if private && !access.is_signed_on(name.owner()) {
                visible.hidden.insert(stable_id(name.owner()));
                continue;
            }
            visible.repositories.push(repo);
        }
        Ok(visible)
    }

    fn retain(&mut self, keep: impl Fn(&Repo) -> bool) {
        self.repositories.retain(keep);
    }

    fn sort(&mut self, by: &str) -> Result<(), ApiError> {
        match by {
            "full_name" => self.repositories.sort_by_cached_key(|repo| repo.name.clone()),
            "created" => self.repositories.sort_by_key(|repo| repo.metadata.created_at),
            _ => {
                let mut dated = Vec::new();
                for repo in self.repositories.drain(..) {
                    dated.push((repo.pushed_at()?, repo));
                }
                dated.sort_by_key(|(pushed_at, _)| *pushed_at);
                self.repositories = dated.into_iter().map(|(_, repo)| repo).collect();
            }
        }
        Ok(())
    }

    /// The page that was asked for, after the filters and in the order of the query. The first of `sorts` is the default.
    fn respond(mut self, request: &ApiRequest, sorts: &[&str], view: View) -> Answer {
        let sort = request.choice(RESOURCE, "sort", sorts)?;
        let default = if sort == "full_name" { ["asc", "desc"] } else { ["desc", "asc"] };
        let direction = request.choice(RESOURCE, "direction", &default)?;
        self.filter(request)?;
        self.sort(sort)?;
        if direction == "desc" {
            self.repositories.reverse();
        }
        let mut response = request.page(self.repositories).respond(|repo| view(&repo, &request.links))?;
        if !self.hidden.is_empty() {
            let ids: Vec<String> = self.hidden.iter().map(u64::to_string).collect();
            let header = format!("partial-results; organizations={}", ids.join(","));
            if let Ok(header) = HeaderValue::from_str(&header) {
                response.headers_mut().insert("x-github-sso", header);
            }
        }
        Ok(response)
    }

    /// Leaves only what the filters on visibility and time let through.
    fn filter(&mut self, request: &ApiRequest) -> Result<(), ApiError> {
        let is_visible = |word: Option<&str>, private: bool| match word {
            Some("public") => !private,
            Some("private") => private,
            _ => true,
        };
        let (visibility, type_) = (request.query("visibility"), request.query("type"));
        self.retain(|repo| {
            let private = repo.metadata.settings.private;
            is_visible(visibility, private) && is_visible(type_, private)
        });
        let since = request.moment(RESOURCE, "since")?;
        let before = request.moment(RESOURCE, "before")?;
        if since.is_none() && before.is_none() {
            return Ok(());
        }
        let mut kept = Vec::new();
        for repo in self.repositories.drain(..) {
            let updated_at = repo.pushed_at()?;
            if since.is_none_or(|since| updated_at >= since) && before.is_none_or(|before| updated_at <= before) {
                kept.push(repo);
            }
        }
        self.repositories = kept;
        Ok(())
    }
}
