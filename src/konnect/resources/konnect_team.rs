//! `konnect_team`: a team of the organization that the configuration names and does not define, such as Konnect's
//! predefined ones (`identity-v3`, `/teams`). It is only looked up.

use serde_json::{Value, json};

use super::team::PATH;
use crate::konnect::collection::Collection;
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader};
use crate::resource_type::{Generate, KeyShape, Listing};
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// A team to look up.
    KonnectTeam = "konnect_team" {
        /// The names that the configuration may call the team by.
        NAMES: Attribute::computed("names"),
    }
    ..PLAIN
}

/// Everything that is said of them.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::Own,
    reader: reader::<KonnectTeam>,
    writer: None,
    watch: &[],
    generate: Generate::Read { plural: "Konnect's own teams", listing: Listing::Global, part: None, unmanaged: None },
};

impl Resource for KonnectTeam {
    const COLLECTION: Collection = Collection::new(&SCHEMA, PATH);

    fn read(address: &Attributes, json: Value) -> Result<Remote, Error> {
        Self::COLLECTION.remote(address, &with_names(json))
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
