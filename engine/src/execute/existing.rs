//! What exists already of the types whose names may repeat (R5, R13): no server keeps a plan that was made a while ago
//! from making a second object there.

use std::collections::{BTreeMap, HashSet};

use tokio::sync::OnceCell;

use crate::address::Address;
use crate::desired::Desired;
use crate::error::{Error, ErrorKind};
use crate::plan::{Action, ResourceChange};
use crate::refresh;
use crate::resource::Readers;
use crate::world::World;

/// The objects of the types whose names may repeat. Each type is listed once, just before its first object is created.
pub(super) struct Existing<'a> {
    readers: &'a Readers,
    types: BTreeMap<&'a str, OfType>,
    /// The ids of the objects that the plan is about.
    known: HashSet<&'a str>,
}

#[derive(Default)]
struct OfType {
    created: Vec<Desired>,
    listed: OnceCell<Result<World, Error>>,
}

impl<'a> Existing<'a> {
    pub(super) fn new(changes: &'a [ResourceChange], readers: &'a Readers) -> Self {
        let mut types: BTreeMap<&str, OfType> = BTreeMap::new();
        let is_created = |change: &&ResourceChange| matches!(change.action, Action::Create | Action::Replace);
        for change in changes.iter().filter(is_created) {
            let type_name = change.address.type_name();
            if readers.schema(type_name).is_some_and(|schema| schema.may_repeat) {
                types.entry(type_name).or_default().created.push(change.as_desired());
            }
        }
        Self { readers, types, known: changes.iter().filter_map(|change| change.id.as_deref()).collect() }
    }

    /// Checks that there is no object of the name of a resource that is about to be created.
    ///
    /// # Errors
    /// There is one, or it could not be found out.
    pub(super) async fn check(&self, address: &Address) -> Result<(), Error> {
        let Some(of_type) = self.types.get(address.type_name()) else { return Ok(()) };
        let list = || refresh::look_for(address.type_name(), &of_type.created, self.readers);
        let listed = of_type.listed.get_or_init(list).await;
        let world = listed.as_ref().map_err(|error| {
            let attempted = format!("look if `{address}` exists before it is created ({})", error.attempted);
            Error { attempted, ..error.clone() }
        })?;
        let ids: Vec<&str> = world.candidates(address).into_iter().filter(|id| !self.known.contains(id)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let cause = format!("the plan does not know of the object that has its name already: {}", ids.join(", "));
        let error = Error::new(ErrorKind::Conflict, format!("create `{address}`"), cause);
        Err(error.help("make a new plan, which takes the object over; or rename or delete the object first"))
    }
}
