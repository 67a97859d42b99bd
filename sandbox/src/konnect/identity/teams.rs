//! `/teams` and their members: users and system accounts.
//!
//! Teams need not have unique names: the document says that a second team with the same name and description
//! is created. System teams take members but cannot be changed or deleted.

use serde_json::{Value, json};
use uuid::Uuid;

use super::system_accounts::SystemAccount;
use super::users;
use crate::konnect::framework::collection::{Listing, create, fields};
use crate::konnect::framework::membership::{self, Membership, list_groups, list_members};
use crate::konnect::framework::problem::Source;
use crate::konnect::framework::resource::{self, Resource};
use crate::konnect::framework::schema::{Kind as Is, Shape};
use crate::konnect::framework::{
    Call, Document, Field, Filter, Initial, Invalid, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::kinds::{
    ASSIGNED_ROLES, SUBJECT, SYSTEM_ACCOUNTS, TEAM_GROUP_MAPPINGS, TEAM_SYSTEM_ACCOUNTS, TEAM_USERS, TEAMS, USERS,
};
use crate::store::{Batch, Body, Kind, Partition, Record, Unsaved, World};

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Identity, "/v3/teams", resource::list::<Team>),
    Route::post(Document::Identity, "/v3/teams", resource::create::<Team>),
    Route::get(Document::Identity, "/v3/teams/{teamId}", resource::get::<Team>),
    Route::patch(Document::Identity, "/v3/teams/{teamId}", resource::update::<Team>),
    Route::delete(Document::Identity, "/v3/teams/{teamId}", resource::delete::<Team>),
    Route::get(Document::Identity, "/v3/teams/{teamId}/users", list_members::<TeamUser>),
    Route::post(Document::Identity, "/v3/teams/{teamId}/users", membership::add::<TeamUser>),
    Route::delete(Document::Identity, "/v3/teams/{teamId}/users/{userId}", membership::remove::<TeamUser>),
    Route::get(Document::Identity, "/v3/users/{userId}/teams", list_groups::<TeamUser>),
    Route::get(Document::Identity, "/v3/teams/{teamId}/system-accounts", list_members::<TeamSystemAccount>),
    Route::post(Document::Identity, "/v3/teams/{teamId}/system-accounts", membership::add::<TeamSystemAccount>),
    Route::delete(
        Document::Identity,
        "/v3/teams/{teamId}/system-accounts/{accountId}",
        membership::remove::<TeamSystemAccount>,
    ),
    Route::get(Document::Identity, "/v3/system-accounts/{accountId}/teams", list_groups::<TeamSystemAccount>),
];

static CREATE: Schema = Schema {
    fields: &[
        Field::new("name", Is::Shaped(1, 250, Shape::ANYTHING)).required(),
        Field::new("description", Is::Text(1, 250)).or(Initial::Null),
        Field::new("labels", Is::Labels(50)).or(Initial::Object),
    ],
    unknown: Unknown::Ignored,
};

static UPDATE: Schema = Schema {
    fields: &[
        Field::new("name", Is::Shaped(1, 250, Shape::ANYTHING)),
        Field::new("description", Is::Text(1, 250)),
        Field::new("labels", Is::LabelChanges(50)).nullable(),
    ],
    unknown: Unknown::Ignored,
};

static LISTING: Listing = Listing::new(
    &[Filter::new("name", &["eq", "contains"]), Filter::keys("labels", &["eq", "contains", "exists"])],
    &[],
);

static LISTING_BY_NAME: Listing = Listing::new(&[Filter::new("name", &["eq", "contains"])], &[]);

/// The predefined teams and the rights of their members, from Konnect's page on teams and roles.
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

/// Creates the predefined teams. The organization's owner is a member of the first.
pub(super) fn create_predefined(
    world: &World,
    batch: &mut Batch,
    partition: &Partition,
    owner: Uuid,
) -> Result<(), Unsaved> {
    for (index, (name, description)) in PREDEFINED.into_iter().enumerate() {
        let body = json!({ "name": name, "description": description, "labels": {}, "system_team": true });
        let team = create(world, batch, partition, &TEAMS, fields(body))?;
        if index == 0 {
            create(world, batch, partition, &TEAM_USERS, fields(json!({ "team_id": team["id"], "user_id": owner })))?;
        }
    }
    Ok(())
}

