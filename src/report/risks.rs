//! The risks of a plan, grouped for readers: those with the same effect together.

use super::order;
use super::schemas::Schemas;
use crate::review::{Effect, Kind, Review, Risk};
use engine::Address;

/// The number of addresses that are listed one by one. More are folded.
const FEW: usize = 4;

/// The risks of one kind.
pub(super) struct Section<'a> {
    pub(super) kind: Kind,
    pub(super) groups: Vec<Group<'a>>,
}

/// Resources with the same effects.
pub(super) struct Group<'a> {
    pub(super) effects: &'a [Effect],
    pub(super) addresses: Vec<&'a Address>,
}

/// The risks by kind, without the kinds that the plan does not have.
pub(super) fn sections<'a>(review: &'a Review, schemas: Schemas<'_>) -> Vec<Section<'a>> {
    let section = |kind: Kind| {
        let mut risks: Vec<&Risk> = review.of_kind(kind).collect();
        let place = |risk: &'a Risk| (risk.address.scope(), order::key(&risk.address, schemas));
        risks.sort_by(|a, b| place(a).cmp(&place(b)));
        let mut groups: Vec<Group<'a>> = Vec::new();
        for risk in risks {
            match groups.iter_mut().find(|group| *group.effects == *risk.effects) {
                Some(group) => group.addresses.push(&risk.address),
                None => groups.push(Group { effects: &risk.effects, addresses: vec![&risk.address] }),
            }
        }
        Section { kind, groups }
    };
    Kind::ALL.into_iter().map(section).filter(|section| !section.groups.is_empty()).collect()
}

/// Addresses with what they have in common written once: `Acme/api/prd/` with the names there. Few are whole, each with
/// no names.
pub(super) fn folded<'a>(addresses: &[&'a Address]) -> Vec<(&'a str, Vec<&'a str>)> {
    if addresses.len() <= FEW {
        return addresses.iter().map(|address| (address.as_str(), Vec::new())).collect();
    }
    let mut folded: Vec<(&str, Vec<&str>)> = Vec::new();
    for address in addresses {
        let (prefix, name) = address.as_str().split_at(address.as_str().rfind('/').map_or(0, |slash| slash + 1));
        match folded.iter_mut().find(|(other, _)| *other == prefix) {
            Some((_, names)) => names.push(name),
            None => folded.push((prefix, vec![name])),
        }
    }
    folded
}
