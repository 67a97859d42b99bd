//! Teams and the people in them: every team of the organization except Konnect's own.

use std::collections::BTreeMap;

use crate::generate::draft::{Draft, DraftTeam};
use crate::generate::inventory::{Inventory, text};
use crate::konnect::resources::{team, team_user, user};
use crate::manifest::{is_email, unfit_name};
use engine::Remote;

pub(super) fn recognise(inventory: &Inventory, draft: &mut Draft) {
    let (members, users) =
        (inventory.by(team_user::SCHEMA.type_name, team_user::TEAM_ID.text()), inventory.of(user::SCHEMA.type_name));
    let users: BTreeMap<&str, &Remote> = users.iter().map(|user| (user.id.as_str(), user)).collect();
    for (name, teams) in inventory.by(team::SCHEMA.type_name, team::NAME.text()) {
        if let Some(reason) = unfit_name(name) {
            teams
                .iter()
                .for_each(|team| draft.give_up(team::SCHEMA.type_name, &team.id, format!("of its name: {reason}")));
        } else if let [team] = teams.as_slice() {
            let members = members.get(team.id.as_str()).into_iter().flatten();
            let users = members.filter_map(|member| users.get(text(member, "user_id")).copied());
            draft.teams.insert(name.to_owned(), self::team(team, users));
        } else {
            let reason = format!("there are {} teams of its name", teams.len());
            teams.iter().for_each(|team| draft.give_up(team::SCHEMA.type_name, &team.id, reason.as_str()));
        }
    }
}

fn team<'a>(team: &Remote, users: impl Iterator<Item = &'a Remote>) -> DraftTeam {
    let mut users: Vec<String> = users.map(|user| text(user, "email").to_owned()).collect();
    users.retain(|email| is_email(email));
    users.sort_unstable();
    let description = Some(text(team, "description")).filter(|description| !description.is_empty());
    DraftTeam { id: team.id.clone(), description: description.map(str::to_owned), users }
}
