//! Teams, the people in them, and their memberships.

use std::collections::BTreeMap;

use serde_json::json;

use super::{MANAGED, Output, Scope};
use engine::Desired;

pub(super) fn compile(scope: &Scope<'_>, out: &mut Output) {
    let mut users: BTreeMap<String, Desired> = BTreeMap::new();
    for (name, team) in &scope.input.manifest.teams {
        let desired = Desired::new(scope.name, "team", name)
            .with("name", name.as_str())
            .with_some("description", team.description.as_deref().filter(|text| !text.is_empty()))
            .with("labels", json!({ MANAGED: "true" }))
            .protect(team.protect || scope.organization.protect);
        for email in &team.users {
            // Konnect tells people apart by their email in lower case.
            let email = email.to_lowercase();
            let user = users
                .entry(email.clone())
                .or_insert_with(|| Desired::new(scope.name, "user", &email).with("email", email.as_str()));
            let membership = Desired::new(scope.name, "team_user", &format!("{name}/{email}"))
                .with("team_id", desired.id())
                .with("user_id", user.id());
            out.desired.push(membership);
        }
        out.desired.push(desired);
    }
    out.desired.extend(users.into_values());
}
