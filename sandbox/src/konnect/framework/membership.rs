//! Memberships: the records of one kind in a record of another, such as users in teams.

use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Answer, Call};
use super::collection::{self, Listing, fields, reference};
use super::problem::Problem;
use super::schema::{Field, Kind as Is, Schema, Unknown};
use super::state::Konnect;
use crate::store::{Body, Kind, Partition, Record, World};

/// A membership: the kinds that it joins, and the lists of both sides.
pub(in crate::konnect) trait Membership {
    /// The kind of the memberships: unique in both fields together, with an index of each.
    const KIND: &'static Kind;
    /// The field with the id of the group.
    const GROUP: &'static str;
    /// The field with the id of the member.
    const MEMBER: &'static str;
    /// The kind of the groups.
    const GROUPS: &'static Kind;
    /// The kind of the members.
    const MEMBERS: &'static Kind;
    /// A member's name in refusals: `user`.
    const NOUN: &'static str;
    /// The parameter of the path that names a member.
    const MEMBER_ID: &'static str;
    /// The listing of a group's members.
    const MEMBER_LISTING: &'static Listing;
    /// The listing of a member's groups.
    const GROUP_LISTING: &'static Listing;

    /// The group that the path names.
    fn group<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem>;

    /// True if a record may become a member of the path's group.
    fn may_join(_: &World, _: &Call, _member: &Record) -> bool {
        true
    }

    /// A member as callers see it.
    fn view_member(world: &World, partition: &Partition, member: &Body) -> Value;

    /// A group as callers see it.
    fn view_group(world: &World, partition: &Partition, group: &Body) -> Value;
}

static MEMBER: Schema = Schema { fields: &[Field::new("id", Is::Uuid).required()], unknown: Unknown::Ignored };

/// The other side of the memberships that hold `id` in `field`.
fn joined<'a>(
    world: &'a World,
    partition: &Partition,
    memberships: &Kind,
    (field, id): (&str, Uuid),
    (other, kind): (&str, &Kind),
) -> Vec<&'a Record> {
    let found = world.referring(partition, memberships, field, id);
    found.filter_map(|membership| world.get(partition, kind, reference(&membership.body, other)?)).collect()
}

/// Lists the members of the path's group.
pub(in crate::konnect) fn list_members<M: Membership>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let group = M::group(&world, call)?.id;
    let members = joined(&world, &call.partition, M::KIND, (M::GROUP, group), (M::MEMBER, M::MEMBERS));
    collection::list(call, &world, members.into_iter(), M::MEMBER_LISTING, M::view_member)
}

/// Lists the groups that the path's member is in.
pub(in crate::konnect) fn list_groups<M: Membership>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let member = collection::find(&world, &call.partition, M::MEMBERS, M::NOUN, call.id(M::MEMBER_ID)?)?;
    let groups = joined(&world, &call.partition, M::KIND, (M::MEMBER, member.id), (M::GROUP, M::GROUPS));
    collection::list(call, &world, groups.into_iter(), M::GROUP_LISTING, M::view_group)
}

/// Adds the member that the body names to the path's group.
pub(in crate::konnect) fn add<M: Membership>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let body = MEMBER.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        let group = M::group(world, call)?;
        let named = reference(&body, "id");
        let member = named.and_then(|id| world.get(&call.partition, M::MEMBERS, id));
        let member = member
            .filter(|member| M::may_join(world, call, member))
            .ok_or_else(|| Problem::not_found(M::NOUN, &named.map(|id| id.to_string()).unwrap_or_default()))?;
        let membership = fields(json!({ (M::GROUP): group.id, (M::MEMBER): member.id }));
        collection::create(world, batch, &call.partition, M::KIND, membership)
            .map_err(|_| Problem::conflict(format!("The {} [{}] is already in this team.", M::NOUN, member.id)))?;
        Ok(Answer::created_silently())
    })
}

/// Removes the path's member from the path's group.
pub(in crate::konnect) fn remove<M: Membership>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let (group, member) = (M::group(world, call)?, call.id(M::MEMBER_ID)?);
        let key = fields(json!({ (M::GROUP): group.id, (M::MEMBER): member }));
        let membership = world
            .holding(&call.partition, M::KIND, &[M::GROUP, M::MEMBER], &key)
            .ok_or_else(|| Problem::not_found(&format!("{} in this team", M::NOUN), &member.to_string()))?;
        batch.remove(&call.partition, M::KIND, membership);
        Ok(Answer::no_content())
    })
}
