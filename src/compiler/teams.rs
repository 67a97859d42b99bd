//! Teams, the people in them, and their memberships. Every organization has every team, which may have roles there that
//! koctl does not know. People are invited only where their team has work, because an invitation is an email.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::scope::{MANAGED, Output, Scope};
use crate::konnect::resources::team::Team;
use crate::konnect::resources::team_user::TeamUser;
use crate::konnect::resources::user::User;
use crate::konnect::resources::{team, team_user, user};
use crate::manifest::model::{Manifest, Organization, Team as ConfiguredTeam};
use engine::Desired;

pub(super) fn compile(scope: &Scope<'_>, out: &mut Output) {
    let mut users: BTreeMap<String, Desired<User>> = BTreeMap::new();
    let working = Working::new(scope.input.manifest, scope.organization);
    for (name, members) in &scope.input.manifest.teams {
        let desired = Desired::<Team>::of(scope.name, name)
            .with(team::NAME, name.as_str())
            .with_some(team::DESCRIPTION, members.description.as_deref().filter(|text| !text.is_empty()))
            .with(team::LABELS, json!({ MANAGED: "true" }))
            .protect(members.protect || scope.organization.protect);
        let people = if working.has(name, members) { members.users.as_slice() } else { &[] };
        for email in people {
            // Konnect identifies people by their email in lower case.
            let email = email.to_lowercase();
            let person = users
                .entry(email.clone())
                .or_insert_with(|| Desired::of(scope.name, &email).with(user::EMAIL, email.as_str()));
            let membership = Desired::<TeamUser>::of(scope.name, &format!("{name}/{email}"))
                .with(team_user::TEAM_ID, desired.id())
                .with(team_user::USER_ID, person.id());
            out.push(membership);
        }
        out.push(desired);
    }
    out.extend(users.into_values());
}

/// The teams that have work in an organization.
struct Working<'a> {
    /// Those that take part in an environment of it, and those that its identity provider has groups for.
    here: BTreeSet<&'a str>,
    /// Those that take part in an environment of any organization.
    anywhere: BTreeSet<&'a str>,
}

impl<'a> Working<'a> {
    fn new(manifest: &'a Manifest, organization: &'a Organization) -> Self {
        let idp = organization.authorization.iter().filter_map(|one| one.team_mappings.as_ref()?.idp.as_ref());
        let mapped = idp.flat_map(|idp| idp.mappings.keys().map(String::as_str));
        let all = manifest.organizations.values();
        Self {
            here: taking_part(manifest, organization).chain(mapped).collect(),
            anywhere: all.flat_map(|one| taking_part(manifest, one)).collect(),
        }
    }

    /// True if a team has work there. One without services that takes part in no environment at all consists of its
    /// people, and has them everywhere.
    fn has(&self, name: &str, team: &ConfiguredTeam) -> bool {
        self.here.contains(name) || (team.services.is_empty() && !self.anywhere.contains(name))
    }
}

fn taking_part<'a>(manifest: &'a Manifest, organization: &'a Organization) -> impl Iterator<Item = &'a str> {
    let environments = organization.environments.values();
    environments.flat_map(|one| one.members(&manifest.teams)).map(|(name, ..)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiler::Input;
    use crate::manifest::load::load_texts;

    /// The users, memberships and teams of an organization.
    fn compiled(text: &str, name: &str) -> Vec<String> {
        let manifest = load_texts(&[("all.yaml", text)], std::path::Path::new(".")).unwrap().manifest;
        let (specs, secrets, events) = Default::default();
        let input =
            Input { manifest: &manifest, specs: &specs, secrets: &secrets, events: &events, platform_repository: "" };
        let mut out = Output::default();
        compile(&Scope { input, name, organization: &manifest.organizations[name] }, &mut out);
        let kept = |one: &Desired| format!("{}/{}", one.address.type_name(), one.address.key());
        out.desired.iter().map(kept).collect()
    }

    const TEAMS: &str = "\
teams:
  orders: {users: [kim@example.com], services: {a/o: {name: o, git: {remote: 'https://github.com/a/o.git'}}}}
  stock: {users: [kim@example.com, sam@example.com]}
  office: {users: [robin@example.com]}
  idle: {users: [alex@example.com], services: {a/i: {name: i, git: {remote: 'https://github.com/a/i.git'}}}}
";

    #[test]
    fn where_an_environment_lists_no_teams_all_people_are_invited() {
        let text = format!(
            "{TEAMS}organizations:\n  Acme:\n    access-token: {{type: env, value: T}}\n    environments: {{dev: {{type: DEV, region: eu}}}}\n"
        );
        let all = compiled(&text, "Acme");
        for email in ["kim", "sam", "robin", "alex"] {
            assert!(all.contains(&format!("user/{email}@example.com")), "{all:?}");
        }
        assert_eq!(all.iter().filter(|one| one.starts_with("team_user/")).count(), 5);
    }

    #[test]
    fn people_are_invited_where_their_team_has_work() {
        let environment = |teams: &str| format!("{{dev: {{type: DEV, region: eu, teams: {{{teams}: {{}}}}}}}}");
        let organization = |name: &str, environments: &str| {
            format!("  {name}:\n    access-token: {{type: env, value: {name}}}\n    environments: {environments}\n")
        };
        let text = [
            format!("{TEAMS}organizations:\n"),
            organization("Acme", &environment("orders")),
            organization("Beta", &environment("stock")),
            organization("Gamma", "{}"),
            "    authorization:\n      saml: {enabled: true, idp-metadata-url: 'https://idp.example.com'}\n      \
             team-mappings: {idp: {enabled: true, mappings: {idle: [staff]}}}\n"
                .to_owned(),
        ];
        let text = text.concat();
        let people = |name: &str| {
            let all = compiled(&text, name);
            assert_eq!(all.iter().filter(|one| one.starts_with("team/")).count(), 4, "{name} has all teams: {all:?}");
            all.into_iter().filter(|one| !one.starts_with("team/")).collect::<Vec<_>>()
        };
        let office = ["team_user/office/robin@example.com", "user/robin@example.com"];
        assert_eq!(people("Acme"), [office[0], "team_user/orders/kim@example.com", "user/kim@example.com", office[1]]);
        let stock = ["team_user/stock/kim@example.com", "team_user/stock/sam@example.com"];
        let users = ["user/kim@example.com", office[1], "user/sam@example.com"];
        assert_eq!(people("Beta"), [&office[..1], &stock, &users].concat());
        let idle = ["team_user/idle/alex@example.com", office[0], "user/alex@example.com", office[1]];
        assert_eq!(people("Gamma"), idle);
    }
}
