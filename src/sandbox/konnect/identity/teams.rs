//! `/teams` and `/teams/{teamId}/users`.
//!
//! Teams need not have unique names: the document says that a second team with the same name and description
//! is created. System teams take members but cannot be changed or deleted.

use serde_json::{Value, json};
use uuid::Uuid;

use super::roles::{self, ASSIGNED_ROLES};
use super::team_group_mappings::TEAM_GROUP_MAPPINGS;
use super::users::{self, USERS};
use crate::sandbox::konnect::collection::{Listing, amend, create, fields, find, list, merge, pick, reference};
use crate::sandbox::konnect::problem::Source;
use crate::sandbox::konnect::schema::{Kind as Is, Shape};
use crate::sandbox::konnect::{
    Answer, Call, Document, Field, Filter, Initial, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::sandbox::store::{Batch, Body, Kind, Place, Record, Unsaved, World};

/// Teams of an organization.
pub(in crate::sandbox::konnect) static TEAMS: Kind = Kind { name: "teams", unique: &[], references: &[] };

/// Memberships: which user is in which team.
pub(in crate::sandbox::konnect) static TEAM_USERS: Kind =
    Kind { name: "team_users", unique: &[&["team_id", "user_id"]], references: &["team_id", "user_id"] };

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Identity, "/v3/teams", list_teams),
    Route::post(Document::Identity, "/v3/teams", create_team),
    Route::get(Document::Identity, "/v3/teams/{teamId}", get_team),
    Route::patch(Document::Identity, "/v3/teams/{teamId}", update_team),
    Route::delete(Document::Identity, "/v3/teams/{teamId}", delete_team),
    Route::get(Document::Identity, "/v3/teams/{teamId}/users", list_members),
    Route::post(Document::Identity, "/v3/teams/{teamId}/users", add_member),
    Route::delete(Document::Identity, "/v3/teams/{teamId}/users/{userId}", remove_member),
    Route::get(Document::Identity, "/v3/users/{userId}/teams", list_teams_of_user),
];

/// Anything that is not empty: `\w`, a space and `\W` together are every character.
const ANYTHING: Shape = Shape { pattern: "^[\\w \\W]+$", matches: |text| !text.is_empty() };

static CREATE: Schema = Schema {
    fields: &[
        Field::new("name", Is::Shaped(1, 250, ANYTHING)).required(),
        Field::new("description", Is::Text(1, 250)).or(Initial::Null),
        Field::new("labels", Is::Labels(50)).or(Initial::Object),
    ],
    unknown: Unknown::Ignored,
};

static UPDATE: Schema = Schema {
    fields: &[
        Field::new("name", Is::Shaped(1, 250, ANYTHING)),
        Field::new("description", Is::Text(1, 250)),
        Field::new("labels", Is::LabelChanges(50)).nullable(),
    ],
    unknown: Unknown::Ignored,
};

static ADD_MEMBER: Schema = Schema { fields: &[Field::new("id", Is::Uuid).required()], unknown: Unknown::Ignored };

static LISTING: Listing = Listing::new(
    &[Filter::new("name", &["eq", "contains"]), Filter::keys("labels", &["eq", "contains", "exists"], false)],
    &[],
);

static LISTING_OF_USER: Listing = Listing::new(&[Filter::new("name", &["eq", "contains"])], &[]);

/// The predefined teams and what their members may do, from Konnect's page on teams and roles.
const PREDEFINED: [(&str, &str); 8] = [
    ("Organization Admin", "May do everything in the organization."),
    ("Organization Admin (Read Only)", "May see everything in the organization."),
    ("Analytics Admin", "May manage reports, dashboards and everything else of Analytics."),
    ("Analytics Viewer", "May see everything of Analytics."),
    ("Portal Admin", "May manage the developer portals and their content."),
    ("API Product Admin", "May create and manage API products."),
    ("API Product Developer", "May create and manage versions of API products."),
    ("Control Plane Admin", "May create and manage control planes."),
];

