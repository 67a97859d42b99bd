//! Importing one object under one address: `koctl import ADDRESS ID`.

use serde_json::Value;

use super::failure::Failure;
use crate::manifest::suggest::nearest;
use engine::refresh::Remembered;
use engine::state::{ResourceState, shell_word};
use engine::world::World;
use engine::{Address, AttributeChange, Desired, Planned, ResourceChange, Schema};

/// An address of the configuration, and the object to import under it, whatever its name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The address.
    pub address: Address,
    /// The id of the object in the remote system.
    pub id: String,
}

impl Choice {
    /// Checks that the configuration has the address, and that the state has neither it nor the object.
    pub(super) fn check_new(&self, desired: &[Desired], remembered: &Remembered) -> Result<(), Failure> {
        let Self { address, id } = self;
        if !desired.iter().any(|one| one.address == *address) {
            let near = nearest(address.as_str(), desired.iter().map(|one| one.address.as_str()));
            let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            let failure = Failure::new(format!("the configuration has no resource `{address}`"));
            return Err(failure.help(format!("{near}`koctl graph` shows its resources")));
        }
        if let Some(known) = remembered.0.get(address) {
            let failure = Failure::new(format!("`{address}` is in the state already, with the id {}", known.id));
            return Err(failure.help(format!(
                "to import another object, run `koctl state rm {}` first",
                shell_word(address.as_str())
            )));
        }
        let holder =
            remembered.0.iter().find(|(other, known)| other.type_name() == address.type_name() && known.id == *id);
        let Some((holder, _)) = holder else { return Ok(()) };
        let (from, to) = (shell_word(holder.as_str()), shell_word(address.as_str()));
        Err(Failure::new(format!("the object {id} is in the state already, as `{holder}`"))
            .help(format!("to give it the other address, run `koctl state mv {from} {to}`")))
    }

    /// The state as if the object were in it already under the address, so that it is found by its id.
    pub(super) fn supposed(&self, remembered: &Remembered) -> Remembered {
        let mut supposed = remembered.clone();
        let Self { address, id } = self;
        let record =
            ResourceState { type_name: address.type_name().to_owned(), id: id.clone(), ..ResourceState::default() };
        supposed.0.insert(address.clone(), record);
        supposed
    }

    /// Checks that the object was found, and is of the type of the address.
    pub(super) fn check_found(&self, world: &World) -> Result<(), Failure> {
        let Self { address, id } = self;
        let type_name = address.type_name();
        if world.by_id(type_name, id).is_some() {
            return Ok(());
        }
        let others: Vec<_> = world.types_of(id).map(|name| format!("`{name}`")).collect();
        if others.is_empty() {
            let message = format!("there is no `{type_name}` with the id {id} where `{address}` is");
            return Err(Failure::new(message).help("check the id, the organization, and the region of the environment"));
        }
        let message =
            format!("the id {id} is that of a {}, and `{address}` is a `{type_name}`", others.join(" and a "));
        Err(Failure::new(message).help(format!("name the id of a `{type_name}`")))
    }

    /// Checks that the object is where the address is: in its region, of its team. If an attribute of the natural key
    /// that cannot be changed in place differs, the next plan would replace the object.
    pub(super) fn check_place(&self, changes: &[ResourceChange], schema: &Schema) -> Result<(), Failure> {
        let Self { address, id } = self;
        let Some(change) = changes.iter().find(|change| change.address == *address) else { return Ok(()) };
        let is_place = |name: &&str| schema.natural_key.contains(name);
        let Some(name) = change.replaced_by().find(is_place) else { return Ok(()) };
        let is = change.before(name).unwrap_or(&Value::Null);
        let wanted = match change.attributes.get(name).and_then(AttributeChange::outstanding) {
            Some(Planned::Unknown(reference)) => format!("that of `{}`, which does not exist yet", reference.address),
            Some(Planned::Known(wanted)) => wanted.to_string(),
            None => Value::Null.to_string(),
        };
        let message = format!("the object {id} is elsewhere: its `{name}` is {is}, and `{address}` wants {wanted}");
        Err(Failure::new(message).help("name the id of an object that is there"))
    }
}
