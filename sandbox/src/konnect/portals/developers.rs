//! `/portals/{portalId}/developers` and `/teams`: the users of a portal, their teams and roles.

use serde_json::{Value, json};

use super::portal::of_path;
use crate::konnect::framework::collection::{Listing, pick, reference};
use crate::konnect::framework::membership::{self, Membership, list_groups, list_members};
use crate::konnect::framework::resource::{self, Owner, Resource};
use crate::konnect::framework::schema::{Kind as Is, Shape};
use crate::konnect::framework::{
    Answer, Call, Document, Field, Filter, Initial, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::kinds::{DEVELOPERS, PORTAL_GROUP_MAPPINGS, PORTAL_TEAMS, TEAM_DEVELOPERS, TEAM_ROLES};
use crate::store::{Body, Kind, Partition, Record, Taken, World};

const DEVELOPER: &str = "/v3/portals/{portalId}/developers/{developerId}";
const TEAMS: &str = "/v3/portals/{portalId}/teams";
const TEAM: &str = "/v3/portals/{portalId}/teams/{teamId}";
const MEMBERS: &str = "/v3/portals/{portalId}/teams/{teamId}/developers";
const ROLES: &str = "/v3/portals/{portalId}/teams/{teamId}/assigned-roles";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Portals, "/v3/portals/{portalId}/developers", resource::list::<Developer>),
    Route::post(Document::Portals, "/v3/portals/{portalId}/developers", resource::create::<Developer>),
    Route::get(Document::Portals, DEVELOPER, resource::get::<Developer>),
    Route::patch(Document::Portals, DEVELOPER, resource::update::<Developer>),
    Route::delete(Document::Portals, DEVELOPER, resource::delete::<Developer>),
    Route::get(Document::Portals, "/v3/portals/{portalId}/developers/{developerId}/teams", list_teams_of_developer),
    Route::get(Document::Portals, TEAMS, resource::list::<PortalTeam>),
    Route::post(Document::Portals, TEAMS, resource::create::<PortalTeam>),
    Route::get(Document::Portals, TEAM, resource::get::<PortalTeam>),
    Route::patch(Document::Portals, TEAM, resource::update::<PortalTeam>),
    Route::delete(Document::Portals, TEAM, resource::delete::<PortalTeam>),
    Route::get(Document::Portals, MEMBERS, list_members::<TeamDeveloper>),
    Route::post(Document::Portals, MEMBERS, membership::add::<TeamDeveloper>),
    Route::delete(
        Document::Portals,
        "/v3/portals/{portalId}/teams/{teamId}/developers/{developerId}",
        membership::remove::<TeamDeveloper>,
    ),
    Route::get(Document::Portals, ROLES, resource::list::<TeamRole>),
    Route::post(Document::Portals, ROLES, resource::create::<TeamRole>),
    Route::delete(
        Document::Portals,
        "/v3/portals/{portalId}/teams/{teamId}/assigned-roles/{roleId}",
        resource::delete::<TeamRole>,
    ),
    Route::get(Document::Portals, "/v3/portal-roles", list_roles),
];

/// The portal that the path names, as the owner of its users.
fn portal(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
    Ok(Some(("portal_id", of_path(world, call)?.id.to_string())))
}

const STATUS: Field = Field::new("status", Is::Choice(&["approved", "pending", "revoked", "rejected"]));

/// The sandbox never sends mail, whatever the request says.
static CREATE_DEVELOPER: Schema = Schema {
    fields: &[
        Field::new("email", Is::Email(255)).required(),
        Field::new("full_name", Is::Text(0, 255)).required(),
        STATUS,
        Field::new("send_invitation_email", Is::Boolean),
    ],
    unknown: Unknown::Refused,
};

static CHANGE_DEVELOPER: Schema = Schema { fields: &[STATUS], unknown: Unknown::Refused };

/// The document calls a developer's full name just `name` here.
static DEVELOPER_LISTING: Listing = Listing {
    joined: &["name"],
    join: |_, _, developer| {
        let name = developer.get("full_name").cloned().unwrap_or_default();
        developer.insert("name".to_owned(), name);
    },
    ..Listing::new(
        &[Filter::text("name"), Filter::text("status"), Filter::text("email")],
        &["created_at", "updated_at", "email", "name", "status"],
    )
};

struct Developer;

impl Resource for Developer {
    const KIND: &'static Kind = &DEVELOPERS;
    const NOUN: &'static str = "developer of this portal";
    const ID: &'static str = "developerId";
    const LISTING: &'static Listing = &DEVELOPER_LISTING;
    const SHOWN: &'static [&'static str] = &["id", "email", "full_name", "status", "created_at", "updated_at"];
    const OWNS: &'static [(&'static Kind, &'static str)] = &[(&TEAM_DEVELOPERS, "developer_id")];

    fn creation(_: &Body) -> &'static Schema {
        &CREATE_DEVELOPER
    }

    fn change(_: &Body) -> &'static Schema {
        &CHANGE_DEVELOPER
    }

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        portal(world, call)
    }

    /// The portal's setting decides if the request names no status.
    fn complete(world: &World, call: &Call, fields: &mut Body, _: Option<&Body>) -> Result<(), Problem> {
        fields.remove("send_invitation_email");
        let approves = of_path(world, call)?.body["auto_approve_developers"] == json!(true);
        fields.entry("status").or_insert(json!(if approves { "approved" } else { "pending" }));
        Ok(())
    }

    fn taken(_: Taken) -> Problem {
        Problem::conflict("The portal already has a developer with this address.")
    }
}

const NAME: Is = Is::Shaped(1, 250, Shape::ANYTHING);
const DESCRIPTION: Field = Field::new("description", Is::Text(1, 250));