/// Creates the predefined teams, the organization's owner a member of the first.
pub(super) fn create_predefined(world: &World, batch: &mut Batch, place: &Place, owner: Uuid) -> Result<(), Unsaved> {
    for (index, (name, description)) in PREDEFINED.into_iter().enumerate() {
        let body = json!({ "name": name, "description": description, "labels": {}, "system_team": true });
        let team = create(world, batch, place, &TEAMS, fields(body))?;
        if index == 0 {
            create(world, batch, place, &TEAM_USERS, fields(json!({ "team_id": team["id"], "user_id": owner })))?;
        }
    }
    Ok(())
}

/// The team that the path names.
pub(super) fn of_path<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    find(world, &call.place, &TEAMS, "team", call.id("teamId")?)
}

/// The same, refused where it is a system team.
pub(super) fn changeable<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    let team = of_path(world, call)?;
    match team.body.get("system_team") {
        Some(Value::Bool(true)) => {
            let reason = "system teams cannot be modified";
            Err(Invalid::at(Source::Path, "teamID", Rule::Named("invalid"), reason).into())
        }
        _ => Ok(team),
    }
}

fn view(_: &World, _: &Place, team: &Body) -> Value {
    let shown = ["id", "name", "description", "system_team", "labels", "created_at", "updated_at"];
    Value::Object(pick(team, &shown))
}

fn list_teams(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    list(call, &world, world.all(&call.place, &TEAMS), &LISTING, view)
}

fn create_team(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut body = CREATE.create(call.body()?)?;
    body.insert("system_team".to_owned(), json!(false));
    konnect.store.write(|world, batch| {
        let team = create(world, batch, &call.place, &TEAMS, body)?;
        Ok(Answer::created(view(world, &call.place, &team)))
    })
}

fn get_team(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let team = of_path(&world, call)?;
    Ok(Answer::ok(view(&world, &call.place, &team.body)))
}

fn update_team(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let team = changeable(world, call)?;
        let mut body = Body::clone(&team.body);
        merge(&mut body, UPDATE.change(call.body()?)?);
        let team = amend(world, batch, &call.place, &TEAMS, team, body)?;
        Ok(Answer::ok(view(world, &call.place, &team)))
    })
}

fn delete_team(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let team = changeable(world, call)?;
        batch.remove(&call.place, &TEAMS, team);
        batch.remove_referring(world, &call.place, &TEAM_USERS, "team_id", team.id);
        batch.remove_referring(world, &call.place, &ASSIGNED_ROLES, roles::SUBJECT, team.id);
        batch.remove_referring(world, &call.place, &TEAM_GROUP_MAPPINGS, "team_id", team.id);
        Ok(Answer::no_content())
    })
}

fn list_members(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let team = of_path(&world, call)?;
    let members: Vec<&Record> = world
        .referring(&call.place, &TEAM_USERS, "team_id", team.id)
        .filter_map(|member| world.get(&call.place, &USERS, reference(&member.body, "user_id")?))
        .collect();
    list(call, &world, members.into_iter(), &users::LISTING, users::view)
}

fn add_member(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let body = ADD_MEMBER.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        let team = of_path(world, call)?;
        let user = reference(&body, "id").and_then(|id| world.get(&call.place, &USERS, id));
        let user = user.ok_or_else(|| Problem::not_found("user", body["id"].as_str().unwrap_or_default()))?;
        let membership = fields(json!({ "team_id": team.id, "user_id": user.id }));
        create(world, batch, &call.place, &TEAM_USERS, membership)
            .map_err(|_| Problem::conflict(format!("The user [{}] is already in this team.", user.id)))?;
        Ok(Answer::created_silently())
    })
}

fn remove_member(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let (team, user) = (of_path(world, call)?, call.id("userId")?);
        let key = fields(json!({ "team_id": team.id, "user_id": user }));
        let membership = world
            .holding(&call.place, &TEAM_USERS, &["team_id", "user_id"], &key)
            .ok_or_else(|| Problem::not_found("user of this team", &user.to_string()))?;
        batch.remove(&call.place, &TEAM_USERS, membership);
        Ok(Answer::no_content())
    })
}

fn list_teams_of_user(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let user = users::of_path(&world, call)?;
    let teams: Vec<&Record> = world
        .referring(&call.place, &TEAM_USERS, "user_id", user.id)
        .filter_map(|member| world.get(&call.place, &TEAMS, reference(&member.body, "team_id")?))
        .collect();
    list(call, &world, teams.into_iter(), &LISTING_OF_USER, view)
}
