//! The rules that accounts and apps must keep, so that every answer about them makes sense.

use std::collections::BTreeSet;

use url::Url;

use super::apps::App;
use super::directory::{Directory, Organization};
use super::names::{EVERY_OTHER, same};
use crate::github::accounts::LOGIN;
use crate::github::repo_name::RepoName;

/// Checks all of them. The error says which entry breaks which rule.
pub(super) fn check(directory: &Directory) -> Result<(), String> {
    let mut logins = BTreeSet::new();
    for person in &directory.people {
        account("a person", &person.login, &mut logins)?;
        if person.email.as_ref().is_some_and(|email| !email.contains('@') || email.contains(['<', '>', '\n', '\0'])) {
            return Err(format!("the address of `{}` is not a valid e-mail address", person.login));
        }
        if person.name.as_ref().is_some_and(|name| name.trim().is_empty() || name.contains(['<', '>', '\n', '\0'])) {
            return Err(format!("the name of `{}` is not one that git can write into a commit", person.login));
        }
    }
    for organization in &directory.organizations {
        if organization.login == EVERY_OTHER {
            unique("the organization", EVERY_OTHER, &mut logins)?;
        } else {
            account("an organization", &organization.login, &mut logins)?;
        }
        check_organization(directory, organization)?;
    }
    for collaborator in &directory.collaborators {
        let name = &collaborator.repository;
        let parsed = name.split_once('/').map(|(owner, name)| RepoName::parse(owner, name));
        if !matches!(parsed, Some(Ok(_))) {
            return Err(format!("`{name}` of a collaborator is not a repository's `owner/name`"));
        }
        known(directory, &collaborator.login, &format!("a collaborator of {name}"))?;
    }
    check_apps(&directory.apps)
}

fn check_organization(directory: &Directory, organization: &Organization) -> Result<(), String> {
    let login = &organization.login;
    let mut members = BTreeSet::new();
    for member in &organization.members {
        known(directory, &member.login, &format!("a member of {login}"))?;
        unique(&format!("the member of {login}"), &member.login, &mut members)?;
    }
    let mut slugs = BTreeSet::new();
    for team in &organization.teams {
        let slug = &team.slug;
        if slug.is_empty() || !slug.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
            return Err(format!("`{slug}` is not a valid slug for a team of {login}"));
        }
        unique(&format!("the team of {login}"), slug, &mut slugs)?;
        for member in &team.members {
            if organization.role_of(&member.login).is_none() {
                return Err(format!("`{}` is in the team {slug}, and not a member of {login}", member.login));
            }
        }
    }
    Ok(())
}

fn check_apps(apps: &[App]) -> Result<(), String> {
    let (mut client_ids, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for app in apps {
        unique("the client_id", &app.client_id, &mut client_ids)?;
        if app.client_id.is_empty() || app.client_secret.is_empty() {
            return Err(format!("the app `{}` needs a client_id and a client_secret", app.name));
        }
        if app.callback_urls.is_empty() {
            return Err(format!("the app `{}` has no callback URL", app.name));
        }
        for callback in &app.callback_urls {
            let usable = |url: Url| matches!(url.scheme(), "http" | "https") && url.fragment().is_none();
            if !Url::parse(callback).is_ok_and(usable) {
                return Err(format!("`{callback}` of the app `{}` is not a valid callback URL", app.name));
            }
        }
        let Some(github_app) = &app.github_app else { continue };
        unique("the app id", &github_app.id.to_string(), &mut ids)?;
        for (resource, level) in &github_app.permissions {
            if !matches!(level.as_str(), "read" | "write" | "admin") {
                return Err(format!("`{level}` of {resource} is neither `read`, `write` nor `admin`"));
            }
        }
    }
    Ok(())
}

/// Checks a login and its uniqueness. The sandbox's own user is not listed.
fn account(what: &str, login: &str, taken: &mut BTreeSet<String>) -> Result<(), String> {
    if RepoName::parse(login, "any").is_err() || same(login, LOGIN) {
        return Err(format!("`{login}` is not a valid login for {what}"));
    }
    unique("the login", login, taken)
}

fn unique(what: &str, name: &str, taken: &mut BTreeSet<String>) -> Result<(), String> {
    if taken.insert(name.to_ascii_lowercase()) { Ok(()) } else { Err(format!("{what} `{name}` is there twice")) }
}

fn known(directory: &Directory, login: &str, role: &str) -> Result<(), String> {
    if directory.person(login).is_some() {
        Ok(())
    } else {
        Err(format!("`{login}` is {role}, and not among the people"))
    }
}
