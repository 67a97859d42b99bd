//! `konnect_team`: a team of the organization that the configuration names and does not define, such as Konnect's
//! predefined ones (`identity-v3`, `/teams`). It is only looked up.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{remote, team};
use crate::konnect::client::{GLOBAL, ReadClient};
use engine::refresh::Scan;
use engine::{Attribute, Error, Reader, Remote, Schema};

/// What the engine knows of them: `names` are the names by which the configuration may call the team.
pub static SCHEMA: Schema =
    Schema { type_name: "konnect_team", attributes: &[Attribute::computed("names")], ..Schema::PLAIN };

/// Teams to look up, over a client.
pub struct KonnectTeam<C>(pub C);

#[async_trait]
impl Reader for KonnectTeam<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, _: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let teams = self.0.list(GLOBAL, team::PATH).await?;
        teams.into_iter().map(|team| remote(&SCHEMA, GLOBAL, with_names(team))).collect()
    }
}

/// A predefined team is called by its name and by its title-cased name, which Konnect's own pages show.
fn with_names(mut team: Value) -> Value {
    let name = team["name"].as_str().unwrap_or_default();
    let title = title_case(name);
    let names = if team["system_team"] == true && title != name { json!([name, title]) } else { json!([name]) };
    team["names"] = names;
    team
}

/// `organization-admin` as `Organization Admin`.
fn title_case(name: &str) -> String {
    let capitalised = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    name.split(['-', '_', ' ']).map(capitalised).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_predefined_team_is_called_by_its_title_cased_name_too() {
        let names =
            |name: &str, system: bool| with_names(json!({ "name": name, "system_team": system }))["names"].take();
        assert_eq!(names("Organization Admin", true), json!(["Organization Admin"]));
        assert_eq!(names("organization-admin", true), json!(["organization-admin", "Organization Admin"]));
        assert_eq!(names("portal_admin", true), json!(["portal_admin", "Portal Admin"]));
        assert_eq!(names("my-team", false), json!(["my-team"]));
    }
}
