//! Teams, the people in them, and their memberships.

use std::collections::BTreeMap;

use serde_json::json;

use super::scope::{MANAGED, Output, Scope};
use crate::konnect::resources::team::Team;
use crate::konnect::resources::team_user::TeamUser;
use crate::konnect::resources::user::User;
use crate::konnect::resources::{team, team_user, user};
use engine::Desired;

pub(super) fn compile(scope: &Scope<'_>, out: &mut Output) {
    let mut users: BTreeMap<String, Desired<User>> = BTreeMap::new();
    for (name, members) in &scope.input.manifest.teams {
        let desired = Desired::<Team>::of(scope.name, name)
            .with(team::NAME, name.as_str())
            .with_some(team::DESCRIPTION, members.description.as_deref().filter(|text| !text.is_empty()))
            .with(team::LABELS, json!({ MANAGED: "true" }))
            .protect(members.protect || scope.organization.protect);
        for email in &members.users {
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
