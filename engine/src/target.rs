//! The addresses that a limited plan is about.

use std::collections::{HashMap, HashSet};

use super::address::{Address, Targets};
use super::desired::Desired;
use super::remembered::Remembered;
use super::world::World;

/// The addresses that `targets` match, or that are `more`, those that they depend on, and those that depend on the ones that are `going`.
/// The old address and the new one of an object go together.
pub(super) fn reach<'a>(
    desired: &'a [Desired],
    state: &'a Remembered,
    world: &'a World,
    going: &HashSet<&Address>,
    targets: &Targets,
    more: &HashSet<Address>,
) -> HashSet<&'a Address> {
    let wanted: HashMap<&Address, &Desired> = desired.iter().map(|resource| (&resource.address, resource)).collect();
    let mut next: HashMap<&Address, Vec<&Address>> = HashMap::new();
    for (address, resource) in &state.0 {
        for dependency in resource.addresses().iter().filter_map(|dependency| going.get(dependency)) {
            next.entry(dependency).or_default().push(address);
        }
        let holder = world.holder(address.type_name(), &resource.id);
        if let Some(holder) = holder.filter(|_| !wanted.contains_key(address)) {
            next.entry(address).or_default().push(holder);
            next.entry(holder).or_default().push(address);
        }
    }
    let named = |address: &&Address| targets.contains(address) || more.contains(address);
    let mut open: Vec<&Address> = wanted.keys().copied().chain(state.0.keys()).filter(named).collect();
    let mut reached: HashSet<&Address> = HashSet::new();
    while let Some(address) = open.pop() {
        if reached.insert(address) {
            open.extend(wanted.get(address).iter().flat_map(|resource| resource.references()));
            open.extend(next.get(address).into_iter().flatten());
        }
    }
    reached
}
