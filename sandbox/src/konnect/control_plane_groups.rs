//! Groups of control planes: `/v2/control-planes/{controlPlaneId}/group-memberships` and the paths beside it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::control_planes;
use super::framework::collection::{Listing, Paging, create, fields, list, reference, text};
use super::framework::problem::Source;
use super::framework::schema::Kind as Is;
use super::framework::{Answer, Call, Document, Field, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown};
use super::kinds::{CONTROL_PLANES, GROUP_MEMBERS, SERVICES};
use crate::store::{Body, Partition, Record, World};

const GROUP: &str = "group_id";
const MEMBER: &str = "control_plane_id";

const MEMBERSHIPS: &str = "/v2/control-planes/{controlPlaneId}/group-memberships";

/// The document describes `PUT` as it describes `add`: it adds members, and removes none.
pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::ControlPlanes, MEMBERSHIPS, list_members),
    Route::put(Document::ControlPlanes, MEMBERSHIPS, add_members),
    Route::post(Document::ControlPlanes, "/v2/control-planes/{controlPlaneId}/group-memberships/add", add_members),
    Route::post(
        Document::ControlPlanes,
        "/v2/control-planes/{controlPlaneId}/group-memberships/remove",
        remove_members,
    ),
    Route::get(Document::ControlPlanes, "/v2/control-planes/{controlPlaneId}/group-member-status", member_status),
    Route::get(Document::ControlPlanes, "/v2/control-planes/{controlPlaneId}/group-status", group_status),
];

static MEMBERS: Schema = Schema {
    fields: &[Field::new("members", Is::List(0, usize::MAX, &Is::Object(&ONE_MEMBER))).required()],
    unknown: Unknown::Ignored,
};

static ONE_MEMBER: Schema = Schema { fields: &[Field::new("id", Is::Uuid).required()], unknown: Unknown::Ignored };

static LISTING: Listing = Listing::new(&[], &[]).paged(Paging::ForwardCursor);

/// The most conflicts that a status lists.
const GREATEST_CONFLICTS: usize = 256;

/// The group that the path names.
fn group<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    let found = control_planes::of_id(world, &call.partition, call.id("controlPlaneId")?)?;
    if is_group(found) {
        return Ok(found);
    }
    let reason = "must be a control plane group";
    Err(Invalid::at(Source::Path, "controlPlaneId", Rule::Named("invalid"), reason).into())
}

fn is_group(control_plane: &Record) -> bool {
    text(&control_plane.body, "cluster_type") == "CLUSTER_TYPE_CONTROL_PLANE_GROUP"
}

/// The members of a group, in the order in which the control planes were created.
fn members<'a>(world: &'a World, partition: &Partition, group: Uuid) -> Vec<&'a Record> {
    let memberships = world.referring(partition, &GROUP_MEMBERS, GROUP, group);
    let mut members: Vec<&Record> = memberships
        .filter_map(|membership| world.get(partition, &CONTROL_PLANES, reference(&membership.body, MEMBER)?))
        .collect();
    members.sort_by_key(|member| member.sequence());
    members
}

fn list_members(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let members = members(&world, &call.partition, group(&world, call)?.id);
    list(call, &world, members.into_iter(), &LISTING, control_planes::view)
}

/// The ids that a request names, each once.
fn named(call: &Call) -> Result<Vec<Uuid>, Problem> {
    let body = MEMBERS.create(call.body()?)?;
    let named = body["members"].as_array().into_iter().flatten();
    let mut ids: Vec<Uuid> = named.filter_map(|member| member["id"].as_str()?.parse().ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// Refuses an id that is not a control plane's, or is a group's.
fn check_member(world: &World, partition: &Partition, id: Uuid) -> Result<(), Problem> {
    let refuse = |rule, reason: &str| Problem::from(Invalid::body("members", Rule::Named(rule), reason));
    match world.get(partition, &CONTROL_PLANES, id) {
        None => Err(refuse("missing_reference", "Control plane not found")),
        Some(found) if is_group(found) => Err(refuse("invalid", "must not hold a control plane group")),
        Some(_) => Ok(()),
    }
}

fn membership<'a>(world: &'a World, partition: &Partition, group: Uuid, member: Uuid) -> Option<&'a Record> {
    world.holding(
        partition,
        &GROUP_MEMBERS,
        GROUP_MEMBERS.unique[0],
        &fields(json!({ (GROUP): group, (MEMBER): member })),
    )
}

fn add_members(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let named = named(call)?;
    konnect.store.write(|world, batch| {
        let group = group(world, call)?.id;
        for member in named {
            check_member(world, &call.partition, member)?;
            if membership(world, &call.partition, group, member).is_none() {
                let fields = fields(json!({ (GROUP): group, (MEMBER): member }));
                create(world, batch, &call.partition, &GROUP_MEMBERS, fields)?;
            }
        }
        Ok(Answer::no_content())
    })
}

fn remove_members(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let named = named(call)?;
    konnect.store.write(|world, batch| {
        let group = group(world, call)?.id;
        for member in named {
            let found = membership(world, &call.partition, group, member).ok_or_else(|| {
                Problem::from(Invalid::body("members", Rule::Named("missing_reference"), "Member not found"))
            })?;
            batch.remove(&call.partition, &GROUP_MEMBERS, found);
        }
        Ok(Answer::no_content())
    })
}

fn member_status(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let found = control_planes::of_id(&world, &call.partition, call.id("controlPlaneId")?)?;
    let memberships = world.referring(&call.partition, &GROUP_MEMBERS, MEMBER, found.id).len();
    Ok(Answer::ok(json!({ "is_member": memberships > 0 })))
}

/// The conflicts of a group: it has one configuration, so services of two members must not have the same name.
fn conflicts(world: &World, partition: &Partition, members: &[&Record]) -> Vec<Value> {
    let services = |member: &Record| world.referring(partition, &SERVICES, "control_plane_id", member.id);
    let mut names: Vec<&str> = Vec::new();
    let mut conflicts = Vec::new();
    for member in members {
        let own: Vec<&Record> = services(member).filter(|service| !text(&service.body, "name").is_empty()).collect();
        for service in own.iter().filter(|service| names.contains(&text(&service.body, "name"))) {
            let name = text(&service.body, "name");
            conflicts.push(json!({
                "cluster_id": member.id,
                "description": format!("Another member has a service with the name [{name}]."),
                "resource": { "id": service.id, "type": "service" },
            }));
        }
        names.extend(own.iter().map(|service| text(&service.body, "name")));
    }
    conflicts.truncate(GREATEST_CONFLICTS);
    conflicts
}

fn group_status(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let group = group(&world, call)?;
    let conflicts = conflicts(&world, &call.partition, &members(&world, &call.partition, group.id));
    let state = if conflicts.is_empty() { "OK" } else { "CONFLICT" };
    let time = |name: &str| Body::get(&group.body, name).cloned();
    Ok(Answer::ok(json!({ "item": {
        "id": group.id,
        "created_at": time("created_at"),
        "updated_at": time("updated_at"),
        "conflicts": conflicts,
        "state": state,
    } })))
}