static CREATE_TEAM: Schema = Schema {
    fields: &[
        Field::new("name", NAME).required(),
        DESCRIPTION,
        Field::new("can_own_applications", Is::Boolean).or(Initial::Boolean(false)),
    ],
    unknown: Unknown::Refused,
};

static CHANGE_TEAM: Schema = Schema {
    fields: &[Field::new("name", NAME), DESCRIPTION, Field::new("can_own_applications", Is::Boolean)],
    unknown: Unknown::Refused,
};

struct PortalTeam;

impl Resource for PortalTeam {
    const KIND: &'static Kind = &PORTAL_TEAMS;
    const NOUN: &'static str = "team of this portal";
    const ID: &'static str = "teamId";
    const LISTING: &'static Listing = &Listing::new(&[Filter::text("name"), Filter::flag("can_own_applications")], &[]);
    const SHOWN: &'static [&'static str] =
        &["id", "name", "description", "can_own_applications", "created_at", "updated_at"];
    const OWNS: &'static [(&'static Kind, &'static str)] =
        &[(&TEAM_DEVELOPERS, "team_id"), (&TEAM_ROLES, "team_id"), (&PORTAL_GROUP_MAPPINGS, "team_id")];

    fn creation(_: &Body) -> &'static Schema {
        &CREATE_TEAM
    }

    fn change(_: &Body) -> &'static Schema {
        &CHANGE_TEAM
    }

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        portal(world, call)
    }

    /// A team without a description is shown with its name as the description.
    fn view(_: &World, _: &Partition, team: &Body) -> Value {
        let mut shown = pick(team, Self::SHOWN);
        shown.entry("description").or_insert_with(|| team["name"].clone());
        Value::Object(shown)
    }

    /// The document lists no conflict: a taken name is an invalid parameter.
    fn taken(_: Taken) -> Problem {
        Invalid::body("name", Rule::Named("invalid"), "is already in use in this portal").into()
    }
}

/// Developers of the sandbox have no attributes, so this filter matches none.
const ATTRIBUTES: Filter = Filter::keys("attributes", &["eq", "oeq", "neq", "contains", "ocontains"]);

/// Which developers are in which teams.
struct TeamDeveloper;

static MEMBER_LISTING: Listing =
    Listing::new(&[Filter::text("email"), Filter::text("full_name"), Filter::flag("active"), ATTRIBUTES], &[]);
static TEAM_LISTING: Listing = Listing::new(&[Filter::flag("can_own_applications")], &[]);

impl Membership for TeamDeveloper {
    const KIND: &'static Kind = &TEAM_DEVELOPERS;
    const GROUP: &'static str = "team_id";
    const MEMBER: &'static str = "developer_id";
    const GROUPS: &'static Kind = &PORTAL_TEAMS;
    const MEMBERS: &'static Kind = &DEVELOPERS;
    const NOUN: &'static str = "developer";
    const MEMBER_ID: &'static str = "developerId";
    const MEMBER_LISTING: &'static Listing = &MEMBER_LISTING;
    const GROUP_LISTING: &'static Listing = &TEAM_LISTING;

    fn group<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
        resource::of_path::<PortalTeam>(world, call)
    }

    fn may_join(world: &World, call: &Call, member: &Record) -> bool {
        of_path(world, call).is_ok_and(|portal| reference(&member.body, "portal_id") == Some(portal.id))
    }

    fn view_member(_: &World, _: &Partition, member: &Body) -> Value {
        let mut shown = pick(member, &["id", "email", "full_name", "created_at", "updated_at"]);
        shown.insert("active".to_owned(), json!(member["status"] == "approved"));
        Value::Object(shown)
    }

    fn view_group(world: &World, partition: &Partition, group: &Body) -> Value {
        PortalTeam::view(world, partition, group)
    }
}

/// A developer of another portal is not found here.
fn list_teams_of_developer(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    resource::of_path::<Developer>(&konnect.store.read(), call)?;
    list_groups::<TeamDeveloper>(konnect, call)
}

static TEAM_ROLE: Schema = Schema {
    fields: &[
        Field::new("role_name", Is::ANY_TEXT).required(),
        Field::new("entity_id", Is::Uuid).required(),
        Field::new("entity_type_name", Is::ANY_TEXT).required(),
        Field::new("entity_region", Is::Choice(&["us", "eu", "au", "me", "in", "sg", "*"])).required(),
    ],
    unknown: Unknown::Ignored,
};

struct TeamRole;

impl Resource for TeamRole {
    const KIND: &'static Kind = &TEAM_ROLES;
    const NOUN: &'static str = "role of this team";
    const ID: &'static str = "roleId";
    const LISTING: &'static Listing = &Listing::new(&[], &[]);
    const SHOWN: &'static [&'static str] = &["id", "role_name", "entity_id", "entity_type_name", "entity_region"];

    fn creation(_: &Body) -> &'static Schema {
        &TEAM_ROLE
    }

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        Ok(Some(("team_id", resource::of_path::<PortalTeam>(world, call)?.id.to_string())))
    }

    fn taken(_: Taken) -> Problem {
        Problem::conflict("This role is already assigned.")
    }
}

/// The roles that teams of developers can have; the document fixes their names and descriptions.
fn list_roles(_: &Konnect, _: &Call) -> Result<Answer, Problem> {
    Ok(Answer::ok(json!({ "services": {
        "name": "Services",
        "roles": {
            "apiviewer": {
                "name": "API Viewer",
                "description": "API Viewers have read-only access to the documentation of a service in a portal",
            },
            "apiconsumer": {
                "name": "API Consumer",
                "description": "API Consumers can make calls to the given service",
            },
        },
    } })))
}
