//! People: the signed-in one, their e-mail addresses, organizations and teams, and the profiles of others.

use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::accounts::{EMAIL, LOGIN, NAME, owner};
use super::answer::{Answer, extend, ok};
use super::errors::ApiError;
use super::identity::directory::Person;
use super::organizations::{joined, membership_json, simple};
use super::request::ApiRequest;
use super::store::Store;
use super::teams;

/// `GET /user` (users/get-authenticated): the private profile, or the public one if the token may not read more.
pub(super) fn get(store: &Store, request: &ApiRequest) -> Answer {
    let login = request.require_user()?;
    let may_see_more = request.access().has_scope("read:user") || request.access().app_may("profile", "write");
    let (public, private) = counts(store, login)?;
    let mut user = profile(request, login, public);
    if may_see_more {
        let more = json!({
            "private_gists": 0,
            "total_private_repos": private,
            "owned_private_repos": private,
            "disk_usage": 0,
            "collaborators": 0,
            "two_factor_authentication": false,
            // Distinguishes the schema `private-user` from `public-user`.
            "user_view_type": "private",
        });
        extend(&mut user, more);
    }
    ok(user)
}

/// `GET /users/{username}` (users/get-by-username): the public profile of a person or an organization.
pub(super) fn by_name(store: &Store, request: &ApiRequest) -> Answer {
    let login = request.param("owner");
    let directory = &request.visit.directory;
    if !directory.is_person(login) && !super::organizations::exists(store, directory, login)? {
        return Err(ApiError::not_found());
    }
    let login = directory.person(login).map_or(login, |person| &person.login);
    let (public, _) = counts(store, login)?;
    ok(profile(request, login, public))
}

/// The numbers of public and private repositories.
fn counts(store: &Store, login: &str) -> Result<(usize, usize), ApiError> {
    let repositories = store.list(Some(login))?;
    let mut private = 0_usize;
    for name in &repositories {
        let repo = store.open(name)?;
        private += usize::from(repo.is_some_and(|repo| repo.metadata.settings.private));
    }
    Ok((repositories.len() - private, private))
}

/// The schema `public-user`.
fn profile(request: &ApiRequest, login: &str, public_repositories: usize) -> Value {
    let directory = &request.visit.directory;
    let found = directory.person(login);
    let (name, email) = match found {
        Some(person) => (Some(person.display_name().to_owned()), (!person.email_is_private).then(|| person.email())),
        None if login == LOGIN => (Some(NAME.to_owned()), Some(EMAIL.to_owned())),
        None => (None, None),
    };
    let mut user = owner(&request.links, login, directory.is_person(login));
    let more = json!({
        "name": name,
        "company": null,
        "blog": null,
        "location": null,
        "email": email,
        "notification_email": email,
        "hireable": null,
        "bio": null,
        "twitter_username": null,
        "public_repos": public_repositories,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        // The account has no sign-up to date it by.
        "created_at": Timestamp::UNIX_EPOCH,
        "updated_at": Timestamp::UNIX_EPOCH,
    });
    extend(&mut user, more);
    user
}

/// `GET /user/emails` (users/list-emails-for-authenticated-user). As on GitHub, a token without the scope finds nothing.
pub(super) fn emails(_: &Store, request: &ApiRequest) -> Answer {
    let login = request.require_user()?;
    let access = request.access();
    if !access.has_scope("user:email") && !access.app_may("email_addresses", "read") {
        return Err(ApiError::not_found().with_header("x-accepted-oauth-scopes", "user, user:email"));
    }
    let person = request.visit.directory.person(login);
    let email = person.map_or_else(|| EMAIL.to_owned(), Person::email);
    let visibility = if person.is_some_and(|person| person.email_is_private) { "private" } else { "public" };
    let email = json!({"email": email, "primary": true, "verified": true, "visibility": visibility});
    request.page(vec![email]).respond(Ok)
}

/// `GET /user/orgs` (orgs/list-for-authenticated-user). The sandbox's own user belongs to every organization.
pub(super) fn organizations(store: &Store, request: &ApiRequest) -> Result<Response, ApiError> {
    let login = request.require_user()?;
    if request.visit.caller.github_app(&request.visit.directory).is_none() {
        request.require_scope(&["user", "read:org"], "members")?;
    }
    let organizations = joined(store, request, login)?;
    let directory = &request.visit.directory;
    request.page(organizations).respond(|login| Ok(simple(&request.links, &login, directory)))
}

/// `GET /user/memberships/orgs/{org}` (orgs/get-membership-for-authenticated-user).
pub(super) fn membership(store: &Store, request: &ApiRequest) -> Answer {
    let login = request.require_user()?;
    request.require_scope(&["read:org"], "members")?;
    membership_json(store, request, login)
}

/// `GET /user/teams` (teams/list-for-authenticated-user).
pub(super) fn teams(store: &Store, request: &ApiRequest) -> Answer {
    let login = request.require_user()?;
    request.require_scope(&["user", "repo", "read:org"], "members")?;
    let directory = &request.visit.directory;
    let mut found = Vec::new();
    for organization in joined(store, request, login)? {
        let entry = directory.organization(&organization);
        let own = entry.into_iter().flat_map(|entry| &entry.teams).filter(|team| team.role_of(login).is_some());
        found.extend(own.map(|team| (organization.clone(), team)));
    }
    request.page(found).respond(|(organization, team)| teams::full(store, request, &organization, team))
}

/// `GET /avatars/{login}`: a picture with the first letter of the login.
pub(super) fn avatar(_: &Store, request: &ApiRequest) -> Answer {
    let login = request.param("owner");
    let letter = login.chars().find(char::is_ascii_alphanumeric).unwrap_or('-').to_ascii_uppercase();
    let hue = super::ids::stable_id(login) % 360;
    let picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 40\"><rect width=\"40\" height=\"40\" \
         fill=\"hsl({hue} 45% 35%)\"/><text x=\"20\" y=\"27\" font-family=\"sans-serif\" font-size=\"20\" \
         text-anchor=\"middle\" fill=\"#fff\">{letter}</text></svg>"
    );
    super::answer::bytes("image/svg+xml", picture.into_bytes())
}