/// The team that the path names.
pub(super) fn of_path<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    resource::of_path::<Team>(world, call)
}

/// The same; a system team is refused.
pub(super) fn changeable<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    let team = of_path(world, call)?;
    check_changeable(&team.body)?;
    Ok(team)
}

fn check_changeable(team: &Body) -> Result<(), Problem> {
    if team.get("system_team") == Some(&Value::Bool(true)) {
        let reason = "system teams cannot be modified";
        return Err(Invalid::at(Source::Path, "teamID", Rule::Named("invalid"), reason).into());
    }
    Ok(())
}

pub(super) struct Team;

impl Resource for Team {
    const KIND: &'static Kind = &TEAMS;
    const NOUN: &'static str = "team";
    const ID: &'static str = "teamId";
    const LISTING: &'static Listing = &LISTING;
    const SHOWN: &'static [&'static str] =
        &["id", "name", "description", "system_team", "labels", "created_at", "updated_at"];
    const OWNS: &'static [(&'static Kind, &'static str)] = &[
        (&TEAM_USERS, "team_id"),
        (&TEAM_SYSTEM_ACCOUNTS, "team_id"),
        (&ASSIGNED_ROLES, SUBJECT),
        (&TEAM_GROUP_MAPPINGS, "team_id"),
    ];

    fn creation(_: &Body) -> &'static Schema {
        &CREATE
    }

    fn change(_: &Body) -> &'static Schema {
        &UPDATE
    }

    fn complete(_: &World, _: &Call, fields: &mut Body, old: Option<&Body>) -> Result<(), Problem> {
        fields.entry("system_team").or_insert(json!(false));
        old.map_or(Ok(()), check_changeable)
    }

    fn remove(_: &World, _: &mut Batch, _: &Call, team: &Record) -> Result<(), Problem> {
        check_changeable(&team.body)
    }
}

/// Which users are in which teams.
struct TeamUser;

impl Membership for TeamUser {
    const KIND: &'static Kind = &TEAM_USERS;
    const GROUP: &'static str = "team_id";
    const MEMBER: &'static str = "user_id";
    const GROUPS: &'static Kind = &TEAMS;
    const MEMBERS: &'static Kind = &USERS;
    const NOUN: &'static str = "user";
    const MEMBER_ID: &'static str = "userId";
    const MEMBER_LISTING: &'static Listing = &users::LISTING;
    const GROUP_LISTING: &'static Listing = &LISTING_BY_NAME;

    fn group<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
        of_path(world, call)
    }

    fn view_member(world: &World, partition: &Partition, member: &Body) -> Value {
        users::view(world, partition, member)
    }

    fn view_group(world: &World, partition: &Partition, group: &Body) -> Value {
        Team::view(world, partition, group)
    }
}

/// Which system accounts are in which teams.
struct TeamSystemAccount;

impl Membership for TeamSystemAccount {
    const KIND: &'static Kind = &TEAM_SYSTEM_ACCOUNTS;
    const GROUP: &'static str = "team_id";
    const MEMBER: &'static str = "account_id";
    const GROUPS: &'static Kind = &TEAMS;
    const MEMBERS: &'static Kind = &SYSTEM_ACCOUNTS;
    const NOUN: &'static str = "system account";
    const MEMBER_ID: &'static str = "accountId";
    const MEMBER_LISTING: &'static Listing = &LISTING_BY_NAME;
    const GROUP_LISTING: &'static Listing = &LISTING_BY_NAME;

    fn group<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
        of_path(world, call)
    }

    fn view_member(world: &World, partition: &Partition, member: &Body) -> Value {
        SystemAccount::view(world, partition, member)
    }

    fn view_group(world: &World, partition: &Partition, group: &Body) -> Value {
        Team::view(world, partition, group)
    }
}
